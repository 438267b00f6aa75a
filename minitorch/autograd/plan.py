"""Plans: what one set of needed arguments asks of an operator, worked out once."""

ARG, SHAPE, OUT, SAVE, SETTING, NEEDS = range(6)


class Plan:
    """What one set of needed arguments asks for: which rules run, what they keep, in which order gradients come."""
    __slots__ = ("steps", "keeps", "order", "single", "whole", "rules", "quick", "plain", "one", "two", "tensors")


def compile_plan(op, mask):
    """The plan for the arguments whose bits are set in `mask`."""
    plan, needed = Plan(), [i for i in range(len(op.params)) if mask >> i & 1]
    keeps, steps, order = [], [], []
    for rule, positions, kept in op.rules:
        pick = [k for k, i in enumerate(positions) if i in needed]
        if pick:
            steps.append((rule, len(keeps), len(keeps) + len(kept), pick if len(positions) > 1 or positions[0] in op.lists else None))
            keeps += kept
            order += [positions[k] for k in pick]
    if order != sorted(order):
        raise TypeError(f"the derivatives of {op.name} must cover its arguments in order")
    missing = [op.params[i] for i in needed if i not in order]
    if missing:
        raise RuntimeError(f"derivative for {op.name} is not implemented for its argument {', '.join(missing)}: detach it, or use "
                           "operations that have one")
    if op.definition is not None:                     # higher orders go through the definition, so it needs the arguments
        keeps += [(ARG, i) for i in range(len(op.params)) if (ARG, i) not in keeps]
    plan.steps, plan.keeps, plan.order = steps, tuple(keeps), tuple(order)
    plan.single = all(pick is None for *_, pick in steps) and not op.lists      # every rule gives one gradient
    plan.whole = len(steps) == 1 and steps[0][3] is not None and len(steps[0][3]) == len(op.rules[0][1])
    plan.rules = tuple(step[0] for step in steps)
    plan.plain = bool(keeps) and not op.lists and all(kind == ARG for kind, _ in keeps)
    positions = [i for _, i in plan.keeps] if plan.plain else []      # one or two kept arguments are kept without a loop
    plan.one = positions[0] if len(positions) == 1 else None
    plan.two = tuple(positions) if len(positions) == 2 else None
    lone = plan.single and len(op.outputs) == 1 and not op.listed
    plan.quick = lone and plan.plain and len(steps) <= 2 and all(hi - lo == 1 for _, lo, hi, _ in steps)
    plan.tensors = any(kind in (ARG, OUT, SAVE) for kind, _ in keeps)
    op.plans[mask] = plan
    return plan


def kept_by(op, word):
    """What a rule's parameter asks to be kept; an unknown name is an error here, at import."""
    if word == "needs":
        return NEEDS, None
    if word in op.outputs and not op.listed:
        return OUT, op.outputs.index(word)
    if word in op.saves:
        return SAVE, len(op.outputs) + op.saves.index(word)
    if word in op.defaults:
        return SETTING, word
    if word.endswith("_shape") and word[:-6] in op.params:
        return SHAPE, op.params.index(word[:-6])
    if word in op.params:
        return ARG, op.params.index(word)
    raise TypeError(f"the derivative of {op.name} asks for {word!r}; it has "
                    f"{[*op.params, *op.defaults, *op.outputs, *op.saves]}")
