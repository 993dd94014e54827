"""Unknown payments: received by a provider but unknown to the shop; they can be listed and recorded."""

from shopwright.kit.data.unit_of_work import ServiceDatabase
from shopwright.kit.errors import Conflict
from shopwright.kit.ids import is_id
from shopwright.kit.provider import Offered, Provider
from shopwright.kit.translation import gettext as _
from shopwright.services.payments import change_store, model, store
from shopwright.services.payments.changes import ProviderChanges
from shopwright.services.payments.contract import UnknownPayment

MOST = 1_000  # payments checked per provider


class UnknownPayments:
    """Compares providers' payments with ours."""

    def __init__(self, work: ServiceDatabase, offered: Offered, changes: ProviderChanges) -> None:
        self._work = work
        self._offered = offered
        self._changes = changes

    async def found(self) -> list[UnknownPayment]:
        """Return unknown payments, each provider's newest first. Raises Unavailable."""
        since = self._work.now() - model.LOOKED_UP_FOR
        unknown: list[UnknownPayment] = []
        for name, provider in (await self._offered()).items():
            payments = await provider.payments_since(since, MOST)
            references, keys = [one.reference for one in payments], [one.key for one in payments]
            known = await change_store.known(self._work, name, references, keys)
            unknown += [
                UnknownPayment(provider=name, reference=one.reference, amount=one.amount)
                for one in payments
                if one.status == "captured" and not {one.reference, one.key} & known
            ]
        return unknown

    async def import_payment(self, name: str, provider: Provider, reference: str) -> str:
        """Record a payment and its refunds. Returns its id."""
        if (row := await store.by_reference(self._work, name, reference)) is not None:
            return str(row["id"])
        payment = await provider.look_up(reference)
        if payment.status != "captured":
            raise Conflict(
                _(
                    "{name} has received no money for {reference}: it is {status}.",
                    name=name,
                    reference=reference,
                    status=payment.status,
                )
            )
        payment_id = payment.key if is_id(payment.key, "pay") else self._work.ids.new("pay")
        async with self._work.begin() as tx:
            if await change_store.insert_taken_in(tx, payment_id, name, reference, payment.amount):
                made = await store.row(tx, payment_id)
                if made is not None:
                    paid = store.payment(made)
                    await store.book(tx, f"capture/{payment_id}", model.capture_entry(name, payment.amount), paid)
        row = await store.row(self._work, payment_id)
        if row is None or row["reference"] != reference:
            raise Conflict(
                _(
                    "Payment {payment_id} is already recorded with another reference of {name}.",
                    payment_id=payment_id,
                    name=name,
                )
            )
        await self._changes.look_up(row)
        return payment_id
