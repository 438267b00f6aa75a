"""Nested lists, tuples and dicts of leaves, taken apart and put together again."""
from collections import OrderedDict, defaultdict


def parts(tree):
    """The children of a container, a function that makes one of others, and what two containers must share; None for a leaf."""
    kind = type(tree)
    if kind in (dict, OrderedDict, defaultdict):
        keys = list(tree)
        again = (lambda values: defaultdict(tree.default_factory, zip(keys, values))) if kind is defaultdict else \
            lambda values: kind(zip(keys, values))
        return list(tree.values()), again, (kind, frozenset(keys))
    if kind in (list, tuple):
        return list(tree), kind, (kind, len(tree))
    if isinstance(tree, tuple) and hasattr(tree, "_fields"):
        return list(tree), lambda values: kind(*values), (kind, len(tree))
    return None


def flatten(tree):
    """The leaves in order, and a function that makes the same tree of others."""
    found = parts(tree)
    if found is None:
        return [tree], lambda leaves: leaves[0]
    children, make, _ = found
    flat = [flatten(child) for child in children]
    sizes = [len(leaves) for leaves, _ in flat]

    def build(leaves):
        leaves, built, start = list(leaves), [], 0
        for (_, again), size in zip(flat, sizes):
            built.append(again(leaves[start:start + size]))
            start += size
        return make(built)
    return [leaf for leaves, _ in flat for leaf in leaves], build


def leaves_of(tree):
    """The leaves in order."""
    return flatten(tree)[0]


def mapped(function, tree):
    """The same tree with a function applied to every leaf."""
    leaves, build = flatten(tree)
    return build([function(leaf) for leaf in leaves])


def like(a, b):
    """Whether two trees have the same containers."""
    one, two = parts(a), parts(b)
    if one is None or two is None:
        return one is two
    if one[2] != two[2]:
        return False
    others = [b[k] for k in a] if isinstance(a, dict) else two[0]
    return all(map(like, one[0], others))


def broadcast(prefix, tree):
    """One value of `prefix` for each leaf of `tree`: a leaf of the prefix stands for all below; None if the two do not fit."""
    one, two = parts(prefix), parts(tree)
    if one is None:
        return [prefix] * len(leaves_of(tree))
    if two is None or one[2] != two[2]:
        return None
    others = [prefix[k] for k in tree] if isinstance(tree, dict) else one[0]
    found = [broadcast(p, t) for p, t in zip(others, two[0])]
    return None if any(f is None for f in found) else [v for f in found for v in f]
