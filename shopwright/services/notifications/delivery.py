"""Delivery: a message is tried until it is sent, refused for good, or outdated.

After a failure a channel pauses, each time for longer, and its messages wait; then a single message probes whether the
provider is back. The rest of the shop never waits for longer than one try.
"""

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Literal

import msgspec

from shopwright.kit import business
from shopwright.kit.clock import from_micros, to_micros
from shopwright.kit.data.unit_of_work import ServiceDatabase
from shopwright.kit.errors import Conflict, Invalid, Missing, Refused, ShopError
from shopwright.kit.observability import tracing
from shopwright.kit.ports import Deferred, Message, MessageTransport
from shopwright.kit.translation import gettext as _
from shopwright.services.giftcards.contract import GiftCards
from shopwright.services.notifications import alert_store, delivery_store, retries, store, topics
from shopwright.services.notifications.attachments import Attachments
from shopwright.services.notifications.contract import DeliveryReport, ResendResult
from shopwright.services.notifications.delivery_store import AttemptResult, PendingMessage
from shopwright.services.notifications.outgoing_message import MASK, Secret, filled
from shopwright.services.orders.contract import Orders
from shopwright.services.users.contract import Users

log = logging.getLogger("shopwright.notifications")

BATCH = 50
# A run of the job ends by then and continues with the next, so that other jobs get their turn.
RUN_S = 5.0
RESENT_AT_ONCE = 500
Outcome = Literal["sent", "refused", "deferred", "away"]


class ChannelBackoff:
    """The growing pause of a channel after failures."""

    def __init__(self) -> None:
        self._failures = 0
        self._until = 0.0
        self.away_since: datetime | None = None

    def is_over(self, monotonic: float) -> bool:
        """Whether the channel may be tried."""
        return not self._failures or monotonic >= self._until

    def answered(self) -> None:
        """Record a success."""
        self._failures, self.away_since = 0, None

    def failed(self, monotonic: float, now: datetime) -> None:
        """Record a failure."""
        self._failures += 1
        self._until = monotonic + retries.rest_s(self._failures)
        self.away_since = self.away_since or now


class MessageDelivery:
    """Sends waiting messages through the transport of their channel."""

    def __init__(
        self,
        work: ServiceDatabase,
        transports: Mapping[str, MessageTransport],
        *,
        users: Users,
        orders: Orders,
        giftcards: GiftCards,
        attachments: Attachments,
    ) -> None:
        self._work = work
        self._transports = transports
        self._users = users
        self._orders = orders
        self._giftcards = giftcards
        self._attachments = attachments
        self._rests = {channel: ChannelBackoff() for channel in transports}

    async def send(self) -> None:
        """Scheduled job: send what is due, for some seconds."""
        until = self._work.clock.monotonic() + RUN_S
        while self._work.clock.monotonic() <= until:
            channels = [name for name in self._transports if self._may_try(name)]
            if not channels or not await delivery_store.due(self._work, channels):
                return
            async with self._work.begin() as tx:
                claimed = await delivery_store.claim(tx, BATCH, channels)
            left = []
            for one in claimed:
                if self._may_try(one.message.channel) and self._work.clock.monotonic() <= until:
                    with (
                        tracing.for_request(one.request or tracing.request_id()),
                        self._work.aside.guard("message", one.message.id),
                    ):
                        await self._send(one)
                else:
                    left.append(one.message.id)
            if left:
                async with self._work.begin() as tx:
                    await delivery_store.release(tx, left)

    def _may_try(self, channel: str) -> bool:
        return self._rests[channel].is_over(self._work.clock.monotonic())

    async def _send(self, pending: PendingMessage) -> None:
        """Try one message and store the result."""
        message, secret = pending.message, pending.secret
        kind = secret.kind if secret else ""
        outcome: Outcome = "refused"
        problem = _("It could not be sent while it was of use.")
        expired = self._work.now() >= self._expires_at(pending, kind)
        if not (expired and retries.loses_its_use(pending.topic, kind)):
            outcome, problem = await self._try(pending)
        if outcome != "sent":
            log.warning("message %s (%s): %s", message.id, outcome, problem)
        rest = self._rests[message.channel]
        if outcome == "away":
            rest.failed(self._work.clock.monotonic(), self._work.now())
        elif outcome == "sent":
            rest.answered()
        async with self._work.begin() as tx:
            result = self._result(pending, kind, outcome, problem, tx.now)
            await delivery_store.finish(tx, message.id, result)
        if result.state != "waiting":
            ended = "MessageSent" if self._transports[message.channel].sends else "MessageKept"
            _note(pending, ended if result.state == "sent" else "MessageGivenUp")

    @staticmethod
    def _expires_at(pending: PendingMessage, kind: str) -> datetime:
        if not pending.expires_at:  # an earlier version wrote it
            return pending.created_at + retries.lifetime(pending.topic, kind)
        return from_micros(pending.expires_at)

    def _result(
        self, pending: PendingMessage, kind: str, outcome: Outcome, problem: str, now: datetime
    ) -> AttemptResult:
        if outcome == "sent":
            return AttemptResult(state="sent", due=to_micros(now))
        if outcome == "refused" or now >= self._expires_at(pending, kind):
            return AttemptResult(state="failed", problem=problem, due=to_micros(now))
        rest = self._rests[pending.message.channel]
        since = to_micros(rest.away_since) if outcome == "away" and rest.away_since else 0
        later = to_micros(now + retries.pause(pending.attempts))
        away_since = min(since, pending.away_since or since)
        return AttemptResult(state="waiting", problem=problem, due=later, away_since=away_since)

    async def _try(self, pending: PendingMessage) -> tuple[Outcome, str]:
        try:
            complete_message = await self._complete(pending)
        except Missing:
            return "refused", _("What its link was for is gone.")
        except Refused as error:
            return "refused", error.detail
        except ShopError as error:  # of a service of ours
            return "deferred", error.detail
        except Exception as error:  # such as a document that cannot be set
            log.exception("message %s cannot be completed", pending.message.id)
            return "deferred", _("It could not be completed ({name}).", name=type(error).__name__)
        return await self._deliver(complete_message)

    async def _deliver(self, message: Message) -> tuple[Outcome, str]:
        outcome: Outcome = "sent"
        problem = ""
        try:
            await self._transports[message.channel].deliver(message)
        except Refused as error:
            outcome, problem = "refused", error.detail
        except Deferred as error:
            outcome, problem = "deferred", error.detail
        except ShopError as error:
            outcome, problem = "away", error.detail
        except Exception as error:  # this message alone: it may not stand in the way of the others
            log.exception("message %s cannot be sent", message.id)
            outcome, problem = "deferred", _("It could not be sent ({name}).", name=type(error).__name__)
        return outcome, problem

    async def _complete(self, pending: PendingMessage) -> Message:
        """Add documents and secrets, which are never stored. Raises Missing, Refused."""
        message = pending.message
        attachments = await self._attachments.of_message(pending)
        secret = await self._secret(pending.secret, message.recipient) if pending.secret else ""
        ending = self._work.ids.secret(16) if MASK in message.unsubscribe else ""
        if ending:
            async with self._work.begin() as tx:
                await store.add_unsubscribe(tx, ending, topics.person(message.recipient), pending.topic)
        return msgspec.structs.replace(
            message,
            text=filled(message.text, secret, ending),
            html=filled(message.html, secret, ending),
            unsubscribe=filled(message.unsubscribe, "", ending),
            secrets=tuple(one for one in (secret, ending) if one),
            attachments=attachments,
        )

    async def _secret(self, secret: Secret, recipient: str) -> str:
        if secret.kind == "order":
            return await self._orders.link_key(secret.of)
        if secret.kind == "gift_card":
            return await self._giftcards.code_for_email(secret.of)
        if secret.kind == "alert":
            token = self._work.ids.secret()
            async with self._work.begin() as tx:
                await alert_store.add_token(tx, token, topics.person(recipient), secret.of)
            return token
        if secret.kind == "invitation":
            return await self._users.invitation_token(secret.of, recipient)
        return await self._users.email_token(secret.of, secret.kind, recipient)

    async def retry(self, message_id: str) -> None:
        """Send a failed message again. Raises Missing, Conflict."""
        found = await delivery_store.find(self._work, message_id)
        if found is None:
            raise Missing(_("There is no such message."))
        async with self._work.begin() as tx:
            ends = to_micros(tx.now + retries.lifetime(found.topic, found.secret))
            if not await delivery_store.retry(tx, message_id, ends):
                raise Conflict(_("Only a message that failed can be sent again."))

    async def resend(self, since: datetime, until: datetime | None) -> ResendResult:
        """Send failed messages of a period again, except outdated ones. Raises Invalid."""
        now = self._work.now()
        last = until or now
        if last < since:
            raise Invalid.at("/until", _("The end of the period is before its start."))
        count = useless = 0
        after = ""
        while found := await delivery_store.failed(self._work, since, last, after, RESENT_AT_ONCE):
            chosen = [one for one in found if not retries.is_useless(one.topic, one.secret, now - one.created_at)]
            async with self._work.begin() as tx:
                for one in chosen:
                    ends = to_micros(tx.now + retries.lifetime(one.topic, one.secret))
                    count += await delivery_store.retry(tx, one.id, ends)
            useless += len(found) - len(chosen)
            after = found[-1].id
        return ResendResult(count=count, useless=useless)

    async def report(self) -> DeliveryReport:
        """Report waiting and failed messages."""
        kept = tuple(name for name, transport in self._transports.items() if not transport.sends)
        return msgspec.structs.replace(await delivery_store.report(self._work), kept=kept)


def _note(pending: PendingMessage, step: str) -> None:
    """Log a step; recipient and text stay in the delivery log."""
    message = pending.message
    ids = {"order_id": pending.order_id, "message_id": message.id, "channel": message.channel, "topic": pending.topic}
    business.note(step, ids, request=tracing.request_id(), parent=pending.trace)
