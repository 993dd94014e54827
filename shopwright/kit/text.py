"""Text as slugs, clean HTML and plain text."""

import hashlib
import re
import unicodedata

import nh3

TAGS = {
    "p", "br", "ul", "ol", "li", "strong", "b", "em", "i", "u", "h2", "h3", "h4", "h5", "h6", "blockquote", "a", "table",
    "thead", "tbody", "tfoot", "caption", "colgroup", "col", "tr", "th", "td", "span", "div", "sup", "sub", "hr", "dl", "dt",
    "dd", "img", "figure", "figcaption", "pre", "code", "small", "s", "del", "ins",
}  # fmt: skip
ATTRIBUTES = {
    "a": {"href", "title"}, "img": {"src", "alt", "width", "height"}, "th": {"colspan", "rowspan", "scope"},
    "td": {"colspan", "rowspan"}, "col": {"span"}, "ol": {"start"},
}  # fmt: skip
ASCII_WORD = re.compile(r"[a-z0-9_]+")
HEADING_1 = re.compile(r"<(/?)h1\b", re.IGNORECASE)
BARE_IMAGE = re.compile(r"<img(?![^>]*\ssrc=)[^>]*>")


def slugify(text: str) -> str:
    """Make a slug: “Crème brûlée” → “creme-brulee”; other scripts keep their letters and marks."""
    if text.isascii():  # as most are, and the same for less
        return "-".join(ASCII_WORD.findall(text.lower()))[:120].strip("-_") or "item"
    folded = "".join(_latin(c) for c in unicodedata.normalize("NFC", text).casefold()).casefold()
    # casefold may decompose letters (İ, ΐ); a slug must be one string however it was typed.
    words = _words(unicodedata.normalize("NFC", folded), keep="_")
    return unicodedata.normalize("NFC", "-".join(words)[:120]).strip("-_") or "item"


def _latin(character: str) -> str:
    """A Latin letter without diacritics; others unchanged."""
    apart = unicodedata.normalize("NFKD", character)
    return "".join(c for c in apart if not unicodedata.combining(c)) if apart[:1].isascii() else character


def _words(text: str, keep: str = "") -> list[str]:
    """Runs of letters (with marks) and digits of any script."""
    return "".join(c if c in keep or unicodedata.category(c)[0] in "LMN" else " " for c in text).split()


LONGEST_KEY, HASHED = 40, 8
LOOKS_HASHED = re.compile(r"[_-][0-9a-f]{8}$")


def name_key(name: str, joint: str = "_") -> str:
    """The key of an attribute or product type name: “Größe” → größe, “Seat height” → seat_height.

    Case, blanks and Unicode form do not matter; otherwise different names have different keys: if letters do not
    distinguish them (C++ and C#), or are too many, a hash follows.
    """
    text = unicodedata.normalize("NFC", " ".join(name.split())).lower()
    full_name = joint.join(unicodedata.normalize("NFC", text).replace(joint, " ").split())
    words = joint.join(_words(text))
    if words == full_name and is_key(words, joint) and not LOOKS_HASHED.search(words):
        return words
    digest = hashlib.sha256(text.encode()).hexdigest()[:HASHED]
    bare = unicodedata.normalize("NFC", words[: LONGEST_KEY - HASHED - 3]).strip(joint)
    if not bare[:1].isalpha():
        bare = f"a{joint}{bare}".rstrip(joint)
    return f"{bare}{joint}{digest}"


def is_key(text: str, joint: str = "_") -> bool:
    """Whether it is a key: lower-case letters and digits, starting with a letter, single joints."""
    return (
        0 < len(text) <= LONGEST_KEY
        and text[0].isalpha()
        and text == unicodedata.normalize("NFC", text).lower()
        and all(c == joint or unicodedata.category(c)[0] in "LMN" for c in text)
    )


def _kept(tag: str, name: str, value: str) -> str | None:
    """Pictures must be ours or https; those of a former shop's pages are dropped."""
    if tag == "img" and name == "src" and not value.startswith(("https://", "/media/")):
        return None
    return value


# Created once, as that costs more than cleaning a description.
CLEANER = nh3.Cleaner(
    tags=TAGS,
    attributes=ATTRIBUTES,
    attribute_filter=_kept,
    set_tag_attribute_values={"img": {"loading": "lazy"}},
    link_rel="noopener nofollow",
    url_schemes={"http", "https", "mailto"},
)


class CleanedTextCache:
    """Recently cleaned texts, which need no cleaning again. `most`: their total length."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._letters = 0
        self._texts: dict[str, None] = {}

    def __contains__(self, text: str) -> bool:
        return text in self._texts

    def add(self, text: str) -> None:
        if text in self._texts:
            return
        self._texts[text] = None
        self._letters += len(text)
        while self._letters > self._most:
            oldest = next(iter(self._texts))
            del self._texts[oldest]
            self._letters -= len(oldest)


# Imports clean what they compare with the shop, a thousand products at a time, and the catalog cleans all input.
CLEANED = CleanedTextCache(most=2_500_000)


def clean_html(html: str) -> str:
    """Rich text without scripts, trackers, and what breaks the page."""
    if html in CLEANED:
        return html
    cleaned = CLEANER.clean(HEADING_1.sub(r"<\1h2", html))  # a page has one of its own
    cleaned = (BARE_IMAGE.sub("", cleaned) if "<img" in cleaned else cleaned).strip()
    CLEANED.add(cleaned)
    return cleaned


FORMULA = ("=", "+", "-", "@", "\t", "\r")
PLAIN_NUMBER = re.compile(r"[+-]?\d+([.,]\d+)?")


def csv_cell(text: str) -> str:
    """A cell that spreadsheets do not run as a formula, by a leading apostrophe."""
    return f"'{text}" if text.startswith(FORMULA) and not PLAIN_NUMBER.fullmatch(text) else text


def plain_text(html: str) -> str:
    """The text without markup."""
    spaced = re.sub(r"<(?:/p|/li|br|/h\d|/div|/tr|/td)[^>]*>", " ", html)
    return re.sub(r"\s+", " ", nh3.clean(spaced, tags=set()).replace("&nbsp;", " ").replace("&amp;", "&")).strip()


# C0 and C1 controls, line separators, direction overrides (UAX #9), and noncharacters.
CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
CONTROLS_OF_TEXT = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)

DIRECTIONS = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"  # of those, what turns the direction
JOINERS, LAST_LATIN = "\u200c\u200d", "\u024f"


def has_controls(text: str, *, lines: bool = False) -> bool:
    """Whether it contains control characters. `lines`: line feeds and tabs are allowed."""
    return (CONTROLS_OF_TEXT if lines else CONTROLS).search(text) is not None


def like_literal(text: str) -> str:
    """Escape a text for a LIKE pattern (ESCAPE '!')."""
    for sign in "!%_":
        text = text.replace(sign, f"!{sign}")
    return text


def tidy_line(text: str) -> str:
    """Normalise a typed line: usual widths, no invisible characters, single blanks.

    Joiners that some scripts need between letters stay.
    """
    usual = "".join(unicodedata.normalize("NFKC", c) if _of_other_width(c) else c for c in " ".join(text.split()))
    beside = zip(usual, f" {usual}", f"{usual[1:]} ", strict=False)
    visible_characters = "".join(
        c for c, before, after in beside if _is_seen(c) or (c in JOINERS and _joins(before) and _joins(after))
    )
    return unicodedata.normalize("NFC", " ".join(visible_characters.split()))


def _of_other_width(character: str) -> bool:
    return unicodedata.decomposition(character).startswith(("<wide>", "<narrow>"))


def _is_seen(character: str) -> bool:
    return unicodedata.category(character)[0] != "C"


def _joins(character: str) -> bool:
    """Whether it is a letter or mark of a script in which joiners matter."""
    return character > LAST_LATIN and unicodedata.category(character)[0] in "LM"


def escape_controls(text: str) -> str:
    """Escape control characters as Python does."""
    return CONTROLS.sub(lambda found: ascii(found[0])[1:-1], text)
