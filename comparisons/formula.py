"""A LaTeX formula as one readable line, for the terminal."""
import re

SYMBOLS = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "varepsilon": "ε", "eta": "η", "theta": "θ", "kappa": "κ",
    "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π", "rho": "ρ", "sigma": "σ", "tau": "τ", "phi": "φ", "varphi": "φ", "chi": "χ",
    "psi": "ψ", "omega": "ω", "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ", "Lambda": "Λ", "Pi": "Π", "Sigma": "Σ", "Phi": "Φ", "Psi": "Ψ",
    "Omega": "Ω", "sum": "Σ", "prod": "Π", "int": "∫", "partial": "∂", "nabla": "∇", "infty": "∞", "cdot": "·", "times": "×", "odot": "⊙",
    "otimes": "⊗", "oplus": "⊕", "circ": "∘", "pm": "±", "le": "≤", "leq": "≤", "ge": "≥", "geq": "≥", "ne": "≠", "neq": "≠", "approx": "≈",
    "equiv": "≡", "sim": "~", "to": "→", "rightarrow": "→", "leftarrow": "←", "gets": "←", "mapsto": "↦", "in": "∈", "notin": "∉",
    "land": "∧", "wedge": "∧", "lor": "∨", "vee": "∨", "lnot": "¬", "neg": "¬", "forall": "∀", "exists": "∃", "star": "⋆", "ast": "*",
    "top": "T", "intercal": "T", "prime": "′", "ldots": "…", "dots": "…", "cdots": "…", "mid": "|", "lfloor": "⌊", "rfloor": "⌋",
    "lceil": "⌈", "rceil": "⌉", "lvert": "|", "rvert": "|", "vert": "|", "lVert": "‖", "rVert": "‖", "Vert": "‖", "langle": "⟨",
    "rangle": "⟩", "cup": "∪", "cap": "∩", "subset": "⊂", "ell": "ℓ", "quad": "   ", "qquad": "      ", "colon": ":", "ll": "≪", "gg": "≫",
    "lbrace": "{", "rbrace": "}", "backslash": "\\", "propto": "∝", "oslash": "⊘", "bmod": "mod", "hbar": "ℏ", "bullet": "•",
}
DROPPED = {"left", "right", "big", "Big", "bigl", "bigr", "Bigl", "Bigr", "displaystyle", "limits", "nolimits", "middle", "textstyle"}
WRAPPED = {"text", "mathrm", "operatorname", "mathbf", "mathit", "mathsf", "mathcal", "mathbb", "boldsymbol", "textrm", "texttt", "mathtt",
           "mathbin", "mathop", "mathrel"}
ACCENTS = {"hat": "\u0302", "bar": "\u0304", "tilde": "\u0303", "dot": "\u0307", "vec": "\u20d7", "overline": "\u0304", "widehat": "\u0302"}
RAISED = str.maketrans("0123456789+-=()niT", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁿⁱᵀ")
LOWERED = str.maketrans("0123456789+-=()aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ")
TOKEN = re.compile(r"\\[A-Za-z]+\*?|\\.|[{}^_&]|\s+|.", re.S)


def plain(formula):
    """The formula in Unicode; what it cannot say is left as it is.

    Example:
        >>> plain(r"y = \\frac{x - \\mu}{\\sqrt{\\sigma^2 + \\varepsilon}} \\gamma_i")
        'y = (x - μ)/√(σ² + ε) γᵢ'
        >>> plain(r"\\tanh x")
        'tanh x'
    """
    tokens = TOKEN.findall(formula)
    tokens.reverse()
    lines = re.split(r" *\n *", _sequence(tokens, ""))
    return "\n".join(re.sub(r"(?<=\S) {2}(?=\S)", " ", line).strip() for line in lines if line.strip())


def _sequence(tokens, end):
    out = []
    while tokens:
        if tokens[-1] == end:
            tokens.pop()
            break
        out.append(_one(tokens, out))
    return "".join(out)


def _argument(tokens):
    while tokens and tokens[-1].isspace():
        tokens.pop()
    if not tokens:
        return ""
    if tokens[-1] == "{":
        tokens.pop()
        return _sequence(tokens, "}")
    return _one(tokens, [])


def _one(tokens, before):
    token = tokens.pop()
    if token == "{":
        return _sequence(tokens, "}")
    if token in "^_":
        return _script(_argument(tokens), token)
    if token == "&":
        return ""
    if token.isspace():
        return " "
    if not token.startswith("\\"):
        return token
    word = token[1:].rstrip("*")
    if word == "\\":
        return "\n"
    if word in ("begin", "end"):
        name = _argument(tokens)
        return "" if name != "cases" else "{ " if word == "begin" else ""
    if word in ("frac", "tfrac", "dfrac"):
        above, below = _argument(tokens), _argument(tokens)
        return f"{_grouped(above)}/{_grouped(below)}"
    if word == "sqrt":
        return "√" + _grouped(_argument(tokens))
    if word in WRAPPED:
        return _argument(tokens)
    if word in ACCENTS:
        return "".join(c + ACCENTS[word] if c.isalpha() else c for c in _argument(tokens))
    if word in DROPPED:
        if tokens and tokens[-1] == ".":
            tokens.pop()
        return ""
    if word in SYMBOLS:
        return SYMBOLS[word]
    if not word.isalpha():
        return {",": " ", ";": " ", ":": " ", "!": "", " ": " ", "|": "‖"}.get(word, word)
    gap = " " if before and before[-1][-1:].isalnum() else ""
    return gap + word


def _grouped(text):
    text = text.strip()
    return text if _is_one(text) else f"({text})"


def _is_one(text):
    """Whether this needs no parentheses: one symbol with its scripts, or one call, root or group."""
    rest = re.sub(r"^[^\s()+\-−*/=,·]*", "", text)
    if not rest:
        return True
    depth = 0
    for at, c in enumerate(rest):
        depth += (c == "(") - (c == ")")
        if depth == 0:
            return at == len(rest) - 1 and c == ")"
    return False


def _script(text, kind):
    table = RAISED if kind == "^" else LOWERED
    text = text.strip()
    if text and all(ord(c) in table for c in text.replace(" ", "")):
        return text.replace(" ", "").translate(table)
    if text in ("′", "*", "⋆"):
        return text
    word = kind == "_" and text.isascii() and text.isalnum()
    return kind + (text if len(text) == 1 or word else f"({text})")
