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


def named_result(name, *values: Tensor):
    """The named tuple of an operation's results."""
    return globals()[name](values)
