"""Named results, as torch.return_types: tuples whose fields have names (`values`, `indices` ...)."""
from minitorch.tensor import Tensor


def _result(name, fields):
    def show(self):
        body = ",\n".join(f"{field}={value!r}" for field, value in zip(fields, self))
        return f"torch.return_types.{name}(\n{body})"

    def new(cls, values):
        if len(values) != len(fields):
            raise TypeError(f"torch.return_types.{name}() takes a {len(fields)}-sequence ({len(values)}-sequence given)")
        return tuple.__new__(cls, values)
    members = {field: property(lambda self, k=k: self[k]) for k, field in enumerate(fields)}
    members |= {"__new__": new, "__repr__": show, "__slots__": (), "__module__": "torch.return_types", "n_fields": len(fields),
                "n_sequence_fields": len(fields), "n_unnamed_fields": 0, "__match_args__": fields,
                "__reduce__": lambda self: (named_result, (name, *self)), "__doc__": f"The fields of torch.{name}: {', '.join(fields)}."}
    return type(name, (tuple,), members)


max = _result("max", ("values", "indices"))
min = _result("min", ("values", "indices"))
topk = _result("topk", ("values", "indices"))
sort = _result("sort", ("values", "indices"))
median = _result("median", ("values", "indices"))
kthvalue = _result("kthvalue", ("values", "indices"))
mode = _result("mode", ("values", "indices"))
cummax = _result("cummax", ("values", "indices"))
cummin = _result("cummin", ("values", "indices"))
nanmedian = _result("nanmedian", ("values", "indices"))
aminmax = _result("aminmax", ("min", "max"))
frexp = _result("frexp", ("mantissa", "exponent"))
histogram = _result("histogram", ("hist", "bin_edges"))
linalg_inv_ex = _result("linalg_inv_ex", ("inverse", "info"))
linalg_solve_ex = _result("linalg_solve_ex", ("result", "info"))
linalg_slogdet = _result("linalg_slogdet", ("sign", "logabsdet"))
slogdet = _result("slogdet", ("sign", "logabsdet"))
linalg_cholesky_ex = _result("linalg_cholesky_ex", ("L", "info"))
linalg_qr = _result("linalg_qr", ("Q", "R"))
qr = _result("qr", ("Q", "R"))
linalg_lu = _result("linalg_lu", ("P", "L", "U"))
linalg_lu_factor = _result("linalg_lu_factor", ("LU", "pivots"))
linalg_lu_factor_ex = _result("linalg_lu_factor_ex", ("LU", "pivots", "info"))
lu_unpack = _result("lu_unpack", ("P", "L", "U"))
linalg_eigh = _result("linalg_eigh", ("eigenvalues", "eigenvectors"))
linalg_svd = _result("linalg_svd", ("U", "S", "Vh"))
svd = _result("svd", ("U", "S", "V"))
linalg_lstsq = _result("linalg_lstsq", ("solution", "residuals", "rank", "singular_values"))
triangular_solve = _result("triangular_solve", ("solution", "cloned_coefficient"))


def named_result(name, *values: Tensor):
    """The named tuple of an operation's results."""
    return globals()[name](values)
