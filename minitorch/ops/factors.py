"""LU factors of arrays and what is solved with them: by LAPACK, or of many small matrices at once; orthogonal factors of large ones.

A call of LAPACK costs more than a small matrix does. Many small ones therefore lie side by side, (n, m, B), and each step of the
elimination is one operation on all of them.
"""
import math

import numpy

from minitorch.backend import array_module, on_host

SMALL = 16                                            # rows and columns up to which many matrices are eliminated side by side
BLOCK = 1 << 20                                       # their elements that are in work at a time


def small_and_many(A):
    """Whether the matrices are worth eliminating side by side."""
    n, m = A.shape[-2:]
    return on_host(A) and 0 < n <= SMALL and 0 < m <= SMALL and math.prod(A.shape[:-2]) >= n * m


def side_by_side(A):
    """(..., n, m) -> (n, m, B), one matrix after the other along the last axis; a copy."""
    return numpy.array(A.reshape(-1, *A.shape[-2:]).transpose(1, 2, 0), order="C")


def one_by_one(X, shape):
    """(n, m, B) -> (..., n, m)."""
    return numpy.ascontiguousarray(X.transpose(2, 0, 1)).reshape(shape)


def groups(X):
    """Pieces of the last axis, of which a piece has about `BLOCK` elements."""
    step = max(1, BLOCK // max(1, math.prod(X.shape[:-1])))
    return [slice(i, i + step) for i in range(0, X.shape[-1], step)]


# ---- LU ---------------------------------------------------------------------------------------------------------------------

def lu_factors(A, pivot=True):
    """L below the diagonal, U on it and above, and LAPACK's row exchanges, counted from 1: of arrays of the host."""
    *batch, n, m = A.shape
    if small_and_many(A):
        LU, pivots = side_by_side(A), numpy.empty((min(n, m), math.prod(batch)), "int32")
        for part in groups(LU):
            eliminate(LU[..., part], pivots[:, part], pivot)
        return LU.transpose(2, 0, 1).reshape(A.shape), pivots.T.reshape(*batch, min(n, m))
    LU = numpy.empty((*batch, m, n), A.dtype).swapaxes(-1, -2)               # columns side by side, as LAPACK wants them
    LU[...] = A
    pivots = numpy.empty((*batch, min(n, m)), "int32")
    if pivot:
        from scipy.linalg.lapack import get_lapack_funcs
        getrf, = get_lapack_funcs(("getrf",), (LU,))
        for x, p in zip(LU.reshape(-1, n, m), pivots.reshape(-1, min(n, m))) if LU.size else ():
            x[...], found, _ = getrf(x, overwrite_a=1)
            p[...] = found + 1
    else:
        eliminate(numpy.moveaxis(LU.reshape(-1, n, m), 0, -1), numpy.moveaxis(pivots.reshape(-1, min(n, m)), 0, -1), False)
    return LU, pivots


def eliminate(W, pivots, pivot):
    """Gaussian elimination in place, column by column: (n, m, B), with exchanges (k, B)."""
    for i, chosen in enumerate(pivots):
        chosen[...] = i + 1
        if pivot:
            largest = numpy.abs(W[i, i])
            for j in range(i + 1, len(W)):
                size = numpy.abs(W[j, i])
                numpy.copyto(chosen, j + 1, where=size > largest)
                numpy.fmax(largest, size, out=largest)
            exchange(W, i, chosen)
        divisor = numpy.where(W[i, i] == 0, 1, W[i, i]).astype(W.dtype, copy=False)              # the column is 0 there: it stays
        W[i + 1:, i] /= divisor
        W[i + 1:, i + 1:] -= W[i + 1:, i, None] * W[i, i + 1:]


def exchange(W, i, chosen):
    """Exchange row i of each matrix with the row chosen for it: by their bits, which is many times as fast as by index."""
    bits = W.view(f"i{W.itemsize}")
    for j in range(i + 1, len(W)):
        those = chosen == j + 1
        if those.any():
            difference = (bits[i] ^ bits[j]) & -those.astype(bits.dtype)     # all bits of -1 are set
            bits[i] ^= difference
            bits[j] ^= difference


def lu_solved(LU, pivots, B, transposed=False):
    """The X with AX = B (AᵀX = B if `transposed`) for A = P L U: of arrays of the host, with equal batches."""
    n, m = B.shape[-2:]
    if not B.size:
        return numpy.empty(B.shape, B.dtype)
    if small_and_many(LU):
        lu, p = numpy.ascontiguousarray(LU.reshape(-1, n, n).transpose(1, 2, 0)), pivots.reshape(-1, n).T
        X = side_by_side(B)
        for part in groups(lu):
            substitute(lu[..., part], p[:, part], X[..., part], transposed)
        return one_by_one(X, B.shape)
    from scipy.linalg.lapack import get_lapack_funcs
    getrs, = get_lapack_funcs(("getrs",), (LU,))
    X = numpy.empty(B.shape, B.dtype)
    parts = LU.reshape(-1, n, n), (pivots - 1).reshape(-1, n), B.reshape(-1, n, m), X.reshape(-1, n, m)
    for lu, p, b, x in zip(*parts):
        x[...], _ = getrs(lu, p, b, trans=int(transposed))
    return X


def substitute(LU, pivots, X, transposed):
    """Solve with L and U, in place: (n, n, B), (n, B) and (n, m, B)."""
    n = len(LU)
    if not transposed:
        for i in range(n):
            exchange(X, i, pivots[i])
        for i in range(n):                            # L Y = Pᵀ B
            X[i + 1:] -= LU[i + 1:, i, None] * X[i]
        for i in range(n - 1, -1, -1):                # U X = Y
            X[i] /= LU[i, i]
            X[:i] -= LU[:i, i, None] * X[i]
        return
    for i in range(n):                                # Uᵀ Y = B
        X[i] /= LU[i, i]
        X[i + 1:] -= LU[i, i + 1:, None] * X[i]
    for i in range(n - 1, -1, -1):                    # Lᵀ Z = Y, X = P Z
        X[:i] -= LU[i, :i, None] * X[i]
    for i in range(n - 1, -1, -1):
        exchange(X, i, pivots[i])


# ---- the same on either device ----------------------------------------------------------------------------------------------

def factored(A):
    """What `solved` takes: LU factors and exchanges; on a device the matrices themselves, which CuPy factors each time it solves."""
    return lu_factors(A) if on_host(A) else (A, array_module(A).zeros((*A.shape[:-2], 0), "int32"))


def solved(LU, pivots, B, transposed=False):
    """The X with AX = B, or AᵀX = B, from what `factored` gave for A."""
    if on_host(LU):
        return lu_solved(LU, pivots, B, transposed)
    return array_module(LU).linalg.solve(LU.swapaxes(-1, -2) if transposed else LU, B)


def identities(A):
    """The identity for each matrix."""
    xp = array_module(A)
    return xp.broadcast_to(xp.eye(A.shape[-1], dtype=A.dtype), A.shape)


def zero_on_diagonal(LU):
    """For each matrix 0, or the place of the first 0 on the diagonal, counted from 1."""
    xp = array_module(LU)
    zero = LU.diagonal(0, -2, -1) == 0
    if not zero.shape[-1]:
        return xp.zeros(zero.shape[:-1], "int32")
    return xp.where(zero.any(-1), zero.argmax(-1) + 1, 0).astype("int32")


# ---- QR ---------------------------------------------------------------------------------------------------------------------

def qr_factors(A, complete=False, with_q=True):
    """Q and R of arrays: by LAPACK in their own precision if they are large, since NumPy computes in float64; else by NumPy."""
    n, m = A.shape[-2:]
    if not on_host(A) or min(n, m) <= SMALL:
        found = array_module(A).linalg.qr(A, mode="complete" if complete else "reduced" if with_q else "r")
        return tuple(found) if with_q else (None, found)
    from scipy.linalg.lapack import get_lapack_funcs
    geqrf, orgqr = get_lapack_funcs(("geqrf", "orgqr"), (A,))
    k, columns = min(n, m), n if complete else min(n, m)
    R = numpy.zeros((*A.shape[:-2], columns, m), A.dtype)
    Q = numpy.empty((*A.shape[:-2], n, columns), A.dtype) if with_q else None
    for place in numpy.ndindex(A.shape[:-2]):
        found, tau, _, _ = geqrf(A[place], lwork=64 * m)                     # blocks of up to 64 columns
        R[place][:k] = numpy.triu(found[:k])
        if with_q:
            start = numpy.zeros((n, columns), A.dtype, order="F")
            start[:, :k] = found[:, :k]
            Q[place] = orgqr(start, tau, lwork=64 * columns, overwrite_a=1)[0]
    return Q, R


def reflected(vectors, tau):
    """The first columns of H₁ H₂ ... Hₖ, by LAPACK, matrix by matrix."""
    from scipy.linalg.lapack import get_lapack_funcs
    orgqr, = get_lapack_funcs(("orgqr",), (vectors,))
    Q = numpy.empty(vectors.shape, vectors.dtype)
    for place in numpy.ndindex(Q.shape[:-2]):
        Q[place] = orgqr(vectors[place], tau[place], lwork=64 * Q.shape[-1])[0]
    return Q
