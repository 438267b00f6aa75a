"""Every check fails on a page with the fault that it is about: one fault is planted in a copy of a page, and the check has to name it."""
import re
import shutil

import pytest

from .checks import (
    EVERY,
    INDEX,
    LAST,
    addresses,
    cards,
    contrasts,
    finds,
    fits,
    headed,
    linked,
    prints,
    quiet,
    readable,
    small,
    speaks,
    tabbed,
    themed,
    zooms,
)
from .code_checks import (
    COMPONENT,
    WITHOUT,
    both_sides,
    hides,
    level,
    lights,
    lights_without_scripts,
    numbers,
    pins,
    stands_out,
    true_to_source,
    views,
    views_without_scripts,
)

END, SWAPPED = "</main>", {"o": "t", "t": "o"}


def style(css):
    """A rule at the end of the styles."""
    return ("</style>", f"{css}</style>")


def body(html):
    """Something at the end of the page."""
    return (END, f"{html}{END}")


# (check, what it has to say, (the text that is replaced once, by what)), in a component's page
BROKEN = [
    (quiet, "asks the network for https://example.com/a.png", body('<img src="https://example.com/a.png" alt="a picture">')),
    (quiet, "asks the network for https://example.com/f.woff2",
     style("@font-face{font-family:F;src:url(https://example.com/f.woff2)}p{font-family:F}")),
    (quiet, "console: wrong", body("<script>console.error('wrong')</script>")),
    (quiet, "Runtime.exceptionThrown", body("<script>nothing.at.all()</script>")),
    (quiet, "Network.loadingFailed", body('<script src="not_there.js"></script>')),
    (small, "elements, at most 4,000", body("<i></i>" * 4000)),
    (small, "bytes, at most", body(f"<!--{'x' * 300_000}-->")),
    (fits, "wider than the window by 520 px: <p style", body('<p style="width:1800px;margin-left:-32px">wide</p>')),
    (fits, "at 390 px, light", body('<p style="width:500px">wide</p>')),
    (fits, "at 1280 px, dark", style("@media(prefers-color-scheme:dark){main{width:1500px;max-width:none}}")),
    (fits, "“cut off by the edge” is cut by", body('<p style="width:5em;overflow:hidden;white-space:nowrap">cut off by the edge</p>')),
    (fits, "has no focus or no name", ('tabindex="0" role="region" aria-label="Agreement"', "")),
    (zooms, "the bars take", style(".top{height:260px}")),
    (zooms, "the theme button is gone", style("@media(max-width:700px){#theme{display:none}}")),
    (contrasts, "p. “pale” has a contrast of 2.3", body('<p style="color:#aaa">pale</p>')),
    (contrasts, ", dark", style("@media(prefers-color-scheme:dark){h2{color:#444}}")),
    (contrasts, "text.", style(".plot text{fill:#bbb}")),
    (contrasts, "h1. ", style("h1{opacity:.4}")),
    (contrasts, "colours forced", style("@media(forced-colors:active){h2{forced-color-adjust:none;color:#888}}")),
    (contrasts, "pointed at", style(":root{--ours-bg:#777}")),
    (speaks, "a button has no name", ('aria-label="Change between light and dark" title="Change between light and dark"', "")),
    (speaks, "a checkbox has no name", ('<input type="checkbox" id="fade"> fade equal lines', '<input type="checkbox" id="fade">')),
    (speaks, "a image has no name", body('<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">')),
    (speaks, "a navigation has no name", body('<nav><a href="#code">Code</a></nav>')),
    (speaks, "has no language", ('<html lang="en">', "<html>")),
    (headed, "“Formula” skips a level", ("<h2>Formula</h2>", "<h3>Formula</h3>")),
    (headed, "has not one first heading", body("<h1>Another</h1>")),
    (linked, "id “code” is there 2 times", body('<p id="code">twice</p>')),
    (linked, "“#nowhere” leads nowhere", body('<a href="#nowhere">a link</a>')),
    (linked, "“not_there.html” leads nowhere", body('<a href="not_there.html">a link</a>')),
    (linked, "“index.html#nowhere” leads nowhere", body('<a href="index.html#nowhere">a link</a>')),
    (linked, "aria-controls=“nowhere” leads nowhere", body('<p aria-controls="nowhere">text</p>')),
    (readable, "without scripts there is no secret", body('<script>document.querySelector("main").append("secret")</script>')),
    (readable, "#theme is shown without scripts", ("#theme, .find", ".find")),
    (prints, "parts of details are shut", ("details::details-content", "details::nothing")),
    (prints, "tables go over the edge", style("@media print{table{min-width:900px}}")),
    (prints, ".top is on paper", (".top, .tools, #dock, .hint", ".tools, #dock, .hint")),
    (prints, "is dark on paper", ("color-scheme: light !important", "color: inherit")),
    (themed, "the theme button does nothing", ('root.dataset.theme = dark ? "light" : "dark"', "void 0")),
    (themed, "the chosen theme is forgotten", ("localStorage.theme = root.dataset.theme", "void 0")),
    (themed, "is light where the system is not", style(":root:not([data-theme]){color-scheme:light}")),
    (tabbed, "the first Tab does not show a link", (".skip:focus {", ".skip:active {")),
    (tabbed, "the link to the content does not lead there", ('href="#main"', 'href="#top"')),
    (tabbed, "what has the focus does not show it", style("*:focus-visible{outline:none}")),
    (addresses, "does not show it", style("html{scroll-padding:0!important}section,.row,tr{scroll-margin:0!important}")),
    (addresses, "does not keep the variable", ('if (id.startsWith("v-"))', "if (false)")),
    (level, "its sides start 6.0 px apart, at 1280 px", style(".row > .code.t{margin-top:6px}")),
    (level, "are not in this order", style(".row > .code.o{order:9}")),
    (level, "at 900 px", style("@media(max-width:1000px){.row > .code.t{position:relative;top:2px}}")),
    (true_to_source, "is not what", re.compile(r'class="code ([ot])" role'), lambda m: f'class="code {SWAPPED[m[1]]}" role'),
    (true_to_source, "marks ", re.compile(r'<i data-v="rstd">rstd</i>'), "rstd"),
    (true_to_source, "is marked as another", re.compile(r'<i data-v="rstd">'), '<i data-v="eps">'),
    (true_to_source, "is not what", re.compile(r'(tabindex="-1">)(\d+)'), lambda m: f"{m[1]}{int(m[2]) + 1}"),
    (numbers, "and was measured at level", re.compile(r'chip l1" title'), 'chip l0" title'),
    (numbers, "is not of level", re.compile(r'(chip l1" title[^>]*><span class="w">)[\d.]+ ulp'), r"\g<1>9.0 ulp"),
    (numbers, "rows are exact, and it says", re.compile(r"; (\d+) of"), lambda m: f"; {int(m[1]) + 1} of"),
    (numbers, "agreement of forward", re.compile(r'(<th scope="row">forward</th><td><code>\w+</code></td><td class="n) l\d'), r"\1 l3"),
    (numbers, "is not as it was measured", re.compile(r'<td class="yn">no'), '<td class="yn">yes'),
    (numbers, "and the index", re.compile(r"(<dt>Forward</dt><dd>)[^<]+"), r"\g<1>0.3 ulp"),
    (numbers, "of mutants", re.compile(r"(\d+) changes were made"), "1 changes were made"),
    (both_sides, "is explained, and not in the code", (">rstd</button>", '>rstd</button><button data-v="more">more</button>')),
    (both_sides, "has an equation, and is missing in", re.compile(r'class="code t".*?</div>', re.S),
     lambda m: m[0].replace('data-v="rstd"', "")),
    (lights, ": pointing at it lights ", style("math [data-v]{background:none!important}")),
    (lights, " and []", ('addEventListener("pointerover", over)', 'addEventListener("nothing", over)')),
    (lights, "stay lit", ("light(at ? at.dataset.v : null)", "at && light(at.dataset.v)")),
    (lights_without_scripts, "without scripts", ("@media(scripting:none)", "@media(scripting:nothing)")),
    (pins, "Enter does not keep a variable", ("if (at) pin(", "if (false) pin(")),
    (pins, "a kept variable goes out", ("if (pinned !== null) return;", "")),
    (pins, "Escape does not let go", ('event.key === "Escape"', "false")),
    (pins, "the bar's button does not let go", ('event.target.closest("#dock button")', "false")),
    (pins, "the bar does not say", ('fact[0], "dm"', '"", "dm"')),
    (pins, "with a variable kept", (":root {\n", ":root {--mark:#777!important;")),
    (hides, "the quiz hides 0 of", ('row.classList.toggle("hid", event.target.checked)', "void 0")),
    (hides, "Enter does not show", ('event.key === "Enter")) row.classList', "false)) row.classList")),
    (hides, "a click does not show", ('event.type === "click" ||', "")),
    (hides, "with forced colours", (".hid code, .hid code * { forced-color-adjust", ".nothing { forced-color-adjust")),
    (hides, "cannot be switched off", ('toggle("hid", event.target.checked)', 'add("hid")')),
    (views, "view “ours” shows something else", style(".wide:has([value=ours]:checked) .row .t{display:grid}")),
    (views_without_scripts, "without scripts", style("@media(scripting:none){.row .code{display:grid!important}}")),
    (stands_out, "are lit", ("--mark: Highlight;", "")),
    (stands_out, "bars cannot be seen", (".bar :is(i, b), .hb,", "")),
]
BROKEN_INDEX = [
    (finds, "/ does not go to the search", ('event.key === "/"', "false")),
    (finds, "ArrowDown goes to", ("found[at + 1]?.focus()", "void 0")),
    (finds, "do not lead back", ("found[at - 1] ?? box", "box.nothing ?? document.body.firstElementChild")),
    (finds, "Enter goes to", ("found[0]?.click()", "found.at(-1)?.click()")),
    (finds, "does not find", ("sum + (text === word", "sum - (text === word")),
    (finds, "does not say that there is nothing", ('"Nothing found."', '""')),
    (finds, "has no search index", ('<script src="search.js"></script>', "")),
    (cards, "has no card for layer_norm.html", re.compile(r'<li><a href="layer_norm.html">.*?</li>'), ""),
    (cards, "the card of layer_norm does not say Forward", re.compile(r'(href="layer_norm.html">.*?forward <b>)[^<]+'), r"\g<1>9.9 ulp"),
    (speaks, "a searchbox has no name", ('<label for="q">', "<label>")),
    (readable, "input#q is shown without scripts", ("#theme, .find", "#theme")),
]


def planted(html, old, new=None):
    """A page with one fault."""
    if isinstance(old, re.Pattern):
        broken = old.sub(new, html)
    else:
        old, new = old
        assert old in html, f"the page has no {old}"
        broken = html.replace(old, new)
    assert broken != html, f"nothing to break by {old}"
    return broken


@pytest.fixture(scope="module")
def copies(folder, tmp_path_factory):
    """The atlas again, where pages may be broken."""
    place = tmp_path_factory.mktemp("broken") / "atlas"
    shutil.copytree(folder, place)
    return place


@pytest.mark.parametrize(("name", "check", "says", "fault"), [
    pytest.param(name, check, says, fault, id=f"{check.__name__}-{k}")
    for name, broken in (("layer_norm", BROKEN), ("index", BROKEN_INDEX)) for k, (check, says, *fault) in enumerate(broken)])
def test_a_fault_is_found(reader, folder, copies, name, check, says, fault):
    page = copies / f"{name}.html"
    page.write_text(planted((folder / page.name).read_text(encoding="utf-8"), *fault), encoding="utf-8")
    reader.here = None
    try:
        found = [*check(reader, page)]
    finally:
        reader.here = None
        reader.js("localStorage.clear()")
        shutil.copy(folder / page.name, page)
    assert any(says in f for f in found), f"expected “{says}”, found: {found}"


def test_every_check_is_seen_to_fail():
    tried = {check for check, *_ in BROKEN + BROKEN_INDEX}
    assert {*EVERY, *COMPONENT, *WITHOUT, *INDEX, *LAST, readable, prints} == tried
