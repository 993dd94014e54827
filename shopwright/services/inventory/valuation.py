"""Stock valuation at the moving average, exact to the minor unit. Pure functions.

Units with a cost leave first; units without one are worth nothing. So the value is the sum of what movements carried,
and no units have no value. Units found by a count are worth what earlier counts wrote off, and no more.
"""

from collections.abc import Iterable, Sequence

import msgspec

from shopwright.kit.errors import Refused
from shopwright.kit.money import LARGEST, Money, divide_half_up, write
from shopwright.kit.translation import gettext as _
from shopwright.services.inventory.contract import StockValued, ValueCause, VariantQuantity


class Valuation(msgspec.Struct, frozen=True, kw_only=True):
    """Units of a variant that have a cost, with their total value, and the last average.

    `counted_units`: written off by counts and not found again, with `counted_value` then.
    """

    currency: str
    units: int = 0
    value: int = 0
    average_units: int = 0
    average_value: int = 0
    counted_units: int = 0
    counted_value: int = 0


class StockMove(msgspec.Struct, frozen=True, kw_only=True):
    """A movement. `cost`: of all its units, if known; `given`: units on hand that get a cost now."""

    variant_id: str
    location: str
    delta: int
    reason: str
    cause: ValueCause
    order_id: str = ""
    cost: Money | None = None
    given: int = 0
    reference: str = ""

    @property
    def may_change_value(self) -> bool:
        """Whether it can change the value; units without a cost are worth nothing."""
        return self.cost is not None or self.cause in {"sold", "returned", "counted"}


class ValueChange(msgspec.Struct, frozen=True):
    """Change of the units with a cost and of their value by a movement; negative when they leave."""

    units: int = 0
    value: int = 0
    currency: str = ""


NOTHING = ValueChange()
Out = dict[tuple[str, str], Valuation]  # what left for an order, of a variant, and has not come back


def part(units: int, value: int, taken: int) -> int:
    """The value of this many of the units; all units have all of it."""
    return value if taken == units else divide_half_up(value * taken, units)


def carried(move: StockMove, now: Valuation, out: Out) -> ValueChange:
    """Return the value change of a movement. Raises Refused if its cost cannot be added."""
    if move.cost is not None:
        _check(move.variant_id, move.cost, now)
        return ValueChange(move.delta + move.given, move.cost.amount, move.cost.currency)
    if move.delta < 0:
        taken = min(-move.delta, now.units)
        return ValueChange(-taken, -part(now.units, now.value, taken), now.currency) if taken else NOTHING
    if move.cause == "returned":
        left = out.get((move.order_id, move.variant_id))
        # Goods that left in another currency of the shop have no cost in this one.
        if left is None or not left.units or left.currency != now.currency:
            return NOTHING
        return _back(move, now, left.units, left.value)
    if move.cause == "counted" and now.counted_units:
        return _back(move, now, now.counted_units, now.counted_value)
    return NOTHING


def _back(move: StockMove, now: Valuation, units: int, value: int) -> ValueChange:
    """Units that return with their value, within what can be calculated with."""
    back = min(move.delta, units)
    worth = part(units, value, back)
    return ValueChange(back, worth, now.currency) if now.value + worth <= LARGEST else NOTHING


def _check(variant_id: str, cost: Money, now: Valuation) -> None:
    if now.units and now.currency != cost.currency:
        worth = _(
            "{units} of {variant_id} are worth {value}",
            units=now.units,
            variant_id=variant_id,
            value=write(Money(now.value, now.currency)),
        )
        raise Refused(
            _(
                "{worth}: a cost in {currency} cannot be added to it. Count them out first.",
                worth=worth,
                currency=cost.currency,
            )
        )
    if now.value + cost.amount > LARGEST:
        raise Refused(_("The total value of {variant_id} would exceed the limit.", variant_id=variant_id))


def after(now: Valuation, change: ValueChange, cause: ValueCause) -> Valuation:
    """The valuation after this was carried."""
    units, value = now.units + change.units, now.value + change.value
    average = (units, value) if units else (now.units, now.value)
    counted = now.counted_units, now.counted_value
    if cause == "counted":
        counted = counted[0] - change.units, counted[1] - change.value
    if counted[1] > LARGEST:  # the oldest of it is not found any more
        counted = -change.units, -change.value
    return Valuation(
        currency=change.currency,
        units=units,
        value=value,
        average_units=average[0],
        average_value=average[1],
        counted_units=counted[0],
        counted_value=counted[1],
    )


def left(before: Valuation | None, change: ValueChange) -> Valuation:
    """Return an order's valuation after this change."""
    if before is None or before.currency != change.currency:
        before = Valuation(currency=change.currency)
    return Valuation(currency=change.currency, units=before.units - change.units, value=before.value - change.value)


def follow(moves: Iterable[StockMove], there: dict[str, Valuation], out: Out, currency: str) -> list[ValueChange]:
    """Return the value change of each movement in turn; updates `there` and `out`."""
    found = []
    for move in moves:
        now = there.get(move.variant_id)
        if now is not None and not now.units and now.currency != currency:  # what it cost then says nothing now
            now = Valuation(currency=currency)
        change = NOTHING if now is None or not move.may_change_value else carried(move, now, out)
        found.append(change)
        if now is None or not change.units:
            continue
        there[move.variant_id] = after(now, change, move.cause)
        if move.order_id:
            key = move.order_id, move.variant_id
            out[key] = left(out.get(key), change)
    return found


def sale_move(order_id: str, wanted: VariantQuantity, location: str, how: str = "") -> StockMove:
    """The movement of units sold to an order."""
    return StockMove(
        variant_id=wanted.variant_id,
        location=location,
        delta=-wanted.quantity,
        reason=f"order {order_id}{how}",
        cause="sold",
        order_id=order_id,
    )


def valued_events(ids: Sequence[str], moves: Sequence[StockMove], carried: Sequence[ValueChange]) -> list[StockValued]:
    """The events of these movements: one for each cause, order and reference."""
    found: dict[tuple[str, ...], StockValued] = {}
    for movement_id, move, one in zip(ids, moves, carried, strict=True):
        if not one.value:
            continue
        key = move.cause, move.order_id, move.reference, one.currency
        value = Money(one.value, one.currency)
        if key in found:
            found[key] = msgspec.structs.replace(found[key], value=found[key].value + value)
        else:
            found[key] = StockValued(
                movement_id=movement_id, cause=move.cause, value=value, order_id=move.order_id, reference=move.reference
            )
    return [one for one in found.values() if one.value.amount]
