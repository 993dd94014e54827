"""The entries and balances of the books of a shop."""

from shopwright.app import Shop
from shopwright.services.books.contract import Entry

MONTH = "2026-03"


async def entries(shop: Shop) -> list[Entry]:
    """All entries."""
    await shop.bus.settle()
    return await shop.books.ledger()


async def balances(shop: Shop) -> dict[str, int]:
    """The balance of each account."""
    await shop.bus.settle()
    found = await shop.books.trial_balance(MONTH, MONTH)
    return {f"{one.account}:{one.provider}".rstrip(":"): one.closing.amount for one in found if one.closing.amount}


async def statement(shop: Shop) -> dict[int, tuple[int, int, int]]:
    """The tax statement: base, tax and number of sales by rate."""
    await shop.bus.settle()
    lines = (await shop.books.tax_statement(MONTH, MONTH)).lines
    return {one.kind.rate_ppm: (one.base.amount, one.tax.amount, one.sales) for one in lines}
