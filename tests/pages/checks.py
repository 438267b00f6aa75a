"""What holds for every page of the atlas: each check yields a sentence for everything that is wrong.

A check gets a Reader and the page's path.
"""
import functools
import json
import re
from pathlib import Path
from urllib.parse import unquote

ROOT = Path(__file__).parents[2]
BYTES, NODES, CONTRAST = 300 * 1024, 4000, 4.5
WINDOWS = [{"width": width, "dark": dark} for width in (1280, 640, 390) for dark in (False, True)]
NAMED = {"link", "button", "textbox", "searchbox", "checkbox", "radio", "image", "region", "navigation", "complementary",
         "DisclosureTriangle", "slider", "combobox"}


def named(window):
    """A window in words."""
    return f"at {window['width']} px, {'dark' if window['dark'] else 'light'}"


# ---- as it lies there ----------------------------------------------------------------------------------------------------


def quiet(reader, page):
    """It asks for nothing but its own files and says nothing in the console."""
    reader.look(page)
    yield from reader.complaints()


def small(reader, page):
    """It weighs less than 300 KB and has at most 4,000 elements."""
    if page.stat().st_size > BYTES:
        yield f"weighs {page.stat().st_size:,} bytes, at most {BYTES:,}"
    reader.look(page)
    count = reader.js("document.querySelectorAll('*').length")
    if count > NODES:
        yield f"has {count:,} elements, at most {NODES:,}"


def fits(reader, page):
    """Nothing is wider than the window, no text is cut off, and what scrolls by itself is reached with the keyboard and has a name."""
    for window in WINDOWS:
        reader.look(page, **window)
        yield from (f"{fault} {named(window)}" for fault in reader.ask("wide"))
        if not window["dark"]:
            yield from (f"{fault} {named(window)}" for fault in reader.ask("cut"))
            yield from (f"scrolls, and has no focus or no name, {named(window)}: {e}" for e in reader.ask("scrollers"))


def zooms(reader, page):
    """At 200 % everything is still there, nothing is cut, and the bars leave at least half of the window."""
    reader.look(page, width=640, height=450, scale=2)
    yield from (f"at 200 %: {fault}" for fault in reader.ask("wide") + reader.ask("cut"))
    bars = reader.js("inspect.all('.top, #dock').filter(inspect.seen).reduce((sum, e) => sum + e.getBoundingClientRect().height, 0)")
    if bars > 225:
        yield f"at 200 % the bars take {bars:.0f} of 450 px"
    if not reader.ask("shown", "#theme"):
        yield "at 200 % the theme button is gone"


def contrasts(reader, page):
    """Every text has a contrast of at least 4.5 in both themes, also in SVG, also in a row that is pointed at, also with forced colours."""
    pointed = "const s = new CSSStyleSheet(); s.replaceSync('.code.o{background:var(--ours-bg)}.code.t{background:var(--ref-bg)}');"
    for dark in (False, True):
        for forced in (False, True):
            reader.look(page, dark=dark, forced=forced)
            how = f"{'dark' if dark else 'light'}{', colours forced' if forced else ''}"
            yield from (f"{fault}, {how}" for fault in reader.ask("contrast", CONTRAST))
        reader.window(dark=dark)
        found = reader.js(f"(() => {{ const before = document.adoptedStyleSheets; {pointed} document.adoptedStyleSheets = [...before, s];"
                          f"const found = inspect.contrast({CONTRAST}); document.adoptedStyleSheets = before; return found }})()")
        yield from (f"{fault}, {'dark' if dark else 'light'}, pointed at" for fault in found)


def speaks(reader, page):
    """Every control, region, table and picture has a name with a letter in it, as the browser tells it to a screen reader."""
    reader.look(page)
    yield from (f"a {role} has no name" + (f" but “{name}”" if name else "") for role, name in reader.tree()
                if role in NAMED and not re.search(r"\w", name))
    said = reader.js("[document.documentElement.lang, document.title, document.querySelector('meta[name=description]')?.content,"
                     "document.querySelector('meta[name=viewport]')?.content]")
    yield from (f"has no {what}" for what, text in zip(("language", "title", "description", "viewport"), said) if not text)


def headed(reader, page):
    """One first heading, and none that skips a level."""
    reader.look(page)
    found = reader.ask("headings")
    if [level for level, _ in found].count(1) != 1 or found[0][0] != 1:
        yield f"has not one first heading, but {[text for level, text in found if level == 1]}"
    yield from (f"“{text}” skips a level" for (above, _), (level, text) in zip(found, found[1:]) if level > above + 1)


def linked(reader, page):
    """No id twice, and every link within the page and to another leads somewhere."""
    reader.look(page)
    ids = reader.ask("ids")
    yield from (f"id “{name}” is there {ids.count(name)} times" for name in sorted(set(ids)) if ids.count(name) > 1)
    yield from (f"{attribute}=“{name}” leads nowhere" for attribute, name in reader.ask("references") if name not in ids)
    for href in sorted(set(reader.ask("links"))):
        if not href.startswith(("https://", "data:")) and not leads(page, href, ids):
            yield f"link “{href}” leads nowhere"
    if reader.ask("shown", "input#q"):
        yield from (f"search leads nowhere: {address}" for address in reader.js("(window.ATLAS ?? [['', 'no index']]).map(e => e[1])")
                    if not leads(page, address, ids))


def leads(page, href, ids):
    """Whether a relative address is there: its file, and in it its anchor."""
    name, _, anchor = unquote(href).partition("#")
    if name and not (page.parent / name).is_file():
        return False
    return not anchor or anchor in (anchors(page.parent / name) if name else ids)


@functools.cache
def anchors(path):
    """The ids of a page."""
    return set(re.findall(r'\sid="([^"]+)"', path.read_text(encoding="utf-8")))


def readable(reader, page):
    """Without scripts every text is there that is there with them, and no control that would do nothing."""
    reader.look(page)
    text = "inspect.text(document.querySelector('main'))"
    before, tools = reader.js(text), " ".join(reader.js("inspect.all('.find, label:has(#quiz)').map(inspect.text)"))
    reader.look(page, scripts=False)
    now = reader.js(text)
    if len(now) < 300:
        yield f"has {len(now)} letters of text without scripts"
    gone = [w for w in re.findall(r"\w{4,}", before) if w not in now and w not in tools]
    if gone:
        yield f"without scripts there is no {', '.join(gone[:5])}"
    yield from (f"{control} is shown without scripts, and does nothing" for control in ("#theme", "#fade:disabled", "input#quiz", "input#q")
                if reader.ask("shown", control))


def prints(reader, page):
    """On paper, in whichever theme: light, nothing cut or wider than the sheet, derivations open, no bars and no controls."""
    for scripts in (True, False):
        reader.look(page, scripts=scripts, width=718, height=1000, dark=True, media="print")
        yield from (f"on paper: {fault}" for fault in reader.ask("wide") + reader.ask("cut"))
        shut = reader.js("inspect.all('details > :not(summary)').filter(e => !inspect.seen(e) || !e.getBoundingClientRect().height).length")
        if shut:
            yield f"on paper {shut} parts of details are shut"
        yield from (f"{e} is on paper" for e in (".top", ".tools", "#dock", ".steps") if reader.ask("shown", e))
        if min(reader.js("inspect.rgba(getComputedStyle(document.body).backgroundColor)")[:3]) < 250:
            yield "is dark on paper"
        over = reader.js("inspect.all('.scroll').filter(e => e.scrollWidth > innerWidth).length")
        if over:
            yield f"on paper {over} tables go over the edge"


def themed(reader, page):
    """The theme follows the system; the button changes it, and the choice is kept."""
    ground = "inspect.rgba(getComputedStyle(document.body).backgroundColor).slice(0, 3).reduce((a, b) => a + b) < 384 ? 'dark' : 'light'"
    for dark in (True, False):
        reader.look(page, dark=dark)
        if reader.js(ground) != ("dark" if dark else "light"):
            yield f"is {reader.js(ground)} where the system is not"
    reader.click("#theme")
    if reader.js(ground) != "dark":
        yield "the theme button does nothing"
    reader.load_again(page)
    if reader.js(ground) != "dark":
        yield "the chosen theme is forgotten"
    reader.js("document.querySelector('#theme').focus()")
    reader.key("Enter")
    if reader.js(ground) != "light":
        yield "the theme button does not lead back by the keyboard"
    reader.js("localStorage.clear()")


def tabbed(reader, page):
    """The first key leads to a link over the bar to the content; what has the focus can be seen."""
    reader.load_again(page)
    reader.key("Tab")
    if reader.js("document.activeElement.className") != "skip" or not reader.js("document.activeElement.getBoundingClientRect().left >= 0"):
        yield "the first Tab does not show a link to the content"
    reader.key("Enter")
    reader.key("Tab")
    if not reader.js("document.activeElement.matches('#main *, #main ~ *')"):
        yield "the link to the content does not lead there"
    if reader.js("(s => s.outlineStyle === 'none' || !parseFloat(s.outlineWidth))(getComputedStyle(document.activeElement))"):
        yield "what has the focus does not show it"


def addresses(reader, page):
    """An address with an anchor shows what it names, below the bar; one with a variable keeps that, too."""
    reader.look(page)
    every = reader.js("inspect.all('section[id], .row[id], tr[id], h2[id], details[id], main div[id]').map(e => e.id)")
    chosen = every[:: max(1, len(every) // 6)] + [n for n in every if n.startswith("v-")][-1:]
    for k, anchor in enumerate(chosen):
        reader.js(f"location.hash = {json.dumps(anchor)}") if k else reader.load_again(page, f"#{anchor}")
        if not reader.ask("inView", anchor):
            yield f"#{anchor} does not show it"
        if anchor.startswith("v-") and reader.ask("alight") != [anchor[2:]]:
            yield f"#{anchor} does not keep the variable"


# ---- the index -----------------------------------------------------------------------------------------------------------


def finds(reader, page):
    """The search by the keyboard alone: / goes to it, arrows choose, Enter goes to the page; it says when there is nothing."""
    reader.look(page)
    entries = reader.js("window.ATLAS ?? []")
    if not entries:
        yield "has no search index"
        return
    focus = "[document.activeElement.id, document.activeElement.getAttribute('href')]"
    reader.key("/")
    if reader.js(focus)[0] != "q" or reader.js("document.querySelector('#q').value"):
        yield "/ does not go to the search"
    text, address, *_ = next(e for e in entries if "#v-" in e[1])
    reader.js("document.querySelector('#q').focus()")
    reader.type(text)
    hits = reader.js("inspect.all('#hits a').map(a => a.getAttribute('href'))")
    if address not in hits:
        yield f"“{text}” does not find {address}, but {hits}"
        return
    for _ in range(hits.index(address) + 1):
        reader.key("ArrowDown")
    if reader.js(focus)[1] != address:
        yield f"ArrowDown goes to {reader.js(focus)}, not to {address}"
    reader.key("ArrowUp")
    reader.key("ArrowDown")
    if reader.js(focus)[1] != address:
        yield "ArrowUp and ArrowDown do not lead back"
    for other, want, *_ in entries[:: max(1, len(entries) // 20)]:
        reader.js(f"(q => {{ q.value = {json.dumps(other)}; q.dispatchEvent(new Event('input')) }})(document.querySelector('#q'))")
        if want.partition("#")[0] not in reader.js("inspect.all('#hits a').map(a => a.getAttribute('href').split('#')[0])"):
            yield f"“{other}” does not find {want}"
    reader.js("(q => { q.focus(); q.value = ''; q.dispatchEvent(new Event('input')) })(document.querySelector('#q'))")
    reader.type("zzzz")
    if reader.js("document.querySelector('#hits').textContent") != "Nothing found.":
        yield "does not say that there is nothing"
    reader.js("document.querySelector('#q').select()")
    reader.type(text)
    reader.here = None
    reader.events.clear()
    reader.key("Enter")
    reader.wait("Page.loadEventFired")
    if not reader.js("location.href").endswith(hits[0]):
        yield f"Enter goes to {reader.js('location.href')}, not to {hits[0]}"


def cards(reader, page):
    """Every other page has a card, with the numbers that the page itself says."""
    reader.look(page)
    left = json.loads((page.parent / "pages.json").read_text(encoding="utf-8"))
    found = dict(reader.js("inspect.all('.cards a').map(a => [a.getAttribute('href'), a.innerText.replace(/\\s+/g, ' ')])"))
    yield from (f"has no card for {p.name}" for p in sorted(page.parent.glob("*.html")) if p.name not in (*found, page.name))
    for slug, told in left.items():
        yield from (f"the card of {slug} does not say {label} {value}" for label, value in told.get("facts", ())
                    if f"{label.lower()} {value}" not in found.get(f"{slug}.html", ""))


EVERY = (quiet, small, fits, zooms, contrasts, speaks, headed, linked)
INDEX = {finds: 'id="hits"', cards: 'class="cards"'}
LAST = (themed, tabbed, addresses)


def checks(page):
    """The checks that a page has to pass, those one after another that need not load it again."""
    from .code_checks import COMPONENT, WITHOUT
    html = page.read_text(encoding="utf-8")

    def those(table):
        return [check for check, mark in table.items() if mark in html]
    return [*EVERY, *those(COMPONENT), readable, prints, *those(WITHOUT), *LAST, *those(INDEX)]
