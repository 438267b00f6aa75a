"""Where a library goes in a program, and what is asked of it there."""
import ast
import functools
from collections import defaultdict, deque
from typing import NamedTuple

from .judge import ONLY_NUMPYS, is_module, is_place, missing, only_numpys_attribute, only_numpys_method, refused
from .values import EVERYTHING, Host, Instance, Library, Module, Scope, Text, asked

NOTHING = frozenset()
LIBRARIES, HOSTS = ("cupy", "cupyx"), ("numpy", "scipy")
CONTAINER_METHODS = {"items", "values", "keys", "get", "pop"}
HAND_ON = {"zip", "enumerate", "reversed", "sorted", "list", "tuple", "dict", "set", "iter", "next"}
COMPUTED = {ast.BinOp, ast.Compare, ast.UnaryOp, ast.JoinedStr, ast.FormattedValue, ast.Slice}      # nothing that is followed
HARMLESS = {"hasattr", "isinstance", "type", "id", "repr", "str", "bool"}


class Finding(NamedTuple):
    """Something that CuPy has not, and where it is asked for."""

    file: str
    line: int
    what: str

    def __str__(self):
        return f"{self.file}:{self.line}: {self.what}"


class Program:
    """Sources, read to a fixed point: each statement again whenever something that it looked at can be more than before.

    What is known stands in cells: (scope, name) for a variable, or an attribute of the objects of a class; (scope, None) for what a
    function returns or a class derives from; (None, name) for the libraries that are an attribute of that name of any object. Each
    holds the set of what it can be.
    """

    def __init__(self, sources):
        self.cells, self.readers, self.made, self.modules = {}, defaultdict(set), {}, {}
        self.work, self.waiting, self.defined = deque(), set(), set()
        self.uses, self.found = {}, {}                # by fact: a statement, its scope and which of its names are arrays of the host
        for file, source in sources.items():
            name = file.removesuffix(".py").replace("/", ".").removesuffix(".__init__")
            self.modules[name] = Scope(ast.parse(source), file)
        for scope in self.modules.values():
            self.block(scope.node.body, scope, NOTHING)

    def run(self):
        """The set of (file, line, name) that is asked of CuPy, and the sorted findings."""
        while self.work:
            self.fact = self.work.popleft()
            self.waiting.discard(self.fact)
            node, self.scope, self.hosts = self.fact
            self.uses[self.fact], self.found[self.fact] = set(), set()
            self.statement(node)
        return set().union(*self.uses.values()), sorted(set().union(*self.found.values()))

    # ---- cells ----

    def read(self, *cell):
        self.readers[cell].add(self.fact)
        return self.cells.get(cell, NOTHING)

    def add(self, scope, name, values):
        cell = scope, name
        known = self.cells.get(cell, NOTHING)
        if not values <= known:
            self.cells[cell] = known | values
            for fact in self.readers[cell]:
                self.queue(*fact)

    def queue(self, *fact):
        if fact not in self.waiting:
            self.waiting.add(fact)
            self.work.append(fact)

    def find(self, node, what):
        if what:
            self.found[self.fact].add(Finding(self.scope.file, node.lineno, what))

    # ---- statements ----

    def block(self, body, scope, hosts):
        """Queue the statements of a block, and those within them."""
        for node in body:
            self.queue(node, scope, hosts)
            if isinstance(node, (ast.FunctionDef, ast.ClassDef)):
                self.define(node, scope)
            elif isinstance(node, (ast.If, ast.While)):
                yes, no = asked(node.test)
                self.block(node.body, scope, hosts | yes)
                self.block(node.orelse, scope, hosts | no)
                if isinstance(node.body[-1], (ast.Return, ast.Raise, ast.Continue, ast.Break)):
                    hosts = hosts | no
            else:
                for field in ("body", "orelse", "finalbody"):
                    self.block(getattr(node, field, ()), scope, hosts)
                for part in (*getattr(node, "handlers", ()), *getattr(node, "cases", ())):
                    self.block(part.body, scope, hosts)

    def define(self, node, parent):
        """The scope of a class, a function or a lambda."""
        if node in self.made:
            return self.made[node]
        made = self.made[node] = Scope(node, parent.file, parent)
        if isinstance(node, ast.Lambda):
            self.queue(ast.copy_location(ast.Return(node.body), node), made, self.hosts)
        else:
            self.block(node.body, made, NOTHING)
        if made.bound:
            self.add(made, made.positional[0], {Instance(made.owner)})
        if "xp" in made.names:
            self.add(made, "xp", {Library("cupy")})
        return made

    def statement(self, node):
        match node:
            case ast.FunctionDef() | ast.ClassDef():
                made = self.define(node, self.scope)
                self.bind(node.name, {made})
                self.take_defaults(made)
                for base in getattr(node, "bases", ()):
                    self.add(made, None, self.value(base))
                for decorator in node.decorator_list:
                    for function in self.value(decorator):
                        self.enter(function, [(0, frozenset([made]), decorator)])
            case ast.Import(names=names):
                for alias in names:
                    name = alias.name if alias.asname else alias.name.partition(".")[0]
                    self.bind(alias.asname or name, self.imported(name))
            case ast.ImportFrom(names=names):
                for alias in names:
                    self.bind(alias.asname or alias.name, self.imported(node.module, alias.name, node.level))
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    self.assign(target, value)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self.assign(target, value)
            case ast.Return(value=ast.expr() as value):
                self.give_back(self.value(value))
            case ast.With(items=items):
                for item in items:
                    entered = self.entered(self.value(item.context_expr))
                    if item.optional_vars:
                        self.store(item.optional_vars, entered)
            case ast.For(target=target, iter=iterated):
                self.loop(target, iterated)
            case _:
                self.parts(node)

    def give_back(self, values):
        self.add(self.scope, None, {v for v in values if not isinstance(v, (Host, Text))})

    def parts(self, node):
        """All expressions right within a node; what they can be, together."""
        return NOTHING.union(*[self.value(child) for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)])

    def take_defaults(self, function):
        for name, value in function.defaults:
            self.add(function, name, self.value(value) - {Host()})

    def imported(self, module, name=None, level=0):
        """What an import gives: a library, something of one, a module of the program, or a name of one."""
        if level:
            module = ".".join([*self.scope.file.split("/")[:-level], *([module] if module else [])])
        whole = f"{module}.{name}" if name else module
        root = whole.partition(".")[0]
        if root in LIBRARIES or root in HOSTS:
            return frozenset([Library(whole) if root in LIBRARIES else Host()])
        if name and module in self.modules and (found := self.read(self.modules[module], name)):
            return found
        return frozenset([Module(whole)]) if whole in self.modules else NOTHING

    def entered(self, values):
        """What `with` gives its name: what `__enter__` returns, or what a function yields."""
        objects = {v for v in values if isinstance(v, Instance)}
        return (values - objects).union(*(self.read(f, None) for v in objects for f in self.member(v.cls, "__enter__")))

    def assign(self, target, value):
        """One target of an assignment; tuple to tuple one by one, as far as no star stands in the way."""
        if not isinstance(target, ast.Tuple) or not isinstance(value, ast.Tuple):
            return self.store(target, self.value(value))
        k = 0
        for t, v in zip(target.elts, value.elts):
            if isinstance(t, ast.Starred) or isinstance(v, ast.Starred):
                break
            self.assign(t, v)
            k += 1
        rest = self.held(value.elts[k:])
        for t in target.elts[k:]:
            self.store(t, rest)

    def store(self, target, values):
        match target:
            case ast.Name(id=name):
                self.bind(name, values)
            case ast.Attribute(value=thing, attr=name):
                for v in self.value(thing):
                    if isinstance(v, Instance):
                        self.add(v.cls, name, values - {Host()})
                self.add(None, name, {v for v in values if isinstance(v, Library)})
            case ast.Tuple(elts=targets) | ast.List(elts=targets):
                for t in targets:
                    self.store(t, values)
            case ast.Starred(value=inner):
                self.store(inner, values)
            case ast.Subscript(value=inner):              # a table that is filled bit by bit
                self.value(target)
                if isinstance(inner, ast.Name):
                    self.bind(inner.id, {v for v in values if not opens(v)} - {Host()})

    def bind(self, name, values):
        self.add(self.scope, name, values)
        if self.scope.is_class:
            self.add(None, name, {v for v in values if isinstance(v, Library)})
            self.defined.add(name)

    def loop(self, target, iterated):
        """A target that runs over something; over a literal's tuples one by one."""
        if isinstance(iterated, (ast.Tuple, ast.List)):
            for element in iterated.elts:
                self.assign(target, element)
        else:
            self.store(target, self.value(iterated))

    # ---- expressions: each gives the set of what it can be ----

    def value(self, node):
        if type(node) in COMPUTED:
            self.parts(node)
            return NOTHING
        match node:
            case ast.Name(id=name):
                return self.looked_up(name)
            case ast.Constant(value=text):
                return frozenset([Text(text)]) if isinstance(text, str) and text.isidentifier() else NOTHING
            case ast.Attribute(value=thing, attr=name):
                return self.attribute(node, self.value(thing), name)
            case ast.Call():
                return self.call(node)
            case ast.Lambda():
                made = self.define(node, self.scope)
                self.take_defaults(made)
                return frozenset([made])
            case ast.IfExp(test=test, body=body, orelse=orelse):
                self.value(test)
                yes, no = asked(test)
                return self.among(body, yes) | self.among(orelse, no)
            case ast.BoolOp(op=operation, values=parts):
                which = 0 if isinstance(operation, ast.And) else 1
                return NOTHING.union(*[self.among(p, NOTHING.union(*(asked(q)[which] for q in parts[:k]))) for k, p in enumerate(parts)])
            case ast.NamedExpr(target=target, value=inner):
                self.assign(target, inner)
                return self.value(inner)
            case ast.Yield(value=ast.expr() as inner):
                self.give_back(self.value(inner))
                return NOTHING
            case ast.ListComp(generators=loops) | ast.SetComp(generators=loops) | ast.GeneratorExp(generators=loops) | ast.DictComp(
                    generators=loops):
                for each in loops:
                    self.loop(each.target, each.iter)
                    for test in each.ifs:
                        self.value(test)
                yes = NOTHING.union(*(asked(test)[0] for each in loops for test in each.ifs))
                return self.held([node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt], yes)
            case ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Set(elts=parts):
                return self.held(parts)
            case ast.Dict(keys=keys, values=values):
                self.held(filter(None, keys))             # what they are is forgotten
                return self.held(values)
            case ast.Subscript(value=table, slice=key):
                self.value(key)
                return self.value(table)
            case ast.Starred(value=inner):
                return self.value(inner)
        self.parts(node)
        return NOTHING

    def among(self, node, hosts):
        """A part of an expression that is computed only where these are arrays of the host."""
        before, self.hosts = self.hosts, self.hosts | hosts
        found = self.value(node)
        self.hosts = before
        return found

    def on_host(self, node):
        """Whether an expression is known to be an array of the host, or its flags."""
        return not self.hosts.isdisjoint((EVERYTHING, ast.unparse(node).removesuffix(".flags")))

    def held(self, parts, hosts=NOTHING):
        """What a container holds. A whole library is lost in it."""
        found = NOTHING
        for part in parts:
            values = self.among(part, hosts)
            if opens_any(values):
                self.find(part, "a library within a container, where this check cannot follow it: give it a name")
                values = {v for v in values if not opens(v)}
            found |= values - {Host()}
        return found

    def looked_up(self, name):
        scope = self.scope
        while scope is not None:
            if not scope.is_class or scope is self.scope:
                found = self.read(scope, name)
                if found or name in scope.names:
                    return found if not self.hosts else found - {Text(known[len(name) + 4:]) for known in self.hosts
                                                                 if known.startswith(f"{name} != ")}
            scope = scope.parent
        return NOTHING

    def member(self, cls, name):
        """What a class has under a name, of its own or of its bases."""
        found = self.read(cls, name)
        return found or NOTHING.union(*(self.member(base, name) for base in self.read(cls, None) if isinstance(base, Scope)))

    def attribute(self, node, base, name):
        """`base.name`, of a library, a module, an object of the program, or something unknown."""
        objects = NOTHING.union(*[self.member(v.cls, name) for v in base if isinstance(v, Instance)])
        found, known = objects, bool(objects)
        for v in base:
            match v:
                case Library():
                    found |= self.asked_of(node, v, name, optional=bool(objects))
                case Module(name=module):
                    inner = f"{module}.{name}"
                    found |= {Module(inner)} if inner in self.modules else self.read(self.modules[module], name)
                case Host():
                    found |= {v}
                case _:
                    continue
            known = True
        if known:
            return found
        if name in ONLY_NUMPYS and name not in self.defined and not self.on_host(node.value):
            self.find(node, only_numpys_attribute(node))
        return self.read(None, name)

    def asked_of(self, node, library, name, optional):
        """Something asked of a library: it must be there, unless it may be an object of the program that is asked."""
        if not is_place(library.name):
            return NOTHING                            # part of a value, of which the manifest does not speak
        whole = f"{library.name}.{name}"
        why = missing(whole)
        if why and optional:
            return NOTHING
        self.uses[self.fact].add((self.scope.file, node.lineno, whole))
        self.find(node, why)
        return NOTHING if why else frozenset([Library(whole)])

    # ---- calls ----

    def call(self, node):
        func, name = node.func, getattr(node.func, "id", "")
        functions = self.of_the_bases(func.attr) if isinstance(func, ast.Attribute) and is_super(func.value) else self.value(func)
        given = self.given(node)
        if name == "getattr":
            return self.got(node, *(self.value(a) for a in node.args[:2]))
        if node.args and ast.unparse(func) in ("functools.partial", "partial"):
            made = self.value(node.args[0])
            for f in made:
                self.enter(f, [(k - 1 if isinstance(k, int) else k, *more) for k, *more in given if k != 0])
            return made
        found, known = NOTHING, False
        for f in functions:
            if isinstance(f, Scope):
                found |= self.enter(f, given)
            elif isinstance(f, Library):
                self.find(node, refused(f.name, node))
            elif isinstance(f, Host):
                found |= {f}
            else:
                continue
            known = True
        if known:
            return found
        if name not in HARMLESS:
            self.lost(given)
        if name in HAND_ON:
            return NOTHING.union(*(values for _, values, _ in given))
        if isinstance(func, ast.Attribute):
            why = only_numpys_method(func.attr, node)
            self.find(node, why and not self.on_host(func.value) and why)
            return self.value(func.value) if func.attr in CONTAINER_METHODS else NOTHING
        return NOTHING

    def given(self, node):
        """The arguments of a call that can be something: (position or name, values, node). Those behind a star have no known position."""
        found, starred = [], False
        for k, a in enumerate(node.args):
            values, starred = self.value(a), starred or isinstance(a, ast.Starred)
            if values and not starred:
                found.append((k, values, a))
        for keyword in node.keywords:
            values = self.value(keyword.value)
            if values and keyword.arg:
                found.append((keyword.arg, values, keyword.value))
        return found

    def lost(self, given):
        """Arguments that go to something unknown: a library must not be among them."""
        for _, values, node in given:
            if opens_any(values):
                self.find(node, "a library goes where this check cannot follow it, to something that it does not know")

    def of_the_bases(self, name):
        """`super().name`"""
        scope = self.scope
        while scope is not None and scope.owner is None:
            scope = scope.parent
        return NOTHING.union(*(self.member(b, name) for b in self.read(scope.owner, None) if isinstance(b, Scope))) if scope else NOTHING

    def got(self, node, things=NOTHING, names=NOTHING):
        """`getattr(thing, name)`"""
        libraries, texts = {v for v in things if isinstance(v, Library)}, [v.text for v in names if isinstance(v, Text)]
        if libraries and not texts:
            self.find(node, "a name of the library that this check cannot read: it is nowhere written as a string")
        return NOTHING.union(*(self.attribute(node, libraries, text) for text in texts)) if libraries else NOTHING

    def enter(self, function, given):
        """Hand arguments over to the parameters of a function or a class; what comes back."""
        if not isinstance(function, Scope):
            return NOTHING
        bodies = [f for f in self.member(function, "__init__") if isinstance(f, Scope)] if function.is_class else [function]
        if not bodies:
            self.lost(given)
        for f in bodies:
            for key, values, node in given:
                if isinstance(key, int):
                    name = f.positional[key + f.bound] if key + f.bound < len(f.positional) else f.rest
                else:
                    name = key if key in f.names else f.others
                if name is None:
                    self.lost([(key, values, node)])
                else:
                    self.add(f, name, values - {Host()})
        return frozenset([Instance(function)]) if function.is_class else self.read(function, None)


@functools.cache
def opens_any(values):
    """Whether a whole library is among the values."""
    return any(map(opens, values))


def opens(value):
    """Whether something is a whole library, or a module of one."""
    return isinstance(value, Library) and is_module(value.name)


def is_super(node):
    return isinstance(node, ast.Call) and getattr(node.func, "id", "") == "super"
