"""What the studies of losses share: names that mean the same in all of them, sources, and small tools."""
import numpy as np

from ..study import Source

GROUP = "Losses"
DOCS = "https://docs.pytorch.org/docs/2.13/generated/torch.nn.functional."

NAMES = {
    "input": ("X", "input, as it was given"),
    "target": ("T", "targets, as they were given"),
    "reduction": (r"\mathrm{reduction}", "mean, sum or none: what is made of the losses"),
    "x": ("x", "input, as the kernel walks it"),
    "t": ("t", "target", "in a float dtype that is wide enough"),
    "loss": (r"\ell", "losses, one for each target"),
    "y": ("y", "output", "the reduced losses"),
    "grad": (r"\bar{Y}", "gradient that arrives at the output, as it was given"),
    "diff": ("d", "input less target"),
    "plain": (r"\ell'", "loss, or its slope, before weights"),
    "valid": (r"[T \neq \iota]", "which targets count"),
    "index": ("t", "label of each target", "0 for those that do not count"),
    "ignore_index": (r"\iota", "label of targets that do not count"),
    "ws": (r"\omega", "weights of the classes, as a row"),
    "w": ("w", "weight of each target", "0 for those that do not count"),
    "total": ("W", "sum of the weights of the targets"),
    "grad_loss": (r"\bar{\ell}", "gradient that arrives at each loss", "one number for all of them unless there is no reduction"),
    "grad_each": (r"\bar{\ell}", "gradient that arrives at each loss, in the layout of the labels"),
    "grad_x": (r"\bar{x}", "gradient of the input"),
}


def chosen(*names, **more):
    """The variables of these names, and more."""
    return {name: NAMES[name] for name in names} | more


def docs(name):
    """The page of a function in PyTorch's documentation."""
    return Source(f"PyTorch documentation, {name}", f"{DOCS}{name}.html", "the contract")


def result(study_call, values, wanted="input", cotangent=1.0):
    """Our output of a study's call in float64, and the gradient of one input for a cotangent."""
    import minitorch
    tensors = {n: minitorch.from_numpy(np.array(v)) for n, v in values.items()}
    tensors[wanted].requires_grad_()
    y = study_call(minitorch, **tensors)
    y.backward(minitorch.from_numpy(np.array(cotangent)))
    return y.detach().numpy(), tensors[wanted].grad.numpy()


REDUCED = ("Reduction", "`mean` divides by the number of losses, not of samples; `sum` adds them up; `none` gives all of them.")
PAIR = {
    "zeros": "the loss of the targets alone",
    "size 0": "the mean of no losses is 0/0, nan; a sum would be 0",
}
