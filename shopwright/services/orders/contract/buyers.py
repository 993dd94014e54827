"""Buyers whose data is retained, and what guests prove."""

from datetime import datetime

import msgspec

from shopwright.kit.addresses import Address
from shopwright.kit.personal import Personal
from shopwright.services.pricing.contract import TaxIdCheck


class RetainedBuyer(msgspec.Struct, frozen=True, kw_only=True):
    """The buyer of an order whose account was erased, retained for the books and deleted at `until`."""

    order_id: str
    number: str
    shipping_address: Address
    billing_address: Address
    until: datetime
    tax_id: Personal[str] = ""
    tax_id_check: TaxIdCheck | None = None


class GuestProof(msgspec.Struct, frozen=True, kw_only=True):
    """Proof by which a guest accesses an order: its e-mail address, the key of an e-mail link, or the cart id."""

    email: str = ""
    key: str = ""
    cart_id: str = ""
