"""Who sold to whom, and under which scheme of tax, as it was on the day of the sale."""

from typing import Literal

import msgspec

from shopwright.kit.personal import Personal
from shopwright.services.pricing.contract import BuyerKind, Scheme, Seller, TaxIdCheck


class SaleContext(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The circumstances of a sale that its documents and returns of tax depend on; what is told later changes none of it.

    `ship_from`, `ship_to`: countries. `buyer`: a business where its tax id was accepted as one. `reference`: what
    the buyer wants to find on the invoice. `scheme`: `oss` is the
    One-Stop-Shop of the EU, `intra_community` a supply to a business elsewhere in the EU, `abroad` any other sale to another
    country. `prices`: what goods cost had its tax in it, or it was added. `filing_rate`: what one unit of `currency` is in
    `filing_currency`, a decimal; "" where they are the same, or it was not known. `filing_rate_of`: its day and source.
    `time_zone`: that of the books.
    """

    seller: Seller | None = None
    ship_from: str
    ship_to: str
    buyer: BuyerKind
    tax_id: Personal[str] = ""
    tax_id_check: TaxIdCheck | None = None
    reference: Personal[str] = ""
    scheme: Scheme
    prices: Literal["gross", "net"]
    currency: str
    filing_currency: str = ""
    filing_rate: str = ""
    filing_rate_of: str = ""
    time_zone: str
