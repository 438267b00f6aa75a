"""The pages that gather: the index with its search, what differs from PyTorch, and the glossary."""
import re
from types import SimpleNamespace

from ..context import Page
from ..homonyms import HOMONYMS

GATHERED = "Gathered"


def pages():
    """The three pages; they are built last."""
    return [
        Page("index", "minitorch atlas", "", "Each page sets our NumPy code beside a readable PyTorch reference with the same variable "
             "names, and measures how far they are apart, line by line.", gathers=True),
        Page("differences", "What differs from PyTorch", GATHERED, "Every known difference, and every edge case in which both sides were "
             "run and did not agree.", gathers=True),
        Page("glossary", "Glossary", GATHERED, "Every name of the code that the pages explain: one name has one meaning everywhere.",
             gathers=True),
    ]


def build(context):
    """One of the three."""
    return {"index": index, "differences": differences, "glossary": glossary}[context.page.slug](context)


def index(context):
    """Cards by group, and the search."""
    groups = {}
    for left in context.found.values():
        if left["slug"] != "index":
            groups.setdefault(left["group"], []).append(left)
    gathered = groups.pop(GATHERED, [])
    return context.render("index.html", groups=[*groups.items(), *([(GATHERED, gathered)] if gathered else [])])


def differences(context):
    """What differs, page by page, then the sentences of entries that have no page."""
    from ...catalogue import ENTRIES
    found = [left for left in context.found.values() if left["differences"]]
    paged = {left["subject"] for left in context.found.values()}
    others = [(e.public, e.differences) for e in ENTRIES.values() if e.differences and e.name not in paged]
    return context.render("differences.html", pages=found, others=others)


def glossary(context):
    """Every name with its meaning, and the pages that use it."""
    senses = gathered(context.found.values())
    context.problems += clashes(senses)
    return context.render("glossary.html", names=sorted(senses.items(), key=lambda pair: pair[0].lower()), reasons=HOMONYMS)


def gathered(found):
    """{name: its senses, each with symbol, latex, meaning and the pages that use it}."""
    names = {}
    for left in found:
        for name, (symbol, latex, meaning, _) in left["variables"].items():
            senses = names.setdefault(name, [])
            sense = next((s for s in senses if s.meaning == meaning and s.latex == latex), None)
            if sense is None:
                sense = SimpleNamespace(symbol=light(symbol), latex=latex, meaning=meaning, pages=[])
                senses.append(sense)
            sense.pages.append((left["slug"], left["title"]))
    return names


def light(symbol):
    """A symbol without the marks of its page; a single letter as a character, for hundreds of formulas are heavy.

    Example:
        >>> light('<math><mi data-v="x">x</mi></math>'), light('<math><mi data-v="wide">\u03b2</mi></math>')
        ('\U0001d465', '\U0001d6fd')
    """
    symbol = re.sub(' data-v="[^"]*"', "", symbol)
    letter = re.fullmatch("<math><mi>(.)</mi></math>", symbol)
    return italic(letter[1]) if letter else symbol


def italic(letter):
    """The letter as MathML slants it: a character of mathematics."""
    if letter == "h":
        return "\u210e"
    for first, last, slanted in ("AZ\U0001d434", "az\U0001d44e", "\u0391\u03a9\U0001d6e2", "\u03b1\u03c9\U0001d6fc"):
        if first <= letter <= last:
            return chr(ord(slanted) + ord(letter) - ord(first))
    return letter


def clashes(names):
    """A sentence for every name with more than one meaning that is not allowed to have them."""
    return [f"{name} means " + "; ".join(f"“{s.meaning}” ({s.latex}) in {', '.join(p for p, _ in s.pages)}" for s in senses)
            for name, senses in names.items() if len(senses) > 1 and name not in HOMONYMS]
