"""The sale context: seller, buyer and tax scheme on the day of the sale."""

from typing import Literal

import msgspec

from shopwright.kit.personal import Personal
from shopwright.services.pricing.contract import BuyerKind, Scheme, Seller, TaxIdCheck


class SaleContext(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The circumstances of a sale that its documents and tax returns depend on; later changes never affect it.

    `ship_from`, `ship_to`: countries. `buyer`: a business if its tax id was accepted. `reference`: the buyer's own
    reference for the invoice. `scheme`: `oss` is the EU One-Stop-Shop, `intra_community` a supply to a business in
    another EU country, `abroad` any other sale to another country. `prices`: with or without tax. `filing_rate`: one
    unit of `currency` in `filing_currency`, as a decimal; "" if the two are equal or the rate was unknown.
    `filing_rate_of`: its date and source. `time_zone`: of the books.
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
