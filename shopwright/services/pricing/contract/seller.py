"""Who sells, from when on, and what is known of a buyer's tax id."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Literal, Protocol

import msgspec

from shopwright.kit.addresses import Address
from shopwright.kit.personal import Personal
from shopwright.kit.rpc.operations import idempotent

Scheme = Literal["domestic", "oss", "export", "intra_community", "small_business", "abroad"]
BuyerKind = Literal["person", "business"]


class TaxId(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """A number a tax office knows a seller by: VAT id, EIN, ABN …; `scheme`: that of the One-Stop-Shop, where it has one of its own."""

    country: str
    id: Personal[str]
    scheme: Literal["", "oss", "ioss"] = ""


class TaxIdCheck(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is known of a buyer's tax id: `valid` None where nobody could be asked.

    `format`: its form and check digits alone. `vies`: what the register of the EU answered, under which `reference`, and
    whose it is there.
    """

    valid: bool | None
    by: Literal["format", "vies"]
    at: datetime
    name: Personal[str] = ""
    reference: Personal[str] = ""


class Seller(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who sells, as invoices name them, from `valid_from` on until the next; a row is never changed.

    `small_business`: the sentence for invoices where no tax is charged at all. `oss`: sales to consumers elsewhere in the EU
    are declared in the One-Stop-Shop. `ship_from`: the country goods leave, "" is that of the address. `register`: the entry
    of a company, `bank`: the IBAN for invoices. `contact`, `phone`: who answers questions about invoices, as XRechnung wants it.
    """

    id: str = ""
    legal_name: str
    address: Address
    tax_ids: tuple[TaxId, ...] = ()
    filing_currency: str
    small_business: str = ""
    oss: bool = False
    email: str = ""
    contact: str = ""
    phone: str = ""
    ship_from: str = ""
    register: str = ""
    bank: str = ""
    valid_from: datetime | None = None
    who: str = ""
    why: str = ""
    created: datetime | None = None

    @property
    def sends_from(self) -> str:
        """The country goods leave."""
        return self.ship_from or self.address.country


class ExchangeRate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What one unit of a currency was worth in another on a day; `rate` is a decimal, `source` says who published it."""

    from_: str = msgspec.field(name="from")
    to: str
    rate: str
    day: date
    source: str
    who: str = ""


class SaleTerms(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a quote says of the sale it would be, beside its sums; `filing_rate` as in `SaleContext` of orders."""

    seller_id: str = ""
    ship_from: str
    ship_to: str
    buyer: BuyerKind
    scheme: Scheme
    prices: Literal["gross", "net"]
    filing_currency: str = ""
    filing_rate: str = ""
    filing_rate_of: str = ""
    time_zone: str


class Sellers(Protocol):
    """The verbs of sellers, tax ids of buyers and rates of exchange."""

    async def set_seller(self, seller: Seller, who: str = "") -> Seller:
        """From `valid_from` on (none: now) this one sells; the ones before are kept. Raises Invalid."""
        ...

    @idempotent
    async def seller(self, at: datetime | None = None) -> Seller | None:
        """Who sells now, or sold at a moment; None where that was not said."""
        ...

    @idempotent
    async def seller_named(self, seller_id: str) -> Seller | None:
        """One by its id: who sold when an order was placed."""
        ...

    @idempotent
    async def sellers(self) -> list[Seller]:
        """All there ever were and those to come, the first ones first."""
        ...

    @idempotent
    async def check_tax_id(self, tax_id: str, country: str = "") -> TaxIdCheck:
        """Whether a buyer's tax id is one, of `country` or the EU; asks the register where there is one. Raises Invalid."""
        ...

    async def add_exchange_rates(self, rates: Sequence[ExchangeRate], who: str = "") -> list[ExchangeRate]:
        """Write rates down, all or none; of several of one day the last applies. Raises Invalid."""
        ...

    @idempotent
    async def exchange_rates(self, to: str = "") -> list[ExchangeRate]:
        """The newest ones first, of one currency or all; at most a thousand."""
        ...
