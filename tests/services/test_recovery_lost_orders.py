"""An order lost by its own database and the event log is known from its traces in other services."""

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
    """Delete an order from orders, payments and the event log, and from `others`."""
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
def test_a_lost_order_is_reported_until_it_is_acknowledged(
    data_folder: Path, number: int, others: tuple[tuple[str, str], ...], words: str
) -> None:
    order_id = lose(data_folder, number, *others)
    result = shopwright(data_folder, "doctor")
    assert f"Order {order_id} is missing: {words}. It came after order {number - 1}." in result.output, result.output
    shopwright(data_folder, "doctor", "--repair")
    result = shopwright(data_folder, "doctor")
    assert f"Order {order_id} is missing" not in result.output
    assert "✓ order numbers have no gaps" in result.output, result.output


def test_a_movement_with_a_similar_reason_by_staff_is_no_order(data_folder: Path) -> None:
    run(data_folder / "inventory.db", "UPDATE movements SET reason = 'order from the supplier' WHERE delta > 0")
    assert "✓ no order that stock or messages refer to" in shopwright(data_folder, "doctor").output


async def test_a_recovery_names_the_lost_order_and_does_not_reuse_its_number(data_folder: Path) -> None:
    order_id = lose(data_folder, 1014, MESSAGES)
    run(data_folder / "orders.db", "UPDATE counters SET value = 1013 WHERE name = 'order_number'")
    checkpoint(data_folder / "orders.db")
    page_one(data_folder / "orders.db")
    result = await asyncio.to_thread(shopwright, data_folder, "doctor", "--recover")
    assert f"Order {order_id} is missing" in result.output, result.output
    assert table(data_folder / "orders.db", "SELECT value FROM counters WHERE name = 'order_number'") == [(1014,)]
