"""Bessel functions, and orthogonal polynomials: without derivatives, as in PyTorch."""
from hypothesis import strategies as st

from minitorch.testing.strategies import broadcastable, tensors

from .entry import Entry, Tolerance, case, cases

ROUGH = Tolerance("PyTorch's series for arguments above 5 are right to seven digits", float32=2048, float64=2**32)


def bad(name, *more):
    """Bad calls."""
    call = lambda torch, x: getattr(torch.special, name)(x, *more)
    return {
        "argument": lambda torch: getattr(torch.special, name)(), "dtype": lambda torch: call(torch, "x"),
        "shape": lambda torch: call(torch, [1.0, 2.0]), "integers": lambda torch: call(torch, torch.tensor([1, 2])),
        "bool": lambda torch: call(torch, torch.tensor([True])), "half": lambda torch: call(torch, torch.ones(2, dtype=torch.float16)),
        "history": lambda torch: call(torch, torch.ones(2, requires_grad=True)).requires_grad,
        "out": lambda torch: getattr(torch.special, name)(torch.ones(2), *more, out=torch.ones(2)),
    }


def bessel(name, formula, low, high=12.0, tolerance=None, edges=(0.0, float("inf"), -1.0)):
    """The entry of a Bessel function."""
    return Entry(f"special.{name}", cases(tensors(low=low, high=high)), differentiable=(), order=0, formula=formula,
                 tolerance=tolerance, source=f"torch.special.{name}",
                 bad=bad(name) | {"edges": lambda torch: getattr(torch.special, name)(torch.tensor([*edges, float("nan")]))})


@st.composite
def degrees(draw):
    """A tensor, and a degree or a tensor of them; or a number and degrees."""
    x, n = draw(broadcastable(2, low=-2, high=2))
    n = abs(n * 4) - 1
    return case(*draw(st.sampled_from(((x, n), (x, n), (x, 5), (x, 2.5), (1.25, n)))))


def polynomial(name, formula):
    """The entry of a family of polynomials."""
    return Entry(f"special.{name}", degrees(), differentiable=(), order=0, formula=formula,
                 source="Abramowitz and Stegun, chapter 22", bad=bad(name, 2) | {
                     "shapes": lambda torch: getattr(torch.special, name)(torch.ones(2), torch.ones(3)),
                     "two numbers": lambda torch: getattr(torch.special, name)(2.0, 2),
                     "negative degree": lambda torch: getattr(torch.special, name)(torch.ones(2), -1),
                     "degree by name": lambda torch: getattr(torch.special, name)(torch.ones(2), n=2)})


ENTRIES = [
    bessel("bessel_j0", r"y = J_0(x)", -12.0, tolerance=ROUGH), bessel("bessel_j1", r"y = J_1(x)", -12.0, tolerance=ROUGH),
    bessel("bessel_y0", r"y = Y_0(x)", 0.125, tolerance=ROUGH), bessel("bessel_y1", r"y = Y_1(x)", 0.125, tolerance=ROUGH),
    bessel("modified_bessel_i0", r"y = I_0(x)", -6.0, 6.0), bessel("modified_bessel_i1", r"y = I_1(x)", -6.0, 6.0),
    bessel("modified_bessel_k0", r"y = K_0(x)", 0.125), bessel("modified_bessel_k1", r"y = K_1(x)", 0.125),
    bessel("scaled_modified_bessel_k0", r"y = e^x K_0(x)", 0.125), bessel("scaled_modified_bessel_k1", r"y = e^x K_1(x)", 0.125),
    bessel("spherical_bessel_j0", r"y = \frac{\sin x}{x}", -12.0),
    polynomial("chebyshev_polynomial_t", r"T_{n+1} = 2x\,T_n - T_{n-1}, \quad T_1 = x"),
    polynomial("chebyshev_polynomial_u", r"U_{n+1} = 2x\,U_n - U_{n-1}, \quad U_1 = 2x"),
    polynomial("chebyshev_polynomial_v", r"V_{n+1} = 2x\,V_n - V_{n-1}, \quad V_1 = 2x - 1"),
    polynomial("chebyshev_polynomial_w", r"W_{n+1} = 2x\,W_n - W_{n-1}, \quad W_1 = 2x + 1"),
    polynomial("shifted_chebyshev_polynomial_t", r"T^*_n(x) = T_n(2x - 1)"),
    polynomial("shifted_chebyshev_polynomial_u", r"U^*_n(x) = U_n(2x - 1)"),
    polynomial("shifted_chebyshev_polynomial_v", r"V^*_n(x) = V_n(2x - 1)"),
    polynomial("shifted_chebyshev_polynomial_w", r"W^*_n(x) = W_n(2x - 1)"),
    polynomial("hermite_polynomial_h", r"H_{n+1} = 2x\,H_n - 2n\,H_{n-1}, \quad H_1 = 2x"),
    polynomial("hermite_polynomial_he", r"He_{n+1} = x\,He_n - n\,He_{n-1}, \quad He_1 = x"),
    polynomial("laguerre_polynomial_l", r"(n + 1) L_{n+1} = (2n + 1 - x) L_n - n L_{n-1}, \quad L_1 = 1 - x"),
    polynomial("legendre_polynomial_p", r"(n + 1) P_{n+1} = (2n + 1) x\,P_n - n P_{n-1}, \quad P_1 = x"),
]
