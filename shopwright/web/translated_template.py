"""Templates with their messages filled in when they are loaded: translating costs nothing when a page is made.

A call of `_` from a template takes 3 µs, and pages have a hundred: they took twice as long. So `{{ _("Pay {amount}", amount=x|money) }}`
becomes `Pay {{ x|money }}` in the language of the environment. What is left are messages with values within an expression, and plurals.
"""

import html
import re
from string import Formatter

from shopwright.kit.translation import translated

STRING = r'"((?:[^"\\]|\\.)*)"'
SHOWN = re.compile(r"\{\{\s*_\(\s*" + STRING + r"\s*((?:,(?:[^\"}]|\"[^\"]*\"|\}(?!\}))*)?)\)\s*\}\}")
WITHIN = re.compile(r"\b_\(\s*" + STRING + r"\s*\)")
VALUE = re.compile(r"\s*(\w+)\s*=\s*(.+)", re.DOTALL)


def _values(arguments: str) -> dict[str, str]:
    """Name → expression of `, a=x|money, b=f(1, 2)`."""
    pieces, depth, quoted = [""], 0, False
    for letter in arguments:
        quoted ^= letter == '"'
        depth += 0 if quoted else (letter in "([{") - (letter in ")]}")
        if letter == "," and not depth and not quoted:
            pieces.append("")
        else:
            pieces[-1] += letter
    return {found[1]: found[2].strip() for piece in pieces if (found := VALUE.fullmatch(piece))}


def unescaped(literal: str) -> str:
    """The text of a string literal, which `STRING` found."""
    return literal.replace('\\"', '"').replace("\\\\", "\\")


def escaped(text: str) -> str:
    """A message as HTML. Apostrophes stay: no attribute of ours is in single quotes."""
    return html.escape(text, quote=False).replace('"', "&#34;")


def _inline(message: str, values: dict[str, str]) -> str:
    parts = (
        escaped(text) + (f"{{{{ {values[name]} }}}}" if name else "") for text, name, _, _ in Formatter().parse(message)
    )
    return "".join(parts)


def with_messages(source: str, language: str) -> str:
    """The template in `language`."""
    shown = SHOWN.sub(lambda found: _inline(translated(language, unescaped(found[1])), _values(found[2])), source)
    return WITHIN.sub(lambda found: _literal(translated(language, unescaped(found[1]))), shown)


def _literal(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
