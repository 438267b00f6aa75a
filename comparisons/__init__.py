"""minitorch and PyTorch beside each other: `python -m comparisons` lists the commands."""
