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
