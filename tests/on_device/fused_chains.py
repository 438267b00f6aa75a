"""Arguments for every fused chain of the library, by name; run as a program it compiles all of them for the device's architecture."""
import sys

import numpy as np

from minitorch.backend import Fused
from minitorch.kernels import activation, dropout, loss, normalization, optimizer, recurrent, units
from minitorch.ops import elementwise

DTYPES = ("float32", "float64", "float16")
WHOLE, COLUMN, ROW, MASK = (3, 5), (3, 1), (5,), "mask"                   # shapes of arrays, which broadcast; "mask" is WHOLE of booleans
UPDATE = (WHOLE, WHOLE)                               # a parameter and its gradient
ADAM = (0.1, 0.9, 0.1, 2.0, 1e-3, -0.1)
FORM = {"decays": True, "maximize": True}

CHAINS = [                                            # chain, arguments by position, settings
    (activation.exp_of_difference, (WHOLE, COLUMN, WHOLE), {}),
    (activation.weighted_rest, (WHOLE, COLUMN, WHOLE, WHOLE), {}),
    (activation.difference_and_exp, (WHOLE, COLUMN, WHOLE, WHOLE), {}),
    (activation.less_log, (COLUMN, WHOLE), {}),
    (activation.less_share, (WHOLE, WHOLE, COLUMN, WHOLE), {}),
    (activation.gelu_values, (WHOLE, WHOLE, WHOLE), {"approximate": "none"}),
    (activation.gelu_values, (WHOLE, WHOLE, WHOLE), {"approximate": "tanh"}),
    (activation.gelu_slopes, (WHOLE, WHOLE, WHOLE, WHOLE), {"approximate": "none"}),
    (activation.gelu_slopes, (WHOLE, WHOLE, WHOLE, WHOLE), {"approximate": "tanh"}),
    (activation.silu_values, (WHOLE, WHOLE), {}),
    (activation.silu_slopes, (WHOLE, WHOLE, WHOLE), {}),
    (elementwise.logistic, (WHOLE, WHOLE), {}),
    (elementwise.sigmoid_slope, (WHOLE, WHOLE), {}),
    (dropout.masked, (WHOLE, MASK, 1.25, WHOLE), {}),
    (loss.label_loss, (WHOLE, WHOLE, WHOLE, WHOLE), {}),
    (normalization.inverse_root, (COLUMN, 1e-5, COLUMN), {}),
    (normalization.project, (WHOLE, COLUMN, COLUMN, COLUMN, WHOLE, WHOLE), {}),
    (normalization.as_affine, (ROW, ROW, ROW, ROW, 1e-5, ROW, ROW, ROW), {}),
    (normalization.as_affine, (ROW, ROW, None, None, 1e-5, ROW, ROW, ROW), {}),
    (normalization.affine, (WHOLE, ROW, ROW, WHOLE), {}),
    (normalization.project_affine, (WHOLE, ROW, ROW, ROW, WHOLE), {}),
    (recurrent.squash, (WHOLE, ROW, ROW, WHOLE), {}),
    (recurrent.show, (WHOLE,) * 8, {}),
    (recurrent.lstm_cell_backward, (WHOLE,) * 13, {}),
    (units.elu_values, (WHOLE, 0.5, 1.5, 0.7, WHOLE), {}),
    (units.steep_values, (WHOLE, 0.5, 1.5, -0.7, WHOLE), {}),
    (units.elu_slopes, (WHOLE, WHOLE, 0.5, 0.7, 1.5, WHOLE), {}),
    (units.softplus_values, (WHOLE, 1.5, 2.0, WHOLE), {}),
    (units.softplus_slopes, (WHOLE, WHOLE, 1.5, 2.0, WHOLE), {}),
    (units.logsigmoid_values, (WHOLE, WHOLE), {}),
    (units.mish_values, (WHOLE, WHOLE), {}),
    (optimizer.sgd_update, (*UPDATE, WHOLE, None, 0.1, 0.9, 0.7, -0.1), {**FORM, "first": False, "nesterov": True}),
    (optimizer.sgd_update, (*UPDATE, WHOLE, None, 0.1, 0.9, 0.7, -0.1), {**FORM, "first": True, "nesterov": False}),
    (optimizer.sgd_update, (*UPDATE, None, None, 0, 0, 1, -0.1), {"decays": False, "maximize": False, "first": False, "nesterov": False}),
    (optimizer.adam_update, (*UPDATE, WHOLE, WHOLE, WHOLE, None, None, None, 0.1, *ADAM), {**FORM, "decoupled": False}),
    (optimizer.adam_update, (*UPDATE, WHOLE, WHOLE, None, None, None, None, 0.9, *ADAM), {**FORM, "decoupled": True}),
    (optimizer.rmsprop_update, (*UPDATE, WHOLE, WHOLE, None, None, None, None, 0.1, 0.9, 0.1, 1e-3, 0.9, -0.1), {**FORM, "near": True}),
    (optimizer.rmsprop_update, (*UPDATE, WHOLE, None, None, None, None, None, 0.1, 0.9, 0.1, 1e-3, 0.0, -0.1), {**FORM, "near": True}),
    (optimizer.adagrad_update, (*UPDATE, WHOLE, None, None, None, 0.1, 1e-3, -0.1), FORM),
]


def arguments(given, dtype, seed=0):
    """NumPy's arrays and numbers for a chain."""
    rng = np.random.default_rng(seed)

    def made(value):
        if value == MASK:
            return rng.random(WHOLE) < 0.5
        return np.asarray(rng.uniform(0.1, 0.9, value), dtype) if isinstance(value, tuple) else value
    return [made(value) for value in given]


def chains():
    """All fused chains that the library has."""
    modules = [module for name, module in list(sys.modules.items()) if name.startswith("minitorch")]
    return {value for module in modules for value in vars(module).values() if isinstance(value, Fused)}


def compile_all():
    """Call each chain once for each dtype: on a device that compiles but does not run that is the test."""
    import cupy
    for chain, given, settings in CHAINS:
        for dtype in DTYPES:
            chain(*(cupy.asarray(a) if isinstance(a, np.ndarray) else a for a in arguments(given, dtype)), **settings)
            print(chain.__name__, dtype)


if __name__ == "__main__":
    compile_all()
