"""SQL for stock values and the cost of goods by order."""

from collections.abc import Collection, Mapping, Sequence

from shopwright.kit.clock import to_micros
from shopwright.kit.data.database import Row
from shopwright.kit.data.unit_of_work import Reader, Transaction
from shopwright.kit.translation import gettext as _
from shopwright.services.inventory.valuation import Out, StockMove, Valuation, ValueChange


def _valuation(row: Row) -> Valuation:
    return Valuation(
        currency=row["currency"],
        units=row["units"],
        value=row["value"],
        average_units=row["average_units"],
        average_value=row["average_value"],
        counted_units=row["counted_units"],
        counted_value=row["counted_value"],
    )


async def make(tx: Transaction, variant_ids: Collection[str], currency: str) -> None:
    """Ensure a row for each variant."""
    await tx.run_many(
        "INSERT INTO stock_values (variant_id, currency, units, value, average_units, average_value)"
        " VALUES (:variant_id, :currency, 0, 0, 0, 0) ON CONFLICT (variant_id) DO NOTHING",
        [{"variant_id": one, "currency": currency} for one in sorted(variant_ids)],
    )


async def held(tx: Transaction, variant_ids: Collection[str]) -> dict[str, Valuation]:
    """Return and lock the values of variants that ever had a cost; their stock is locked already."""
    found = await read(tx, sorted(variant_ids))
    if not found:
        return {}
    # Locked in the same order everywhere, so that transactions cannot deadlock; sent together.
    await tx.run_many(
        "UPDATE stock_values SET units = units WHERE variant_id = :variant_id",
        [{"variant_id": one} for one in sorted(found)],
    )
    return await read(tx, sorted(found))


async def read(source: Reader, variant_ids: Sequence[str]) -> dict[str, Valuation]:
    """Return the values of variants."""
    rows = await source.fetch_in("SELECT * FROM stock_values WHERE variant_id IN (:each)", variant_ids)
    return {row["variant_id"]: _valuation(row) for row in rows}


async def put(tx: Transaction, values: Mapping[str, Valuation]) -> None:
    """Write values."""
    await tx.run_many(
        "UPDATE stock_values SET currency = :currency, units = :units, value = :value,"
        " average_units = :average_units, average_value = :average_value,"
        " counted_units = :counted_units, counted_value = :counted_value WHERE variant_id = :variant_id",
        [
            {
                "variant_id": variant_id,
                "currency": one.currency,
                "units": one.units,
                "value": one.value,
                "average_units": one.average_units,
                "average_value": one.average_value,
                "counted_units": one.counted_units,
                "counted_value": one.counted_value,
            }
            for variant_id, one in sorted(values.items())
        ],
    )


async def out(tx: Transaction, order_ids: Collection[str]) -> Out:
    """Return what these orders received."""
    rows = await tx.fetch_in("SELECT * FROM order_costs WHERE order_id IN (:each)", sorted(order_ids))
    return {
        (row["order_id"], row["variant_id"]): Valuation(
            currency=row["currency"], units=row["units"], value=row["value"]
        )
        for row in rows
    }


async def put_out(tx: Transaction, found: Out) -> None:
    """Write what orders received."""
    await tx.run_many(
        "INSERT INTO order_costs (order_id, variant_id, currency, units, value, since)"
        " VALUES (:order_id, :variant_id, :currency, :units, :value, :since)"
        " ON CONFLICT (order_id, variant_id) DO UPDATE"
        " SET currency = excluded.currency, units = excluded.units, value = excluded.value",
        [
            {
                "order_id": order_id,
                "variant_id": variant_id,
                "currency": one.currency,
                "units": one.units,
                "value": one.value,
                "since": to_micros(tx.now),
            }
            for (order_id, variant_id), one in sorted(found.items())
        ],
    )


async def record(
    tx: Transaction, ids: Sequence[str], moves: Sequence[StockMove], carried: Sequence[ValueChange]
) -> None:
    """Insert movements; those without value take no more than without costs."""
    plain, valued = [], []
    for movement_id, move, one in zip(ids, moves, carried, strict=True):
        row = {
            "id": movement_id,
            "variant_id": move.variant_id,
            "location": move.location,
            "delta": move.delta,
            "reason": move.reason,
            "time": to_micros(tx.now),
        }
        if one.units:
            valued.append({**row, "valued": one.units, "value": one.value, "currency": one.currency})
        else:
            plain.append(row)
    await tx.run_many(
        "INSERT INTO movements (id, variant_id, location, delta, reason, time)"
        " VALUES (:id, :variant_id, :location, :delta, :reason, :time)",
        plain,
    )
    await tx.run_many(
        "INSERT INTO movements (id, variant_id, location, delta, reason, time, valued, value, currency)"
        " VALUES (:id, :variant_id, :location, :delta, :reason, :time, :valued, :value, :currency)",
        valued,
    )


async def without_cost(source: Reader, after: str, limit: int) -> list[str]:
    """Return variants with units on hand that have no cost, by id."""
    rows = await source.fetch(
        "SELECT s.variant_id FROM stock s LEFT JOIN stock_values v ON v.variant_id = s.variant_id"
        " WHERE s.variant_id > :after GROUP BY s.variant_id HAVING sum(s.on_hand) > coalesce(max(v.units), 0)"
        " ORDER BY s.variant_id LIMIT :limit",
        after=after,
        limit=limit,
    )
    return [row["variant_id"] for row in rows]


async def totals(source: Reader) -> dict[str, int]:
    """Return the value of all stock by currency."""
    rows = await source.fetch(
        "SELECT currency, CAST(sum(value) AS BIGINT) AS value FROM stock_values GROUP BY currency"
    )
    return {row["currency"]: int(row["value"]) for row in rows}


async def costs(source: Reader, order_ids: Sequence[str]) -> dict[tuple[str, str], int]:
    """Return the cost of these orders' goods, less returns, by order and currency."""
    rows = await source.fetch_in(
        "SELECT order_id, currency, CAST(sum(value) AS BIGINT) AS value FROM order_costs WHERE order_id IN (:each)"
        " GROUP BY order_id, currency",
        order_ids,
    )
    return {(row["order_id"], row["currency"]): row["value"] for row in rows}


async def check_consistency(source: Reader) -> list[str]:
    """Describe for `doctor` where the stock value differs from its movements."""
    wrong = [
        _(
            "{variant_id} has {units} units with a cost, worth {value}, but its movements carried {valued}, worth {carried}.",
            variant_id=row["variant_id"],
            units=row["units"],
            value=row["value"],
            valued=row["valued"],
            carried=row["carried"],
        )
        for row in await source.fetch(
            "SELECT v.variant_id, v.units, v.value, CAST(coalesce(m.valued, 0) AS BIGINT) AS valued,"
            " CAST(coalesce(m.value, 0) AS BIGINT) AS carried FROM stock_values v LEFT JOIN"
            " (SELECT variant_id, sum(valued) AS valued, sum(value) AS value FROM movements GROUP BY variant_id) m"
            " ON m.variant_id = v.variant_id"
            " WHERE v.units <> coalesce(m.valued, 0) OR v.value <> coalesce(m.value, 0)"
        )
    ]
    wrong += [
        _(
            "{variant_id} is worth {value} without a unit that has a cost.",
            variant_id=row["variant_id"],
            value=row["value"],
        )
        for row in await source.fetch("SELECT variant_id, value FROM stock_values WHERE units = 0 AND value <> 0")
    ]
    return wrong + [
        _(
            "{variant_id} has {units} units with a cost, but {on_hand} on hand.",
            variant_id=row["variant_id"],
            units=row["units"],
            on_hand=row["on_hand"],
        )
        for row in await source.fetch(
            "SELECT v.variant_id, v.units, CAST(coalesce(s.on_hand, 0) AS BIGINT) AS on_hand FROM stock_values v"
            " LEFT JOIN (SELECT variant_id, sum(on_hand) AS on_hand FROM stock GROUP BY variant_id) s"
            " ON s.variant_id = v.variant_id WHERE v.units > coalesce(s.on_hand, 0)"
        )
    ]
