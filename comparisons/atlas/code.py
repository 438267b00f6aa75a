"""Two paired functions as rows of highlighted code."""
import re
from difflib import SequenceMatcher
from html import escape

from markupsafe import Markup
from pygments.lexers import PythonLexer
from pygments.token import Comment, Keyword, Name, Operator, String

CLASSES = {Comment: "c", Keyword: "k", String: "s", Operator.Word: "k", Name.Function: "f"}


def class_of(token):
    """The CSS class of a token, "" for plain text."""
    while token is not None and token not in CLASSES:
        token = token.parent
    return CLASSES.get(token, "")


def differing(line, other):
    """The columns at which words of a line start that the other line does not have there."""
    a, b = (re.findall(r"\w+|\s+|.", text) for text in (line, other))
    starts = [sum(map(len, a[:k])) for k in range(len(a))]
    return {starts[k] for tag, i, j, _, _ in SequenceMatcher(None, a, b, False).get_opcodes() if tag != "equal"
            for k in range(i, j) if re.match(r"\w", a[k]) or a[k] == "." and i < k < j - 1}


def render(function, variables, marks):
    """HTML of every line of a function: explained variables carry data-v, words at marked columns are underlined."""
    out, line, column = [""], 1, 0
    for _, token, piece in PythonLexer(stripnl=False).get_tokens_unprocessed("\n".join(function.lines) + "\n"):
        for k, part in enumerate(piece.split("\n")):
            if k:
                out.append("")
                line, column = line + 1, 0
            if part:
                out[-1] += word(part, token, function.names.get((line, column)), variables, column in marks.get(line, ()))
            column += len(part)
    out = [re.sub(r' *<b class="c[^>]*># noqa[^<]*</b>$', "", text.replace("</u><u>", "")) for text in out]
    return [re.sub(r'(?<=\S) {3,}(?=<b class="c">)', "  ", text) for text in out]


def word(text, token, name, variables, marked):
    """HTML of one token."""
    html, style = escape(text, quote=False), class_of(token)
    marked = marked and bool(text.strip())
    if name == text and name in variables:
        return f'<i data-v="{name}"{" class=u" if marked else ""}>{html}</i>'
    if text.strip() and style:
        return f'<b class="{style}{" u" if marked else ""}">{html}</b>'
    return f"<u>{html}</u>" if marked else html


def marks(f, g, rows):
    """For both sides, by line, the columns of what is written differently on rows that are paired."""
    found = {}, {}
    for row in rows:
        if row.paired:
            s, t = f.statements[row.ours], g.statements[row.reference]
            for p, q in zip(range(s.line, s.last + 1), range(t.line, t.last + 1)):
                a, b = f.lines[p - 1], g.lines[q - 1]
                if SequenceMatcher(None, a, b).ratio() > 0.4:
                    found[0][p], found[1][q] = differing(a, b), differing(b, a)
    return found


def lines(function, rendered, k):
    """(number in the file, HTML, hanging indent) of each line of a statement; what goes on below a bracket is not set in as far."""
    if k is None:
        return []
    found, s = [], function.statements[k]
    most = indent_of(function.lines[s.line - 1]) + 8
    for n in range(s.first, s.last + 1):
        text, indent = function.lines[n - 1], min(indent_of(function.lines[n - 1]), most)
        html = Markup(" " * indent + rendered[n - 1].lstrip(" "))
        found.append((function.start + n - 1, html, indent + 4 if len(text) > 34 else 0))
    return found


def indent_of(text):
    """How far a line is set in."""
    return len(text) - len(text.lstrip())


def listing(function, variables):
    """(number in the file, HTML, hanging indent) of all lines of a function that stands alone."""
    rendered = render(function, variables, {})
    return [line for k in range(len(function.statements)) for line in lines(function, rendered, k)]


def code_rows(f, g, rows, variables):
    """(lines of ours, lines of the reference, whether both are the same) of every row."""
    left, right = (render(x, variables, m) for x, m in zip((f, g), marks(f, g, rows)))
    for row in rows:
        a, b = lines(f, left, row.ours), lines(g, right, row.reference)
        yield a, b, [plain(x[1]) for x in a] == [plain(x[1]) for x in b]


def plain(html):
    """The text of some HTML."""
    return re.sub("<[^>]+>", "", html)
