"""Words in cells: yes and no, tax, sale periods, visibility. In doubt nothing is published."""

import html
import re
from collections.abc import Mapping
from datetime import datetime, timedelta

import msgspec

from shopwright.importers.draft import ImportIssue, RowError
from shopwright.importers.languages import NO, YES
from shopwright.kit.codes import class_form
from shopwright.kit.digits import is_number
from shopwright.kit.money import Money
from shopwright.kit.tax_classes import TaxClass
from shopwright.kit.translation import gettext as _

SEEN: Mapping[str, bool] = {
    "active": True, "published": True, "publish": True, "visible": True, "enabled": True, "online": True, "live": True,
    "catalog, search": True, "catalog": True, "search": True,
    "draft": False, "archived": False, "unlisted": False, "hidden": False, "private": False, "pending": False,
    "disabled": False, "offline": False, "not visible individually": False, "invisible": False, "future": False, "trash": False,
}  # fmt: skip
TAX: Mapping[str, TaxClass] = {
    "": "standard", "standard": "standard", "taxable goods": "standard", "taxable": "standard", "2": "standard",
    "reduced": "reduced", "reduced-rate": "reduced", "reduced rate": "reduced",
    "zero": "zero", "zero-rate": "zero", "zero rate": "zero", "none": "zero", "0": "zero",
}  # fmt: skip
DATE = re.compile(r"(\d{1,4})[-./](\d{1,2})[-./](\d{1,4})")


def flag(text: str) -> bool | None:
    """Parse yes or no in known languages; None if blank. Raises RowError."""
    word = text.strip().casefold()
    if not word:
        return None
    if word in YES or word in NO:
        return word in YES
    raise RowError(_("“{text}” is neither yes nor no", text=text.strip()[:40]))


def shown(text: str) -> bool | None:
    """Whether shoppers may see it; None if blank. Unknown words mean no."""
    word = text.strip().casefold()
    if not word:
        return None
    return SEEN.get(word, word in YES)


def unknown_word(text: str) -> bool:
    """Whether it is an unknown word about visibility."""
    word = text.strip().casefold()
    return bool(word) and word not in SEEN and word not in YES and word not in NO


def tax_class(text: str) -> str:
    """The name of a tax class: reduced-rate-fr for “Reduced rate FR”, if it is none of the usual."""
    word = text.strip().casefold()
    return TAX.get(word) or re.sub(r"[^a-z0-9_]+", "-", class_form(word)).strip("-_")[:40] or "standard"


def moment(text: str, now: datetime) -> datetime | None:
    """Parse a day or time in the shop's zone; None if blank. Raises RowError if day and month are ambiguous."""
    bare = text.strip()
    if not bare:
        return None
    try:
        found = datetime.fromisoformat(bare)
    except ValueError:
        found = _by_hand(bare)
    return found if found.tzinfo else found.replace(tzinfo=now.tzinfo)


def _by_hand(text: str) -> datetime:
    parts = DATE.match(text)
    if parts is None:
        if is_number(text) and 9 <= len(text) <= 11:  # noqa: PLR2004 -- seconds since 1970
            return datetime.fromtimestamp(int(text)).astimezone()
        raise RowError(_("“{text}” is not a day such as 2026-03-02", text=text[:40]))
    first, second, third = (int(one) for one in parts.groups())
    if first > 31:  # noqa: PLR2004 -- no day
        year, month, day = first, second, third
    elif "." in text[: parts.end()] or first > 12:  # noqa: PLR2004 -- no month
        day, month, year = first, second, third
    elif second > 12 or "/" not in text[: parts.end()]:  # noqa: PLR2004 -- no month
        month, day, year = first, second, third
    else:
        raise RowError(_("“{text}” may be two days: write it as 2026-03-02", text=text[:40]))
    try:
        return datetime(year + 2000 if year < 100 else year, month, day)  # noqa: DTZ001, PLR2004 -- the zone comes after
    except ValueError:
        raise RowError(_("“{text}” is not a day such as 2026-03-02", text=text[:40])) from None


class ListedPrice(msgspec.Struct, frozen=True):
    """The price, compare-at price, and a remark about its sale."""

    price: Money
    compare_at: Money | None = None
    remark: str = ""


def on_sale(regular: Money | None, sale: Money | None, period: tuple[str, str], now: datetime) -> ListedPrice | None:
    """Today's price, ignoring past and future sales; None without a price. Raises RowError."""
    if sale is None or (regular is not None and sale.amount >= regular.amount):
        return ListedPrice(regular) if regular is not None else None
    begins, ends = moment(period[0], now), moment(period[1], now)
    if ends is not None and _is_day(period[1]):
        ends += timedelta(days=1)  # a day holds to its end
    if begins is not None and now < begins:
        note = f"its sale from {period[0]} on has not begun and is left out; make a promotion of it"
    elif ends is not None and now >= ends:
        note = f"its sale ended on {period[1]}; the regular price holds"
    else:
        note = f"its sale price holds until you change it; there it ends on {period[1]}" if ends is not None else ""
        return ListedPrice(sale, regular, note)
    if regular is None:
        raise RowError(_("has no price besides that of a sale ({period}–{end})", period=period[0], end=period[1]))
    return ListedPrice(regular, None, note)


def _is_day(text: str) -> bool:
    return ":" not in text


def readable(text: str) -> str:
    """A line of text without entities: `&trade;` is ™."""
    return html.unescape(text).replace("\xa0", " ").strip() if "&" in text else text.strip()


def attribute_value(text: str) -> str:
    """A metafield's `["a","b"]` as “a, b”."""
    if text.startswith("["):
        try:
            return ", ".join(msgspec.json.decode(text, type=list[str]))
        except msgspec.DecodeError:
            return text
    return text


def noted(row: int, name: str, detail: str) -> ImportIssue:
    """An additional remark about a row."""
    return ImportIssue(row, name, "noted", detail)


def refused(row: int, name: str, detail: str, source: str = "") -> ImportIssue:
    """The refusal of a row or, with `source`, of a whole product."""
    return ImportIssue(row, name, "refused", detail, source)
