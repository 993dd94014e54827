"""Codes people type (coupons, SKUs, regions, classes): one rule for whoever writes them and whoever reads them.

Forms of one character are one (NFKC), what cannot be seen is left out, blanks around a code are no part of it.
"""

import re
import unicodedata

from shopwright.kit.errors import Invalid
from shopwright.kit.translation import gettext as _

CODE = re.compile(r"[^\W_][\w-]{0,39}")
UNSEEN = {
    "Cc",
    "Cf",
    "Cn",
    "Co",
    "Cs",
}  # control, format (zero width, soft hyphen, marks of direction), and what is nothing
OURS = re.compile(r"(?:var|prd)_", re.IGNORECASE)


def visible(text: str) -> str:
    """The text in its compatibility form (NFKC) without what cannot be seen; any blanks in it are one space."""
    bare = " ".join(text.split())
    if bare.isascii() and bare.isprintable():  # as most are, and the same for less
        return bare
    folded = unicodedata.normalize("NFKC", bare)
    seen = "".join(one for one in folded if unicodedata.category(one) not in UNSEEN)
    return " ".join(unicodedata.normalize("NFKC", seen).split())


def sku_form(text: str) -> str:
    """A SKU as it is kept and looked for; upper and lower case are two."""
    return visible(text)


def check_sku(text: str, pointer: str = "/sku") -> str:
    """The SKU as it is kept; "" for none. Raises Invalid for one that could not be found again."""
    clean = sku_form(text)
    if text and not clean:
        raise Invalid.at(
            pointer, _("This SKU has nothing in it that can be seen; leave it out, or write one such as MUG-1.")
        )
    if OURS.match(clean):
        raise Invalid.at(
            pointer,
            _(
                "“{clean}” looks like an id of ours; a SKU does not begin with {beginning}.",
                clean=clean,
                beginning=clean[:4],
            ),
        )
    return clean


def coupon_form(text: str) -> str:
    """A coupon code as it is looked for."""
    upper = visible(text).upper()
    return visible(upper).upper()


def check_coupon(text: str, pointer: str = "/code") -> str:
    """The coupon code as it is kept. Raises Invalid, saying one that would be right."""
    clean = coupon_form(text)
    if CODE.fullmatch(clean):
        return clean
    right = re.sub(r"[^\w-]", "", clean).lstrip("_-")[:40] or "SPRING10"
    raise Invalid.at(
        pointer,
        _(
            "“{clean}” is not a code: a code has up to 40 letters, digits, dashes and underscores, no blanks, such as {right}.",
            clean=clean[:60],
            right=right,
        ),
    )


def place_form(text: str) -> str:
    """The code of a country or region: BY of “ by”."""
    return coupon_form(text)


def class_form(text: str) -> str:
    """The name of a tax class: standard of “Standard ”."""
    return visible(text).casefold()
