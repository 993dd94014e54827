"""Words: as addresses, as clean HTML, as plain text."""

import re
import unicodedata

import nh3

TAGS = {
    "p", "br", "ul", "ol", "li", "strong", "b", "em", "i", "u", "h2", "h3", "h4", "h5", "h6", "blockquote", "a", "table",
    "thead", "tbody", "tr", "th", "td", "span", "div", "sup", "sub", "hr", "dl", "dt", "dd",
}  # fmt: skip


def slugify(text: str) -> str:
    """Make an address of words: “Crème brûlée” → “creme-brulee”; letters of other scripts stay as they are."""
    folded = "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))
    return re.sub(r"[^\w]+", "-", folded).strip("-_")[:120] or "item"


def clean_html(html: str) -> str:
    """Rich text without anything that could run, track or break the page."""
    return nh3.clean(
        html,
        tags=TAGS,
        attributes={"a": {"href", "title"}},
        link_rel="noopener nofollow",
        url_schemes={"http", "https", "mailto"},
    ).strip()


def plain_text(html: str) -> str:
    """The words alone."""
    spaced = re.sub(r"<(?:/p|/li|br|/h\d|/div|/tr|/td)[^>]*>", " ", html)
    return re.sub(r"\s+", " ", nh3.clean(spaced, tags=set()).replace("&nbsp;", " ").replace("&amp;", "&")).strip()


# C0 and C1 controls, what breaks lines, and what turns the direction of text around (UAX #9).
CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
CONTROLS_OF_TEXT = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def has_controls(text: str, *, lines: bool = False) -> bool:
    """Is there a character that no one-line text has? `lines`: one of several lines, with line feeds and tabs."""
    return (CONTROLS_OF_TEXT if lines else CONTROLS).search(text) is not None


def escape_controls(text: str) -> str:
    """The same in one line that shows what is there, as Python writes it."""
    return CONTROLS.sub(lambda found: ascii(found[0])[1:-1], text)
