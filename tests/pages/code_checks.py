"""What holds for a page that sets code beside code: each check yields a sentence for everything that is wrong."""
import functools
import json
import keyword
import re
import tokenize

from .checks import CONTRAST, ROOT


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
    text = (ROOT / path).read_text(encoding="utf-8")
    return re.sub(r" *# noqa.*", "", text).splitlines(), names


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
    columns = ("float32", 2), ("float64", 4)
    for name, (word, style) in ((f"{r[0][0]}:{r[1][0]}:{dtype}", r[k]) for r in reader.ask("tables", "agreement") for dtype, k in columns):
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
    yield from (f"says {label} is {verdict.get(label)}, and the index {value}" for label, value in left["facts"]
                if verdict.get(label, value) != value)


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
    reader.move(2, 2)
    if reader.ask("alight"):
        yield f"{reader.ask('alight')} stay lit{how}"
    reader.key("Escape")


def lights_without_scripts(reader, page):
    """The same where scripts do not run."""
    return lights(reader, page, False)


def both_sides(reader, page):
    """Every variable that is explained is in the code or a formula; what an equation defines is on both sides or on none."""
    reader.look(page)
    for name in reader.ask("variables"):
        sides = reader.ask("sides", name)
        if not sides["ours"] + sides["reference"] + sides["formula"]:
            yield f"{name} is explained, and not in the code"
    for name in reader.js("[...new Set(inspect.all('#formula li[data-row] .lhs [data-v]').map(e => e.dataset.v))]"):
        sides = reader.ask("sides", name)
        missing = [side for side, count in sides.items() if not count]
        if missing and sides["ours"] + sides["reference"]:
            yield f"{name} has an equation, and is missing in {', '.join(missing)}"


def pins(reader, page):
    """Enter or a click keeps a variable lit and tells its facts; Escape and the bar's button let go."""
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
    reader.load_again(page, forced=True)
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


# Each check by what a page must have in it to be asked.
ROWS, NAMES, VIEW = 'class="rows"', 'id="variables"', 'name="view"'
COMPONENT = {level: ROWS, true_to_source: ROWS, numbers: "<dt>Mutants caught", both_sides: NAMES, lights: NAMES, pins: NAMES,
             hides: 'id="quiz"', views: VIEW, stands_out: NAMES}
WITHOUT = {lights_without_scripts: NAMES, views_without_scripts: VIEW}
