"""An order that its own database and the event log have lost is known from what was done for it."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.builders.damage import OF_SQLITE, checkpoint, page_one, shopwright, table

pytestmark = [pytest.mark.slow, OF_SQLITE]


def run(file: Path, *statements: str) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        for sql in statements:
            connection.execute(sql)


def lose(folder: Path, number: int, *others: tuple[str, str]) -> str:
    """An order goes, with all that orders, payments and the event log know of it, and what `others` do."""
    order_id = table(folder / "orders.db", f"SELECT id FROM orders WHERE number = {number}")[0][0]
    run(folder / "orders.db", f"DELETE FROM orders WHERE id = '{order_id}'",
        f"DELETE FROM order_lines WHERE order_id = '{order_id}'")  # fmt: skip
    run(folder / "insights.db", f"DELETE FROM journal WHERE subject = '{order_id}'")
    for service, sql in others:
        run(folder / f"{service}.db", sql.format(order_id=order_id))
    return order_id


MOVEMENTS = ("inventory", "DELETE FROM movements WHERE reason = 'order {order_id}'")
RESERVATIONS = ("inventory", "DELETE FROM reservations WHERE order_id = '{order_id}'")
MESSAGES = ("notifications", "DELETE FROM messages WHERE order_id = '{order_id}'")


@pytest.mark.parametrize(
    ("number", "others", "words"),
    [
        (1001, (MOVEMENTS, MESSAGES), "stock was taken for it"),
        (1003, (RESERVATIONS, MESSAGES), "stock was taken for it"),
        (1014, (MOVEMENTS, RESERVATIONS), "there is a message about it"),
    ],
    ids=["by a reservation", "by a movement", "by a message"],
)
def test_a_lost_order_is_named_by_who_knows_it_until_it_is_noted(
    data_folder: Path, number: int, others: tuple[tuple[str, str], ...], words: str
) -> None:
    order_id = lose(data_folder, number, *others)
    told = shopwright(data_folder, "doctor")
    assert f"Order {order_id} is missing: {words}. It came after order {number - 1}." in told.output, told.output
    shopwright(data_folder, "doctor", "--repair")
    told = shopwright(data_folder, "doctor")
    assert f"Order {order_id} is missing" not in told.output
    assert "✓ order numbers have no gaps" in told.output, told.output


def test_a_movement_that_staff_gave_such_a_reason_is_no_order(data_folder: Path) -> None:
    run(data_folder / "inventory.db", "UPDATE movements SET reason = 'order from the supplier' WHERE delta > 0")
    assert "✓ no order that stock or messages refer to" in shopwright(data_folder, "doctor").output


async def test_a_recovery_names_it_and_does_not_give_its_number_again(data_folder: Path) -> None:
    order_id = lose(data_folder, 1014, MESSAGES)
    run(data_folder / "orders.db", "UPDATE counters SET value = 1013 WHERE name = 'order_number'")
    checkpoint(data_folder / "orders.db")
    page_one(data_folder / "orders.db")
    told = await asyncio.to_thread(shopwright, data_folder, "doctor", "--recover")
    assert f"Order {order_id} is missing" in told.output, told.output
    assert table(data_folder / "orders.db", "SELECT value FROM counters WHERE name = 'order_number'") == [(1014,)]
