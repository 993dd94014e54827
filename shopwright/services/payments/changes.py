"""Changes to received payments by their providers: refunds made there, disputes, returned money.

Webhooks report them at once; look-ups find what webhooks miss, for as long as a bank may still change its mind.
"""

from collections.abc import Awaitable, Callable
from contextlib import suppress

from shopwright.kit.clock import to_micros
from shopwright.kit.data.database import Row
from shopwright.kit.data.unit_of_work import ServiceDatabase, Transaction
from shopwright.kit.errors import Conflict, Missing
from shopwright.kit.money import Money
from shopwright.kit.provider import Provider, ProviderPayment, ProviderRefund
from shopwright.kit.translation import gettext as _
from shopwright.kit.translation import gettext_noop
from shopwright.services.payments import change_store, model, refund_store, store
from shopwright.services.payments.contract import Payment, PaymentDisputed, RefundSettled
from shopwright.services.payments.refunds import NO_ANSWER, PaymentRefunds

BATCH = 50
SCHEDULED = 500
COMPARED = 100
REFUNDED_AT_PROVIDER = gettext_noop("The money was refunded on the payment provider's own page.")


class ProviderChanges:
    """Follows received payments; `provider` finds a provider by name."""

    def __init__(
        self, work: ServiceDatabase, provider: Callable[[str], Awaitable[Provider]], refunds: PaymentRefunds
    ) -> None:
        self._work = work
        self._provider = provider
        self._refunds = refunds

    async def look_up_due(self) -> None:
        """Scheduled job: look up payments after pauses that grow with their age."""
        async with self._work.begin() as tx:
            await change_store.schedule_missing(tx, SCHEDULED)
            rows = await change_store.claim_due(tx, BATCH)
        for row in rows:
            with self._work.aside.guard("payment", row["id"]), suppress(*NO_ANSWER):
                try:
                    await self.look_up(row)
                except Conflict:  # with a refund that is being asked for at this moment
                    async with self._work.begin() as tx:
                        await change_store.look_at(tx, row["id"], to_micros(tx.now + model.UNDER_WAY))
                    raise

    async def look_up(self, row: Row) -> None:
        """Look up a received payment and apply the answer. Raises Unavailable."""
        if row["provider"] == model.NO_PROVIDER:
            return
        payment = await (await self._provider(row["provider"])).look_up(row["reference"])
        ours = {one["key"]: one for one in await refund_store.of_payment(self._work, row["id"])}
        for one in payment.refunds:
            if one.key in ours:
                await self._refunds.believe(one.key, one)
        await self._dispute(row["id"], payment)
        for one in payment.refunds:
            if one.status == "settled" and (one.key not in ours or ours[one.key]["state"] == "refused"):
                await self._outside(row["id"], f"provider-{one.reference}", one, payment)
            elif one.status == "refused" and f"provider-{one.reference}" in ours:
                await self._refunds.believe(f"provider-{one.reference}", one)

    async def _outside(self, payment_id: str, key: str, one: ProviderRefund, payment: ProviderPayment) -> None:
        """Record a refund made at the provider; our own pending refunds give way."""
        if await refund_store.by_key(self._work, key) is not None:
            return
        await self._refuse_excess_refunds(payment_id, one.amount, payment)
        async with self._work.begin() as tx:
            paid = await self._locked(tx, payment_id)
            if not await change_store.insert_outside(tx, key, payment_id, one.amount, one.reference, ""):
                return
            if not await refund_store.count(tx, payment_id, one.amount):
                raise Conflict(_("The provider has refunded more than was received, or a refund is being requested."))
            await self._book(tx, paid, key, one.amount, one.reference, dispute=False)

    async def _refuse_excess_refunds(self, payment_id: str, amount: Money, payment: ProviderPayment) -> None:
        known = {one.key for one in payment.refunds}
        for one in reversed(await refund_store.of_payment(self._work, payment_id)):
            row = await store.row(self._work, payment_id)
            if row is None or row["refunded"] + amount.amount <= row["amount"]:
                return
            if one["state"] == "asked" and one["key"] not in known:
                await self._refunds.refuse_waiting(one["key"], _(REFUNDED_AT_PROVIDER))

    async def _book(
        self, tx: Transaction, paid: Payment, key: str, amount: Money, reference: str, *, dispute: bool
    ) -> None:
        if dispute or paid.status != "disputed":
            back = await refund_store.settled_sum(tx, paid.id)
            await store.set_status(tx, paid.id, model.after_refund(paid.amount, back))
        await store.book(tx, f"refund/{key}", model.refund_entry(paid.provider, amount), paid)
        await tx.emit(
            RefundSettled(
                payment_id=paid.id,
                order_id=paid.order_id,
                refund_key=key,
                amount=amount,
                by_provider=True,
                dispute=dispute,
                reference=reference,
            )
        )

    async def _dispute(self, payment_id: str, payment: ProviderPayment) -> None:
        """Apply the state of a dispute; if it is lost, all that was left is gone."""
        if payment.dispute == "lost":
            await self._refuse_excess_refunds(payment_id, payment.amount, payment)
        async with self._work.begin() as tx:
            row = await store.lock(tx, payment_id)
            if row is None or row["dispute"] == payment.dispute or row["status"] not in model.PAID:
                return
            paid = store.payment(row)
            await change_store.set_dispute(tx, paid.id, payment.dispute)
            back = await refund_store.settled_sum(tx, paid.id)
            left = Money(paid.amount.amount - row["refunded"], paid.amount.currency)
            status = "disputed" if payment.dispute == "open" else model.after_refund(paid.amount, back)
            await store.set_status(tx, paid.id, status)
            await tx.emit(
                PaymentDisputed(payment_id=paid.id, order_id=paid.order_id, state=payment.dispute, amount=left)
            )
            key = f"dispute-{paid.id}"
            if (
                payment.dispute == "lost"
                and left.amount > 0
                and await change_store.insert_outside(tx, key, paid.id, left, "", _("The bank decided for the buyer."))
                and await refund_store.count(tx, paid.id, left)
            ):
                await self._book(tx, paid, key, left, "", dispute=True)

    async def _locked(self, tx: Transaction, payment_id: str) -> Payment:
        row = await store.lock(tx, payment_id)
        if row is None:
            raise Missing(_("There is no such payment."))
        return store.payment(row)

    async def compare(self) -> list[str]:
        """Describe for `doctor` where the newest payments differ from the providers' records."""
        since = to_micros(self._work.now() - model.LOOKED_UP_FOR)
        wrong: list[str] = []
        for row in await change_store.latest(self._work, since, COMPARED):
            try:
                payment = await (await self._provider(row["provider"])).look_up(row["reference"])
            except NO_ANSWER as error:
                wrong.append(
                    _(
                        "Payments of {provider} cannot be compared with its books: {detail}",
                        provider=row["provider"],
                        detail=error.detail,
                    )
                )
                break
            except Missing:
                wrong.append(
                    _(
                        "Payment {id} is not known to {provider} as {reference}.",
                        id=row["id"],
                        provider=row["provider"],
                        reference=row["reference"],
                    )
                )
                continue
            wrong += model.differences(
                store.payment(row, await refund_store.of_payment(self._work, row["id"])), payment
            )
        return wrong
