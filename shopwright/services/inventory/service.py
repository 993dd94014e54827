"""Inventory: stock that cannot be oversold."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal

from shopwright.kit.clock import to_micros
from shopwright.kit.errors import Invalid, Refused
from shopwright.kit.memo import Memo
from shopwright.kit.money import Money
from shopwright.kit.retention import believed
from shopwright.kit.work import AlreadyDone, Transaction, Work
from shopwright.services.inventory import backorder_store, store, value_store
from shopwright.services.inventory.contract import (
    MAIN,
    Adjustment,
    BackInStock,
    Location,
    Movement,
    SoldOut,
    Stock,
    StockChanged,
    StockRanLow,
    Wanted,
)
from shopwright.services.inventory.valuation import Move, follow, sold, valued_events

MOST = 10_000_000
MOVEMENTS_KEPT = timedelta(days=400)


class StockKeeper(ABC):
    """What moves stock; `promises.py` has the rest of `contract.Inventory`."""

    def __init__(self, work: Work, currency: str) -> None:
        self._work = work
        self._currency = currency
        self._memo = Memo(work)

    async def stock(self, variant_ids: Sequence[str]) -> dict[str, Stock]:
        found = await self._memo.many("stock", variant_ids, lambda ids: store.read(self._work, ids))
        return {variant_id: stock for variant_id, stock in found.items() if stock is not None}

    async def adjust(self, adjustments: Sequence[Adjustment], key: str = "") -> dict[str, Stock]:
        known = await backorder_store.locations(self._work)
        for number, one in enumerate(adjustments):
            _check(one, f"/{number}", known)
        ids = sorted({one.variant_id for one in adjustments})
        try:
            async with self._work.begin(once=f"adjust/{key}" if key else None) as tx:
                before = await store.read(tx, ids)
                moves: list[Move] = []
                for one in sorted(adjustments, key=lambda one: one.variant_id):
                    await self._adjust_one(tx, one, moves)
                await self._write(tx, moves)
                await self._tell(tx, before)
                return await store.read(tx, ids)
        except AlreadyDone:
            return await store.read(self._work, ids)

    async def _adjust_one(self, tx: Transaction, one: Adjustment, moves: list[Move], returned_from: str = "") -> None:
        delta = one.delta or 0
        if one.on_hand is not None:
            await store.move(tx, one.variant_id, one.location, 0)  # so that the row is there, and locked
            delta = one.on_hand - await store.on_hand(tx, one.variant_id, one.location)
        if not await store.move(tx, one.variant_id, one.location, delta):
            stock = (await store.read(tx, [one.variant_id]))[one.variant_id]
            raise Refused(
                f"{one.variant_id} has {stock.on_hand} on hand, {stock.reserved} of them reserved: {-delta} cannot be taken away."
            )
        if delta:
            moves.append(
                Move(
                    variant_id=one.variant_id,
                    location=one.location,
                    delta=delta,
                    reason=one.reason,
                    cause="returned" if returned_from else "counted",
                    order_id=returned_from,
                )
            )
        if delta > 0:
            await self._goods_came(tx, one.variant_id, one.location, moves)

    async def _write(self, tx: Transaction, moves: Sequence[Move]) -> None:
        """Record what moved, and the value it carried. All of it together: a line more asks the database nothing more."""
        if not moves:
            return
        await value_store.make(tx, {one.variant_id for one in moves if one.cost is not None}, self._currency)
        there = await value_store.held(tx, {one.variant_id for one in moves if one.may_change_value})
        orders = {one.order_id for one in moves if one.order_id and one.variant_id in there}
        out = await value_store.out(tx, orders)
        before, out_before = dict(there), dict(out)
        carried = follow(moves, there, out, self._currency)
        ids = self._work.ids.many("mov", len(moves))
        await value_store.record(tx, ids, moves, carried)
        await value_store.put(tx, {name: one for name, one in there.items() if one != before[name]})
        await value_store.put_out(tx, {key: one for key, one in out.items() if one != out_before.get(key)})
        if told := valued_events(ids, moves, carried):
            await tx.tell(*told)

    async def open_stock(self, lines: Sequence[Wanted], reason: str, costs: Mapping[str, Money] | None = None) -> None:
        for number, line in enumerate(lines):
            if not 0 <= line.quantity <= MOST:
                raise Invalid.at(f"/{number}/quantity", f"Opening stock is a whole number from 0 to {MOST}.")
        async with self._work.begin() as tx:
            there = await store.stocked(tx, [line.variant_id for line in lines])
            new = {line.variant_id: line for line in lines if line.variant_id not in there}
            opened = await store.put_first(tx, [new[one] for one in sorted(new)])
            moves = [
                Move(variant_id=one.variant_id, location=MAIN, delta=one.quantity, reason=reason, cause="opened",
                     cost=costs[one.variant_id] * one.quantity if costs and one.variant_id in costs else None)
                for one in opened
            ]  # fmt: skip
            ruled = await backorder_store.rules(tx, [one.variant_id for one in opened])
            for variant_id in ruled:
                await self._goods_came(tx, variant_id, MAIN, moves)
            await self._write(tx, moves)
            now = {one.variant_id: one.quantity for one in opened}
            now |= {one: stock.available for one, stock in (await store.read(tx, list(ruled))).items()}
            await tx.tell(*(StockChanged(variant_id=one, available=available) for one, available in now.items()))

    async def reserve(self, order_id: str, lines: Sequence[Wanted], expires_at: datetime) -> None:
        wanted: dict[str, int] = {}
        for line in lines:
            if line.quantity <= 0:
                raise Invalid("Only one or more of a thing can be reserved.")
            wanted[line.variant_id] = wanted.get(line.variant_id, 0) + line.quantity
        async with self._work.begin() as tx:
            if not await store.open_reservation(tx, order_id, to_micros(expires_at)):
                return
            # The keys are locked in the same order by everyone, so that two orders never wait for one another.
            before = await store.read(tx, sorted(wanted))
            missing = [
                variant_id
                for variant_id, quantity in sorted(wanted.items())
                if not await self._set_aside(tx, order_id, Wanted(variant_id, quantity))
            ]
            if missing:
                left = {variant_id: before[variant_id].available for variant_id in missing}
                raise SoldOut("Fewer are left than you asked for.", data={"left": left})
            await self._tell(tx, before)

    async def _set_aside(self, tx: Transaction, order_id: str, wanted: Wanted) -> bool:
        """All from one place where that is possible, else from several, and the rest on backorder; False: not so many."""
        if await store.set_aside(tx, order_id, wanted):
            return True
        left = wanted.quantity
        for location, free in (await store.free(tx, wanted.variant_id)).items():
            part = min(free, left)
            if part and await store.set_aside(tx, order_id, Wanted(wanted.variant_id, part), location):
                left -= part
        if not left:
            return True
        if not await backorder_store.promise(tx, wanted.variant_id, left):
            return False
        await store.keep_line(tx, order_id, Wanted(wanted.variant_id, left), store.ON_BACKORDER)
        return True

    async def take(self, order_id: str) -> Literal["taken", "expired"]:
        async with self._work.begin() as tx:
            if not await store.close_reservation(tx, order_id, store.TAKEN):
                return "taken" if await store.reservation_state(tx, order_id) == store.TAKEN else "expired"
            moves: list[Move] = []
            for line, location in await store.give_back(tx, order_id, leaves_shelf=True):
                if location == store.ON_BACKORDER:
                    await self._keep_promise(tx, order_id, line, moves)
                else:
                    moves.append(sold(order_id, line, location))
            await self._write(tx, moves)
        return "taken"

    async def release(self, order_id: str) -> None:
        await self._close(order_id, store.RELEASED)

    async def _close(self, order_id: str, state: str) -> None:
        async with self._work.begin() as tx:
            if not await store.close_reservation(tx, order_id, state):
                return
            before = await store.read(tx, await store.variants_of(tx, order_id))
            moves: list[Move] = []
            for line, location in await store.give_back(tx, order_id, leaves_shelf=False):
                if location == store.ON_BACKORDER:
                    await backorder_store.unpromise(tx, line.variant_id, line.quantity)
                else:
                    await self._goods_came(tx, line.variant_id, location, moves)
            await self._write(tx, moves)
            await self._tell(tx, before)

    @abstractmethod
    async def _goods_came(self, tx: Transaction, variant_id: str, location: str, moves: list[Move]) -> None: ...

    @abstractmethod
    async def _keep_promise(self, tx: Transaction, order_id: str, wanted: Wanted, moves: list[Move]) -> None: ...

    async def movements(self, variant_id: str, limit: int = 50) -> list[Movement]:
        return await store.movements(self._work, variant_id, limit)

    async def expire(self) -> None:
        """A timer: reservations that ran out give their goods back."""
        for order_id in await store.expired(self._work, to_micros(self._work.now()), limit=200):
            with self._work.aside.guard("reservation", order_id):
                await self._close(order_id, store.EXPIRED)

    async def carry_forward(self) -> None:
        """A timer: of what came and went long ago, each variant keeps one movement for each location."""
        before = self._work.ids.at("mov", await believed(self._work) - MOVEMENTS_KEPT)
        for variant_id in await store.with_old_movements(self._work, before):
            with self._work.aside.guard("movements", variant_id):
                async with self._work.begin() as tx:
                    await store.carry_forward(tx, variant_id, before)

    async def figures(self) -> dict[str, float]:
        """For `/metrics`: what is under way."""
        return await store.figures(self._work, to_micros(self._work.now()))

    async def damage(self) -> list[str]:
        """For `doctor`: what does not add up, in words."""
        return [*await store.damage(self._work), *await value_store.damage(self._work)]

    @staticmethod
    async def _tell(tx: Transaction, before: dict[str, Stock]) -> None:
        after = await store.read(tx, sorted(before))
        for variant_id, then in before.items():
            now = after[variant_id].available
            if now == then.available:
                continue
            await tx.tell(StockChanged(variant_id=variant_id, available=now))
            if then.available == 0:
                await tx.tell(BackInStock(variant_id=variant_id, available=now))
            if now <= after[variant_id].low_at < then.available:
                await tx.tell(StockRanLow(variant_id=variant_id, available=now))


def _check(one: Adjustment, pointer: str, known: Sequence[Location]) -> None:
    if (one.delta is None) == (one.on_hand is None):
        raise Invalid.at(pointer, "Give either delta (a change) or on_hand (the new count).")
    if one.on_hand is not None and not 0 <= one.on_hand <= MOST:
        raise Invalid.at(f"{pointer}/on_hand", f"on_hand is a whole number from 0 to {MOST}.")
    if one.delta is not None and not -MOST <= one.delta <= MOST:
        raise Invalid.at(f"{pointer}/delta", f"delta is a whole number from {-MOST} to {MOST}.")
    if not one.reason.strip():
        raise Invalid.at(f"{pointer}/reason", "Say why the stock changed, for the record.")
    if one.location not in {location.id for location in known}:
        there = ", ".join(location.id for location in known)
        raise Invalid.at(f"{pointer}/location", f"There is no location “{one.location}”; this shop has {there}.")
