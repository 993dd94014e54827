"""SQL for sale contexts: orders with equal contexts share one row; the buyer's tax id is stored with the order."""

import hashlib

import msgspec

from shopwright.kit.data.compatibility import decode_tolerant
from shopwright.kit.data.unit_of_work import ServiceDatabase, Transaction
from shopwright.kit.personal import Personal
from shopwright.services.orders.contract import SaleContext
from shopwright.services.pricing.contract import SaleTerms, TaxIdCheck


class SaleOfOrder(msgspec.Struct, frozen=True):
    """An order's reference to its sale context, with the buyer's tax id and invoice reference."""

    number: int | None = None
    tax_id: str | None = None


class BuyerTaxId(msgspec.Struct, frozen=True, array_like=True):
    """A buyer's tax id, its check when the order was placed, and the reference for the invoice."""

    tax_id: Personal[str]
    check: TaxIdCheck | None = None
    reference: Personal[str] = ""


def number_of(terms: SaleTerms, currency: str) -> int:
    """The id of a sale context, derived from its content and thus equal in every process."""
    digest = hashlib.sha256(msgspec.json.encode((terms, currency))).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


async def is_there(source: ServiceDatabase, number: int) -> bool:
    """Whether this sale context is stored."""
    return await source.one("SELECT 1 AS found FROM sale_contexts WHERE id = :id", id=number) is not None


async def write(tx: Transaction, number: int, sale: SaleContext) -> None:
    """Store a sale context; concurrent writers write the same."""
    await tx.run(
        "INSERT INTO sale_contexts (id, body) VALUES (:id, :body) ON CONFLICT (id) DO NOTHING",
        id=number,
        body=msgspec.json.encode(sale).decode(),
    )


async def read(source: ServiceDatabase, number: int) -> SaleContext | None:
    """Return the sale context with this id."""
    row = await source.one("SELECT body FROM sale_contexts WHERE id = :id", id=number)
    return decode_tolerant(row["body"], SaleContext) if row else None


def buyer_of(text: str | None) -> BuyerTaxId | None:
    """Decode a buyer's tax id from its column."""
    return decode_tolerant(text, BuyerTaxId) if text else None
