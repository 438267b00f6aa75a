"""What a page is and what it gets to build itself with."""
import functools
import platform
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path

import jinja2
from markupsafe import Markup

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Page:
    """A page of the atlas.

    Args:
        slug: its file's name, without .html.
        title, group, lead: for the index.
        reads: files, from the project's root, whose change makes it old.
        subject: the catalogue's entry that it is about, if it is about one.
        kind: the name of the module in `comparisons.atlas.pages` that builds it.
        gathers: it is built last, from what the other pages left in their contexts.
    """

    slug: str
    title: str
    group: str
    lead: str
    reads: tuple = ()
    subject: str = ""
    kind: str = ""
    gathers: bool = False


@dataclass
class Context:
    """What `build(context)` of a page kind gets: the page, its neighbours and `render`; what it adds is for the other pages.

    Args:
        page: the Page.
        before, after: (slug, title) of its neighbours, or None.
        found: for a page that gathers: {slug: what that page left}, see `left`.
        facts: (label, value) pairs for the page's card on the index.
        search: (text, anchor, where, more) entries of the search.
        variables: {name: [symbol as MathML, as LaTeX, meaning, more about it on this page]}.
        differences: (what, HTML, anchor): what differs from PyTorch.
        levels: {quantity: level}, what a page built again is compared by.
        problems: sentences; the page is built nevertheless, and the command fails.
    """

    page: Page
    before: tuple | None = None
    after: tuple | None = None
    found: dict = field(default_factory=dict)
    facts: list = field(default_factory=list)
    search: list = field(default_factory=list)
    variables: dict = field(default_factory=dict)
    differences: list = field(default_factory=list)
    levels: dict = field(default_factory=dict)
    problems: list = field(default_factory=list)

    def render(self, template, **values):
        """A template's HTML, with `page`, `before`, `after` and `machine` beside the values."""
        known = {"page": self.page, "before": self.before, "after": self.after, "machine": machine()}
        return environment().get_template(template).render(known | values)

    @property
    def left(self):
        """What other pages may read of this one."""
        page = self.page
        about = {name: getattr(page, name) for name in ("slug", "title", "group", "lead", "subject", "kind")}
        return about | {name: getattr(self, name) for name in ("facts", "search", "variables", "differences", "levels", "problems")}


@functools.cache
def environment():
    """The templates, with the style, the script and the mathematics font inline."""
    import base64
    found = jinja2.Environment(loader=jinja2.FileSystemLoader(HERE / "templates"), autoescape=True, undefined=jinja2.StrictUndefined,
                               trim_blocks=True, lstrip_blocks=True)
    font = base64.b64encode((HERE / "static/AtlasMath.woff2").read_bytes()).decode()
    face = f'@font-face{{font-family:"Atlas Math";src:url(data:font/woff2;base64,{font}) format("woff2")}}\n'
    found.filters |= {"human": human, "seconds": seconds}
    found.globals |= {"css": Markup(face + (HERE / "static/atlas.css").read_text(encoding="utf-8")),
                      "js": Markup((HERE / "static/atlas.js").read_text(encoding="utf-8"))}
    return found


@functools.cache
def machine():
    """What the numbers depend on."""
    return f"NumPy {version('numpy')}, PyTorch {version('torch')}, Python {platform.python_version()}, {platform.machine()}, one thread"


def human(x):
    """A small number for a reader, as HTML.

    Example:
        >>> print(human(1.25e-7), human(0))
        1.2×10<sup>−7</sup> 0
    """
    if not x:
        return Markup("0")
    mantissa, _, exponent = f"{x:.1e}".partition("e")
    return Markup(f"{mantissa}×10<sup>{str(int(exponent)).replace('-', '−')}</sup>" if exponent else mantissa)


def seconds(x):
    """A time for a reader."""
    for unit, scale in (("s", 1), ("ms", 1e3), ("µs", 1e6)):
        if x * scale >= 1:
            break
    return f"{x * scale:.3g} {unit}"
