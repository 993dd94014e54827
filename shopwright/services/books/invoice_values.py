"""Values shared by both syntaxes of EN 16931: seller ids, prices, taxes by category. Pure functions."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

from shopwright.kit.money import Money, major
from shopwright.kit.tax_ids import member_of, prefix_of
from shopwright.kit.translation import gettext as _
from shopwright.services.books.contract.documents import DocumentKind, DocumentLine, Party
from shopwright.services.pricing.contract import TaxPart
from shopwright.services.pricing.contract.taxes import summed

GUIDELINE: Final = "urn:cen.eu:en16931:2017"
BUSINESS: Final = "urn:fdc:peppol.eu:2017:poacc:billing:01:1.0"  # the business process of XRechnung and Peppol (BT-23)
TYPES: Final[Mapping[DocumentKind, str]] = {"invoice": "380", "credit_note": "381", "correction": "384"}  # UNTDID 1001
ONLINE_PAYMENT: Final = "68"  # UNTDID 4461
PIECE: Final = "C62"  # UN/ECE Recommendation 20
MILLIONTHS_A_PERCENT: Final = 10_000
PRICE_DECIMALS: Final = 6
NO_REASON_NEEDED: Final = frozenset({"S", "Z"})


def decimal_of(amount: Money) -> Decimal:
    """The amount in major units."""
    return Decimal(major(amount))


def seller_ids(seller: Party) -> list[tuple[str, str]]:
    """One VAT id and one tax number, preferably of the seller's own country; invoices allow no more (BT-31, BT-32)."""
    home = member_of(seller.address.country) or seller.address.country
    known = [one for one in seller.tax_ids if not one.scheme]
    known.sort(key=lambda one: (member_of(one.country) or one.country) != home)
    found: dict[str, str] = {}
    for one in known:
        scheme, number = vat_id(one.country, one.id)
        found.setdefault(scheme, number)
    return list(found.items())


def vat_id(country: str, number: str) -> tuple[str, str]:
    """A VAT id with its country prefix (BR-CO-9); any other number as a tax number."""
    member = member_of(country)
    if member and not number.startswith(prefix_of(member)):
        return "FC", number
    return ("VA", number) if number[:2].isalpha() else ("FC", number)


def price_of(line: DocumentLine) -> tuple[Decimal, int]:
    """Net price and base quantity: of one unit, or of all if it does not divide evenly."""
    net = decimal_of(line.net)
    one = (net / line.quantity).quantize(Decimal(1).scaleb(-PRICE_DECIMALS))
    return (one.normalize() + Decimal("0.00"), 1) if one * line.quantity == net else (net, line.quantity)


def percent_of(part: TaxPart) -> Decimal:
    """The rate in percent."""
    return Decimal(part.rate_ppm) / MILLIONTHS_A_PERCENT


def reason_of(part: TaxPart) -> str:
    """Why no tax applies; "" if no reason is needed."""
    return "" if part.category in NO_REASON_NEEDED else part.reason or _("Not taxed")


def by_category(parts: Sequence[TaxPart]) -> tuple[TaxPart, ...]:
    """Sum tax parts by category and rate, across classes and places (BR-S-8)."""
    return summed(parts, lambda part: (part.category, part.rate_ppm))
