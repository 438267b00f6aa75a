"""The house keeps its plan: trees mirror, imports run one way, each idea has its place."""
import ast
from pathlib import Path

import pytest

from comparisons import mutants
from comparisons.catalogue import ENTRIES
from comparisons.names import FILE, all_listed, listed, public, strange

ROOT = Path(__file__).parent.parent
LIBRARY, REFERENCE = ROOT / "minitorch", ROOT / "reference"

# Files of the mirrored parts that have nothing to read beside them in PyTorch, and why
ALONE = {
    "kernels/methods.py": "puts kernels on Tensor as methods",
    "nn/parameter.py": "Parameter is a Tensor",
    "optim/layout.py": "moments in flat buffers, for speed",
}
INFRASTRUCTURE = ("nn/utils/", "nn/modules/_", "nn/modules/module.py", "nn/modules/container.py", "nn/modules/utils.py", "nn/init.py",
                  "nn/functional.py", "nn/_", "optim/optimizer.py")


def modules(under, *parts):
    """Python files below some folders, as paths relative to `under`."""
    return sorted(str(f.relative_to(under)) for p in parts for f in (under / p).rglob("*.py") if f.name != "__init__.py")


def tree(path):
    return ast.parse(path.read_text(), str(path))


def definitions(module):
    """The functions and classes at the top of a parsed file."""
    return [n for n in module.body if isinstance(n, (ast.FunctionDef, ast.ClassDef))]


def dotted(node):
    """torch.nn.functional.linear as a list of its parts; [] if it does not begin with a plain name."""
    parts = []
    while isinstance(node, ast.Attribute):
        parts.insert(0, node.attr)
        node = node.value
    return [node.id, *parts] if isinstance(node, ast.Name) else []


# ---- imports ---------------------------------------------------------------------------------------------------------

def imported(path):
    """The top names that a file imports anywhere."""
    found = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {a.name for a in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module)
    return found


@pytest.mark.parametrize("path", sorted(LIBRARY.rglob("*.py")), ids=lambda p: str(p.relative_to(LIBRARY)))
def test_the_library_imports_neither_torch_nor_what_compares(path):
    tops = {name.split(".")[0] for name in imported(path)}
    assert not tops & {"torch", "comparisons", "reference"}
    if path != LIBRARY / "backend.py":
        assert "cupy" not in tops and not any(isinstance(n, ast.Name) and n.id == "cupy" for n in ast.walk(tree(path))), \
            "only backend.py knows that there are two array libraries"


def test_imports_run_one_way():
    """nn and optim may import kernels, kernels ops, ops autograd, autograd the tensor: at the top of a file, never the other way."""
    order = ["dtypes", "backend", "tensor", "autograd", "ops", "kernels", "nn", "optim"]
    wrong = []
    for path in LIBRARY.rglob("*.py"):
        place = path.relative_to(LIBRARY).parts[0].removesuffix(".py")
        if place not in order:
            continue
        for node in tree(path).body:
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("minitorch"):
                targets = [node.module.split(".")[1]] if "." in node.module else [a.name for a in node.names]
                wrong += [f"{path.relative_to(ROOT)} imports {t}" for t in targets if t in order and order.index(t) > order.index(place)]
    assert not wrong


def test_the_tensor_imports_no_operation():
    assert not [m for m in imported(LIBRARY / "tensor.py") if m.startswith(("minitorch.ops", "minitorch.kernels"))]


# ---- the two trees ---------------------------------------------------------------------------------------------------

def test_every_reference_file_has_its_counterpart():
    ours = set(modules(LIBRARY, "nn", "optim", "kernels", "ops"))
    assert not [p for p in modules(REFERENCE, ".") if p not in ours]


def test_every_file_has_its_reference():
    theirs = set(modules(REFERENCE, "."))
    ours = [p for p in modules(LIBRARY, "nn", "optim", "kernels") if p not in ALONE and not p.startswith(INFRASTRUCTURE)]
    missing = [p for p in ours if p not in theirs]
    assert not missing, "write the reference, or say in ALONE why there is nothing to read beside it"
    assert not [p for p in ALONE if not (LIBRARY / p).exists() or (REFERENCE / p).exists()], "ALONE lists what is not alone"


@pytest.mark.parametrize("path", modules(REFERENCE, "."))
def test_reference_has_the_same_names(path):
    """The same public classes on both sides; each operator of a kernel file, and each rule with a name, has its pair in the reference."""
    ours, theirs = ({d.name: type(d) for d in definitions(tree(side / path))} for side in (LIBRARY, REFERENCE))
    classes = {n for n, kind in theirs.items() if kind is ast.ClassDef and not n.startswith("_")}
    assert not classes - set(ours), "classes only in the reference"
    if path.startswith(("nn/modules", "optim")):
        public = {n for n in ours if f"nn.{n}" in all_listed() or f"optim.{n}" in all_listed()}
        assert not public - classes, "classes without a reference"
    module, named = path[:-3].replace("/", "."), {entry.op for entry in ENTRIES.values()}
    operators = [o for o in mutants.operators() if o.forward.__module__ == "minitorch." + module]
    if path.startswith("ops"):                       # of these files the reference has what an entry sets beside it
        operators = [o for o in operators if f"{module}.{o.forward.__name__}" in named]
    expected = {o.forward.__name__ for o in operators} | {r.__name__ for o in operators for r, _, _ in o.rules if r.__name__ != "_"}
    assert not expected - set(theirs), "operators or rules without a reference"


NICKNAMES = {"Linear": {"linear"}, "Conv2d": {"conv2d"}, "LSTM": {"lstm"}, "MultiheadAttention": {"multi_head_attention_forward"},
             "BatchNorm1d": {"batch_norm"}, "BatchNorm2d": {"batch_norm"}, "LayerNorm": {"layer_norm"}, "Embedding": {"embedding"},
             "CrossEntropyLoss": {"cross_entropy"}, "NLLLoss": {"nll_loss"}, "MSELoss": {"mse_loss"}, "L1Loss": {"l1_loss"},
             "BCELoss": {"binary_cross_entropy"}, "BCEWithLogitsLoss": {"binary_cross_entropy_with_logits"}, "Dropout": {"dropout"},
             "MaxPool2d": {"max_pool2d"}, "AvgPool2d": {"avg_pool2d"}, "AdaptiveAvgPool2d": {"adaptive_avg_pool2d"}, "ReLU": {"relu"},
             "LeakyReLU": {"leaky_relu"}, "GELU": {"gelu"}, "SiLU": {"silu"}, "Softmax": {"softmax"}, "LogSoftmax": {"log_softmax"}}


@pytest.mark.parametrize("path", modules(REFERENCE, "."))
def test_reference_calls_no_built_in_of_its_own_name(path):
    module = tree(REFERENCE / path)
    for definition in definitions(module):
        own = {definition.name, definition.name.removesuffix("_backward")} | NICKNAMES.get(definition.name, set())
        for node in ast.walk(definition):
            if isinstance(node, ast.Call):
                parts = dotted(node.func)
                if len(parts) > 1 and parts[0] in ("torch", "nn", "F", "functional"):
                    assert parts[-1] not in own, f"{definition.name} calls {'.'.join(parts)}"
        if isinstance(definition, ast.ClassDef):
            bases = [dotted(b) for b in definition.bases]
            assert not [b for b in bases if len(b) > 1 and b[-1] in own], f"{definition.name} inherits torch's own"


def test_references_import_only_torch():
    tops = {p: {n.split(".")[0] for n in imported(REFERENCE / p)} for p in modules(REFERENCE, ".")}
    assert not [p for p, found in tops.items() if found & {"minitorch", "numpy"}]


# ---- operators -------------------------------------------------------------------------------------------------------

KERNELS = [o for o in mutants.operators() if o.forward.__module__.startswith("minitorch.kernels.") and o.definition is not None
           and not o.forward.__name__.endswith("_backward")]


@pytest.mark.parametrize("op", KERNELS, ids=lambda o: o.name)
def test_a_definition_calls_no_kernel(op):
    """Not even by name: what it uses from kernel files are plain helpers."""
    space, used = op.definition.__globals__, _names_in(op.definition.__code__)
    kernels = {n for n in used if getattr(getattr(space.get(n), "op", None), "definition", None) is not None}
    assert not kernels, f"the definition of {op.name} calls {kernels}"


def _names_in(code):
    return set(code.co_names) | {n for c in code.co_consts if hasattr(c, "co_names") for n in _names_in(c)}


@pytest.mark.parametrize("op", KERNELS, ids=lambda o: o.name)
def test_a_rule_of_a_kernel_bears_its_name(op):
    """`layer_norm_backward` stands opposite the reference's function of that name."""
    assert all("_backward" in rule.__name__ for rule, _, _ in op.rules)


# ---- names -----------------------------------------------------------------------------------------------------------

@pytest.fixture(scope="module")
def libraries():
    from comparisons.check import libraries as both
    return both()


def test_each_name_is_listed_once():
    names = all_listed()
    assert len(names) == len(set(names)), sorted({n for n in names if names.count(n) > 1})
    assert all(listed().values()) and FILE.read_text().startswith("#")


def test_listed_names_are_the_public_names(libraries):
    names, found = set(all_listed()), public(*libraries)
    assert not sorted(names - found), "listed, but not there"
    assert not sorted(found - names), "there, but not listed in comparisons/names.txt"


def test_what_torch_does_not_have_is_not_public(libraries):
    assert not sorted(strange(*libraries))
