r"""LaTeX to MathML, once, when a page is built; \v{name} is set as the variable's symbol and lights up with the code."""
import functools
import re
import xml.etree.ElementTree as tree
from html import escape

from latex2mathml.converter import convert
from markupsafe import Markup

BAR, HAT, TILDE = "\u00af", "\u02c6", "\u02dc"
ACCENTS = {"\u00af": BAR, "\u2015": BAR, "\u203e": BAR, "^": HAT, "\u02c6": HAT, "~": TILDE, "\u02dc": TILDE}
FIRST = 0xE000                                       # placeholders are letters of private use


@functools.cache
def mathml(tex, display=False):
    """A formula as MathML with characters instead of entities, accents that do not stretch, and upright names."""
    tex = tex.replace(r"\mathbb{1}", "\U0001d7d9").replace(r"\mathrm{", r"\operatorname{")
    out = convert(tex, display="block" if display else "inline")
    out = out.replace(' xmlns="http://www.w3.org/1998/Math/MathML"', "").replace(' display="inline"', "")
    out = re.sub(r"&#x0*([0-9A-Fa-f]+);", lambda m: escape(chr(int(m[1], 16)), quote=False), out)
    out = re.sub(r'<mover(?: accent="true")?>', '<mover accent="true">', out)
    out = re.sub(r'<mo(?: [^>]*)?>([^<])</mo></mover>',
                 lambda m: f'<mo stretchy="false">{ACCENTS[m[1]]}</mo></mover>' if m[1] in ACCENTS else m[0], out)
    out = re.sub(r'<mover accent="true">((?:(?!<mover).)*?)<mo>([^<]{1,2})</mo></mover>', r"<mover>\1<mo>\2</mo></mover>", out)
    out = re.sub(r"(<mo[^>]*>(?:[(\[=≈≤≥,⋅·×]|&[lg]t;)</mo>)<mo>−</mo>", r'\1<mo form="prefix">−</mo>', out)     # a sign, not a difference
    return re.sub(r"<mo>([A-Za-z]+)</mo>", r'<mi mathvariant="normal">\1</mi>', out)


def lean(text):
    """The same formula without rows of one element, which say nothing, and with a space between a function's name and what follows."""
    def walk(node):
        if node.tag in ("math", "mrow", "mtd", "mstyle"):
            for at in reversed(range(len(node) - 1)):
                if is_name(node[at]) and node[at + 1].tag not in ("mo", "mspace"):
                    node.insert(at + 1, tree.Element("mspace", width=".17em"))
        for at, child in enumerate(list(node)):
            walk(child)
            while child.tag == "mrow" and len(child) == 1 and not child.attrib:
                child = child[0]
            node[at] = child
    root = tree.fromstring(text)
    walk(root)
    if len(root) == 1 and root[0].tag == "mrow" and not root[0].attrib:
        root[:] = list(root[0])
    return tree.tostring(root, encoding="unicode")


def is_name(node):
    """Whether this is a name of letters, like log, also with scripts."""
    while len(node) and node.tag in ("mrow", "msup", "msub", "msubsup"):
        node = node[0]
    return node.tag == "mi" and len(node.text or "") > 1 and node.text.isalpha()


class Formulas:
    """Sets the formulas and the prose of a study."""

    def __init__(self, variables):
        self.variables = variables

    def inner(self, name):
        """A variable's symbol, marked with its name, without <math> around it."""
        parts = list(tree.fromstring(lean(mathml(self.variables[name].symbol))))
        whole = parts[0] if len(parts) == 1 else tree.Element("mrow")
        whole[:] = list(whole) if len(parts) == 1 else parts
        whole.set("data-v", name)
        return tree.tostring(whole, encoding="unicode")

    def symbol(self, name):
        """A variable's symbol."""
        return Markup(f"<math>{self.inner(name)}</math>")

    def __call__(self, tex, display=False, row=False):
        """A formula; `row`: one that stands in a line of the text but has the size of a displayed one.

        Raises:
            LookupError: it speaks of a variable that the study does not explain.
        """
        used = []

        def mark(match):
            if match[1] not in self.variables:
                raise LookupError(f"no variable {match[1]!r} for the formula {tex}")
            used.append(match[1])
            return "{" + chr(FIRST + len(used) - 1) + "}"

        out = mathml(re.sub(r"\\v\{(\w+)\}", mark, tex), display or row)
        if row:
            out = out.replace('display="block"', 'displaystyle="true"', 1)
        for k, name in enumerate(used):
            out = re.sub(f"<m[io][^>]*>{chr(FIRST + k)}</m[io]>", lambda _: self.inner(name), out)
        return Markup(lean(out))

    def sides(self, tex):
        """A formula cut at its first "=" outside braces: (left, "= right"); ("", all of it) without one."""
        depth = 0
        for at, c in enumerate(tex):
            depth += (c == "{") - (c == "}")
            if c == "=" and not depth:
                return self(tex[:at], row=True), self(tex[at:], row=True)
        return Markup(""), self(tex, row=True)

    def text(self, prose):
        """Prose with $formulas$ and `code`."""
        parts = re.split(r"(\$[^$]+\$|`[^`]+`)", prose)
        return Markup("".join(self(p[1:-1]) if p[0] == "$" else self.code(p[1:-1]) if p[0] == "`" else escape(p, quote=False)
                              for p in parts if p))

    def code(self, text):
        """A piece of code, marked if it is a variable."""
        mark = f' data-v="{text}"' if text in self.variables else ""
        return f"<code{mark}>{escape(text)}</code>"
