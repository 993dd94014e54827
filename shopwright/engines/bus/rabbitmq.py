"""RabbitMQ: events move from outboxes to each handler's queue, and are deleted once the server confirms them.

amqp://user:password@host:5672/vhost amqps://user:password@host1,host2/vhost?ca=/etc/ssl/rabbit-ca.pem&prefix=northlight

A message is acknowledged once its event is handled. A failed one waits in the consuming process, with later ones about
the same subject behind it; if the process crashes, the server redelivers them in order. After the last failure it
returns to the emitting service's outbox as `dead`, as with every bus.
"""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime

import aio_pika
import msgspec
from aio_pika.abc import AbstractIncomingMessage
from aiormq.exceptions import ConnectionInternalError

from shopwright.engines.bus.consumer import Consumer, ReceivedMessage
from shopwright.engines.bus.dispatcher import Dispatcher
from shopwright.engines.bus.rabbitmq_connection import GONE, RabbitConnection, Take
from shopwright.engines.bus.relay import POLL_S, Relay, Waiting, by_work, handles_for
from shopwright.kit.clock import from_micros, to_micros
from shopwright.kit.data.events import Delivery, EventHandler, PendingEvents, ScheduledJob, StoredEvent, decode
from shopwright.kit.data.unit_of_work import ServiceDatabase
from shopwright.kit.errors import ShopError, Unavailable
from shopwright.kit.observability.health import Health
from shopwright.kit.tasks import ended, woken
from shopwright.kit.translation import gettext as _

log = logging.getLogger("shopwright.bus")

# A quorum queue being declared by another connection has a name before it runs; consuming from it then fails
# (541, seen with 3.10). It is retried after this time, and then abandoned.
UNBORN_S = (0.05, 0.2, 1.0)
PATIENCE_S = 3.0  # how long `settle` waits for messages that another process may be handling


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """The content of a message. `data` is the event as JSON; dead deliveries have none."""

    id: str
    type: str
    subject: str
    time: int
    data: msgspec.Raw = msgspec.Raw(b"null")
    problem: str = ""
    attempts: int = 0
    trace: str = ""
    request: str = ""


class RabbitBus(Relay):
    """Publishes the events of all `works`, dispatches received ones to `handlers`, and runs `timers`."""

    def __init__(
        self,
        url: str,
        works: Sequence[ServiceDatabase],
        handlers: Sequence[EventHandler],
        timers: Sequence[ScheduledJob],
    ) -> None:
        super().__init__(works, timers)
        self._connection = RabbitConnection(url)
        self._dispatcher = Dispatcher(works, handlers)
        self._consumers: dict[str, Consumer] = {}
        self._tasks: list[asyncio.Task[None]] = []
        self._sent: set[str] = set()  # sent by this process and not handled yet
        self._handled = 0
        self._moved = asyncio.Event()
        self._runs = False
        self._connecting = asyncio.Lock()

    # --- lifecycle

    async def run(self) -> None:
        self._runs = True
        try:
            await super().run()
        finally:
            self._runs = False

    async def settle(self) -> int:
        count, made = 0, 1
        while made:
            made = await self._round() + await self._until_handled()
            count += made
        return count

    async def close(self) -> None:
        await super().close()
        await self._stop_consuming()
        await self._connection.close()

    async def check(self) -> None:
        if self._runs and not self._connection.is_open:  # it is tried twice a second
            raise Unavailable(_("RabbitMQ does not answer."))

    async def examine(self) -> Health:
        await self._connected()
        return await self._connection.examine()

    async def under_way(self, service: str = "") -> list[PendingEvents]:
        """Including messages in the server's queues, and received ones that wait here."""
        await self._connected()
        found = await super().under_way(service)
        for name, handler in self._dispatcher.handlers.items():
            if not handles_for(service, name):
                continue
            messages = self._consumers[name].messages if name in self._consumers else []
            queued = await self._connection.queued(name)
            if messages or queued:
                times = await self._publishing_times(handler.event.__name__, len(messages) + queued)
                found.append(
                    PendingEvents(
                        hearer=name,
                        count=len(messages) + queued,
                        oldest_s=max(0.0, (self._now() - min(times, default=self._now())).total_seconds()),
                        subjects=None if queued else frozenset(message.subject for message in messages),
                    )
                )
        return found

    async def _publishing_times(self, kind: str, count: int) -> list[datetime]:
        """The times of the last events of a type, as those in a queue are the last ones in order."""
        sql = "SELECT time FROM facts WHERE type = :kind ORDER BY time DESC LIMIT :count"
        rows = [row for work in self._databases for row in await work.fetch(sql, kind=kind, count=count)]
        return [from_micros(row["time"]) for row in sorted(rows, key=lambda row: -int(row["time"]))[:count]]

    async def _round(self) -> int:
        try:
            await self._connected()
        except Unavailable:
            self._backlog.clear()  # all of it is in the outboxes, and taken from there when its lease is over
            self._leases.clear()
            await self._jobs.run_due()
            raise
        return await super()._round()

    async def _connected(self) -> None:
        """Connect and start all consumers. Raises Unavailable."""
        async with self._connecting:
            if not self._connection.is_open:
                await self._connect()

    async def _connect(self) -> None:
        for pause_s in (*UNBORN_S, None):
            await self._stop_consuming()
            await self._connection.open()
            try:
                await self._listen()
            except GONE as error:
                await self._stop_consuming()
                await self._connection.close()
                if pause_s is None or not isinstance(error, ConnectionInternalError):
                    raise Unavailable(
                        _("RabbitMQ does not let us listen ({error}).", error=type(error).__name__)
                    ) from error
                await asyncio.sleep(pause_s)
            else:
                return

    async def _listen(self) -> None:
        for name in self._dispatcher.handlers:
            consumer = self._consumers[name] = Consumer(name, self._dispatcher)
            self._tasks.append(asyncio.create_task(self._serve(consumer)))
            await self._connection.on_event(name, self._listener(consumer))
        for work in self._databases:
            await self._connection.on_dead(work.name, self._store_dead)

    async def _stop_consuming(self) -> None:
        """Stop consuming on the old connection; unfinished messages are redelivered."""
        await ended(self._tasks)
        self._tasks.clear()
        self._consumers.clear()
        self._sent.clear()

    # --- publishing

    async def _handle(self, waiting: Sequence[Waiting]) -> list[tuple[ServiceDatabase, Delivery]]:
        """Publish in waves, so that events about one subject for one handler stay in order."""
        left = [(work, delivery) for work, delivery, _ in waiting]
        try:
            await self._connected()
            while left:
                wave: dict[tuple[str, str], tuple[ServiceDatabase, Delivery]] = {}
                for work, delivery in left:
                    wave.setdefault((delivery.handler, delivery.stored.subject), (work, delivery))
                await self._send(list(wave.values()))
                gone = {delivery.key for _database, delivery in wave.values()}
                left = [one for one in left if one[1].key not in gone]
        except (*GONE, ShopError) as error:
            for work, ones in by_work(left).items():
                await self._leases.leave(work, ones)
            if isinstance(error, Unavailable):
                raise
            raise Unavailable(_("RabbitMQ does not answer ({error}).", error=type(error).__name__)) from error
        return []

    async def _send(self, wave: Sequence[tuple[ServiceDatabase, Delivery]]) -> None:
        for name in {delivery.handler for _database, delivery in wave} & self._consumers.keys():
            self._sent |= {delivery.key for _database, delivery in wave if delivery.handler == name}
        results = await asyncio.gather(
            *(self._connection.publish(work.name, delivery.handler, pack(delivery)) for work, delivery in wave),
            return_exceptions=True,
        )
        sent = [one for one, result in zip(wave, results, strict=True) if not isinstance(result, BaseException)]
        for work, done in by_work(sent).items():
            await self._forget(work, done)
        for result in results:
            if isinstance(result, asyncio.CancelledError):  # the client's word for a line that closed meanwhile
                raise Unavailable(_("RabbitMQ does not answer: the connection was lost."))
            if isinstance(result, BaseException):
                raise result

    # --- consuming

    def _listener(self, consumer: Consumer) -> Take:
        async def take(message: AbstractIncomingMessage) -> None:
            try:
                received = ReceivedMessage(message, unpack(message, consumer.handler))
            except (msgspec.DecodeError, KeyError) as error:
                await self._dead_letter(message, f"it cannot be read: {error!r}", 0)
                return
            if not consumer.take(received):
                self._sent.discard(received.delivery.key)

        return take

    async def _serve(self, consumer: Consumer) -> None:
        """Handle one handler's messages until the connection is gone."""
        while True:
            consumer.wake.clear()
            while consumer.is_ready(self._monotonic()):
                consumer.busy = True
                try:
                    await self._handle_messages(consumer)
                except GONE as error:
                    log.info("%s lost its connection: %r", consumer.handler, error)
                    return
                finally:
                    consumer.busy = False
                    self._moved.set()
            await woken(consumer.wake, POLL_S if consumer.holds_some and self._runs else None)

    async def _handle_messages(self, consumer: Consumer) -> None:
        handled, waiting, given_up = await consumer.on_event(self._monotonic())
        for message in handled:
            await message.message.ack()
        for message in given_up:
            await self._dead_letter(message.message, message.problem, message.attempts)
        self._handled += len(handled) + len(given_up)
        self._sent.difference_update(message.delivery.key for message in (*handled, *waiting, *given_up))

    async def _until_handled(self) -> int:
        """Wait until published messages were handled or failed. Returns how many were handled."""
        before = self._handled
        for consumer in self._consumers.values():
            consumer.wake.set()
        while self._connection.is_open and (
            self._sent or any(self._is_busy(consumer) for consumer in self._consumers.values())
        ):
            self._moved.clear()
            if not await woken(self._moved, PATIENCE_S) and not any(
                consumer.busy for consumer in self._consumers.values()
            ):
                self._sent.clear()  # another process handles them
                break
        return self._handled - before

    def _is_busy(self, consumer: Consumer) -> bool:
        return consumer.busy or consumer.is_ready(self._monotonic())

    # --- dead deliveries

    async def _dead_letter(self, message: AbstractIncomingMessage, problem: str, attempts: int) -> None:
        """Return a dead delivery to its emitter, without the event, which the outbox has."""
        try:
            known = msgspec.json.decode(message.body, type=Envelope)
        except msgspec.DecodeError:
            known = Envelope(id=message.message_id or "", type="", subject="", time=0)
        body = msgspec.structs.replace(known, data=msgspec.Raw(b"null"), problem=problem, attempts=attempts)
        await self._connection.publish_dead(
            message.routing_key or "", _persistent(msgspec.json.encode(body), known.id, known.type)
        )
        await message.ack()

    async def _store_dead(self, message: AbstractIncomingMessage) -> None:
        """Store it in the outbox as dead."""
        source, _, hearer = (message.routing_key or "").partition(".")
        try:
            dead = msgspec.json.decode(message.body, type=Envelope)
            async with self._by_name[source].begin() as tx:
                await tx.run(
                    "INSERT INTO deliveries (fact_id, hearer, subject, due, attempts, state, problem)"
                    " VALUES (:fact_id, :hearer, :subject, :due, :attempts, 'dead', :problem)"
                    " ON CONFLICT (fact_id, hearer) DO UPDATE SET state = 'dead', problem = excluded.problem",
                    fact_id=dead.id,
                    hearer=hearer,
                    subject=dead.subject,
                    due=to_micros(tx.now),
                    attempts=dead.attempts,
                    problem=dead.problem or "every process that handled it died",
                )
            await message.ack()
        except Exception as error:  # noqa: BLE001 -- it stays with the server until it could be written down
            log.warning("a dead event of %s cannot be stored yet: %r", hearer, error)
            await asyncio.sleep(POLL_S)
            with suppress(*GONE):
                await message.nack()

    def _monotonic(self) -> float:
        return self._databases[0].clock.monotonic()

    def _now(self) -> datetime:
        return self._databases[0].now()


def pack(delivery: Delivery) -> aio_pika.Message:
    """An event as a persistent message."""
    stored = delivery.stored
    data = msgspec.Raw(msgspec.json.encode(stored.data))
    envelope = Envelope(id=stored.id, type=stored.type, subject=stored.subject, time=to_micros(stored.time), data=data,
        trace=stored.trace, request=stored.request,
    )  # fmt: skip
    return _persistent(msgspec.json.encode(envelope), delivery.key, stored.type)


def unpack(message: AbstractIncomingMessage, handler: str) -> Delivery:
    """Decode a message. Raises DecodeError, or KeyError for an unknown type."""
    one = msgspec.json.decode(message.body, type=Envelope)
    data = decode(one.type, bytes(one.data).decode())
    time = from_micros(one.time)
    event = StoredEvent(id=one.id, type=one.type, time=time, subject=one.subject, data=data, trace=one.trace,
        request=one.request,
    )  # fmt: skip
    return Delivery(event, handler)


def _persistent(body: bytes, message_id: str, kind: str) -> aio_pika.Message:
    return aio_pika.Message(
        body,
        content_type="application/json",
        delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
        message_id=message_id,
        type=kind,
        app_id="shopwright",
    )
