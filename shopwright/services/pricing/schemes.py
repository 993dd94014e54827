"""The tax scheme of a sale, from origin, destination, seller and buyer. Pure functions.

A relief depends on the parties instead of the place: a small business charges no tax at all; a business in another EU
country taxes its purchase itself (Directive 2006/112/EC, articles 138 and 196: 0 %, category K).
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import cache, lru_cache
from typing import Final, Literal

import msgspec

from shopwright.kit.codes import place_form
from shopwright.kit.postcode_patterns import bare_postcode, closeness
from shopwright.kit.tax_classes import GIFT_CARD
from shopwright.kit.tax_ids import NORTHERN_IRELAND, member_of
from shopwright.kit.translation import gettext as _
from shopwright.kit.translation import gettext_noop
from shopwright.services.pricing import presets
from shopwright.services.pricing.contract import (
    BuyerKind,
    QuoteLine,
    QuoteRequest,
    SaleTerms,
    Scheme,
    Seller,
    TaxCategory,
    TaxIdCheck,
    TaxRate,
)
from shopwright.services.pricing.seller_checks import vat_id_of
from shopwright.services.pricing.taxes import clean_tax_rate

ReverseCharge = Literal["checked", "format", "off"]
INTRA_COMMUNITY: Final = gettext_noop("Intra-community supply (Directive 2006/112/EC, article 138)")
HOLDS: Final = timedelta(days=7)  # what a register said before is asked again


class TaxExemption(msgspec.Struct, frozen=True):
    """Why the whole sale is free of tax, and the country whose rule that is."""

    category: TaxCategory
    reason: str
    country: str

    def rate(self) -> TaxRate:
        """The relief as a rate of 0 % for all goods."""
        one = TaxRate(country=self.country, tax_class="", rate=0, category=self.category, reason=self.reason)
        return clean_tax_rate(one)


class Parties(msgspec.Struct, frozen=True, kw_only=True):
    """Seller, buyer, origin and destination; `home` is the shop's country if no seller is set."""

    seller: Seller | None
    home: str
    reverse_charge: ReverseCharge
    request: QuoteRequest
    now: datetime

    @property
    def ship_from(self) -> str:
        return self.seller.sends_from if self.seller else self.home

    @property
    def ship_to(self) -> str:
        return place_form(self.request.country) or self.home

    @property
    def goes_to_member(self) -> str:
        """The EU member state in whose VAT area the destination is; "" if outside."""
        return vat_member(self.ship_to, self.request.postcode)

    @property
    def buyer(self) -> BuyerKind:
        """A business if its tax id was accepted; if that saves tax, only if it is proven."""
        check = self.request.tax_id_check
        if not self.request.tax_id or check is None:
            return "person"
        accepted = self._is_proven(check) if self._crosses_within_the_eu else check.valid is not False
        return "business" if accepted else "person"

    def relief(self) -> TaxExemption | None:
        """The relief that applies to this sale, or None."""
        if self.seller and self.seller.small_business:
            return TaxExemption("E", self.seller.small_business, self.ship_from)
        if self._crosses_within_the_eu and self.buyer == "business":
            return TaxExemption("K", _(INTRA_COMMUNITY), self.ship_to)
        return None

    @property
    def _crosses_within_the_eu(self) -> bool:
        """Whether the goods go from one member state to another."""
        own, there = member_of(self.ship_from), self.goes_to_member
        return bool(own and there and own != there)

    def _is_proven(self, check: TaxIdCheck) -> bool:
        """Whether the seller has a VAT id and the buyer a valid one of another member state."""
        if self.reverse_charge == "off" or not vat_id_of(self.seller) or check.valid is False:
            return False
        if self.request.tax_id_member in {"", member_of(self.ship_from)}:
            return False
        if self.reverse_charge == "format":
            return True
        return check.by == "vies" and bool(check.valid) and check.at + HOLDS > self.now


@lru_cache(maxsize=4096)
def vat_member(country: str, postcode: str) -> str:
    """The EU member state in whose VAT area an address is; "" if outside."""
    code = bare_postcode(country, postcode)
    if country == "GB" and code.startswith("BT"):
        return NORTHERN_IRELAND
    outside = (one for one in presets.PRESETS if one.country == country)
    if code and any(closeness(pattern, code) for one in outside for pattern in _patterns(one.name)):
        return ""
    return member_of(country)


@cache
def _patterns(preset: str) -> Sequence[str]:
    one = next(one for one in presets.PRESETS if one.name == preset)
    return clean_tax_rate(presets.rate_of(one)).postcodes.split()


def scheme(parties: Parties, lines: Sequence[QuoteLine]) -> Scheme:
    """The scheme of a sale whose lines have these tax parts."""
    seller = parties.seller
    if seller and seller.small_business:
        return "small_business"
    categories = {part.category for line in lines for part in line.tax_parts if part.tax_class != GIFT_CARD}
    if parties.relief() or categories == {"K"}:
        return "intra_community"
    if categories == {"G"}:
        return "export"
    if parties.ship_to == parties.ship_from:
        return "domestic"
    own, there = member_of(parties.ship_from), parties.goes_to_member
    if seller and seller.oss and own and there and own != there:
        return "oss"
    return "abroad"


def terms(
    parties: Parties, lines: Sequence[QuoteLine], *, included: bool, filing: tuple[str, str], time_zone: str
) -> SaleTerms:
    """The sale context to keep."""
    seller = parties.seller
    return SaleTerms(
        seller_id=seller.id if seller else "",
        ship_from=parties.ship_from,
        ship_to=parties.ship_to,
        buyer=parties.buyer,
        scheme=scheme(parties, lines),
        prices="gross" if included else "net",
        filing_currency=seller.filing_currency if seller else "",
        filing_rate=filing[0],
        filing_rate_of=filing[1],
        time_zone=time_zone,
    )
