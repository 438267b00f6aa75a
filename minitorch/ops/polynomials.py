"""Orthogonal polynomials by their recurrences in the degree n. None has a derivative, as in PyTorch.

Every family begins with y₀ = 1 and y₁ = a x + b, and goes on with yₖ₊₁ = step(x, k, yₖ, yₖ₋₁).
"""
import functools

from minitorch.backend import array_module
from minitorch.ops.bessel import without_history


def polynomial(name, symbol, first, step, example, shifted=False):
    """A family of polynomials: a function of x and the degree, computed in float64."""
    def forward(x, n):
        xp, kind = array_module(x, n), x.dtype if hasattr(x, "dtype") else n.dtype
        most = n if isinstance(n, (int, float)) else n.max() if n.size else 0
        x, n = xp.asarray(x, dtype="f8"), xp.trunc(xp.asarray(n, dtype="f8"))
        x, n = xp.broadcast_arrays(2 * x - 1 if shifted else x, n)
        before, y = xp.ones_like(x), first(x)
        result = xp.where(n == 0, before, xp.where(n < 0, 0, y))
        for k in range(1, int(most)):
            before, y = y, step(x, k, y, before)
            result = xp.where(n > k, y, result)
        return result.astype(kind)
    forward.__name__ = name
    of_two = without_history(forward, f"""{symbol}, of degree n (cut to a whole number), elementwise; 0 for a negative n.

    Example:
        >>> import minitorch as torch
        >>> torch.special.{name}(torch.tensor([0.5, 2.0]), 3)
        tensor([{example}])

    Source: Abramowitz and Stegun, table 22.7
    """)

    @functools.wraps(of_two)
    def function(x, n, *, out=None):
        return of_two(x, n, out=out)
    return function


def chebyshev(x, k, y, before):
    """yₖ₊₁ = 2x yₖ - yₖ₋₁."""
    return 2 * x * y - before


chebyshev_polynomial_t = polynomial("chebyshev_polynomial_t", "Tₙ(x) = cos n arccos x", lambda x: x, chebyshev, "-1., 26.")
chebyshev_polynomial_u = polynomial("chebyshev_polynomial_u", "Uₙ(x) = sin (n + 1)θ / sin θ with x = cos θ", lambda x: 2 * x, chebyshev,
                                    "-1., 56.")
chebyshev_polynomial_v = polynomial("chebyshev_polynomial_v", "Vₙ(x) = cos (n + ½)θ / cos ½θ with x = cos θ", lambda x: 2 * x - 1,
                                    chebyshev, "-1., 41.")
chebyshev_polynomial_w = polynomial("chebyshev_polynomial_w", "Wₙ(x) = sin (n + ½)θ / sin ½θ with x = cos θ", lambda x: 2 * x + 1,
                                    chebyshev, "-1., 71.")
shifted_chebyshev_polynomial_t = polynomial("shifted_chebyshev_polynomial_t", "Tₙ(2x - 1)", lambda x: x, chebyshev, "-0., 99.", True)
shifted_chebyshev_polynomial_u = polynomial("shifted_chebyshev_polynomial_u", "Uₙ(2x - 1)", lambda x: 2 * x, chebyshev, " -0., 204.", True)
shifted_chebyshev_polynomial_v = polynomial("shifted_chebyshev_polynomial_v", "Vₙ(2x - 1)", lambda x: 2 * x - 1, chebyshev, "  1., 169.",
                                            True)
shifted_chebyshev_polynomial_w = polynomial("shifted_chebyshev_polynomial_w", "Wₙ(2x - 1)", lambda x: 2 * x + 1, chebyshev, " -1., 239.",
                                            True)
hermite_polynomial_h = polynomial("hermite_polynomial_h", "Hₙ(x), orthogonal under exp(-x²)", lambda x: 2 * x,
                                  lambda x, k, y, before: 2 * x * y - 2 * k * before, "-5., 40.")
hermite_polynomial_he = polynomial("hermite_polynomial_he", "Heₙ(x), orthogonal under exp(-x²/2)", lambda x: x,
                                   lambda x, k, y, before: x * y - k * before, "-1.3750,  2.0000")
laguerre_polynomial_l = polynomial("laguerre_polynomial_l", "Lₙ(x), orthogonal under exp(-x) for x > 0", lambda x: 1 - x,
                                   lambda x, k, y, before: ((2 * k + 1 - x) * y - k * before) / (k + 1), "-0.1458, -0.3333")
legendre_polynomial_p = polynomial("legendre_polynomial_p", "Pₙ(x), orthogonal between -1 and 1", lambda x: x,
                                   lambda x, k, y, before: ((2 * k + 1) * x * y - k * before) / (k + 1), "-0.4375, 17.0000")
