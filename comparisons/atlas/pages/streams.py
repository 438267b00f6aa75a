"""The page of the random streams: from the state to words, from words to numbers, each stage beside PyTorch's."""
import numpy as np

import minitorch
from minitorch.random import STATE

from .. import bits
from ..bits import SEED, array, words, words_of
from ..context import Page
from ..gap import gap, worst
from ..picture import picture

SECTIONS = ("words", "Words"), ("uniform", "Uniform"), ("normal", "Normal"), ("integers", "Integers"), ("masks", "Masks"), \
           ("cost", "Who takes what"), ("seeds", "Seeds"), ("state", "State"), ("sources", "Sources")
SEARCH = ("Mersenne Twister", "words", "state, twist, tempering"), ("rand", "uniform", "24 or 53 bits of words"), \
         ("randn", "normal", "Box and Muller, pairs and blocks"), ("randint", "integers", "a word modulo the range"), \
         ("randperm", "integers", "swaps"), ("dropout mask", "masks", "float64 uniforms"), ("manual_seed", "seeds", "seeds side by side"), \
         ("get_rng_state", "state", "5056 bytes that travel"), ("DataLoader", "cost", "words of an epoch")
SEEDS = 0, 1, 2, 2**32, 2**32 + 1, -1
FAR = 0.7                                            # what dropout keeps, below


def pages():
    """One page."""
    return [Page("random", "Random streams", "How it works", "From the Mersenne Twister’s state to 32-bit words, from words to uniforms, "
                 "normals, integers, permutations and masks: every stage bit for bit beside PyTorch’s own numbers.",
                 reads=("minitorch/random.py", "minitorch/boxmuller.py", "minitorch/ops", "minitorch/nn", "minitorch/utils/data"))]


def both(run, seed=SEED):
    """The arrays that a program gives in either library, from a seed on."""
    import torch
    found = []
    for library in (minitorch, torch):
        library.manual_seed(seed)
        found.append(array(run(library)))
    return found


def build(context):
    """The page's HTML."""
    import torch
    made = {"raw": raw(), "uniform": uniforms(), "normal": normals(), "pairs": pairs(), "randint": integers(), "randperm": permutation(),
            "mask": mask(), "uses": bits.uses(), "seeds": seeds(), "state": state(), "travel": travel(torch)}
    facts = verdict(made)
    context.facts = [(label, value) for label, value, _ in facts]
    context.search += [(text, anchor, "Random streams", what) for text, anchor, what in SEARCH]
    context.levels = levels(made)
    context.problems += [f"{u.label} takes {u.ours} words here and {u.theirs} in PyTorch" for u in made["uses"] if not u.agree]
    return context.render("streams.html", sections=SECTIONS, facts=facts, bits=bits.bits, float_bits=bits.float_bits, seed=SEED, far=FAR,
                          picture=picture, **made)


def levels(made):
    """What a page built again is compared by."""
    found = {name: made[name]["gap"].level for name in ("raw", "uniform", "normal", "pairs", "randint", "randperm", "mask")}
    found |= {"float64 uniform": made["uniform"]["wide"].level, "float64 normal": made["normal"]["wide"].level,
              "tail": made["normal"]["tail"].level}
    found |= {f"use:{u.label}": u.gap.level for u in made["uses"]}
    found |= {f"edge:words of {u.label}": int(not u.agree) for u in made["uses"]}
    found |= {f"seed:{s['seed']}": s["gap"].level for s in made["seeds"]}
    found |= {f"edge:state {name}": int(a != b) for name, _, a, b in made["state"]}
    return found | {f"travel:{t}": g.level for t, g in made["travel"]}


def verdict(made):
    """(label, value, small print) of the strip below the title."""
    equal = sum(u.gap.level == 0 for u in made["uses"])
    words_alike = sum(u.agree for u in made["uses"])
    return [("Words", made["raw"]["gap"].word, f"{made['raw']['count']} of them"),
            ("Uniforms", made["uniform"]["gap"].word, "float32, 10,000 of them"),
            ("Normals", made["normal"]["gap"].word, "float32, 10,000 of them"),
            ("Values", f"{equal} of {len(made['uses'])} exact", "functions on this page"),
            ("Words taken", f"{words_alike} of {len(made['uses'])} alike", "measured in both"),
            ("States", worst([g for _, g in made["travel"]]).word, "carried over and gone on from")]


def raw(count=1300):
    """The first words, and how the first came to be: plain Python, ours and PyTorch's."""
    plain = np.array(words(SEED, count), np.uint32)
    ours, theirs = both(lambda lib: lib.tensor(words_of(lib, count)))
    fresh = bits.Twister(SEED)
    first, second, far = fresh.state[0], fresh.state[1], fresh.state[bits.MIDDLE]
    y = first & 0x80000000 | second & 0x7FFFFFFF
    renewed = fresh.renewed()
    twist = [("state[0]", first), ("state[1]", second), ("y: top bit of state[0], rest of state[1]", y), ("state[397]", far),
             (f"state[397] ⊕ y ≫ 1{' ⊕ 9908b0df, since y is odd' if y & 1 else ', y being even'}", renewed)]
    found = worst([gap(plain.astype(np.int64), theirs), gap(ours, theirs)])
    return {"twist": twist, "temper": bits.tempered(renewed), "gap": found, "count": f"{count:,}", "words": plain[:8].tolist()}


def uniforms():
    """Words as uniforms, in both precisions."""
    stream = words(SEED, 8)
    ours, theirs = both(lambda lib: lib.rand(4))
    wide, their_wide = both(lambda lib: lib.rand(2, dtype=lib.float64))
    rows = [(w, w & 0xFFFFFF, a, b) for w, a, b in zip(stream, ours, theirs)]
    double = [(h, low, (h << 32 | low) & 2**53 - 1, a, b) for h, low, a, b in zip(stream[::2], stream[1::2], wide, their_wide)]
    recipe = [gap(np.array([k * 2.0**-24 for _, k, *_ in rows], "f4"), theirs),
              gap(np.array([k * 2.0**-53 for _, _, k, *_ in double]), their_wide)]
    many = both(lambda lib: lib.rand(10_000))
    return {"rows": rows, "double": double, "gap": worst([gap(*many), gap(ours, theirs), recipe[0]]),
            "wide": worst([gap(wide, their_wide), recipe[1]])}


def normals():
    """Sixteen normals of sixteen uniforms, and the last sixteen of twenty."""
    (u, _), (z, theirs) = both(lambda lib: lib.rand(16)), both(lambda lib: lib.randn(16))
    u1, u2 = np.float32(1) - u[:8], u[8:]
    radius, angle = np.sqrt(np.float32(-2) * np.log(u1)), np.float32(2 * np.pi) * u2
    rows = [(k, u[k], u[k + 8], radius[k], angle[k], z[k], z[k + 8], gap(z[k::8], theirs[k::8])) for k in range(8)]
    many, wide, tail = (both(draw) for draw in (lambda lib: lib.randn(10_000), lambda lib: lib.randn(1000, dtype=lib.float64),
                                                lambda lib: lib.randn(20)))
    first, second = np.swapaxes(both(lambda lib: lib.rand(10_000))[0].reshape(-1, 2, 8), 0, 1)
    r, t = np.sqrt(np.float32(-2) * np.log(np.float32(1) - first)), np.float32(2 * np.pi) * second
    plain = np.stack([r * np.cos(t), r * np.sin(t)], 1).ravel()
    drawn, _ = both(lambda lib: lib.rand(36))
    by_hand = np.concatenate([array_normal(drawn[:16])[:4], array_normal(drawn[20:36])])
    return {"rows": rows, "gap": worst([gap(*many), gap(z, theirs)]), "wide": gap(*wide),
            "tail": worst([gap(*tail), gap(by_hand, tail[1])]),
            "figure": bits.plane(u1, u2, (z[:8], z[8:])), "plain": int((plain != many[1]).sum())}


def array_normal(u):
    """Sixteen normals of sixteen uniforms."""
    from minitorch.boxmuller import normals32
    return normals32(u)


def pairs():
    """Three normals, in pairs of float64: the fourth waits."""
    ours, theirs = both(lambda lib: lib.randn(3))
    u, _ = both(lambda lib: lib.rand(4, dtype=lib.float64))
    radius, angle = np.sqrt(-2 * np.log1p(-u[1::2])), 2 * np.pi * u[::2]
    z = np.stack([radius * np.cos(angle), radius * np.sin(angle)], 1).ravel()
    following, _ = both(lambda lib: lib.cat([lib.randn(3), lib.randn(1)]))
    rows = [(k, u[k - k % 2], u[k - k % 2 + 1], ("cos", "sin")[k % 2], z[k], following[k], "given" if k < 3 else "kept") for k in range(4)]
    return {"rows": rows, "gap": gap(ours, theirs)}


def integers():
    """randint as remainders."""
    ours, theirs = both(lambda lib: lib.randint(0, 10, (6,)))
    rows = [(w, w % 10, int(a), int(b)) for w, a, b in zip(words(SEED, 6), ours, theirs)]
    return {"rows": rows, "gap": worst([gap(np.array([r[1] for r in rows]), theirs), gap(ours, theirs)])}


def permutation(n=8):
    """randperm as swaps: (place, word, how far, list after with the two places)."""
    ours, theirs = both(lambda lib: lib.randperm(n))
    r, rows = list(range(n)), []
    for i, w in enumerate(words(SEED, n - 1)):
        z = w % (n - i)
        r[i], r[i + z] = r[i + z], r[i]
        rows.append((i, w, n - i, z, [(v, k in (i, i + z)) for k, v in enumerate(r)]))
    return {"rows": rows, "ours": ours.tolist(), "theirs": theirs.tolist(), "gap": worst([gap(np.array(r), theirs), gap(ours, theirs)])}


def mask():
    """Dropout's mask out of float64 uniforms; a transposed input is filled in the order of its memory."""
    ours, theirs = both(lambda lib: lib.nn.functional.dropout(lib.ones(4, 16), 1 - FAR))
    u, _ = both(lambda lib: lib.rand(4, 16, dtype=lib.float64))
    turned = both(lambda lib: lib.nn.functional.dropout(lib.ones(16, 4).t(), 1 - FAR))
    recipe = (u < FAR) / np.float32(FAR)
    return {"u": u, "out": ours, "theirs": theirs, "gap": worst([gap(ours, theirs), gap(recipe.astype("f4"), theirs)]),
            "turned": worst([gap(*turned)]), "memory": bool(np.array_equal(turned[1].T.ravel() > 0, theirs.ravel() > 0))}


def seeds():
    """Seeds side by side: the first words as pictures, and how many bits differ from those of seed 0."""
    found, zero = [], np.array(words(0, 32), np.uint32)
    for seed in SEEDS:
        ours, theirs = both(lambda lib: lib.rand(3), seed)
        stream = np.array(words(seed, 32), np.uint32)
        grid = np.unpackbits(stream.astype(">u4").view(np.uint8)).reshape(32, 32)
        apart = float(np.unpackbits((stream ^ zero).view(np.uint8)).mean())
        found.append({"seed": seed, "values": [f"{v:.7f}" for v in ours], "gap": gap(ours, theirs), "picture": picture(grid),
                      "apart": apart})
    return found


def state():
    """(field, place in the bytes, ours, PyTorch's) of the state after three normals."""
    import torch
    found = []
    for library in (minitorch, torch):
        library.manual_seed(SEED)
        library.randn(3)
        content = library.get_rng_state().numpy().tobytes()
        seed, left, seeded, following, key, spare, has_spare = STATE.unpack(content)
        key = np.frombuffer(key, "<u8")
        found.append([len(content), seed, left, seeded, following, int(key[0]), int(key[-1]), float(spare).hex(), has_spare])
    names = [("bytes", "all"), ("seed", "0"), ("left: 625 less next", "8"), ("seeded", "12"), ("next word", "16"), ("state[0]", "24"),
             ("state[623]", "5008"), ("the kept normal", "5024 to 5031"), ("whether there is one", "5040")]
    return [(name, place, *map(str, pair)) for (name, place), *pair in zip(names, *found)]


def travel(torch):
    """(which way, Gap) of numbers after a state went from one library to the other."""
    found = []
    for way, giver, taker in (("PyTorch to ours", torch, minitorch), ("ours to PyTorch", minitorch, torch)):
        for when, run in (("fresh", lambda lib: None), ("in the middle of a pair", lambda lib: lib.randn(3)),
                          ("after 1,000 words", lambda lib: lib.rand(1000))):
            giver.manual_seed(SEED)
            run(giver)
            content = giver.get_rng_state()
            taker.manual_seed(1)
            taker.set_rng_state(taker.from_numpy(content.numpy().copy()))
            found.append((f"{way}, {when}", gap(array(taker.cat([taker.randn(5), taker.rand(5), taker.randn(40)])),
                                                array(giver.cat([giver.randn(5), giver.rand(5), giver.randn(40)])))))
    return found
