"""Refunds: pending, then settled, or refused with a reason, in the two steps of `orders/refunds.py`.

Each refund is requested independently, and again after growing pauses while the provider does not answer. Only one
process requests it at a time, so that a refund to be cancelled can be told from one the provider may have accepted.
"""

from collections.abc import Awaitable, Callable

from shopwright.kit.clock import from_micros, to_micros
from shopwright.kit.data.database import Row
from shopwright.kit.data.unit_of_work import ServiceDatabase, Transaction
from shopwright.kit.errors import Conflict, Invalid, Missing, RateLimited, Refused, Unavailable
from shopwright.kit.money import Money
from shopwright.kit.provider import Provider, ProviderRefund
from shopwright.kit.translation import gettext as _
from shopwright.kit.translation import gettext_noop
from shopwright.services.payments import change_store, model, refund_store, store
from shopwright.services.payments.contract import NoPaymentProvider, RefundRefused, RefundSettled, RefundTooLarge

BATCH = 50
NO_ANSWER = (Unavailable, RateLimited, Invalid, NoPaymentProvider)  # no answer, or the shop has that provider no more
UNDER_WAY = gettext_noop(
    "The payment provider is being asked for this refund just now, and may take it. Try again in a minute."
)
NO_REASON = gettext_noop("The payment provider gave no reason.")


class PaymentRefunds:
    """Refunds of payments; `provider` finds a provider by name."""

    def __init__(self, work: ServiceDatabase, provider: Callable[[str], Awaitable[Provider]]) -> None:
        self._work = work
        self._provider = provider

    async def ask(self, key: str, payment_id: str, amount: Money) -> None:
        """Record a refund, then request it. Raises Missing, Conflict, Invalid, TooMuch."""
        if amount.amount <= 0:
            raise Invalid.at("/amount", _("A refund is above 0."))
        async with self._work.begin() as tx:
            await self.write_refund(tx, key, payment_id, amount)
        await self.execute(key)

    async def write_refund(self, tx: Transaction, key: str, payment_id: str, amount: Money) -> None:
        """First step: write the requested refund, once per key. Raises Missing, Conflict, Invalid, TooMuch."""
        row = await store.lock(tx, payment_id)
        if row is None:
            raise Missing(_("There is no such payment."))
        if row["status"] not in model.PAID:
            raise Conflict(_("This payment is {row}; only a captured payment can be refunded.", row=row["status"]))
        if row["currency"] != amount.currency:
            raise Invalid.at("/amount/currency", _("This payment was made in {row}.", row=row["currency"]))
        if await refund_store.insert(tx, key, payment_id, amount) and not await refund_store.count(
            tx, payment_id, amount
        ):
            left = Money(row["amount"] - row["refunded"], row["currency"])
            raise RefundTooLarge(
                _(
                    "Only {amount} {currency} (minor units) of this payment are left to refund.",
                    amount=left.amount,
                    currency=left.currency,
                )
            )

    async def execute(self, key: str) -> None:
        """Second step: request a refund at the provider, if it is due, and apply the answer. Safe to repeat."""
        known = await refund_store.by_key(self._work, key)
        if known is None or known["state"] != "asked":
            return
        now = self._work.now()
        pause = model.refund_pause(now - (from_micros(known["asked_at"]) if known["asked_at"] else now))
        async with self._work.begin() as tx:
            refund = await refund_store.claim(tx, key, to_micros(tx.now + pause))
            row = await store.row(tx, known["payment_id"])
        if refund is None or row is None:
            return
        try:
            provider = await self._provider(row["provider"])
            amount = Money(refund["amount"], row["currency"])
            answer = await provider.refund(key=key, reference=row["reference"], amount=amount)
        except NO_ANSWER:
            return
        except Refused as error:
            await self._refuse(key, error.detail or _(NO_REASON))
            async with self._work.begin() as tx:  # it may have been refunded or disputed there
                await change_store.look_at(tx, row["id"], to_micros(tx.now))
            return
        await self.believe(key, answer)

    async def believe(self, key: str, answer: ProviderRefund) -> None:
        """Apply the provider's answer, also to a settled refund whose money was returned."""
        if answer.status == "refused":
            await self._refuse(key, answer.reason or _(NO_REASON))
        elif answer.status == "settled":
            await self._settle(key, answer.reference)
        else:
            async with self._work.begin() as tx:
                await refund_store.accept(tx, key, answer.reference)

    async def _settle(self, key: str, reference: str) -> None:
        refund = await refund_store.by_key(self._work, key)
        if refund is None or refund["state"] != "asked":
            return
        async with self._work.begin() as tx:
            row = await store.lock(tx, refund["payment_id"])
            if row is None or not await refund_store.settle(tx, key, reference):
                return
            paid = store.payment(row)
            amount = Money(refund["amount"], paid.amount.currency)
            if paid.status != "disputed":
                back = await refund_store.settled_sum(tx, paid.id)
                await store.set_status(tx, paid.id, model.after_refund(paid.amount, back))
            await store.book(tx, f"refund/{key}", model.refund_entry(paid.provider, amount), paid)
            await tx.emit(RefundSettled(payment_id=paid.id, order_id=paid.order_id, refund_key=key, amount=amount))

    async def _refuse(self, key: str, why: str) -> None:
        """Mark a refund as refused, even a settled one that was returned; its amount can be refunded again."""
        known = await refund_store.by_key(self._work, key)
        if known is None:
            return
        async with self._work.begin() as tx:
            row = await store.lock(tx, known["payment_id"])
            refund = await refund_store.by_key(tx, key)
            if row is None or refund is None or refund["state"] == "refused":
                return
            paid = store.payment(row)
            amount = Money(refund["amount"], paid.amount.currency)
            await refund_store.refuse(tx, key, why)
            await refund_store.uncount(tx, paid.id, amount.amount)
            if refund["state"] == "settled":
                await store.book(tx, f"returned/{key}", model.returned_entry(paid.provider, amount), paid)
                if paid.status != "disputed":
                    back = await refund_store.settled_sum(tx, paid.id)
                    await store.set_status(tx, paid.id, model.after_refund(paid.amount, back))
            await tx.emit(
                RefundRefused(payment_id=paid.id, order_id=paid.order_id, refund_key=key, amount=amount, why=why)
            )

    async def refuse_waiting(self, key: str, why: str) -> None:
        """Refuse a pending refund. Raises Conflict while it is being requested."""
        async with self._work.begin() as tx:
            before, later = to_micros(tx.now - model.UNDER_WAY), to_micros(tx.now + model.UNDER_WAY)
            held = await refund_store.hold(tx, key, before, later)
        if held is None:
            raise Conflict(_(UNDER_WAY))
        await self._refuse(key, why)

    async def cancel(self, key: str, why: str) -> str:
        """Cancel a pending refund and return its payment's id. Raises Missing, Conflict, Unavailable."""
        known = await refund_store.by_key(self._work, key)
        if known is None:
            raise Missing(_("There is no such refund."))
        payment_id = str(known["payment_id"])
        if known["state"] == "settled":
            raise Conflict(_("This refund has been paid."))
        if known["state"] == "refused":
            return payment_id
        async with self._work.begin() as tx:
            before = to_micros(tx.now - model.UNDER_WAY)
            held = await refund_store.hold(tx, key, before, to_micros(tx.now + model.UNDER_WAY))
            row = await store.row(tx, payment_id)
        if held is None or row is None:
            raise Conflict(_(UNDER_WAY))
        if at_provider := await self._taken(key, row):
            await self.believe(key, at_provider)
            if at_provider.status == "settled":
                raise Conflict(_("The payment provider has paid this refund already: it is settled."))
            if at_provider.status == "pending":
                raise Conflict(
                    _("The payment provider has accepted this refund and not decided yet: it may still be paid.")
                )
            return payment_id
        await self._refuse(key, why)
        return payment_id

    async def _taken(self, key: str, row: Row) -> ProviderRefund | None:
        """Return the refund as the provider knows it. Raises Unavailable if that is unknown."""
        at_provider = await (await self._provider(row["provider"])).look_up(row["reference"])
        return next((one for one in at_provider.refunds if one.key == key), None)

    async def ask_waiting(self) -> None:
        """Scheduled job: request pending refunds, each independently."""
        for key in await refund_store.due(self._work, to_micros(self._work.now()), BATCH):
            with self._work.aside.guard("refund", key):
                await self.execute(key)
