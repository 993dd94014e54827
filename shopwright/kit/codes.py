"""Normal forms of codes people type (coupons, SKUs, regions, classes), equal for writers and readers.

Compatibility forms are equal (NFKC); invisible characters and surrounding blanks are removed.
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
    """The text in compatibility form (NFKC) without invisible characters; blanks become one space."""
    bare = " ".join(text.split())
    if bare.isascii() and bare.isprintable():  # as most are, and the same for less
        return bare
    folded = unicodedata.normalize("NFKC", bare)
    visible_characters = "".join(one for one in folded if unicodedata.category(one) not in UNSEEN)
    return " ".join(unicodedata.normalize("NFKC", visible_characters).split())


def sku_form(text: str) -> str:
    """The normal form of a SKU; case matters."""
    return visible(text)


def check_sku(text: str, pointer: str = "/sku") -> str:
    """Return the normalised SKU, or "". Raises Invalid if it could not be found again."""
    clean = sku_form(text)
    if text and not clean:
        raise Invalid.at(
            pointer, _("This SKU has nothing in it that can be seen; leave it out, or write one such as MUG-1.")
        )
    if OURS.match(clean):
        raise Invalid.at(
            pointer,
            _(
                "“{clean}” looks like an internal id; a SKU must not begin with {beginning}.",
                clean=clean,
                beginning=clean[:4],
            ),
        )
    return clean


def coupon_form(text: str) -> str:
    """The normal form of a coupon code."""
    upper = visible(text).upper()
    return visible(upper).upper()


def check_coupon(text: str, pointer: str = "/code") -> str:
    """Return the normalised coupon code. Raises Invalid with a valid suggestion."""
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
    """The normal form of a country or region code: BY for “ by”."""
    return coupon_form(text)


def class_form(text: str) -> str:
    """The normal form of a tax class name: standard for “Standard ”."""
    return visible(text).casefold()
