"""Gift cards bought with orders: planned with the order, made when it is paid, withdrawn when they are refunded.

Each step is one transaction and safe to repeat, so that a crash or an event that comes twice makes no second card.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from shopwright.kit.auth import SYSTEM
from shopwright.kit.clock import to_micros
from shopwright.kit.data.database import Row
from shopwright.kit.data.unit_of_work import ServiceDatabase, Transaction
from shopwright.kit.days import day_of, start_of
from shopwright.kit.errors import Conflict, Missing
from shopwright.kit.money import Money, write
from shopwright.kit.translation import gettext as _
from shopwright.services.giftcards import model, purchase_store, replacement, store
from shopwright.services.giftcards.contract import BoughtGiftCard, GiftCardDue, NewPurchase
from shopwright.services.giftcards.making import CardMaker

AT_ONCE = 200
MOST_SENT = 5
MORNING = timedelta(hours=8)


class Purchases:
    """Makes, sends and withdraws bought gift cards."""

    def __init__(self, work: ServiceDatabase, maker: CardMaker, country: str) -> None:
        self._work = work
        self._maker = maker
        self._country = country

    async def plan(self, purchase: NewPurchase) -> None:
        """Keep what an order buys, until it is paid."""
        day = purchase.delivery.send_on
        send_at = None if day is None else to_micros(start_of(day, self._work.zone) + MORNING)
        async with self._work.begin() as tx:
            await purchase_store.plan(tx, purchase, send_at)

    async def issue(self, order_id: str) -> None:
        """Make the planned cards of a paid order, once."""
        async with self._work.begin() as tx:
            if not await purchase_store.move(tx, order_id, "planned", "issued"):
                return
            found = await purchase_store.read(tx, order_id)
            if found is None:
                return
            send_at = max(found.send_at or tx.now, tx.now)
            await purchase_store.set_day(tx, order_id, to_micros(send_at))
            for one in found.units:
                for _unit in range(one.quantity):
                    await self._make(tx, found, one.variant_id, one.amount, send_at)

    async def _make(
        self, tx: Transaction, found: purchase_store.Purchase, variant_id: str, amount: Money, send_at: datetime
    ) -> None:
        card = await self._maker.make(
            tx,
            amount,
            "sold",
            SYSTEM.name,
            expires_on=model.last_day(self._country, day_of(tx.now, self._work.zone)),
            recipient=found.recipient or found.buyer,
            order_id=found.order_id,
            variant_id=variant_id,
            send_at=send_at,
        )
        if card is not None and send_at <= tx.now:
            await self._send(tx, card.id, before=0)

    # --- e-mails

    async def send(self) -> None:
        """E-mail the codes whose day has come, once each."""
        for card_id in await purchase_store.to_send(self._work, to_micros(self._work.now()), AT_ONCE):
            with self._work.aside.guard("gift card to be sent", card_id):
                async with self._work.begin() as tx:
                    await self._send(tx, card_id, before=0)

    async def _send(self, tx: Transaction, card_id: str, *, before: int) -> bool:
        row = await purchase_store.count_sending(tx, card_id, before)
        if row is None:
            return False
        found = await purchase_store.read(tx, row["order_id"])
        card = store.card_of(row, day_of(tx.now, self._work.zone))
        given = found is not None and found.recipient != ""  # to another recipient than the buyer
        await tx.emit(
            GiftCardDue(
                card_id=card.id,
                order_id=card.order_id,
                last4=card.last4,
                amount=card.issued,
                recipient=card.recipient,
                sender=found.sender if found and given else "",
                message=found.message if found else "",
                expires_on=card.expires_on,
            )
        )
        return True

    async def send_again(self, card_id: str) -> None:
        """E-mail a code again, at most five times in all."""
        row = await store.row_of(self._work, card_id)
        if row is None or not row["variant_id"]:
            raise Missing(_("There is no such gift card."))
        if row["disabled"]:
            raise Conflict(_("This gift card is disabled: its code is not sent again."))
        if not row["recipient"]:
            raise Conflict(_("The recipient of this gift card was erased: there is no address to send it to."))
        if not row["sent"]:
            raise Conflict(_("This gift card is sent on its day."))
        if row["sent"] >= MOST_SENT:
            raise Conflict(_("This gift card was sent {most} times already.", most=MOST_SENT))
        if await store.code_of(self._work, card_id, to_micros(self._work.now())) is None:
            raise Conflict(_("The code is no longer stored. Staff can replace the gift card."))
        async with self._work.begin() as tx:
            await self._send(tx, card_id, before=row["sent"])

    # --- refunds

    async def withdraw(
        self, order_id: str, key: str, units: Mapping[str, int] | None = None, *, strict: bool = True
    ) -> None:
        """Disable unused cards and take their balance, once per key. Raises Conflict if others were wanted."""
        async with self._work.begin() as tx:
            if units is None:
                await purchase_store.move(tx, order_id, "planned", "closed")
            rows = await purchase_store.cards_of(tx, order_id)
            heirs = await replacement.successors(tx, [row["id"] for row in rows])
            rows = [row for row in await purchase_store.cards_of(tx, order_id) if row["withdrawn"] in {"", key}]
            wanted = Counter(row["variant_id"] for row in rows) if units is None else Counter(units)
            wanted.subtract(row["variant_id"] for row in rows if row["withdrawn"])
            now = await self._current(tx, heirs)
            for row in rows:
                heir = now[heirs[row["id"]]]
                if not row["withdrawn"] and wanted[row["variant_id"]] > 0 and _is_unused(row, heir):
                    wanted[row["variant_id"]] -= 1
                    await self._move(tx, row, heir["id"], -row["issued"], key)
            if strict and any(left > 0 for left in wanted.values()):
                raise Conflict(_used(rows, heirs, now, wanted))

    async def _current(self, tx: Transaction, heirs: Mapping[str, str]) -> dict[str, Row]:
        return {row["id"]: row for row in await store.named(tx, list(dict.fromkeys(heirs.values())))}

    async def _move(self, tx: Transaction, row: Row, heir: str, amount: int, key: str) -> None:
        """Take the balance of a card and disable it, or give it back and enable it."""
        await store.add(tx, heir, amount)
        await self._maker.record(tx, heir, "moved", amount, SYSTEM.name, order_id=row["order_id"])
        await store.set_disabled(tx, heir, disabled=amount < 0)
        await purchase_store.set_withdrawn(tx, row["id"], key if amount < 0 else "")

    async def restore(self, order_id: str, key: str) -> None:
        """Give withdrawn cards their balance again; if there are none yet, they are to be made after all."""
        async with self._work.begin() as tx:
            rows = await purchase_store.cards_of(tx, order_id)
            if not rows:
                await purchase_store.move(tx, order_id, "closed", "planned")
            heirs = await replacement.successors(tx, [row["id"] for row in rows])
            for row in await purchase_store.cards_of(tx, order_id):
                if row["withdrawn"] == key:
                    await self._move(tx, row, heirs[row["id"]], row["issued"], key)

    async def of_order(self, order_id: str) -> list[BoughtGiftCard]:
        """Return the bought cards of an order."""
        rows = await purchase_store.cards_of(self._work, order_id)
        after = await store.successors(self._work, [row["id"] for row in rows]) if rows else {}
        heirs = {row["id"]: model.last_of(after, row["id"]) for row in rows}
        now = {row["id"]: row for row in await store.named(self._work, list(heirs.values()))} if rows else {}
        found = await purchase_store.read(self._work, order_id) if rows else None
        message = found.message if found else ""
        return [purchase_store.bought(row, message, unused=_is_unused(row, now[heirs[row["id"]]])) for row in rows]


def _is_unused(row: Row, heir: Row) -> bool:
    """Whether all that was paid for a card is on it, or on the one that replaced it."""
    return bool(heir["balance"] == row["issued"] and not heir["held"] and not heir["disabled"] and not row["withdrawn"])


def _used(rows: Sequence[Row], heirs: Mapping[str, str], now: Mapping[str, Row], wanted: Mapping[str, int]) -> str:
    """Which card prevents a refund, in words for staff."""
    for row in rows:
        heir = now[heirs[row["id"]]]
        if row["withdrawn"] or wanted[row["variant_id"]] <= 0 or _is_unused(row, heir):
            continue
        if heir["disabled"]:
            return _(
                "Gift card ••••{last4} is disabled. Enable it first, unless its code is known to others.",
                last4=row["last4"],
            )
        left = Money(heir["balance"] - heir["held"], heir["currency"])
        return _(
            "Gift card ••••{last4} was used: {left} of {amount} is left. A used gift card cannot be refunded.",
            last4=row["last4"],
            left=write(left),
            amount=write(Money(row["issued"], row["currency"])),
        )
    return _("Not as many gift cards of this order are left to refund.")
