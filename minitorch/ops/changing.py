"""Methods as functions, above all those that change their argument: `torch.exp_(x)` is `x.exp_()`."""
import functools

from minitorch.tensor import Tensor

NAMES = """abs_ acos_ acosh_ addmv_ as_strided_ asin_ asinh_ atan_ atanh_ ceil_ clamp_ clamp_max_ clamp_min_ conj_physical_ cos_ cosh_
    deg2rad_ detach_ erf_ erfc_ exp2_ exp_ expm1_ fill_ floor_ frac_ gcd_ i0_ index_put_ lcm_ ldexp_ log10_ log1p_ log2_ log_ logit_
    nan_to_num_ neg_ rad2deg_ reciprocal_ relu_ resize_as_ round_ rsqrt_ sigmoid_ sin_ sinc_ sinh_ sqrt_ square_ tan_ tanh_ trunc_
    xlogy_ zero_ get_device is_inference"""


def function_of(name):
    """The method as a function, which must meet a Tensor."""
    method = getattr(Tensor, name)

    @functools.wraps(method)
    def function(input, *args, **settings):
        if not isinstance(input, Tensor):
            raise TypeError(f"{name}(): argument 'input' (position 1) must be Tensor, not {type(input).__name__}")
        return method(input, *args, **settings)
    function.__module__, function.__name__, function.__qualname__ = __name__, name, name
    return function


globals().update({name: function_of(name) for name in NAMES.split()})
