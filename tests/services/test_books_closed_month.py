"""A month of trading is closed: statements agree with each other and with the files, and every document passes the rules."""

import csv
import random
from collections import Counter

import pytest

from shopwright.app import Shop
from shopwright.kit.auth import SYSTEM
from shopwright.kit.clock import HandClock
from shopwright.kit.errors import Conflict
from shopwright.kit.money import Money
from shopwright.services.books.contract import Payout
from shopwright.services.pricing.contract import TaxRate
from tests.builders.goods import sell, sell_book
from tests.builders.health import wrong
from tests.builders.lives import run_order
from tests.builders.sellers import NORTHLIGHT

pytestmark = pytest.mark.slow
MONTH = "2026-03"


async def test_a_month_is_closed_with_all_accounts_settled(rules, local_shop: Shop, clock: HandClock) -> None:
    await local_shop.pricing.set_seller(NORTHLIGHT)
    await local_shop.pricing.put_tax_rate(TaxRate(country="DE", tax_class="reduced", rate=700))
    goods = [await sell(local_shop, f"Kettle {n}", price=999 + 777 * n, on_hand=999) for n in range(3)]
    goods.append(await sell_book(local_shop, "Novel", 899, on_hand=999))
    chance = random.Random(3)
    total = 0
    for _ in range(8):
        for _ in range(5):
            total += await run_order(local_shop, chance, goods)
        await local_shop.bus.settle()
        clock.move(days=3)
    await local_shop.bus.settle()
    await local_shop.books.add_payout(
        Payout(provider="pretend", amount=Money(total - 500, "EUR"), fee=Money(500, "EUR")), SYSTEM
    )
    clock.move(days=10)
    assert (await local_shop.books.close_period(MONTH, SYSTEM)).closed is not None

    found = {one.account: one.closing.amount for one in await local_shop.books.trial_balance(MONTH, MONTH)}
    assert (found["clearing"], found["receivables"], found["bank"], found["fees"]) == (0, 0, total - 500, 500)
    assert sum(found.values()) == 0
    lines = (await local_shop.books.tax_statement(MONTH, MONTH)).lines
    assert sum(one.tax.amount for one in lines) == -found["tax"]
    assert sum(one.gross.amount for one in lines) == total
    assert sum(one.base.amount for one in lines) == -sum(found.get(name, 0) for name in ("revenue", "discounts", "returns", "shipping"))  # fmt: skip

    booked = accounts_of((await local_shop.books.export("datev", MONTH, MONTH)).content.decode("cp1252"))
    gross = {one.kind.rate_ppm: one.gross.amount for one in lines}
    assert (booked["8400"], booked["8300"]) == (-gross[190_000], -gross[70_000])
    assert (booked["1200"], booked["1360"], booked["10000"], booked["4970"]) == (total - 500, 0, 0, 500)

    invoiced = Counter[str]()
    after = ""
    while some := await local_shop.books.documents(after=after):
        after = some[-1].id
        for head in some:
            document = await local_shop.books.document(head.id)
            assert document.body is not None
            invoiced[document.kind] += document.body.gross.amount
            assert rules(await local_shop.books.rendered(head.id, "xml")) == []
    assert invoiced["invoice"] - invoiced["credit_note"] == total
    assert await wrong(local_shop) == []
    with pytest.raises(Conflict):
        await local_shop.books.close_period("2026-04", SYSTEM)


def accounts_of(text: str) -> Counter[str]:
    """The balance of each account of a DATEV file, in cents: both sides of each row."""
    found = Counter[str]()
    for row in list(csv.reader(text.splitlines(), delimiter=";"))[2:]:
        amount = round(float(row[0].replace(",", ".")) * 100) * (1 if row[1] == "S" else -1)
        found[row[6]] += amount
        found[row[7]] -= amount
    return found
