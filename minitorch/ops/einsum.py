"""Einstein's notation, read: an equation becomes labels of each operand and of the result, as numbers."""
from minitorch.ops.shape import permute_op, reshape_op


def parse(equation, operands):
    """Operands (each with every label once), their terms, and the result's term."""
    equation = equation.replace(" ", "")
    left, arrow, right = equation.partition("->")
    words = left.split(",")
    if len(words) != len(operands):
        raise RuntimeError(f"einsum(): {'fewer' if len(operands) < len(words) else 'more'} operands were provided than specified in the "
                           f"equation {equation!r}: {len(operands)} for {len(words)} terms")
    spans = []
    for word, x in zip(words, operands):
        named = word.replace("...", "")
        if not all(c.isalpha() for c in named) or word.count("...") > 1:
            raise RuntimeError(f"einsum(): invalid subscript in {word!r}, subscripts must be in [a-zA-Z]")
        span = x.ndim - len(named)
        if span < 0 or span and "..." not in word:
            raise RuntimeError(f"einsum(): the number of subscripts in {word!r} does not match the number of dimensions ({x.ndim}) of its "
                               "operand")
        spans.append(span if "..." in word else 0)
    widest = max(spans, default=0)
    dots = list(range(widest))                        # labels of the dimensions that "..." stands for
    letters = sorted(set(left) - set(".,"))
    number = {c: widest + k for k, c in enumerate(letters)}

    def labels(word, span):
        before, _, after = word.partition("...")
        return [number[c] for c in before] + (dots[widest - span:] if "..." in word else []) + [number[c] for c in after]
    terms = [labels(word, span) for word, span in zip(words, spans)]
    if arrow:
        for c in set(right) - {"."}:
            if c not in number:
                raise RuntimeError(f"einsum(): output subscript {c} does not appear in the equation for any input operand")
        if any(right.count(c) > 1 for c in number):
            raise RuntimeError(f"einsum(): output subscript appears more than once in the output {right!r}")
        result = labels(right, widest)
    else:
        result = dots + [number[c] for c in letters if left.count(c) == 1]
    sizes = {}
    for term, x in zip(terms, operands):
        for k, n in zip(term, x.shape):
            if sizes.get(k, 1) == 1:
                sizes[k] = n
            elif n not in (1, sizes[k]):
                raise RuntimeError(f"einsum(): subscript has size {n} for an operand, which does not broadcast with previously seen size "
                                   f"{sizes[k]}")
    fitted = [fit(x, term, sizes) for x, term in zip(operands, terms)]
    shown = {k for _, term in fitted for k in term}
    if any(k not in shown for k in result):           # a label whose size is 1 everywhere must stay with some operand
        fitted[0] = keep_ones(fitted[0], [k for k in result if k not in shown])
    return [x for x, _ in fitted], tuple(tuple(t) for _, t in fitted), tuple(result)


def fit(x, term, sizes):
    """Repeated labels become diagonals; dimensions that broadcast (size 1 where the label has more) are dropped."""
    from minitorch.ops.diagonals import diagonal
    term = list(term)
    while len(set(term)) < len(term):
        k = next(k for k in term if term.count(k) > 1)
        i = term.index(k)
        j = term.index(k, i + 1)
        if x.shape[i] != x.shape[j]:
            raise RuntimeError(f"einsum(): repeated subscript has sizes {x.shape[i]} and {x.shape[j]} in one operand")
        x = diagonal(x, 0, i, j)                      # the diagonal becomes the last dimension
        term = [t for n, t in enumerate(term) if n not in (i, j)] + [k]
    keep = [n for n, k in enumerate(term) if x.shape[n] == sizes[k]]
    if len(keep) < len(term):
        x = reshape_op(x, shape=tuple(x.shape[n] for n in keep))
        term = [term[n] for n in keep]
    return x, term


def keep_ones(fitted, missing):
    """An operand with new dimensions of size 1 for labels that every operand lost."""
    x, term = fitted
    x = reshape_op(x, shape=(*x.shape, *(1 for _ in missing)))
    return permute_op(x, dims=tuple(range(x.ndim))), [*term, *missing]
