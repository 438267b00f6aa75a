"""The random streams taken apart: a Mersenne Twister in plain Python, the words that each function takes, and bits as pictures."""
from dataclasses import dataclass

import numpy as np
from markupsafe import Markup

from .gap import Gap, gap

SEED = 2024
MASK = 0xFFFFFFFF
LENGTH, MIDDLE, TWIST = 624, 397, 0x9908B0DF


class Twister:
    """MT19937 as its authors describe it, one word at a time.

    Example:
        >>> Twister(5489).word()                         # the first of the authors' own list
        3499211612
    """

    def __init__(self, seed):
        self.state, self.at = [seed & MASK], 0
        for k in range(1, LENGTH):
            last = self.state[-1]
            self.state.append((1812433253 * (last ^ last >> 30) + k) & MASK)

    def renewed(self):
        """The next state word: the top bit of one, the others of the next, halved, and mixed with one 397 places on."""
        s, k = self.state, self.at
        y = s[k] & 0x80000000 | s[(k + 1) % LENGTH] & 0x7FFFFFFF
        s[k] = s[(k + MIDDLE) % LENGTH] ^ y >> 1 ^ (TWIST if y & 1 else 0)
        self.at = (k + 1) % LENGTH
        return s[k]

    def word(self):
        """The next word: a renewed state word, tempered."""
        return tempered(self.renewed())[-1][1]


def tempered(y):
    """(what is done, value) of the four tempering steps, the state word first."""
    steps = [("state word", y)]
    for text, mixed in (("y ⊕ y ≫ 11", lambda y: y >> 11), ("y ⊕ (y ≪ 7 & 9d2c5680)", lambda y: y << 7 & 0x9D2C5680),
                        ("y ⊕ (y ≪ 15 & efc60000)", lambda y: y << 15 & 0xEFC60000), ("y ⊕ y ≫ 18", lambda y: y >> 18)):
        y = (y ^ mixed(y)) & MASK
        steps.append((text, y))
    return steps


def words(seed, count):
    """The first words of a seed, by the Twister above."""
    twister = Twister(seed)
    return [twister.word() for _ in range(count)]


def words_of(torch, count):
    """The next words of a library's own generator: two make a number of 64 bits, the first its high half."""
    pairs = torch.empty((count + 1) // 2, dtype=torch.int64).random_(-2**63, None).numpy().view(np.uint64)
    return [int(w) for p in pairs for w in (p >> np.uint64(32), p & np.uint64(MASK))][:count]


def consumed(torch, run, stream):
    """What a program gives from SEED on, and how many words it took: the place in the stream where the next two stand.

    Raises:
        LookupError: it took more words than the stream is long.
    """
    torch.manual_seed(SEED)
    value = run(torch)
    first, second = words_of(torch, 2)
    for k, pair in enumerate(zip(stream, stream[1:])):
        if pair == (first, second):
            return value, k
    raise LookupError(f"took more than {len(stream)} words")


def array(value):
    """A tensor of either library as an array."""
    return value.detach().numpy()


@dataclass
class Use:
    """A function: what it says, how many words it takes in both libraries, how its values agree, where the words go."""

    label: str
    ours: int
    theirs: int
    gap: Gap
    why: str

    @property
    def agree(self):
        return self.ours == self.theirs


def loaded(torch):
    """The indices of an epoch of a shuffled loader."""
    data = torch.utils.data
    loader = data.DataLoader(data.TensorDataset(torch.arange(8)), batch_size=8, shuffle=True)
    return torch.cat([part for part, in loader])


def flat(torch, module):
    """All parameters of a module in a row."""
    return torch.cat([p.detach().reshape(-1) for p in module.parameters()])


PROGRAMS = [
    ("rand(5)", lambda torch: torch.rand(5), "one word a number, of which 24 bits"),
    ("rand(5), float64", lambda torch: torch.rand(5, dtype=torch.float64), "two words a number, of which 53 bits"),
    ("empty(5).uniform_(-1, 1)", lambda torch: torch.empty(5).uniform_(-1, 1), "as rand"),
    ("randint(0, 10, (5,))", lambda torch: torch.randint(0, 10, (5,)), "a word modulo 10"),
    ("randint(0, 2**28, (5,))", lambda torch: torch.randint(0, 2**28, (5,)), "from a range of 2²⁸ on two words"),
    ("randperm(8)", lambda torch: torch.randperm(8), "a swap a place but the last"),
    ("randn(4)", lambda torch: torch.randn(4), "fewer than 16: float64 uniforms, two words each, a pair for two normals"),
    ("randn(5)", lambda torch: torch.randn(5), "the sixth normal is kept"),
    ("randn(5), then randn(1)", lambda torch: torch.cat([torch.randn(5), torch.randn(1)]), "and given out by the next call"),
    ("randn(16)", lambda torch: torch.randn(16), "16 and more: float32 uniforms in blocks of sixteen"),
    ("randn(20)", lambda torch: torch.randn(20), "16 words more, for the last sixteen anew"),
    ("dropout of 10", lambda torch: torch.nn.functional.dropout(torch.ones(10), 0.3), "a float64 uniform a number, whatever the dtype"),
    ("bernoulli of 5 chances", lambda torch: torch.bernoulli(torch.full((5,), 0.5)), "chances in float32: float32 uniforms"),
    ("empty(5).exponential_()", lambda torch: torch.empty(5).exponential_(), "float64 uniforms"),
    ("multinomial, 2 of 4", lambda torch: torch.multinomial(torch.ones(4), 2), "an exponential a weight; the largest quotients win"),
    ("nn.Linear(3, 2)", lambda torch: flat(torch, torch.nn.Linear(3, 2)), "6 weights, 2 biases"),
    ("nn.LSTM(3, 2)", lambda torch: flat(torch, torch.nn.LSTM(3, 2)), "24 + 16 weights, 8 + 8 biases"),
    ("an epoch of DataLoader, 8 items", loaded, "a base seed of two words; the sampler’s seed, two more, starts a generator of its own"),
]


def uses():
    """A Use for every program."""
    import torch

    import minitorch
    stream, found = words(SEED, 400), []
    for label, run, why in PROGRAMS:
        (a, ours), (b, theirs) = consumed(minitorch, run, stream), consumed(torch, run, stream)
        found.append(Use(label, ours, theirs, gap(array(a), array(b)), why))
    return found


# ---- pictures ----------------------------------------------------------------------------------------------------------------


def bits(value, width=32, parts=None, size=9):
    """The bits of an integer as squares, the highest left; `parts` are (bits, class) from the left, and a gap between them."""
    parts = parts or [(width, "used")]
    x, shift, frame, out = 0, width, "", []
    for count, style in parts:
        shift -= count
        piece = value >> shift & (1 << count) - 1
        frame += "".join(f"M{x + k * size} 1h{size}v{size}h-{size}z" for k in range(count))
        on = "".join(f"M{x + (count - 1 - k) * size} 1h{size}v{size}h-{size}z" for k in range(count) if piece >> k & 1)
        out.append(f'<path class="{style}" d="{on}"/>')
        x += count * size + 4
    return Markup(f'<svg class="bits" viewBox="-1 0 {x} {size + 2}" width="{x}" height="{size + 2}" role="img" '
                  f'aria-label="bits {value:0{width}b}">{"".join(out)}<path class="frame" d="{frame}"/></svg>')


def float_bits(value):
    """A float32 or float64 as sign, exponent, fraction."""
    value = np.asarray(value)
    if value.dtype == np.float32:
        return bits(int(value.view(np.uint32)), 32, [(1, "sign"), (8, "exponent"), (23, "used")])
    return bits(int(value.view(np.uint64)), 64, [(1, "sign"), (11, "exponent"), (52, "used")], 6)


def plane(u1, u2, z):
    """Numbered uniforms in their square, and the normals that each pair becomes: a radius and an angle."""
    side, far = 220, 3.2
    name = "Uniform pairs in a square; the same pairs as normals in a plane"
    out = [f'<svg class="plane" viewBox="0 0 520 252" role="img" aria-label="{name}">',
           f'<path class="frame" d="M10 10h{side}v{side}h-{side}zM280 10h{side}v{side}h-{side}zM390 10v{side}M280 120h{side}"/>']
    out += [f'<circle class="ring" cx="390" cy="120" r="{r * 110 / far:.1f}"/>' for r in (1, 2, 3)]
    for k, (a, b, x, y) in enumerate(zip(u1, u2, *z)):
        px, py = 390 + np.clip(x, -far, far) * 110 / far, 120 - np.clip(y, -far, far) * 110 / far
        out.append(f'<path class="ray" d="M390 120L{px:.1f} {py:.1f}"/>')
        for cx, cy in ((10 + side * b, 10 + side * a), (px, py)):
            out.append(f'<circle class="dot" cx="{cx:.1f}" cy="{cy:.1f}" r="8"/><text x="{cx:.1f}" y="{cy + 4:.1f}">{k}</text>')
    out.append('<text class="ax" x="120" y="247">u₂: the angle →</text><text class="ax" x="390" y="247">normals; rings at 1, 2, 3</text>')
    return Markup("".join([*out, "</svg>"]))
