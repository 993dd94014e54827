"""The API of the pretend provider, and its signed webhooks."""

import hashlib
import hmac
import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from shopwright.engines.payments.pretend.own_page import DELAY, SCENES, OwnPage, provider_refund
from shopwright.kit.clock import to_micros
from shopwright.kit.data.database import Row
from shopwright.kit.data.events import ScheduledJob
from shopwright.kit.data.unit_of_work import ServiceDatabase, Transaction
from shopwright.kit.digits import is_number
from shopwright.kit.errors import Denied, Missing, Refused
from shopwright.kit.money import Money
from shopwright.kit.provider import (
    Capture,
    Examination,
    PaymentStatus,
    ProviderChallenge,
    ProviderMethod,
    ProviderNotice,
    ProviderOffer,
    ProviderPayment,
    ProviderRefund,
    SendWebhook,
)
from shopwright.kit.translation import gettext as _
from shopwright.kit.translation import gettext_noop
from shopwright.kit.vault import Vault, protect

log = logging.getLogger("shopwright.pretend")

SIGNATURE = "pretend-signature"
TOLERANCE = timedelta(minutes=5)
ATTEMPTS = 8
FIRST: Mapping[str, PaymentStatus] = {
    "pretend_ok": "captured",
    "pretend_declined": "failed",
    "pretend_3ds": "requires_action",
    "pretend_delayed": "pending",
    "pretend_lost": "pending",
    "pretend_refund_refused": "captured",
    "pretend_refund_refused_later": "captured",
    "pretend_refund_delayed": "captured",
    "pretend_refund_returned": "captured",
    "pretend_refunded": "captured",
    "pretend_disputed": "captured",
    "pretend_dispute_won": "captured",
    "pretend_dispute_lost": "captured",
}

METHODS = tuple(
    ProviderMethod(id=token, token=token, title=title, hint=hint)
    for token, title, hint in (
        ("pretend_ok", gettext_noop("Card that works"), gettext_noop("Approved at once.")),
        (
            "pretend_3ds",
            gettext_noop("Card that asks your bank"),
            gettext_noop("Goes to the bank’s page and back (3-D Secure)."),
        ),
        (
            "pretend_declined",
            gettext_noop("Card that is declined"),
            gettext_noop("The bank says no; nothing is charged."),
        ),
        ("pretend_delayed", gettext_noop("Bank transfer"), gettext_noop("Settles a few seconds later.")),
    )
)


class NoticeBody(msgspec.Struct):
    """The body of a webhook."""

    id: str
    reference: str
    time: int
    key: str = ""


class PretendProvider:
    """A provider with its own database. `base_url`: of its pages; `send`: sends its webhooks."""

    def __init__(self, work: ServiceDatabase, base_url: str, send: SendWebhook, vault: Vault) -> None:
        self._work = work
        self._vault = vault
        self._base_url = base_url
        self._send = send
        self._secret = b""

    @property
    def offer(self) -> ProviderOffer:
        return ProviderOffer(methods=METHODS)

    async def challenge(self, _reference: str) -> ProviderChallenge | None:
        return None

    async def prepare(self) -> None:
        """Create or read the secret that signs webhooks."""
        async with self._work.begin() as tx:
            await tx.run(
                "INSERT INTO secrets (name, secret) VALUES ('webhook', :secret) ON CONFLICT (name) DO NOTHING",
                secret=self._vault.close(self._work.ids.secret()),
            )
            row = await tx.one("SELECT secret FROM secrets WHERE name = 'webhook'")
        self._secret = self._vault.open(row["secret"]).encode() if row else b""

    async def protect(self, *, anew: bool = False) -> int:
        """Encrypt the secret; `anew`: with the newest key."""
        async with self._work.begin() as tx:
            return await protect(tx, self._vault, (("secrets", "name", "secret"),), anew=anew)

    @property
    def own_page(self) -> OwnPage:
        """Return its own pages' operations, and those of buyers' banks."""
        return OwnPage(self._work, self._notify)

    async def open(self, *, key: str, amount: Money, token: str, return_url: str, capture: Capture) -> ProviderPayment:
        if token not in FIRST:
            raise Refused(
                _(
                    "The pretend provider knows the tokens {names}; “{token}” is none of them.",
                    names=", ".join(FIRST),
                    token=token[:40],
                )
            )
        status = FIRST[token] if FIRST[token] != "captured" or capture == "automatic" else "authorized"
        async with self._work.begin() as tx:
            later = to_micros(tx.now + DELAY)
            reference = self._work.ids.new("pi")
            fresh = await tx.run(
                "INSERT INTO intents (reference, key, status, amount, currency, token, return_url, reason, settles_at,"
                " plays_at, capture) VALUES (:reference, :key, :status, :amount, :currency, :token, :return_url, :reason,"
                " :settles_at, :plays_at, :capture)"
                " ON CONFLICT (key) DO NOTHING",
                reference=reference,
                key=key,
                status=status,
                amount=amount.amount,
                currency=amount.currency,
                token=token,
                return_url=return_url,
                reason=gettext_noop("The card was declined.") if status == "failed" else "",
                settles_at=later if status == "pending" else None,
                plays_at=later if token in SCENES else None,
                capture=capture,
            )
            if fresh and status in {"captured", "authorized"}:
                await self._notify(tx, reference)
            row = await tx.one("SELECT * FROM intents WHERE key = :key", key=key)
        return self._payment_of(row)

    def _payment_of(self, row: Row | None, refunds: Sequence[Row] = ()) -> ProviderPayment:
        if row is None:
            raise Missing(_("The provider knows no such payment."))
        needs_action = row["status"] == "requires_action"
        return ProviderPayment(
            reference=row["reference"],
            status=row["status"],
            amount=Money(row["amount"], row["currency"]),
            refunded=sum(one["amount"] for one in refunds if one["status"] == "settled"),
            refunds=tuple(provider_refund(one, row["currency"]) for one in refunds),
            dispute=row["dispute"],
            key=row["key"],
            redirect_url=f"{self._base_url}/pretend/3ds/{row['reference']}" if needs_action else None,
            reason=_(row["reason"]) if row["reason"] else "",
        )

    async def look_up(self, reference: str) -> ProviderPayment:
        row = await self._work.one("SELECT * FROM intents WHERE reference = :reference", reference=reference)
        return self._payment_of(
            row,
            await self._work.fetch(
                "SELECT * FROM intent_refunds WHERE reference = :reference ORDER BY name, key", reference=reference
            ),
        )

    async def payments_since(self, since: datetime, limit: int) -> Sequence[ProviderPayment]:
        rows = await self._work.fetch(
            "SELECT * FROM intents WHERE reference >= :since ORDER BY reference DESC LIMIT :limit",
            since=self._work.ids.at("pi", since),
            limit=limit,
        )
        return [self._payment_of(row) for row in rows]

    async def authorise(self, reference: str) -> ProviderPayment:
        async with self._work.begin() as tx:
            await tx.run(
                "UPDATE intents SET status = 'authorized' WHERE reference = :reference AND status = 'approved'",
                reference=reference,
            )
        return await self.look_up(reference)

    async def capture(self, reference: str) -> ProviderPayment:
        async with self._work.begin() as tx:
            if await tx.run(
                "UPDATE intents SET status = 'captured' WHERE reference = :reference AND status = 'authorized'",
                reference=reference,
            ):
                await self._notify(tx, reference)
        payment = await self.look_up(reference)
        if payment.status != "captured":
            raise Refused(_("The provider has authorised nothing: this payment is {status}.", status=payment.status))
        return payment

    async def void(self, reference: str) -> ProviderPayment:
        async with self._work.begin() as tx:
            await tx.run(
                "UPDATE intents SET status = 'cancelled', settles_at = NULL"
                " WHERE reference = :reference AND status IN ('pending', 'requires_action', 'approved', 'authorized')",
                reference=reference,
            )
        return await self.look_up(reference)

    async def refund(self, *, key: str, reference: str, amount: Money) -> ProviderRefund:
        return await self.own_page.refund(reference, amount, key)

    async def answer_challenge(self, reference: str, *, approved: bool) -> str:
        """Record the 3-D Secure answer and return the URL to go back to."""
        async with self._work.begin() as tx:
            moved = await tx.run(
                "UPDATE intents SET status = CASE WHEN :approved = 0 THEN 'failed' WHEN capture = 'manual' THEN 'approved'"
                " ELSE 'captured' END, reason = :reason WHERE reference = :reference AND status = 'requires_action'",
                reference=reference,
                approved=int(approved),
                reason="" if approved else gettext_noop("The bank did not confirm the payment."),
            )
            if moved:
                await self._notify(tx, reference)
            row = await tx.one("SELECT return_url FROM intents WHERE reference = :reference", reference=reference)
        if row is None:
            raise Missing(_("The provider knows no such payment."))
        return str(row["return_url"]) or f"{self._base_url}/"

    async def _notify(self, tx: Transaction, reference: str) -> None:
        await tx.run(
            "INSERT INTO notices (id, reference, due) VALUES (:id, :reference, :due)",
            id=self._work.ids.new("ntc"),
            reference=reference,
            due=to_micros(tx.now),
        )

    async def settle(self) -> None:
        """Scheduled job: capture delayed payments; lost ones send no webhook."""
        async with self._work.begin() as tx:
            rows = await tx.fetch(
                "UPDATE intents SET status = CASE WHEN capture = 'manual' THEN 'authorized' ELSE 'captured' END,"
                " settles_at = NULL WHERE settles_at <= :now AND status = 'pending' RETURNING reference, token",
                now=to_micros(tx.now),
            )
            for row in rows:
                if row["token"] != "pretend_lost":  # noqa: S105 -- a kind of behaviour, not a secret
                    await self._notify(tx, row["reference"])
        await self.own_page.play()

    async def call(self) -> None:
        """Scheduled job: send due webhooks, with retries."""
        now = to_micros(self._work.now())
        for row in await self._work.fetch(
            "SELECT n.*, i.key FROM notices n JOIN intents i ON i.reference = n.reference"
            " WHERE n.due <= :now ORDER BY n.due LIMIT 50",
            now=now,
        ):
            body = msgspec.json.encode(NoticeBody(row["id"], row["reference"], now // 1_000_000, row["key"]))
            taken = await self._send("pretend", self.sign(body), body)
            async with self._work.begin() as tx:
                if taken or row["attempts"] >= ATTEMPTS:
                    await tx.run("DELETE FROM notices WHERE id = :id", id=row["id"])
                else:
                    await tx.run(
                        "UPDATE notices SET attempts = attempts + 1, due = :due WHERE id = :id",
                        id=row["id"],
                        due=to_micros(tx.now + timedelta(seconds=2 ** row["attempts"])),
                    )

    async def examine(self) -> Examination:
        return Examination(live=False)

    async def close(self) -> None:
        """No-op: the shop closes its database."""

    def timers(self) -> list[ScheduledJob]:
        """Return the scheduled jobs."""
        second = timedelta(seconds=1)
        return [ScheduledJob("pretend.settle", second, self.settle), ScheduledJob("pretend.call", second, self.call)]

    def sign(self, body: bytes) -> dict[str, str]:
        """The headers of a webhook: HMAC-SHA256 over its time and body."""
        moment = str(int(self._work.now().timestamp()))
        mark = hmac.new(self._secret, moment.encode() + b"." + body, hashlib.sha256).hexdigest()
        return {SIGNATURE: f"t={moment},v1={mark}"}

    async def verify(self, headers: Mapping[str, str], body: bytes) -> ProviderNotice:
        given = {name.lower(): value for name, value in headers.items()}.get(SIGNATURE, "")
        parts = dict(part.partition("=")[::2] for part in given.split(","))
        moment, mark = parts.get("t", ""), parts.get("v1", "")
        right = hmac.new(self._secret, moment.encode() + b"." + body, hashlib.sha256).hexdigest()
        if not self._secret or not hmac.compare_digest(mark.encode(), right.encode()):
            raise Denied(_("The signature of this webhook is wrong."))
        if not is_number(moment) or abs(self._work.now().timestamp() - int(moment)) > TOLERANCE.total_seconds():
            raise Denied(_("This webhook is too old."))
        notice = msgspec.json.decode(body, type=NoticeBody)
        return ProviderNotice(notice.id, notice.reference, notice.key)
