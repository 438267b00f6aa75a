"""The protocol of an operation: forward and derivative side by side, and a node of the graph for every recorded call.

    @elementwise(promotes="float", name="TanhBackward0")
    def tanh(input):
        return array_module(input).tanh(input)

    @tanh.derivative                                  # dy/dx = 1 - y²
    def _(grad, out):
        return grad * (1 - out * out)

Positional parameters are tensors (None and numbers too); one annotated `list` takes a sequence of tensors; keyword-only
parameters are settings. The forward takes arrays and returns its outputs, then the values named in `saves`. A rule's own
signature says what is kept for it: an argument, `<argument>_shape`, an output, a saved value, a setting, or `needs`.
Rules run on arrays in an ordinary backward and on Tensors under `create_graph`, so one rule serves every order; an
operator with a `definition` differentiates that instead, and its rules see arrays only.
"""
import functools
import inspect
import itertools
import re

from minitorch.autograd.arguments import (
    NUMBERS,
    bind,
    do_broadcast,
    on_one_device,
    promote,
    refuse_others,
    refuse_two_devices,
    unequal_sizes,
)
from minitorch.autograd.plan import ARG, OUT, SAVE, SETTING, SHAPE, compile_plan, kept_by
from minitorch.backend import ARRAYS, as_array, device_name, may_share_memory
from minitorch.tensor import Leaf, Node, Output, Tensor, link_view, mode, version_counter, wrap

FREED = object()
next_seq = itertools.count(1).__next__
new_tensor = Tensor.__new__
traces, nan_is_error = None, True                     # anomaly detection: the program's line for each node's number


def edge(t):
    """Where the gradient of a tensor goes."""
    if t._base is not None:
        t._stale()
    if t._node is None:
        t._node = Leaf(t, next_seq())
    return t._node


class Operator:
    """What the decorated function knows: its parameters, outputs, rules, definition and plans."""
    late = None                                       # the argument whose leaf has its turn after those of the others

    def __init__(self, forward, outputs="out", saves="", view=None, name=None, promotes=None, broadcasts=False, apart=0, numbers=True):
        self.forward, self.name, self.definition, self.view = on_one_device(forward), forward.__name__.rstrip("_"), None, view
        self.broadcasts, self.promotes, self.apart, self.listed = broadcasts, promotes, apart, outputs is list
        self.outputs, self.saves = ["outputs"] if self.listed else outputs.split(), saves.split()
        parameters = inspect.signature(forward).parameters.values()
        self.params = [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
        self.lists = frozenset(i for i, p in enumerate(parameters) if p.annotation is list)
        self.optional = tuple(p.default for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD)
        self.defaults = {p.name: p.default for p in parameters if p.kind is p.KEYWORD_ONLY}
        self.required = {k for k, v in self.defaults.items() if v is inspect.Parameter.empty}
        self.known, self.numbers = frozenset(self.defaults), NUMBERS if numbers else frozenset()
        self.tensor_first = numbers == "second"
        self.rules, self.plans, self.count = [], {}, len(self.outputs) + len(self.saves)
        self.node = node_class(name or "".join(w.capitalize() for w in self.name.split("_")) + "Backward0")
        self.single = single_output(self)

    # ---- registration ----

    def derivative(self, *arguments):
        """`@op.derivative` or `@op.derivative("a")`: parameters called grad... take cotangents, the others name what is kept."""
        if arguments and callable(arguments[0]):
            return self.derivative()(arguments[0])

        def register(rule):
            words = inspect.signature(rule).parameters    # the argument `grad` of a backward function that is an operator is kept
            kept = [kept_by(self, word) for word in words if not word.startswith("grad") or word in self.params]
            positions = tuple(map(self.params.index, arguments)) or tuple(range(len(self.params)))
            self.rules.append((rule, positions, kept))
            self.rules.sort(key=lambda r: r[1])       # gradients come in argument order, as edges do
            self.plans.clear()
            return rule
        return register

    # ---- a call ----

    def call(self, args, settings):
        """Compute on arrays; given Tensors, record the call. The general path: `specialised` has the two common shapes."""
        if len(args) != len(self.params) or settings and not settings.keys() <= self.known or not settings and self.required:
            out = settings.pop("out", None) if settings else None
            args, settings = bind(self, args, settings)
            if out is not None:
                return write_out(self, out, self.call(args, settings))
        arrays, edges, mask, bit, wrapped = [], [], 0, 1, False
        for a in args:
            if type(a) is Tensor or isinstance(a, Tensor):                # subclasses too: Parameter
                wrapped = True
                if a._requires_grad or a._base is not None and a.requires_grad:
                    mask |= bit
                    edges.append(a._node if a._node is not None and a._base is None else edge(a))
                arrays.append(a._array)
            elif self.lists and type(a) in (list, tuple):
                arrays.append([t._array if isinstance(t, Tensor) else t for t in a])
                wrapped = wrapped or any(isinstance(t, Tensor) for t in a)
                if any(isinstance(t, Tensor) and t.requires_grad for t in a):
                    mask |= bit
                    edges += [edge(t) if isinstance(t, Tensor) and t.requires_grad else None for t in a]
            else:
                arrays.append(a)
            bit += bit
        if not wrapped:
            refuse_others(self, arrays)
            out = self.forward(*arrays, **settings)
            return out if self.listed or self.count == 1 else out[0] if len(self.outputs) == 1 else out[:len(self.outputs)]
        if self.promotes is not None:
            arrays = promote(self, arrays)
        try:
            out = self.forward(*arrays, **settings)
        except NotImplementedError:                   # torch looks first whether the shapes fit
            if self.broadcasts and not do_broadcast(arrays):
                raise RuntimeError(unequal_sizes(self, arrays)) from None
            raise
        except (TypeError, ValueError) as error:      # the libraries' classes: for shapes that do not broadcast, for devices that differ
            if self.broadcasts and "broadcast" in str(error):
                raise RuntimeError(unequal_sizes(self, arrays)) from None
            moved = together(args) if self.promotes is not None else args
            if moved is not args:
                return self.call(moved, settings)
            refuse_two_devices([*arrays, *settings.values()])
            raise
        return self.finish(out, args, settings, edges, mask)

    def finish(self, out, args, settings, edges, mask):
        """Tensors of the outputs, and the node that remembers how they came about."""
        if self.count == 1 and not self.listed:
            result = self.single(out, args, settings, edges, mask)
            if self.view is not None and isinstance(args[0], Tensor):
                self.link(result, args[0])
            return result
        outs = [as_array(o) for o in (out if self.listed else out[:len(self.outputs)])]
        results = [wrap(o) for o in outs]
        if mask and mode.grad:
            plan = self.plans.get(mask) or compile_plan(self, mask)
            node = new_node(self.node)
            node.op, node.plan, node.settings, node.edges = self, plan, settings, edges
            node.hooks = node.retained = node.outputs = None
            if len(outs) == 1 and not self.listed:
                node.shape, node.dtype = outs[0].shape, outs[0].dtype
                results[0]._requires_grad, results[0]._node = True, node
            else:
                node.outputs = [(o.shape, o.dtype) for o in outs]
                for nr, t in enumerate(results):
                    if t._array.dtype.kind == "f":    # integer and boolean outputs have no history, as in torch
                        t._requires_grad, t._node = True, Output(node, nr)
            node.seq = next_seq()
            node.saved = self.save(plan, args, settings, out, results) if plan.keeps else ()
        if self.view is not None and isinstance(args[0], Tensor):
            for t in results:
                self.link(t, args[0])
        return results[0] if len(results) == 1 and not self.listed else tuple(results)

    def link(self, result, base):
        """A result that shares the first argument's memory is a view of it."""
        if self.view != "maybe" or result._array.size == 0 or may_share_memory(result._array, base._array):
            if self.view == "multi":
                link_view(result, base, "multi")
            elif mode.grad:
                link_view(result, base)
            else:
                link_view(result, base, "no_grad")
                if base.requires_grad:                # torch's: a view of what needs a gradient says so, without a history
                    result._requires_grad = True

    def save(self, plan, args, settings, out, results):
        """value, version, value, version ... of what the plan keeps. Outputs are kept as arrays: a node never holds its own result."""
        kept = []
        for kind, i in plan.keeps:
            if kind == ARG:
                a = args[i]
                if isinstance(a, Tensor) and a._origin == "inference":
                    raise RuntimeError(INFERENCE)
                kept.append(a)
                kept.append(version_of(a))
            elif kind == OUT:
                counter = version_counter(results[i])
                kept.append((results[i]._array, counter))
                kept.append(counter[0])
            elif kind == SAVE:
                kept += out[i], None
            elif kind == SHAPE:
                kept += ([tuple(t.shape) for t in args[i]] if i in self.lists else shape_of(args[i])), None
            elif kind == SETTING:
                kept += settings[i] if settings is not None and i in settings else self.defaults[i], None
            else:
                kept += tuple(any(needs_grad(t) for t in a) if type(a) in (list, tuple) else needs_grad(a) for a in args), None
        return kept

    # ---- its derivative ----

    def unpack(self, node, kept, create_graph):
        """What the rules asked for, after the version check: arrays in an ordinary backward, Tensors with history in a graph."""
        if kept is FREED:
            raise RuntimeError("Trying to backward through the graph a second time (or directly access saved tensors after they have "
                               "already been freed). "
                               "Saved intermediate values of the graph are freed when you call .backward() or autograd.grad(). Specify "
                               "retain_graph=True "
                               "if you need to backward through the graph a second time or if you need to access saved tensors after "
                               "calling backward.")
        values, saved = [], iter(kept)
        for (kind, i), value, version in zip(node.plan.keeps, saved, saved):
            if kind == ARG:
                if version is not None:
                    now = version_of(value)
                    if now != version:
                        self.modified(value, self.params[i], version, now)
                    if not create_graph:
                        value = [t._array if isinstance(t, Tensor) else t for t in value] if type(value) in (list, tuple) else value._array
            elif kind == OUT:
                value, counter = value
                if counter[0] != version:
                    self.modified(wrap(value), self.outputs[i], version, counter[0], output=i)
                if create_graph:
                    value = wrap(value, True, Output(node, i) if node.outputs else node) if value.dtype.kind == "f" else wrap(value)
                    value._counter = counter
            elif kind == SAVE and create_graph and isinstance(value, ARRAYS) and self.definition is None:
                if value.dtype.kind == "f":
                    raise RuntimeError(f"{self.name} keeps {self.saves[i - len(self.outputs)]!r}, a constant to higher orders: give it a "
                                       "definition")
                value = wrap(value)
            values.append(value)
        return values

    def modified(self, value, name, version, now, output=None):
        """Raise torch's error for a kept tensor that an in-place operation has changed since."""
        first = value[0] if type(value) in (list, tuple) else value
        name_of_node = re.sub(r"Backward\d*$", "", self.node.__name__)
        came = f", which is output {output} of {name_of_node}," if output is not None and first.dtype.is_floating_point else ""
        raise RuntimeError(f"one of the variables needed for gradient computation has been modified by an inplace operation: "
                           f"[torch.{first.dtype.legacy} {list(first.shape)}]{came} is at version {now}; expected version {version} "
                           "instead. "
                           f"{self.name} kept it as {name!r} for backward. Hint: enable anomaly detection to find the operation that "
                           "failed "
                           f"to compute its gradient, with torch.autograd.set_detect_anomaly(True).")

    def vjp(self, node, grads, create_graph):
        """The gradients of the needed arguments, in the order of `node.edges`."""
        plan, values, saved = node.plan, (), node.saved   # read once: hooks may be behind it
        if plan.plain and not create_graph and saved is not FREED:        # only arguments are kept, the common case
            if plan.quick:                            # a lone output, and rules that keep one value each
                grad, = grads
                if plan.one is not None:
                    a, version = saved
                    if version is not None:
                        a = a._array if a._counter is None else self.unchanged(node, a, version)
                    return plan.rules[0](grad, a),
                a, version_a, b, version_b = saved
                if version_a is not None:
                    a = a._array if a._counter is None else self.unchanged(node, a, version_a)
                if version_b is not None:
                    b = b._array if b._counter is None else self.unchanged(node, b, version_b)
                first, second = plan.rules
                return first(grad, a), second(grad, b)
            pairs = iter(saved)
            values = [a if version is None else self.unchanged(node, a, version) for a, version in zip(pairs, pairs)]
        elif plan.keeps:
            values = self.unpack(node, saved, create_graph)
        if create_graph and self.definition is not None:
            return self.differentiate_definition(node, grads, values)
        if plan.whole:                                # one joint rule, all of whose gradients are needed
            rule, lo, hi, _ = plan.steps[0]
            result = rule(*grads, *values[lo:hi])
            return result if not self.lists else flat(result)
        if plan.single:
            return [rule(*grads, *values[lo:hi]) for rule, lo, hi, _ in plan.steps]
        found = []
        for rule, lo, hi, pick in plan.steps:
            result = rule(*grads, *values[lo:hi])
            found += (result,) if pick is None else [result[k] for k in pick]
        return flat(found)

    def unchanged(self, node, a, version):
        """The array of a kept argument, if nothing has changed it since."""
        if a._counter is not None and a._counter[0] != version:
            self.unpack(node, node.saved, False)      # raises, with names
        return a._array

    def differentiate_definition(self, node, grads, values):
        """Higher orders: run the definition at the kept arguments, and differentiate it there."""
        from minitorch.autograd.graph import gradients
        from minitorch.ops.shape import alias
        args = [values[node.plan.keeps.index((ARG, i))] for i in range(len(self.params))]
        wanted = []
        for i in node.plan.order:
            if i in self.lists:
                args[i] = [alias(t) if needs_grad(t) else t for t in args[i]]
                wanted += args[i]
            else:
                args[i] = alias(args[i])
                wanted.append(args[i])
        before, mode.grad = mode.grad, True
        try:
            out = self.definition(*args, **(node.settings or {}))
        finally:
            mode.grad = before
        outs = out if type(out) is tuple else (out,)
        if node.outputs is not None:                  # cotangents come for the floating outputs only
            outs = [o for o, (_, kind) in zip(outs, node.outputs) if kind.kind == "f"]
        live = [t for t in wanted if t._requires_grad]
        found = iter(gradients(outs, live, grads, create_graph=True))
        return [next(found) if t._requires_grad else None for t in wanted]


new_node = Node.__new__
INFERENCE = ("Inference tensors cannot be saved for backward. Please do not use Tensors created in inference mode in computation tracked "
             "by autograd. "
             "To work around this, you can make a clone to get a normal tensor and use it in autograd.")


def node_class(name):
    """The class of an operator's nodes, under PyTorch's name of it."""
    return type(name, (Node,), {"__slots__": ()})


def flat(gradients):
    """One gradient for each edge: a list argument's gradients come as a list."""
    found = []
    for g in gradients:
        found.extend(flat(g)) if type(g) in (list, tuple) else found.append(g)
    return found


def together(args):
    """Operands of which those of one number on the host follow the others to their device, as in torch; the same if none has to."""
    place = next((name for t in args if isinstance(t, Tensor) and (name := device_name(t._array)) != "cpu"), "cpu")
    lonely = [isinstance(t, Tensor) and not t._array.ndim and device_name(t._array) == "cpu" for t in args]
    if place == "cpu" or not any(lonely):
        return args
    from minitorch.ops.conversion import move
    return tuple(move(t, device=place) if alone else t for t, alone in zip(args, lonely))


def version_of(a):
    """The version of a tensor, versions of a list of them; None for what is no tensor."""
    if isinstance(a, Tensor):
        return 0 if a._counter is None else a._counter[0]
    return [version_of(t) for t in a] if type(a) in (list, tuple) else None


def shape_of(a):
    """The shape of an argument, () of a number, None of None."""
    return a._array.shape if isinstance(a, Tensor) else None if a is None else getattr(a, "shape", ())


def needs_grad(a):
    """Whether a gradient of this argument is asked for."""
    return isinstance(a, Tensor) and a.requires_grad


def write_out(op, out, result):
    """`out=`: the result written into given tensors, which take its shape."""
    from minitorch.ops.inplace import overwrite
    if isinstance(result, tuple):
        return tuple(write_out(op, o, r) for o, r in zip(out, result))
    if not isinstance(out, Tensor):
        raise TypeError(f"{op.name}(): argument 'out' must be Tensor, not {type(out).__name__}")
    if mode.grad and (out.requires_grad or result.requires_grad):
        raise RuntimeError(f"{op.name}(): functions with out=... arguments don't support automatic differentiation, but one of the "
                           "arguments requires grad.")
    return overwrite(out, result)


def version(a):
    """The version at which an argument is kept; None for what is no tensor.

    Raises:
        RuntimeError: an inference tensor.
    """
    if type(a) is Tensor or isinstance(a, Tensor):
        if a._origin == "inference":
            raise RuntimeError(INFERENCE)
        return 0 if a._counter is None else a._counter[0]
    return None


def single_output(op):
    """The function that makes the Tensor of a lone output, and its node: the inner loop of every forward pass."""
    node_type, plans, save, ndarray = op.node, op.plans, op.save, ARRAYS[0]

    def single(out, args, settings, edges, mask):
        result = new_tensor(Tensor)
        if type(out) is not ndarray:
            out = as_array(out)
        result._array = out
        result._base = result._counter = result._grad = result._origin = None
        if mask and mode.grad and out.dtype.kind == "f":
            plan = plans.get(mask) or compile_plan(op, mask)
            result._requires_grad = True
            result._node = node = new_node(node_type)
            node.op, node.plan, node.settings, node.edges = op, plan, settings, edges
            node.outputs = node.hooks = node.retained = None
            node.shape, node.dtype, node.seq = out.shape, out.dtype, next_seq()
            if not plan.keeps:
                node.saved = ()
            elif plan.one is not None:
                a = args[plan.one]
                node.saved = a, version(a)
            elif plan.two is not None:
                i, k = plan.two
                a, b = args[i], args[k]
                node.saved = a, version(a), b, version(b)
            else:
                node.saved = save(plan, args, settings, (out,), (result,))
        else:
            result._requires_grad, result._node = False, None
            if mode.inference:
                result._origin = "inference"
        return result
    return single


def specialised(op):
    """The function that users call. One operand, or two of one floating dtype, take a short path; all else `op.call`."""
    forward, call, single, numbers = op.forward, op.call, op.single, op.numbers

    def one(input):
        if type(input) is Tensor and input._base is None:
            array = input._array
            if array.dtype.kind == "f":
                if input._requires_grad:
                    return single(forward(array), (input,), None, (input._node or edge(input),), 1)
                return single(forward(array), (input,), None, None, 0)
        return call((input,), {})

    def two(input, other):
        if type(input) is Tensor and input._base is None:
            a = input._array
            if a.dtype.kind == "f":
                if type(other) is Tensor:
                    b = other._array
                    if a.dtype is b.dtype and other._base is None:
                        try:
                            out = forward(a, b)
                        except (TypeError, ValueError):                   # the general path explains it
                            return call((input, other), {})
                        if input._requires_grad:
                            first = input._node or edge(input)
                            if other._requires_grad:
                                return single(out, (input, other), None, (first, other._node or edge(other)), 3)
                            return single(out, (input, other), None, (first,), 1)
                        if other._requires_grad:
                            return single(out, (input, other), None, (other._node or edge(other),), 2)
                        return single(out, (input, other), None, None, 0)
                elif type(other) in numbers:
                    if input._requires_grad:
                        return single(forward(a, other), (input, other), None, (input._node or edge(input),), 1)
                    return single(forward(a, other), (input, other), None, None, 0)
        return call((input, other), {})

    def function(*args, **settings):
        if short is not None and len(args) == arity and not settings:
            return short(*args)
        return call(args, settings)

    arity = len(op.params)
    plain = op.count == 1 and op.view is None and not op.lists and not op.required and op.promotes is not None and not op.apart
    short = {1: one, 2: two}.get(arity) if plain else None
    functools.update_wrapper(function, op.forward)
    function.op, function.derivative, function.short = op, op.derivative, short or function

    def definition(f):
        op.definition = f
        op.plans.clear()
        return f
    function.definition = definition
    return function


def differentiable(forward=None, *, outputs="out", saves="", view=None, name=None):
    """Make an operator of a function on arrays.

    Args:
        outputs: names of the outputs, also the fields of the named result; `list` for as many as the forward returns.
        saves: names of the values that the forward returns after its outputs, for the rule alone.
        view: True if the result shows the first argument's memory, "maybe" if it does where the layout allows, "multi" for several
            views at once.
        name: PyTorch's name of the node, such as "MulBackward0".
    """
    def decorate(f):
        return specialised(Operator(f, outputs, saves, view, name))
    return decorate(forward) if forward else decorate


def elementwise(forward=None, *, promotes="any", name=None, apart=0, numbers=True):
    """An operator that broadcasts its operands and promotes their dtypes; the engine sums gradients back to the operands.

    Args:
        promotes: "any" (the common dtype), "float" (integers become the default dtype), "bool" (operands meet in the common
            dtype, the result is bool).
        name: PyTorch's name of the node.
        apart: how many operands, from the first on, take no part in the promotion (the condition of `where`).
        numbers: whether Python numbers may stand for operands; "second": not for the first.
    """
    def decorate(f):
        return specialised(Operator(f, name=name, promotes=promotes, broadcasts=True, apart=apart, numbers=numbers))
    return decorate(forward) if forward else decorate


def named(op, name):
    """The same operator under another node name, where torch numbers its overloads (`SumBackward0`, `SumBackward1`)."""
    twin = Operator.__new__(Operator)
    twin.__dict__.update(op.op.__dict__)
    twin.plans, twin.node = {}, node_class(name)
    twin.single = single_output(twin)
    return specialised(twin)
