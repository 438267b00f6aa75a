"""The tree of modules: finding what is in it by name, and walking it."""
from minitorch.nn.parameter import Parameter


class Tree:
    """The part of Module that looks things up and goes through submodules, parameters and buffers."""

    def get_submodule(self, target):
        """The submodule with a dotted name; the module itself for "".

        Raises:
            AttributeError: there is nothing of this name, or it is not a Module.

        Example:
            >>> import minitorch as torch
            >>> torch.nn.Sequential(torch.nn.Sequential(torch.nn.ReLU())).get_submodule("0.0")
            ReLU()
        """
        module = self
        for name in target.split(".") if target else ():
            module = _child(module, name)
        return module

    def set_submodule(self, target, module, strict=False):
        """Put `module` at a dotted name; with `strict`, only where a submodule is already.

        Raises:
            ValueError: the name is empty, or `module` is not a Module.
            AttributeError: a module on the way does not exist.
        """
        if not target:
            raise ValueError("Cannot set the submodule without a target name!")
        if not isinstance(module, Tree):
            raise ValueError(f"`module` is not an nn.Module, found {type(module)}")
        path, _, name = target.rpartition(".")
        parent = self.get_submodule(path)
        if strict or hasattr(parent, name):
            _child(parent, name)
        setattr(parent, name, module)

    def get_parameter(self, target):
        """The parameter with a dotted name.

        Raises:
            AttributeError: there is nothing of this name, or it is not a Parameter.
        """
        path, _, name = target.rpartition(".")
        parameter = _attribute(self.get_submodule(path), name)
        if not isinstance(parameter, Parameter):
            raise AttributeError(f"`{name}` is not an nn.Parameter")
        return parameter

    def get_buffer(self, target):
        """The buffer with a dotted name.

        Raises:
            AttributeError: there is nothing of this name, or it is not a buffer.
        """
        path, _, name = target.rpartition(".")
        module = self.get_submodule(path)
        buffer = _attribute(module, name)
        if name not in module._buffers:
            raise AttributeError(f"`{name}` is not a buffer")
        return buffer

    def named_modules(self, memo=None, prefix="", remove_duplicate=True):
        """Every module of the tree with its dotted name, the module itself first (named `prefix`).

        Args:
            memo: modules to leave out; those visited are added to it.
            remove_duplicate: whether a module that is in several places comes once.
        """
        memo = set() if memo is None else memo
        if self in memo:
            return
        if remove_duplicate:
            memo.add(self)
        yield prefix, self
        for name, module in self._modules.items():
            if module is not None:
                yield from module.named_modules(memo, f"{prefix}.{name}" if prefix else name, remove_duplicate)

    def modules(self):
        """Every module of the tree, each once, the module itself first."""
        for _, module in self.named_modules():
            yield module

    def named_children(self):
        """The direct submodules with their names, each once."""
        memo = set()
        for name, module in self._modules.items():
            if module is not None and module not in memo:
                memo.add(module)
                yield name, module

    def children(self):
        """The direct submodules, each once."""
        for _, module in self.named_children():
            yield module

    def _named_members(self, members, prefix="", recurse=True, remove_duplicate=True):
        memo = set()
        for place, module in self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate) if recurse else [(prefix, self)]:
            for name, value in members(module):
                if value is None or value in memo:
                    continue
                if remove_duplicate:
                    memo.add(value)
                yield f"{place}.{name}" if place else name, value

    def named_parameters(self, prefix="", recurse=True, remove_duplicate=True):
        """Every parameter with its dotted name.

        Args:
            prefix: what to put before every name.
            recurse: whether those of submodules come too.
            remove_duplicate: whether a shared parameter comes once, under its first name.

        Example:
            >>> import minitorch as torch
            >>> [name for name, _ in torch.nn.Linear(2, 3).named_parameters("fc")]
            ['fc.weight', 'fc.bias']
        """
        yield from self._named_members(lambda module: module._parameters.items(), prefix, recurse, remove_duplicate)

    def parameters(self, recurse=True):
        """Every parameter once: what an optimizer takes."""
        for _, parameter in self.named_parameters(recurse=recurse):
            yield parameter

    def named_buffers(self, prefix="", recurse=True, remove_duplicate=True):
        """Every buffer with its dotted name; the arguments are those of `named_parameters`."""
        yield from self._named_members(lambda module: module._buffers.items(), prefix, recurse, remove_duplicate)

    def buffers(self, recurse=True):
        """Every buffer once."""
        for _, buffer in self.named_buffers(recurse=recurse):
            yield buffer

    def apply(self, fn):
        """Call `fn` on every submodule, children first, and on the module; returns the module.

        Example:
            >>> import minitorch as torch
            >>> net = torch.nn.Sequential(torch.nn.ReLU(), torch.nn.Tanh()).apply(print)
            ReLU()
            Tanh()
            Sequential(
              (0): ReLU()
              (1): Tanh()
            )
        """
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self


def _attribute(module, name):
    if not hasattr(module, name):
        raise AttributeError(f"{module._get_name()} has no attribute `{name}`")
    return getattr(module, name)


def _child(module, name):
    child = _attribute(module, name)
    if not isinstance(child, Tree):
        raise AttributeError(f"`{name}` is not an nn.Module")
    return child
