"""The kernels: operations whose derivatives are derived by hand, for speed. Arrays in, arrays out."""
