"""Messages are inserted into templates when these are loaded, so translation costs nothing when a page is rendered.

A call of `_` from a template takes 3 µs, and a page has a hundred, which doubled its time. So `{{ _("Pay {amount}",
amount=x|money) }}` becomes `Pay {{ x|money }}` in the environment's language. Only messages within expressions, and
plurals, remain calls.
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
    """Parse arguments: name → expression of `, a=x|money, b=f(1, 2)`."""
    pieces, depth, quoted = [""], 0, False
    for character in arguments:
        quoted ^= character == '"'
        depth += 0 if quoted else (character in "([{") - (character in ")]}")
        if character == "," and not depth and not quoted:
            pieces.append("")
        else:
            pieces[-1] += character
    return {found[1]: found[2].strip() for piece in pieces if (found := VALUE.fullmatch(piece))}


def unescaped(literal: str) -> str:
    """The text of a string literal found by `STRING`."""
    return literal.replace('\\"', '"').replace("\\\\", "\\")


def escaped(text: str) -> str:
    """A message as HTML. Apostrophes stay, as no attribute of ours uses single quotes."""
    return html.escape(text, quote=False).replace('"', "&#34;")


def _inline(message: str, values: dict[str, str]) -> str:
    parts = (
        escaped(text) + (f"{{{{ {values[name]} }}}}" if name else "") for text, name, _, _ in Formatter().parse(message)
    )
    return "".join(parts)


def with_messages(source: str, language: str) -> str:
    """The template in this language."""
    filled = SHOWN.sub(lambda found: _inline(translated(language, unescaped(found[1])), _values(found[2])), source)
    return WITHIN.sub(lambda found: _literal(translated(language, unescaped(found[1]))), filled)


def _literal(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
