"""What holds for every page of the atlas: each check yields a sentence for everything that is wrong.

A check gets a Reader and the page's path. `COMPONENT` are those of pages that set code beside code, `EVERY` those of all pages.
"""
import functools
import json
import keyword
import re
import tokenize
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
    if reader.ask("shown", "#q"):
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
    yield from (f"{control} is shown without scripts, and does nothing" for control in ("#theme", "#fade:disabled", "#quiz", "#q")
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
    every = reader.js("inspect.all('section[id], .row[id], tr[id], h2[id], details[id], main div[id]').map(e => e.id)") if not reader.look(page) else ()
    chosen = every[:: max(1, len(every) // 6)] + [n for n in every if n.startswith("v-")][-1:]
    for k, anchor in enumerate(chosen):
        reader.js(f"location.hash = {json.dumps(anchor)}") if k else reader.load_again(page, f"#{anchor}")
        if not reader.ask("inView", anchor):
            yield f"#{anchor} does not show it"
        if anchor.startswith("v-") and reader.ask("alight") != [anchor[2:]]:
            yield f"#{anchor} does not keep the variable"


# ---- code beside code ----------------------------------------------------------------------------------------------------


def level(reader, page):
    """Both sides of a row start at one height, ours left, the reference right, wrapped or not."""
    for width in (1280, 900):
        reader.look(page, width=width)
        yield from (f"{fault}, at {width} px" for fault in reader.ask("level"))


def true_to_source(reader, page):
    """Every line of code is the line of that number in the file that stands above it, and its variables are marked."""
    reader.look(page)
    variables = set(reader.ask("variables"))
    for function, path, side, number, text, marks in reader.ask("code"):
        where = f"{function}, {'ours' if side == 'o' else 'reference'}, line {number}"
        if not path.startswith({"o": "minitorch/", "t": "reference/"}[side]):
            yield f"{where}: is from {path}"
        lines, names = source(path)
        if number > len(lines) or lines[number - 1].split() != text.split():
            yield f"{where}: “{text.strip()}” is not what {path} has there"
        elif [name for name, _ in marks] != [shown for _, shown in marks]:
            yield f"{where}: a name is marked as another: {marks}"
        elif (expected := [n for n in names.get(number, ()) if n in variables]) != [name for name, _ in marks]:
            yield f"{where}: marks {[name for name, _ in marks]}, and the variables in “{text.strip()}” are {expected}"


@functools.cache
def source(path):
    """The lines of a file, and by line the names on it that are variables: no attributes, no keywords of a call."""
    with open(ROOT / path, encoding="utf-8") as file:
        tokens = [t for t in tokenize.generate_tokens(file.readline) if t.type not in (tokenize.COMMENT, tokenize.NL)]
    names, depth, defines = {}, 0, False
    for before, token, after in zip(tokens, tokens[1:], tokens[2:]):
        depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(token.string, 0) if token.type == tokenize.OP else 0
        defines = token.string == "def" or defines and token.type != tokenize.NEWLINE
        if token.type == tokenize.NAME and not keyword.iskeyword(token.string) and before.string not in (".", "def") \
                and not (depth and after.string == "=" and not defines):
            names.setdefault(token.start[0], []).append(token.string)
    return (ROOT / path).read_text(encoding="utf-8").splitlines(), names


def numbers(reader, page):
    """What the page says twice it says alike, and as the build left it: the levels of all that was measured."""
    reader.look(page)
    left = json.loads((page.parent / "pages.json").read_text(encoding="utf-8"))[page.stem]
    kept, verdict, chips = left["levels"], reader.ask("verdict"), reader.ask("chips")
    for function, rows in chips.items():
        for k, chip in enumerate(rows):
            expected = [v for name, v in kept.items() if name.startswith(f"{function}:") and name.endswith(f":{k}")]
            if (chip[0] if chip else None) != (str(max(expected)) if expected else None):
                yield f"{function}, row {k}: shows {chip}, and was measured at level {expected}"
            elif chip and chip[0] != grade(chip[1]):
                yield f"{function}, row {k}: “{chip[1]}” is not of level {chip[0]}"
        exact = sum(bool(c) and c[1] == "exact" for c in rows)
        said = reader.js(f"document.querySelector('#code-{function} .heads p').textContent")
        if f"; {exact} of {sum(map(bool, rows))} measured" not in said:
            yield f"{function}: {exact} of {sum(map(bool, rows))} rows are exact, and it says “{said}”"
    kinds = {f"{row[0][0]}:{row[1][0]}:{dtype}": row[k] for row in reader.ask("tables", "agreement") for dtype, k in (("float32", 2), ("float64", 4))}
    for name, (word, style) in kinds.items():
        if word != "–" and style.split()[-1] != f"l{kept.get(name)}":
            yield f"agreement of {name}: shows {word} as {style}, and was measured at level {kept.get(name)}"
    cases = reader.js("inspect.all('#kinks tbody tr').map(r => [r.cells[0].textContent, +(r.cells[3].textContent !== 'yes')])")
    yield from (f"edge case “{label}” is not as it was measured" for label, odd in cases if kept.get(f"edge:{label}") != odd)
    if verdict["Edge cases"] != f"{sum(not odd for _, odd in cases)} of {len(cases)} agree":
        yield f"says “{verdict['Edge cases']}” of {len(cases)} edge cases"
    mutants = reader.js("document.querySelector('#mutants p').textContent")
    caught, of = re.match(r"(\d+) of (\d+)", verdict["Mutants caught"]).groups()
    if f"{of} changes" not in mutants or f"{caught} were" not in mutants:
        yield f"says “{verdict['Mutants caught']}” of mutants, and “{mutants}”"
    yield from (f"says {label} is {verdict.get(label)}, and the index {value}" for label, value in left["facts"] if verdict.get(label, value) != value)


def grade(word):
    """The level of a word such as “2.0 ulp”."""
    found = re.fullmatch(r"([\d.,e+]+|inf) ulp", word)
    ulp = float(found[1].replace(",", "")) if found else 0.0 if word == "exact" else float("inf")
    return "0" if not ulp else "1" if ulp <= 2 else "2" if ulp <= 64 else "3"


def lights(reader, page, scripts=True):
    """Who points at a variable sees all its occurrences light up, on both sides and in the formulas, and no other's."""
    reader.look(page, scripts=scripts)
    how = "" if scripts else " without scripts"
    names = reader.ask("variables")
    for name in names[:: max(1, len(names) // (12 if scripts else 3))]:
        place = reader.js(f"['.code.t', '.code.o', '#variables'].find(p => inspect.all(`${{p}} [data-v='{name}']`).some(inspect.seen))")
        reader.hover(f"{place} [data-v='{name}']")
        lit, alight = reader.ask("lit", name), reader.ask("alight")
        if not all(lit) or alight != [name]:
            yield f"{name}: pointing at it lights {sum(lit)} of {len(lit)}, and {alight}{how}"
    reader.key("Escape")
    reader.move(2, 2)
    if reader.ask("alight"):
        yield f"{reader.ask('alight')} stay lit{how}"


def lights_without_scripts(reader, page):
    """The same where scripts do not run."""
    return lights(reader, page, False)


def both_sides(reader, page):
    """Every variable that is explained is in the code, and what a displayed equation defines is in it on both sides."""
    reader.look(page)
    for name in reader.ask("variables"):
        if not reader.ask("sides", name)["ours"] + reader.ask("sides", name)["reference"]:
            yield f"{name} is explained, and not in the code"
    for name in reader.js("[...new Set(inspect.all('#formula li[data-row] .lhs [data-v]').map(e => e.dataset.v))]"):
        missing = [side for side, count in reader.ask("sides", name).items() if not count]
        if missing:
            yield f"{name} has an equation, and is missing in {', '.join(missing)}"


def pins(reader, page):
    """Enter or a click keeps a variable lit and tells its facts; Escape, a second click and the bar's button let go; an address does it too."""
    reader.look(page)
    first, *_, last = names = reader.ask("variables")
    told = "(d => d.hidden ? null : d.querySelector('.dn').textContent)(document.querySelector('#dock'))"
    kept = "inspect.all('button[data-v][aria-pressed=true]').map(e => e.dataset.v)"

    def state(name):
        return [reader.js(told), reader.js(kept), reader.ask("alight")] == ([name, [name], [name]] if name else [None, [], []])
    reader.js(f"document.querySelector('button[data-v={first}]').focus()")
    reader.key("Enter")
    if not state(first) or not all(reader.ask("lit", first)):
        yield "Enter does not keep a variable"
    if not reader.ask("shown", "#dock") or not reader.js("document.querySelector('.dm').textContent.length > 2"):
        yield "the bar does not say what the variable is"
    reader.hover(f"button[data-v={last}]")
    if not state(first):
        yield "a kept variable goes out when another is pointed at"
    yield from (f"{fault}, with a variable kept" for fault in reader.ask("contrast", CONTRAST))
    reader.key("Escape")
    if not state(None) and reader.ask("alight") != [last]:
        yield "Escape does not let go"
    reader.js("document.activeElement.blur()")
    place = f".code.o [data-v={names[1]}]" if reader.ask("sides", names[1])["ours"] else f"button[data-v={names[1]}]"
    reader.click(place)
    if not state(names[1]):
        yield "a click does not keep a variable"
    reader.click("#dock button")
    reader.move(2, 2)
    if not state(None):
        yield "the bar's button does not let go"


def hides(reader, page):
    """The quiz hides the backward line by line; Enter shows one, a click shows one, and switching it off shows all."""
    reader.look(page)
    rows = reader.js("inspect.all('[id^=code-][id*=backward] .row + .row').map(e => e.id)")
    if not rows:
        if reader.ask("shown", "#quiz"):
            yield "there is no backward for the quiz to hide"
        return
    hidden = ("inspect.all('[id^=code-][id*=backward] .row + .row').filter(r => inspect.all('code, code *', r).every("
              "e => !inspect.rgba(getComputedStyle(e).color)[3])).map(e => e.id)")
    reader.click("#quiz")
    reader.move(2, 2)
    if reader.js(hidden) != rows:
        yield f"the quiz hides {len(reader.js(hidden))} of {len(rows)} rows"
    reader.js(f"document.getElementById('{rows[0]}').focus()")
    reader.key("Enter")
    if reader.js(hidden) != rows[1:]:
        yield "Enter does not show a line of the quiz"
    reader.click(f"[id='{rows[-1]}'] .code.o")
    if reader.js(hidden) != rows[1:-1]:
        yield "a click does not show a line of the quiz"
    reader.window(forced=True)
    if reader.js(hidden) != rows[1:-1]:
        yield "with forced colours the quiz shows what it hides"
    reader.window()
    reader.click("#quiz")
    if reader.js(hidden):
        yield "the quiz cannot be switched off"


def views(reader, page, scripts=True):
    """Ours alone, the reference alone, both."""
    reader.look(page, scripts=scripts)
    for value, ours, theirs in (("ours", True, False), ("ref", False, True), ("both", True, True)):
        reader.click(f"[name=view][value={value}]")
        if [reader.ask("shown", f".row:not(.alone) > .code.{side}") for side in "ot"] != [ours, theirs]:
            yield f"view “{value}” shows something else{'' if scripts else ' without scripts'}"
        yield from (f"view “{value}”: {fault}" for fault in reader.ask("wide"))


def views_without_scripts(reader, page):
    """The same where scripts do not run."""
    return views(reader, page, False)


def stands_out(reader, page):
    """With forced colours what is lit still stands out, and so do the bars."""
    reader.look(page, forced=True)
    name = reader.ask("variables")[0]
    reader.hover(f"button[data-v={name}]")
    lit = reader.ask("lit", name)
    reader.key("Escape")
    if not all(lit):
        yield f"with forced colours {sum(lit)} of {len(lit)} are lit"
    ground = reader.js("getComputedStyle(document.body).backgroundColor")
    bars = reader.js("inspect.all('.chip .bar i, .hb').map(e => getComputedStyle(e).backgroundColor)")
    if ground in bars:
        yield f"with forced colours {bars.count(ground)} of {len(bars)} bars cannot be seen"


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
COMPONENT = (level, true_to_source, numbers, both_sides, lights, pins, hides, views, stands_out)
WITHOUT = (lights_without_scripts, views_without_scripts)
LAST = (readable, prints, themed, tabbed, addresses)
INDEX = (finds, cards)


def checks(page):
    """The checks that a page has to pass."""
    html = page.read_text(encoding="utf-8")
    component = 'class="rows"' in html
    return (*EVERY, *(COMPONENT if component else ()), *(INDEX if 'id="hits"' in html else ()), *LAST[:2], *(WITHOUT if component else ()), *LAST[2:])
