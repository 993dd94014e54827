"""Payments. No lock is held while calling a provider; webhooks only trigger look-ups and are never trusted for content."""

from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta

from shopwright.kit.clock import to_micros
from shopwright.kit.data.database import Row
from shopwright.kit.data.unit_of_work import ServiceDatabase
from shopwright.kit.errors import Conflict, Invalid, Missing, Refused, Unavailable
from shopwright.kit.money import Money, zero
from shopwright.kit.origins import Origins
from shopwright.kit.provider import Capture, Offered, Provider, ProviderPayment
from shopwright.kit.translation import gettext as _
from shopwright.services.payments import model, notice_store, refund_store, store
from shopwright.services.payments.attempts import Attempts
from shopwright.services.payments.changes import ProviderChanges
from shopwright.services.payments.connections import Connections
from shopwright.services.payments.contract import (
    NoPaymentProvider,
    Payment,
    PaymentAuthorized,
    PaymentCaptured,
    PaymentChallenge,
    PaymentFailed,
    PaymentMethod,
    Payments,
    PaymentSetup,
    ProviderConnection,
    ProviderExamination,
    UnknownPayment,
)
from shopwright.services.payments.refunds import PaymentRefunds
from shopwright.services.payments.unknown import UnknownPayments

BATCH = 50
LONG = timedelta(minutes=30)
NO_ANSWER = (Unavailable, Invalid, NoPaymentProvider)  # the provider does not answer, or the shop has it no more


class PaymentService(Payments):
    """The operations of payments."""

    def __init__(
        self,
        work: ServiceDatabase,
        offered: Offered,
        returns: Origins,
        attempts: Attempts,
        connections: Connections,
        capture: Capture = "automatic",
    ) -> None:
        self._work = work
        self._connections = connections
        self._attempts = attempts
        self._capture = capture
        self._offered = offered
        self._returns = returns
        self._refunds = PaymentRefunds(work, self._provider)
        self._changes = ProviderChanges(work, self._provider, self._refunds)
        self._unknown = UnknownPayments(work, offered, self._changes)

    async def setup(self) -> PaymentSetup:
        offered = await self._offered()
        methods = [
            PaymentMethod(id=one.id, provider=name, token=one.token, title=_(one.title), hint=_(one.hint))
            for name, provider in offered.items()
            for one in provider.offer.methods
        ]
        return PaymentSetup(
            providers=tuple(offered),
            demo=await self._work.is_demo(),
            methods=tuple(methods),
            origins=tuple(origin for provider in offered.values() for origin in provider.offer.origins),
        )

    async def _provider(self, name: str) -> Provider:
        providers = await self._offered()
        if not providers:
            raise NoPaymentProvider(
                _("This shop has no payment provider yet, so it accepts only orders that cost nothing.")
            )
        if name not in providers:
            raise Invalid.at(
                "/payment/provider",
                _(
                    "There is no payment provider “{name}”; this shop has {providers}.",
                    name=name,
                    providers=", ".join(providers),
                ),
            )
        return providers[name]

    async def check(
        self,
        *,
        order_id: str,
        amount: Money,
        provider: str,
        token: str,
        return_url: str,
        email: str = "",
        address: str = "",
    ) -> None:
        await self._check(amount, provider, return_url)
        await self._attempts.check(self._work, self._attempts.of(order_id, provider, token, email, address))

    async def _check(self, amount: Money, provider: str, return_url: str) -> None:
        if return_url and not self._returns.allow(return_url):
            raise Invalid.at(
                "/payment/return_url",
                _(
                    "The address to come back to is one of this shop, or of an origin it allows (SHOPWRIGHT_RETURN_ORIGINS)."
                ),
            )
        if amount.amount:
            await self._provider(provider)

    async def open(
        self,
        *,
        key: str,
        order_id: str,
        amount: Money,
        provider: str,
        token: str,
        return_url: str,
        email: str = "",
        address: str = "",
    ) -> Payment:
        await self._check(amount, provider, return_url)
        tried = self._attempts.of(order_id, provider, token, email, address)
        async with self._work.begin() as tx:
            if await store.by_key(tx, key) is None:
                await self._attempts.check(tx, tried)
            new = Payment(
                id=self._work.ids.new("pay"),
                order_id=order_id,
                provider=provider if amount.amount else model.NO_PROVIDER,
                status="pending",
                amount=amount,
                refunded=zero(amount.currency),
                created_at=tx.now,
            )
            ask_at = to_micros(tx.now + model.FIRST_QUESTION)
            await store.insert(tx, new, key, token, return_url, ask_at, self._capture, tried)
            row = await store.by_key(tx, key)
        if row is None:
            raise Missing(_("The payment {key} is gone.", key=key))
        if row["order_id"] != order_id or row["amount"] != amount.amount or row["currency"] != amount.currency:
            raise Conflict(_("This payment was opened for another order or amount."))
        return await self._ask(row)

    async def _ask(self, row: Row) -> Payment:
        """Open an unknown payment at the provider (safe to repeat) or look it up, and apply the answer."""
        if row["status"] not in model.UNDECIDED:
            return store.payment(row)
        amount = Money(row["amount"], row["currency"])
        if row["provider"] == model.NO_PROVIDER:
            return await self._believe(row["id"], ProviderPayment(reference="", status="captured", amount=amount))
        provider = await self._provider(row["provider"])
        if row["reference"]:
            answer = await provider.look_up(row["reference"])
        else:
            try:
                answer = await provider.open(
                    key=row["id"],
                    amount=amount,
                    token=row["token"],
                    return_url=row["return_url"],
                    capture=row["capture"],
                )
            except Refused as error:
                answer = ProviderPayment(reference="", status="failed", amount=amount, reason=error.detail)
        if answer.status == "approved":
            answer = await provider.authorise(answer.reference)
        return await self._believe(row["id"], answer)

    async def _believe(self, payment_id: str, answer: ProviderPayment) -> Payment:
        async with self._work.begin() as tx:
            row = await store.lock(tx, payment_id)
            if row is None:
                raise Missing(_("There is no such payment."))
            before = store.payment(row)
            if before.status not in model.UNDECIDED or answer.status == "approved":
                return before
            status = (
                answer.status if answer.status == before.status else model.STATES.move(before.status, answer.status)
            )
            if answer.status == "captured" and answer.amount != before.amount:
                raise Conflict(
                    _(
                        "The provider took {amount} for a payment of {before_amount}.",
                        amount=answer.amount,
                        before_amount=before.amount,
                    )
                )
            await store.decide(
                tx,
                payment_id,
                status=status,
                reference=answer.reference or row["reference"],
                reason=answer.reason,
                redirect_url=answer.redirect_url or "" if status == "requires_action" else "",
                ask_at=to_micros(tx.now + self._patience(before)) if status in model.UNDECIDED else None,
                look_at=None
                if status in model.UNDECIDED
                else to_micros(tx.now + model.FIRST_LOOK)
                if status == "captured" and before.amount.amount
                else 0,
            )
            if status != before.status:
                if status == "captured":
                    await store.book(
                        tx, f"capture/{payment_id}", model.capture_entry(before.provider, before.amount), before
                    )
                    await tx.emit(
                        PaymentCaptured(payment_id=payment_id, order_id=before.order_id, amount=before.amount)
                    )
                elif status == "authorized":
                    await tx.emit(
                        PaymentAuthorized(payment_id=payment_id, order_id=before.order_id, amount=before.amount)
                    )
                elif status in {"failed", "cancelled"}:
                    await tx.emit(
                        PaymentFailed(payment_id=payment_id, order_id=before.order_id, reason=answer.reason or status)
                    )
            after = await store.row(tx, payment_id)
        return store.payment(after) if after else before

    def _patience(self, payment: Payment) -> timedelta:
        """The pause before the next look-up: short at first, then five minutes."""
        age = self._work.now() - payment.created_at
        return max(model.FIRST_QUESTION, min(age / 2, model.CALM))

    async def get(self, payment_id: str) -> Payment:
        row = await store.row(self._work, payment_id)
        if row is None:
            raise Missing(_("There is no such payment."))
        return await self._with_refunds(row)

    async def _with_refunds(self, row: Row) -> Payment:
        return store.payment(row, await refund_store.of_payment(self._work, row["id"]))

    async def orders_of(self, name: str) -> list[str]:
        return await store.orders_of(self._work, name, list(await self._offered()))

    async def of_order(self, order_id: str) -> list[Payment]:
        return [await self._with_refunds(row) for row in await store.of_order(self._work, order_id)]

    async def look_up(self, payment_id: str) -> Payment:
        row = await store.row(self._work, payment_id)
        if row is None:
            raise Missing(_("There is no such payment."))
        return await self._ask(row)

    async def challenge(self, payment_id: str) -> PaymentChallenge:
        row = await store.row(self._work, payment_id)
        if row is None:
            raise Missing(_("There is no such payment."))
        found = None
        if row["status"] == "requires_action":
            found = await (await self._provider(row["provider"])).challenge(row["reference"])
        if found is None:
            raise Conflict(_("This payment does not wait for a confirmation."), data={"return_url": row["return_url"]})
        return PaymentChallenge(
            script=found.script,
            publishable_key=found.publishable_key,
            client_secret=found.client_secret,
            return_url=row["return_url"],
        )

    async def capture(self, payment_id: str) -> Payment:
        row = await store.row(self._work, payment_id)
        if row is None:
            raise Missing(_("There is no such payment."))
        if row["status"] in model.PAID:
            return store.payment(row)
        if row["status"] != "authorized":
            raise Conflict(_("This payment is {row}; only an authorised payment can be captured.", row=row["status"]))
        return await self._believe(payment_id, await (await self._provider(row["provider"])).capture(row["reference"]))

    async def void(self, payment_id: str) -> Payment:
        row = await store.row(self._work, payment_id)
        if row is None:
            raise Missing(_("There is no such payment."))
        if row["status"] not in model.UNDECIDED:
            return store.payment(row)
        opened = row if row["reference"] else None
        if opened is None:
            checked = await self._ask(row)
            if checked.status not in model.UNDECIDED:
                return checked
            opened = await store.row(self._work, payment_id)
        voided = await (await self._provider(row["provider"])).void(opened["reference"] if opened else "")
        return await self._believe(payment_id, voided)

    async def refund(self, *, key: str, payment_id: str, amount: Money) -> Payment:
        await self._refunds.ask(key, payment_id, amount)
        return await self.get(payment_id)

    async def cancel_refund(self, *, key: str, why: str) -> Payment:
        return await self.get(await self._refunds.cancel(key, why))

    async def ask_waiting(self) -> None:
        """Scheduled job: see `PaymentRefunds`."""
        await self._refunds.ask_waiting()

    async def webhook(self, provider: str, headers: Mapping[str, str], body: bytes) -> None:
        notice = await (await self._provider(provider)).verify(headers, body)
        if await notice_store.is_handled(self._work, provider, notice.id):
            return
        row = await notice_store.payment_of(self._work, provider, notice)
        if row is None and notice.key:
            raise Missing(_("There is no such payment (yet)."))
        if row is not None:
            await (self._changes.look_up(row) if row["status"] in model.PAID else self._ask(row))
        async with self._work.begin() as tx:
            await notice_store.add(tx, provider, notice, row["id"] if row else "")

    async def connections(self) -> list[ProviderConnection]:
        return await self._connections.all()

    async def connect(self, provider: str, keys: Mapping[str, str], who: str) -> ProviderConnection:
        return await self._connections.connect(provider, keys, who)

    async def disconnect(self, provider: str) -> None:
        await self._connections.disconnect(provider)

    async def examine(self, provider: str) -> ProviderExamination:
        connected = self._connections.named(provider)
        try:
            found = await connected.examine()
        except (Unavailable, Refused) as error:
            return ProviderExamination(live=False, problem=error.detail)
        return ProviderExamination(live=found.live)

    async def protect(self, *, anew: bool) -> int:
        """Encrypt stored keys; `anew`: with the newest key of the vault."""
        return await self._connections.protect(anew=anew)

    async def forget_notices(self) -> None:
        """Scheduled job: delete notices too old to come again."""
        await notice_store.forget(self._work)

    async def unknown_payments(self) -> list[UnknownPayment]:
        return await self._unknown.found()

    async def import_payment(self, provider: str, reference: str) -> Payment:
        return await self.get(await self._unknown.import_payment(provider, await self._provider(provider), reference))

    async def look_up_due(self) -> None:
        """Scheduled job: see `ProviderChanges`."""
        await self._changes.look_up_due()

    async def compare(self) -> list[str]:
        """Compare payments with the provider's for doctor; see `ProviderChanges`."""
        return await self._changes.compare()

    async def ask_undecided(self) -> None:
        """Scheduled job: look up undecided payments that no webhook reported."""
        for payment_id in await store.undecided(self._work, to_micros(self._work.now()), BATCH):
            with self._work.aside.guard("payment", payment_id):
                await self._ask_undecided(payment_id)

    async def _ask_undecided(self, payment_id: str) -> None:
        row = await store.row(self._work, payment_id)
        if row is None:
            return
        async with self._work.begin() as tx:
            await store.ask_again(tx, payment_id, to_micros(tx.now + self._patience(store.payment(row))))
        with suppress(*NO_ANSWER):
            checked = await self._ask(row)
            if checked.status == "requires_action" and checked.created_at + model.UNANSWERED < self._work.now():
                await self.void(payment_id)

    async def forget_tries(self) -> None:
        """Scheduled job: delete expired attempt keys."""
        await self._attempts.forget()

    async def metrics(self) -> dict[str, float]:
        """Metrics: undecided payments and pending refunds. Long means half an hour beyond a shopper's time."""
        now = self._work.now()
        payments = await store.metrics(self._work, to_micros(now - model.UNANSWERED - LONG))
        return {**payments, **await refund_store.metrics(self._work, to_micros(now))}

    async def check_consistency(self) -> list[str]:
        """Describe inconsistencies for `doctor`."""
        return await store.check_consistency(self._work)
