"""Functions of functions: torch.func. Derivatives compose, inputs and outputs may be nested."""
from minitorch.func.batching import vmap
from minitorch.func.modules import functional_call, stack_module_state
from minitorch.func.transforms import grad, grad_and_value, hessian, jacfwd, jacrev, jvp, linearize, vjp

__all__ = ["functional_call", "grad", "grad_and_value", "hessian", "jacfwd", "jacrev", "jvp", "linearize", "stack_module_state", "vjp",
           "vmap"]
