"""Replaced cards: released holds and refunds go to the current successor."""

from collections.abc import Iterable, Sequence

from shopwright.kit.auth import SYSTEM
from shopwright.kit.data.unit_of_work import Transaction
from shopwright.kit.ids import Ids
from shopwright.services.giftcards import hold_store, model, store


async def successors(tx: Transaction, card_ids: Iterable[str], also: Iterable[str] = ()) -> dict[str, str]:
    """Return the current successor of each card. Locks all of them and `also` in the common order."""
    after = await store.successors(tx, card_ids)
    for card_id in sorted({*card_ids, *after.values(), *also}):
        await store.lock(tx, card_id)
    after = await store.successors(tx, card_ids)  # a concurrent replacement has committed; its card is new
    return {card_id: model.last_of(after, card_id) for card_id in card_ids}


async def set_free(tx: Transaction, ids: Ids, order_id: str, also: Sequence[str] = ()) -> None:
    """Release the hold of an order to its cards or their successors."""
    held = await hold_store.lines_of(tx, order_id)
    now = await successors(tx, [line.card_id for line in held], also)
    for line in await hold_store.let_go(tx, order_id, spent=False):
        if (successor := now[line.card_id]) != line.card_id:
            for card_id, amount in ((line.card_id, -line.amount), (successor, line.amount)):
                await store.add(tx, card_id, amount)
                await store.record(tx, ids.new("gfm"), card_id, "moved", amount, SYSTEM.name)
