"""torch.linalg: linear algebra, by PyTorch's names; also the older names at the top of torch, and the methods of Tensor.

    >>> import minitorch as torch
    >>> A = torch.tensor([[2.0, 1.0], [1.0, 2.0]])
    >>> torch.linalg.eigh(A).eigenvalues
    tensor([1., 3.])

There is no `eig`: eigenvalues of matrices that are not symmetric are complex numbers, a dtype that minitorch does not have.
"""
from minitorch.ops import determinants, distances, elimination, factorizations, inverses, norms, products, pseudoinverse, spectral
from minitorch.ops.determinants import det, slogdet
from minitorch.ops.diagonals import diagonal as view_of_diagonal
from minitorch.ops.elimination import lu, lu_factor, lu_factor_ex, lu_solve
from minitorch.ops.exponential import exponential
from minitorch.ops.factorizations import cholesky, cholesky_ex, householder_product, orgqr, qr
from minitorch.ops.inplace import inplace
from minitorch.ops.inverses import inv, inv_ex, solve, solve_ex, solve_triangular, tensorinv, tensorsolve
from minitorch.ops.keywords import as_torch_takes
from minitorch.ops.lapack import LinAlgError, delivered, must_be_tensors
from minitorch.ops.linalg import matmul as product_of
from minitorch.ops.linalg import outer, vdot
from minitorch.ops.norms import matrix_norm, norm, vector_norm
from minitorch.ops.products import cross, matrix_power, multi_dot, vander, vecdot
from minitorch.ops.pseudoinverse import cond, lstsq, matrix_rank, pinv
from minitorch.ops.spectral import eigh, eigvalsh, svd, svdvals
from minitorch.tensor import Tensor

matrix_exp = exponential

__all__ = [
    "LinAlgError", "cholesky", "cholesky_ex", "cond", "cross", "det", "diagonal", "eigh", "eigvalsh", "householder_product", "inv",
    "inv_ex", "lstsq", "lu", "lu_factor", "lu_factor_ex", "lu_solve", "matmul", "matrix_exp", "matrix_norm", "matrix_power",
    "matrix_rank", "multi_dot", "norm", "pinv", "qr", "slogdet", "solve", "solve_ex", "solve_triangular", "svd", "svdvals", "tensorinv",
    "tensorsolve", "vander", "vecdot", "vector_norm",
]


def diagonal(A, *, offset=0, dim1=-2, dim2=-1):
    """The diagonals of matrices, as a view: `torch.diagonal` of the last two dimensions.

    Example:
        >>> import minitorch as torch
        >>> torch.linalg.diagonal(torch.tensor([[1, 2], [3, 4]]))
        tensor([1, 4])
    """
    must_be_tensors("linalg.diagonal", A=A)
    return view_of_diagonal(A, offset, dim1, dim2)


def matmul(input, other, *, out=None):
    """The matrix product: `torch.matmul`.

    Example:
        >>> import minitorch as torch
        >>> torch.linalg.matmul(torch.ones(2, 3), torch.ones(3))
        tensor([3., 3.])
    """
    must_be_tensors("linalg.matmul", input=input, other=other)
    return delivered("linalg.matmul", out, product_of(input, other))


# ---- methods of Tensor ------------------------------------------------------------------------------------------------------

OLDER = {                                             # the names at the top of torch, also methods but for a few
    "addbmm": products.addbmm, "addmv": products.addmv, "addr": products.addr, "cdist": distances.cdist,
    "chain_matmul": products.chain_matmul, "cholesky": factorizations.older_cholesky, "cholesky_inverse": factorizations.cholesky_inverse,
    "cholesky_solve": factorizations.cholesky_solve, "cross": products.older_cross, "det": determinants.older_det, "dist": norms.dist,
    "ger": outer, "inner": products.inner, "inverse": inverses.inverse, "kron": products.kron, "logdet": determinants.logdet,
    "lu": elimination.older_lu, "lu_solve": elimination.older_lu_solve, "lu_unpack": elimination.lu_unpack, "matrix_exp": exponential,
    "matrix_power": matrix_power, "norm": norms.older_norm, "orgqr": orgqr, "pinverse": pseudoinverse.pinverse,
    "qr": factorizations.older_qr, "slogdet": determinants.older_slogdet, "svd": spectral.older_svd,
    "triangular_solve": inverses.triangular_solve, "vander": products.older_vander, "vdot": vdot,
}
for name in __all__:                                  # `axis` is `dim` here too
    if not hasattr(globals()[name], "op") and not isinstance(globals()[name], type):
        globals()[name] = as_torch_takes(globals()[name])
for name, function in OLDER.items():
    if name not in ("cdist", "chain_matmul", "lu_unpack", "vander"):
        setattr(Tensor, name, function)
for name in ("addbmm", "addmv", "addr"):
    setattr(Tensor, name + "_", inplace(OLDER[name]))
