"""The circumstances of sales in SQL: many orders have the same, which are written once; the buyer's tax id stands with the order."""

import hashlib

import msgspec

from shopwright.kit.data.compatibility import decode_tolerant
from shopwright.kit.data.unit_of_work import ServiceDatabase, Transaction
from shopwright.kit.personal import Personal
from shopwright.services.orders.contract import SaleContext
from shopwright.services.pricing.contract import SaleTerms, TaxIdCheck


class SaleOfOrder(msgspec.Struct, frozen=True):
    """What the row of an order keeps of its sale: the number of its circumstances, and the buyer's tax id and reference."""

    number: int | None = None
    tax_id: str | None = None


class BuyerTaxId(msgspec.Struct, frozen=True, array_like=True):
    """The tax id of a buyer, what was known of it when the order was placed, and the reference for the invoice."""

    tax_id: Personal[str]
    check: TaxIdCheck | None = None
    reference: Personal[str] = ""


def number_of(terms: SaleTerms, currency: str) -> int:
    """By what the circumstances of a sale are known: the same ones have the same number, in every process."""
    digest = hashlib.sha256(msgspec.json.encode((terms, currency))).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


async def is_there(source: ServiceDatabase, number: int) -> bool:
    """Were these written down before?"""
    return await source.one("SELECT 1 AS found FROM sale_contexts WHERE id = :id", id=number) is not None


async def write(tx: Transaction, number: int, sale: SaleContext) -> None:
    """Once; whoever comes second writes the same."""
    await tx.run(
        "INSERT INTO sale_contexts (id, body) VALUES (:id, :body) ON CONFLICT (id) DO NOTHING",
        id=number,
        body=msgspec.json.encode(sale).decode(),
    )


async def read(source: ServiceDatabase, number: int) -> SaleContext | None:
    """The circumstances of sales of this number."""
    row = await source.one("SELECT body FROM sale_contexts WHERE id = :id", id=number)
    return decode_tolerant(row["body"], SaleContext) if row else None


def buyer_of(text: str | None) -> BuyerTaxId | None:
    """The tax id as its column keeps it."""
    return decode_tolerant(text, BuyerTaxId) if text else None
