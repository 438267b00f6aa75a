"""The operators: a file a family. This table installs them on Tensor as methods, in-place methods and Python operators."""
import functools
import inspect
from types import SimpleNamespace

from minitorch.autograd import graph
from minitorch.autograd.operator import write_out
from minitorch.backend import on_own_device
from minitorch.ops import (
    arithmetic,
    arranging,
    choosing,
    comparison,
    conversion,
    counting,
    creation,
    data,
    diagonals,
    elementwise,
    gathering,
    indexing,
    inplace,
    joining,
    legacy,
    linalg,
    numbers,
    real,
    reduction,
    sampling,
    scans,
    scattering,
    shape,
    sorting,
    special_functions,
    statistics,
)
from minitorch.ops.dlpack import install_dlpack
from minitorch.ops.keywords import NUMPY_NAMES, as_torch_takes, renamed
from minitorch.ops.layouts import install_layouts
from minitorch.ops.protocol import install_protocol
from minitorch.ops.real import install_real
from minitorch.ops.resizing import install_resizing
from minitorch.tensor import Tensor, device

METHODS = {
    arithmetic: """add addcdiv addcmul ceil div float_power floor floor_divide fmod frac lerp mul neg positive pow remainder round sub
        true_divide trunc""",
    choosing: "abs clamp clamp_max clamp_min maximum minimum nan_to_num sign",
    comparison: """allclose bitwise_and bitwise_left_shift bitwise_not bitwise_or bitwise_right_shift bitwise_xor
        eq equal ge gt isclose isfinite isinf isnan le logical_and
        logical_not logical_or logical_xor lt ne""",
    conversion: "clone contiguous cpu cuda detach detach_ is_contiguous item to tolist type_as",
    creation: "is_complex is_floating_point is_nonzero is_same_size is_signed new_empty new_full new_ones new_zeros numel",
    data: "new_tensor",
    diagonals: "diag diag_embed diagonal select tril triu",
    elementwise: """acos asin atan atan2 cos cosh erf exp exp2 expm1 hypot log log10 log1p log2 logaddexp logit reciprocal rsqrt sigmoid sin
        sinh sqrt square tan tanh""",
    gathering: "gather index_add index_copy index_fill index_select scatter take_along_dim",
    indexing: "argwhere index_put masked_fill masked_select nonzero",
    inplace: "copy_ fill_ zero_",
    legacy: "as_subclass new",
    joining: "chunk flip narrow repeat roll split tensor_split tile unbind",
    linalg: "addmm baddbmm bmm dot matmul mm mv outer trace",
    reduction: "all amax amin any argmax argmin count_nonzero logsumexp max mean min prod std sum var",
    sampling: "bernoulli bernoulli_ cauchy_ exponential_ geometric_ log_normal_ multinomial normal_ random_ uniform_",
    shape: """as_strided broadcast_to expand flatten movedim permute ravel reshape squeeze stride swapaxes t transpose unflatten unfold
        unsqueeze view""",
    sorting: "argsort cumprod cumsum diff repeat_interleave sort topk unique",
    arranging: "apply_ diagflat dsplit fill_diagonal_ fliplr flipud hsplit map_ msort rot90 vsplit",
    counting: "bincount histc histogram unique_consecutive",
    numbers: """copysign deg2rad fmax fmin frexp gcd heaviside isneginf isposinf isreal lcm ldexp nextafter rad2deg sgn signbit""",
    scans: "cummax cummin logcumsumexp",
    scattering: """diagonal_scatter index_reduce masked_scatter put scatter_reduce select_scatter slice_scatter take""",
    special_functions: """acosh asinh atanh digamma erfc erfinv i0 igamma igammac lgamma logaddexp2 mvlgamma sinc xlogy""",
    statistics: """aminmax corrcoef cov kthvalue median mode nanmean nanmedian nanquantile nansum quantile renorm""",
}

IN_PLACE = {
    arithmetic: "add addcdiv addcmul ceil div floor floor_divide fmod frac lerp mul neg pow remainder round sub true_divide trunc",
    choosing: "abs clamp clamp_max clamp_min nan_to_num sign",
    comparison: """bitwise_and bitwise_left_shift bitwise_not bitwise_or bitwise_right_shift bitwise_xor eq ge gt le logical_and logical_not
        logical_or logical_xor lt ne""",
    diagonals: "tril triu",
    elementwise: """acos asin atan atan2 cos cosh erf exp exp2 expm1 hypot log log10 log1p log2 logit reciprocal rsqrt sigmoid sin sinh sqrt
        square tan tanh""",
    gathering: "index_add index_copy index_fill scatter",
    indexing: "index_put masked_fill",
    linalg: "addmm baddbmm",
    sorting: "cumprod cumsum",
    numbers: "copysign deg2rad gcd heaviside lcm ldexp nextafter rad2deg sgn",
    scattering: "index_reduce masked_scatter put scatter_reduce",
    special_functions: "acosh asinh atanh digamma erfc erfinv i0 igamma igammac lgamma mvlgamma sinc xlogy",
    statistics: "renorm",
}

ALIASES = {
    "absolute": "abs", "arccos": "acos", "arcsin": "asin", "arctan": "atan", "arctan2": "atan2", "clip": "clamp", "divide": "div",
    "greater": "gt", "greater_equal": "ge", "less": "lt", "less_equal": "le", "moveaxis": "movedim", "multiply": "mul", "negative": "neg",
    "not_equal": "ne", "subtract": "sub", "swapdims": "transpose", "concat": "cat", "concatenate": "cat",
    "row_stack": "vstack",
    "arccosh": "acosh", "arcsinh": "asinh", "arctanh": "atanh", "fix": "trunc",
}

OPERATORS = {
    "__add__": arithmetic.plus, "__sub__": arithmetic.difference, "__mul__": arithmetic.mul, "__truediv__": arithmetic.quotient,
    "__floordiv__": arithmetic.floor_divide, "__mod__": arithmetic.remainder, "__pow__": arithmetic.pow, "__matmul__": linalg.matmul,
    "__and__": comparison.bitwise_and, "__or__": comparison.bitwise_or, "__xor__": comparison.bitwise_xor,
    "__lshift__": comparison.bitwise_left_shift, "__rshift__": comparison.bitwise_right_shift,
}


def swapped(function):
    """The reflected operator: `number - tensor`."""
    def reflected(self, other):
        return function(other, self)
    return reflected


def install():
    """Give Tensor its methods and operators."""
    for family, names in METHODS.items():
        for name in names.split():
            setattr(Tensor, name, getattr(family, name))
    for family, names in IN_PLACE.items():
        for name in names.split():
            setattr(Tensor, name + "_", inplace.inplace(getattr(family, name)))
    for name in "logical_and logical_or logical_xor logical_not".split():
        setattr(Tensor, name + "_", inplace.unrecorded(getattr(comparison, name)))
    for name in "eq ne lt le gt ge".split():
        setattr(Tensor, name + "_", inplace.compared(getattr(comparison, name)))
    Tensor.scatter_add = gathering.scatter_add_function
    Tensor.scatter_add_ = inplace.inplace(gathering.scatter_add_function, "scatter_add_")
    for alias, name in ALIASES.items():
        for suffix in ("", "_"):
            if hasattr(Tensor, name + suffix):
                setattr(Tensor, alias + suffix, getattr(Tensor, name + suffix))
    for name, function in OPERATORS.items():
        function = getattr(function, "short", function)
        setattr(Tensor, name, function)
        reflected = function if name in ("__add__", "__mul__") else arithmetic.rsub if name == "__sub__" else swapped(function)
        setattr(Tensor, "__r" + name[2:], reflected)
        method = {"add": "add_", "sub": "sub_", "mul": "mul_", "truediv": "div_", "floordiv": "floor_divide_", "mod": "remainder_",
                  "pow": "pow_",
                  "and": "bitwise_and_", "or": "bitwise_or_", "xor": "bitwise_xor_", "lshift": "bitwise_left_shift_",
                  "rshift": "bitwise_right_shift_"}.get(name.strip("_"))
        if method:
            setattr(Tensor, "__i" + name[2:], getattr(Tensor, method))
    for name in ("lt", "le", "gt", "ge"):
        setattr(Tensor, f"__{name}__", getattr(comparison, name).short)
    Tensor.__neg__, Tensor.__pos__ = arithmetic.neg, arithmetic.positive
    Tensor.__abs__, Tensor.__invert__ = choosing.abs, comparison.inverted
    Tensor.__getitem__, Tensor.__setitem__ = indexing.getitem, indexing.setitem
    Tensor.T, Tensor.mT, Tensor.mH, Tensor.H = property(shape.T), property(shape.mT), property(shape.mT), property(shape.H)
    for name, kind in {"float": "float32", "double": "float64", "half": "float16", "byte": "uint8", "char": "int8", "short": "int16",
                       "int": "int32", "long": "int64", "bool": "bool"}.items():
        setattr(Tensor, name, conversion.typed(name, kind))
    Tensor.numpy, Tensor.__array__, Tensor.type = conversion.numpy_method, conversion.array_method, conversion.type_method
    Tensor.__array_wrap__, Tensor.__copy__ = conversion.wrapped, conversion.shallow
    Tensor.__new__, Tensor._make_subclass = staticmethod(legacy.new_instance), staticmethod(legacy.make_subclass)
    device.__enter__, device.__exit__ = creation.enter_device, creation.leave_device
    Tensor.storage_offset = shape.storage_offset_of
    Tensor.backward, Tensor.register_hook, Tensor.retain_grad = graph.tensor_backward, graph.register_hook, graph.retain_grad
    Tensor.register_post_accumulate_grad_hook = graph.register_post_accumulate_grad_hook
    arranging.install_methods(Tensor)
    install_protocol(Tensor)
    install_dlpack(Tensor)
    install_layouts(Tensor)
    install_real(Tensor)
    install_resizing(Tensor)
    for name, value in list(vars(Tensor).items()):
        if inspect.isfunction(value) and not hasattr(value, "op"):        # an operator sees to it itself
            setattr(Tensor, name, on_own_device(value if name.startswith("__") else as_torch_takes(value)))


NUMBERS_FIRST = frozenset("add sub subtract div divide true_divide pow float_power bucketize isin".split())

# The functions of Python that take `out=` (operators see to it themselves); the second table's want the result's very dtype
OUT_IN_KIND = frozenset("""add sub subtract div divide true_divide pow copysign sum mean std var nansum nanmean prod logsumexp cumsum
    cumprod lerp addcmul addcdiv diff outer mvlgamma logit clip clamp_min clamp_max""".split())
OUT_ALIKE = frozenset("""neg round sgn msort nonzero histc frac frexp heaviside float_power bitwise_not amax amin all any argmax argmin
    median nanmedian mode sort cummax cummin logcumsumexp topk kthvalue quantile nanquantile renorm clamp where masked_select gather scatter
    scatter_add slice_scatter index_select index_add index_copy take take_along_dim diag tril triu matmul mm mv dot bmm addmm baddbmm
    argsort searchsorted bucketize isin
    aminmax conj_physical hardshrink histogram hstack vstack dstack column_stack""".split())


def refusing(function):
    """A function of torch that answers what is no Tensor with torch's TypeError; methods cannot meet one."""
    first = next(iter(inspect.signature(function).parameters), None)
    if hasattr(function, "op"):
        return function
    function = on_own_device(as_torch_takes(function))
    name = function.__name__
    if first not in ("input", "tensor", "tensors", "a", "y", "sorted_sequence", "condition", "elements") or name.startswith("atleast_"):
        return function                               # atleast_1d() of nothing is nothing: it looks at its tensors itself
    accepted = (Tensor, list, tuple) if first == "tensors" else (Tensor, int, float) if name in NUMBERS_FIRST else Tensor
    parameters = inspect.signature(function).parameters
    optional = parameters[first].default is None
    takes_out = (name in OUT_IN_KIND or name in OUT_ALIKE) and "out" not in parameters

    @functools.wraps(function)
    def checked(*args, **settings):
        if settings and not NUMPY_NAMES.isdisjoint(settings):
            settings = renamed(settings, parameters)
        value = args[0] if args else settings.get(first)
        if not isinstance(value, accepted) and not (value is None and optional):
            if not args and first not in settings:
                raise TypeError(f"{function.__name__}() missing 1 required positional argument: '{first}'")
            raise TypeError(f"{function.__name__}(): argument '{first}' (position 1) must be Tensor, not {type(value).__name__}")
        try:
            if takes_out and "out" in settings:
                out = settings.pop("out")
                result = function(*args, **settings)
                return result if out is None else delivered(name, out, result)
            return function(*args, **settings)
        except AttributeError as error:               # what is no Tensor was used as one
            raise misplaced(function, args, settings, error.obj) or error from None
    return checked


def delivered(name, out, result):
    """The result written into `out=`: a tensor, or one for each of several results."""
    several = isinstance(result, tuple)
    if several != isinstance(out, (tuple, list)) or several and len(out) != len(result):
        raise TypeError(f"{name}(): out= must be {'a tuple of Tensors' if several else 'a Tensor'}, not {type(out).__name__}")
    for o, r in zip(out, result) if several else [(out, result)]:
        if not isinstance(o, Tensor):
            raise TypeError(f"{name}(): out= must be a Tensor, not {type(o).__name__}")
        if name in OUT_ALIKE and o._array.dtype != r._array.dtype:
            raise RuntimeError(f"{name}(): Expected out tensor to have dtype {r.dtype}, but got {o.dtype} instead")
    written = write_out(SimpleNamespace(name=name), out, result)
    return type(result)(written) if several else written


def misplaced(function, args, settings, met):
    """Torch's TypeError for the argument that was met as a Tensor and is none; None if it was no argument."""
    for position, (name, value) in enumerate(inspect.signature(function).bind(*args, **settings).arguments.items(), 1):
        if value is met and not isinstance(value, Tensor):
            return TypeError(f"{function.__name__}(): argument '{name}' (position {position}) must be Tensor, not {type(value).__name__}")
    return None


def guard(names):
    """Replace the functions of these families, in a module's names, by their refusing forms."""
    families = {m.__name__ for m in (arithmetic, choosing, comparison, conversion, creation, diagonals, elementwise, gathering, indexing,
                                     joining, linalg, reduction, shape, sorting, arranging, counting, numbers, real, scans, scattering,
                                     special_functions, statistics)}
    for name, value in list(names.items()):
        if inspect.isfunction(value) and value.__module__ in families and not name.startswith("_"):
            names[name] = refusing(value)


install()
