"""The connection to RabbitMQ and its topology, declared identically by the first process to connect.

`PREFIX.facts`    topic exchange; an event of service S for handler H has the key S.H
PREFIX.H        quorum queue of handler H (`*.H`), with one active consumer, so that events stay in order
PREFIX.dead     topic exchange for dead deliveries, with the same keys
PREFIX.dead.S   quorum queue of the dead deliveries of events of service S (`S.#`)
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractExchange, AbstractIncomingMessage
from aio_pika.exceptions import AMQPError, ChannelInvalidStateError, DeliveryError

from shopwright.kit.digits import is_number
from shopwright.kit.errors import Unavailable
from shopwright.kit.observability.health import Health
from shopwright.kit.settings import prefix_of, take_apart
from shopwright.kit.translation import gettext as _

PORT, TLS_PORT = 5672, 5671
CONNECT_S, CONFIRM_S = 5.0, 10.0
HEARTBEAT_S = 10
PREFETCH = 200
DEATHS = 100  # a message that this many processes died of is dead-lettered
OLDEST = (3, 10)
# Errors of the client if server or network fail.
GONE = (AMQPError, ChannelInvalidStateError, OSError, TimeoutError)
Take = Callable[[AbstractIncomingMessage], Awaitable[None]]


class RabbitConnection:
    """One connection with a confirming channel to publish on, and one to consume on."""

    def __init__(self, url: str) -> None:
        self._url = take_apart("bus", url, ("ca", "prefix"))
        self.prefix = prefix_of("bus", self._url)
        self._connection: AbstractConnection | None = None
        self._out: AbstractChannel | None = None
        self._in: AbstractChannel | None = None
        self._events: AbstractExchange | None = None
        self._dead: AbstractExchange | None = None
        self._declared: set[str] = set()

    @property
    def is_open(self) -> bool:
        channels = (self._out, self._in)
        return self._connection is not None and not any(one is None or one.is_closed for one in channels)

    async def open(self) -> None:
        """Connect and declare the topology. Raises Unavailable."""
        await self.close()
        try:
            async with asyncio.timeout(CONNECT_S):
                self._connection = await self._connect()
                self._out = await self._connection.channel(publisher_confirms=True, on_return_raises=True)
                self._in = await self._connection.channel()
                await self._in.set_qos(prefetch_count=PREFETCH)
                topic = aio_pika.ExchangeType.TOPIC
                self._events = await self._out.declare_exchange(f"{self.prefix}.facts", topic, durable=True)
                self._dead = await self._out.declare_exchange(f"{self.prefix}.dead", topic, durable=True)
        # StopAsyncIteration: the client's error if the server stops in between.
        except (*GONE, StopAsyncIteration) as error:
            await self.close()
            raise Unavailable(_("RabbitMQ does not answer ({error}).", error=type(error).__name__)) from error

    async def _connect(self) -> AbstractConnection:
        """Connect to the first host that answers."""
        secure = self._url.scheme == "amqps"
        how: dict[str, Any] = {"heartbeat": HEARTBEAT_S}
        if secure:
            how |= {"ssl": True, "ssl_context": ssl.create_default_context(cafile=self._url.options.get("ca"))}
        problem: Exception = OSError("no host")
        for host, port in self._url.hosts:
            try:
                connection: AbstractConnection = await aio_pika.connect(
                    host=host,
                    port=port or (TLS_PORT if secure else PORT),
                    login=self._url.user or "guest",
                    password=self._url.password or "guest",
                    virtualhost=self._url.path or "/",
                    **how,
                )
            except (AMQPError, OSError) as error:
                problem = error
            else:
                return connection
        raise problem

    async def close(self) -> None:
        """Close; unacknowledged messages go to other consumers."""
        connection, self._connection, self._out, self._in = self._connection, None, None, None
        self._declared.clear()
        if connection is not None:
            with suppress(AMQPError, OSError, TimeoutError, RuntimeError):
                async with asyncio.timeout(CONNECT_S):
                    await connection.close()

    async def examine(self) -> Health:
        """Report the server and its version."""
        transport_connection: Any = getattr(getattr(self._connection, "transport", None), "connection", None)
        properties = transport_connection.server_properties if transport_connection is not None else {}
        version = _text(properties.get("version", "0"))
        wrong = []
        if tuple(int(part) for part in version.split(".")[:2] if is_number(part)) < OLDEST:
            wrong.append(
                _("RabbitMQ {version} is too old: quorum queues that keep what is given up need 3.10.", version=version)
            )
        if len(self._url.hosts) == 1:
            wrong.append(
                _(
                    "SHOPWRIGHT_BUS names one host: what is queued is as safe as its disk. Run three servers and name them"
                    " all: amqp://user:password@host1,host2,host3/."
                )
            )
        return Health(f"{_text(properties.get('product', 'RabbitMQ'))} {version}", tuple(wrong))

    # --- publishing

    async def publish(self, source: str, handler: str, message: aio_pika.Message) -> None:
        """Publish an event to its handler's queue; on return a majority of servers has stored it."""
        await self._declare(handler)
        await self._put(self._events, f"{source}.{handler}", message)

    async def publish_dead(self, key: str, message: aio_pika.Message) -> None:
        """Publish a dead delivery to the queue of the emitting service."""
        await self._declare_dead(key.partition(".")[0])
        await self._put(self._dead, key, message)

    @staticmethod
    async def _put(exchange: AbstractExchange | None, key: str, message: aio_pika.Message) -> None:
        if exchange is None:
            raise Unavailable(_("RabbitMQ is not connected."))
        try:
            await exchange.publish(message, key, mandatory=True, timeout=CONFIRM_S)
        except DeliveryError as error:
            raise Unavailable(_("RabbitMQ did not accept an event for {key}.", key=key)) from error

    # --- consuming

    async def on_event(self, handler: str, take: Take) -> None:
        """Pass this handler's messages to `take` in order, while the connection is open."""
        await self._declare(handler)
        await self._consume(f"{self.prefix}.{handler}", take)

    async def queued(self, handler: str) -> int:
        """Count the messages of a handler that no consumer has."""
        await self._declare(handler)
        if self._in is None:
            raise Unavailable(_("RabbitMQ is not connected."))
        try:
            queue = await self._in.declare_queue(f"{self.prefix}.{handler}", passive=True)
        except GONE as error:
            raise Unavailable(_("RabbitMQ does not answer ({error}).", error=type(error).__name__)) from error
        return queue.declaration_result.message_count or 0

    async def on_dead(self, source: str, take: Take) -> None:
        """Pass this service's dead deliveries to `take`."""
        await self._declare_dead(source)
        await self._consume(f"{self.prefix}.dead.{source}", take)

    async def _consume(self, name: str, take: Take) -> None:
        if self._in is None:
            raise Unavailable(_("RabbitMQ is not connected."))
        queue = await self._in.get_queue(name, ensure=False)
        await queue.consume(take)

    async def _declare(self, handler: str) -> None:
        more = {
            "x-single-active-consumer": True,
            "x-dead-letter-exchange": f"{self.prefix}.dead",
            "x-dead-letter-strategy": "at-least-once",
            "x-overflow": "reject-publish",
            "x-delivery-limit": DEATHS,
        }
        await self._declare_queue(f"{self.prefix}.{handler}", f"{self.prefix}.facts", f"*.{handler}", more)

    async def _declare_dead(self, source: str) -> None:
        await self._declare_queue(f"{self.prefix}.dead.{source}", f"{self.prefix}.dead", f"{source}.#", {})

    async def _declare_queue(self, name: str, exchange: str, key: str, more: dict[str, Any]) -> None:
        if name in self._declared:
            return
        if self._out is None:
            raise Unavailable(_("RabbitMQ is not connected."))
        queue = await self._out.declare_queue(name, durable=True, arguments={"x-queue-type": "quorum", **more})
        await queue.bind(exchange, key)
        self._declared.add(name)


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
