"""What the checker does with one drawn case: for functions, modules and optimizers, and for the kernel below a component."""
