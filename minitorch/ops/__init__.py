"""The operators: a file a family. This table installs them on Tensor as methods, in-place methods and Python operators."""
from minitorch.autograd import graph
from minitorch.ops import conversion, creation, elementwise, indexing, inplace, linalg, reduction, shape, sorting
from minitorch.ops.protocol import install_protocol
from minitorch.tensor import Tensor

METHODS = {
    elementwise: """abs acos add addcdiv addcmul allclose asin atan atan2 bitwise_and bitwise_not bitwise_or bitwise_xor ceil clamp clamp_max
        clamp_min cos cosh div eq equal erf exp exp2 expm1 float_power floor floor_divide fmod frac ge gt hypot isclose isfinite isinf isnan le lerp
        log log10 log1p log2 logaddexp logical_and logical_not logical_or logical_xor logit lt maximum minimum mul nan_to_num ne neg
        positive pow reciprocal remainder round rsqrt sigmoid sign sin sinh sqrt square sub tan tanh true_divide trunc""",
    reduction: "all amax amin any argmax argmin count_nonzero logsumexp max mean min prod std sum var",
    shape: """as_strided broadcast_to chunk expand flatten flip movedim narrow permute ravel repeat reshape roll split squeeze stride
        t tensor_split tile transpose unbind unflatten unfold unsqueeze view""",
    indexing: """argwhere diag diag_embed diagonal gather index_add index_copy index_fill index_put index_select masked_fill masked_select
        nonzero scatter select take_along_dim tril triu""",
    sorting: "argsort cumprod cumsum diff norm repeat_interleave sort topk unique",
    linalg: "addmm baddbmm bmm dot matmul mm mv outer trace",
    conversion: "clone contiguous cpu cuda detach detach_ is_contiguous item to tolist type_as",
    creation: "new_empty new_full new_ones new_tensor new_zeros is_floating_point numel",
    inplace: "copy_ fill_ zero_",
}

IN_PLACE = {
    elementwise: """abs acos add addcdiv addcmul asin atan atan2 bitwise_and bitwise_not bitwise_or bitwise_xor ceil clamp clamp_max clamp_min
        cos cosh div eq erf exp exp2 expm1 floor floor_divide fmod frac ge gt hypot le lerp log log10 log1p log2 logical_and logical_not
        logical_or logical_xor logit lt mul nan_to_num ne neg pow reciprocal remainder round rsqrt sigmoid sign sin sinh sqrt square
        sub tan tanh true_divide trunc""",
    indexing: "index_add index_copy index_fill index_put masked_fill scatter tril triu",
    sorting: "cumprod cumsum",
    linalg: "addmm baddbmm",
}

ALIASES = {
    "absolute": "abs", "arccos": "acos", "arcsin": "asin", "arctan": "atan", "arctan2": "atan2", "clip": "clamp", "divide": "div",
    "greater": "gt", "greater_equal": "ge", "less": "lt", "less_equal": "le", "moveaxis": "movedim", "multiply": "mul", "negative": "neg",
    "not_equal": "ne", "subtract": "sub", "swapaxes": "transpose", "swapdims": "transpose", "concat": "cat", "concatenate": "cat", "row_stack": "vstack",
}

OPERATORS = {
    "__add__": elementwise.plus, "__sub__": elementwise.difference, "__mul__": elementwise.mul, "__truediv__": elementwise.quotient,
    "__floordiv__": elementwise.floor_divide, "__mod__": elementwise.remainder, "__pow__": elementwise.pow, "__matmul__": linalg.matmul,
    "__and__": elementwise.bitwise_and, "__or__": elementwise.bitwise_or, "__xor__": elementwise.bitwise_xor,
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
    Tensor.scatter_add = indexing.scatter_add_function
    Tensor.scatter_add_ = inplace.inplace(indexing.scatter_add_function, "scatter_add_")
    for alias, name in ALIASES.items():
        for suffix in ("", "_"):
            if hasattr(Tensor, name + suffix):
                setattr(Tensor, alias + suffix, getattr(Tensor, name + suffix))
    for name, function in OPERATORS.items():
        setattr(Tensor, name, function)
        reflected = function if name in ("__add__", "__mul__") else swapped(function)
        setattr(Tensor, "__r" + name[2:], reflected)
        method = {"add": "add_", "sub": "sub_", "mul": "mul_", "truediv": "div_", "floordiv": "floor_divide_", "mod": "remainder_", "pow": "pow_",
                  "and": "bitwise_and_", "or": "bitwise_or_", "xor": "bitwise_xor_"}.get(name.strip("_"))
        if method:
            setattr(Tensor, "__i" + name[2:], getattr(Tensor, method))
    for name in ("lt", "le", "gt", "ge"):
        setattr(Tensor, f"__{name}__", getattr(elementwise, name))
    Tensor.__neg__, Tensor.__pos__, Tensor.__abs__, Tensor.__invert__ = elementwise.neg, elementwise.positive, elementwise.abs, elementwise.bitwise_not
    Tensor.__getitem__, Tensor.__setitem__ = indexing.getitem, indexing.setitem
    Tensor.T, Tensor.mT, Tensor.mH, Tensor.H = property(shape.T), property(shape.mT), property(shape.mT), property(shape.T)
    for name in ("float", "double", "half", "int", "long", "short", "bool"):
        setattr(Tensor, name, conversion.typed(name))
    Tensor.numpy, Tensor.__array__, Tensor.type = conversion.numpy_method, conversion.array_method, conversion.type_method
    Tensor.storage_offset = shape.storage_offset_of
    Tensor.backward, Tensor.register_hook, Tensor.retain_grad = graph.tensor_backward, graph.register_hook, graph.retain_grad
    Tensor.register_post_accumulate_grad_hook = graph.register_post_accumulate_grad_hook
    install_protocol(Tensor)


install()
