"""Refunds and disputes at the pretend provider, including those made there."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

from shopwright.kit.clock import to_micros
from shopwright.kit.data.database import Row
from shopwright.kit.data.unit_of_work import ServiceDatabase, Transaction
from shopwright.kit.errors import Missing, Refused
from shopwright.kit.money import Money
from shopwright.kit.provider import ProviderDispute, ProviderRefund
from shopwright.kit.translation import gettext as _
from shopwright.kit.translation import gettext_noop

DELAY = timedelta(seconds=3)
# What follows a payment with one of these tokens, step by step.
SCENES: Mapping[str, tuple[str, ...]] = {
    "pretend_refunded": ("refund",),
    "pretend_disputed": ("open",),
    "pretend_dispute_won": ("open", "won"),
    "pretend_dispute_lost": ("open", "lost"),
}
REFUSES, REFUSES_LATER = "pretend_refund_refused", "pretend_refund_refused_later"
PENDING = {REFUSES_LATER, "pretend_refund_delayed"}
RETURNED = "pretend_refund_returned"
TOO_OLD = gettext_noop("This payment is too old to be refunded.")
SENT_BACK = gettext_noop("The buyer's bank could not accept the money and returned it.")
Notify = Callable[[Transaction, str], Awaitable[None]]


def provider_refund(row: Row, currency: str) -> ProviderRefund:
    """A refund as the provider reports it."""
    return ProviderRefund(
        reference=row["name"] or row["key"],
        status=row["status"],
        amount=Money(row["amount"], currency),
        key="" if row["own"] else row["key"],
        reason=_(row["reason"]) if row["reason"] else "",
    )


class OwnPage:
    """Refunds and disputes; `notify` sends webhooks."""

    def __init__(self, work: ServiceDatabase, notify: Notify) -> None:
        self._work = work
        self._notify = notify

    async def refund(self, reference: str, amount: Money, key: str = "") -> ProviderRefund:
        """Refund, once per `key` for the shop, or at the provider. Raises Refused."""
        async with self._work.begin() as tx:
            known = await tx.one("SELECT * FROM intent_refunds WHERE key = :key", key=key) if key else None
            if known is not None:
                return provider_refund(known, amount.currency)
            row = await tx.one("SELECT token, dispute FROM intents WHERE reference = :reference", reference=reference)
            token = row["token"] if row else ""
            if key and token == REFUSES:
                raise Refused(_(TOO_OLD))
            if row is not None and row["dispute"] == "open":
                raise Refused(_("The buyer disputes this payment at their bank; it cannot be refunded meanwhile."))
            if not await tx.run(
                "UPDATE intents SET refunded = refunded + :amount WHERE reference = :reference AND status = 'captured'"
                " AND refunded + :amount <= amount AND dispute <> 'lost'",
                reference=reference,
                amount=amount.amount,
            ):
                raise Refused(_("The provider has not received that much to refund."))
            name = self._work.ids.new("re")
            await tx.run(
                "INSERT INTO intent_refunds (key, reference, amount, status, name, own, decides_at)"
                " VALUES (:key, :reference, :amount, :status, :name, :own, :decides_at)",
                key=key or name,
                reference=reference,
                amount=amount.amount,
                status="pending" if key and token in PENDING else "settled",
                name=name,
                own=int(not key),
                decides_at=to_micros(tx.now + DELAY) if key and token in {*PENDING, RETURNED} else None,
            )
            if not key:
                await self._notify(tx, reference)
            made = await tx.one("SELECT * FROM intent_refunds WHERE key = :key", key=key or name)
        if made is None:
            raise Missing(_("The provider knows no such refund."))
        return provider_refund(made, amount.currency)

    async def dispute(self, reference: str, state: ProviderDispute) -> None:
        """Open (`open`) or decide a dispute, for the shop (`won`) or the buyer (`lost`)."""
        async with self._work.begin() as tx:
            await tx.run(
                "UPDATE intents SET dispute = :state WHERE reference = :reference AND status = 'captured'",
                reference=reference,
                state=state,
            )
            await self._notify(tx, reference)

    async def play(self) -> None:
        """Scheduled job: play what the tokens announce for later."""
        await self._decide()
        now = to_micros(self._work.now())
        for row in await self._work.fetch(
            "SELECT * FROM intents WHERE plays_at <= :now AND status IN ('captured', 'authorized')", now=now
        ):
            if row["status"] == "captured":
                await self._play(row)

    async def _play(self, row: Row) -> None:
        scenes = SCENES.get(row["token"], ())
        place = scenes.index(row["dispute"]) + 1 if row["dispute"] in scenes else 0
        async with self._work.begin() as tx:
            again = place + 1 < len(scenes)
            if not await tx.run(
                "UPDATE intents SET plays_at = :next WHERE reference = :reference AND plays_at = :before",
                reference=row["reference"],
                before=row["plays_at"],
                next=to_micros(tx.now + 2 * DELAY) if again else None,
            ):
                return
        if scenes[place] == "refund":
            await self.refund(row["reference"], Money(max(1, row["amount"] // 2), row["currency"]))
        elif scenes[place] == "open":
            await self.dispute(row["reference"], "open")
        else:
            await self.dispute(row["reference"], "won" if scenes[place] == "won" else "lost")

    async def _decide(self) -> None:
        async with self._work.begin() as tx:
            rows = await tx.fetch(
                "SELECT r.*, i.token FROM intent_refunds r JOIN intents i ON i.reference = r.reference"
                " WHERE r.decides_at <= :now",
                now=to_micros(tx.now),
            )
            for row in rows:
                refused = row["token"] in {REFUSES_LATER, RETURNED}
                if not await tx.run(
                    "UPDATE intent_refunds SET status = :status, reason = :reason, decides_at = NULL"
                    " WHERE key = :key AND decides_at IS NOT NULL",
                    key=row["key"],
                    status="refused" if refused else "settled",
                    reason=SENT_BACK if row["token"] == RETURNED else TOO_OLD if refused else "",
                ):
                    continue
                if refused:
                    await tx.run(
                        "UPDATE intents SET refunded = refunded - :amount WHERE reference = :reference",
                        reference=row["reference"],
                        amount=row["amount"],
                    )
                await self._notify(tx, row["reference"])
