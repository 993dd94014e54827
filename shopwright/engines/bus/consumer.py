"""The messages of one handler from a broker: handled in the order of their subjects, held back after a failure."""

import asyncio
from collections import deque
from collections.abc import Iterable, Sequence

from aio_pika.abc import AbstractIncomingMessage

from shopwright.engines.bus.dispatcher import ATTEMPTS, Dispatcher, pause
from shopwright.kit.data.events import Delivery

BATCH = 100


class ReceivedMessage:
    """A received message with its event. `due`: the next try after a failure (monotonic)."""

    def __init__(self, message: AbstractIncomingMessage, delivery: Delivery) -> None:
        self.message = message
        self.delivery = delivery
        self.attempts = 0
        self.due: float | None = None
        self.problem = ""

    @property
    def subject(self) -> str:
        return self.delivery.stored.subject


class Consumer:
    """The messages of one handler. The broker uses one consumer at a time, so the order here is global."""

    def __init__(self, handler: str, dispatcher: Dispatcher) -> None:
        self.handler = handler
        self.wake = asyncio.Event()
        self.busy = False
        self._dispatcher = dispatcher
        self._arrived: deque[ReceivedMessage] = deque()
        self._held: dict[str, deque[ReceivedMessage]] = {}  # by subject, the first of each has failed

    @property
    def holds_some(self) -> bool:
        return bool(self._held)

    @property
    def messages(self) -> list[ReceivedMessage]:
        """All received messages that are not handled yet."""
        return [*self._arrived, *(message for ones in self._held.values() for message in ones)]

    def take(self, message: ReceivedMessage) -> bool:
        """Accept a message; returns False if it waits behind others about the same subject."""
        waits = message.subject in self._held
        (self._held[message.subject] if waits else self._arrived).append(message)
        self.wake.set()
        return not waits

    def is_ready(self, now: float) -> bool:
        """Whether anything can be handled now (monotonic)."""
        return bool(self._arrived) or any(_due(ones, now) for ones in self._held.values())

    def _next(self, now: float) -> tuple[list[ReceivedMessage], list[ReceivedMessage]]:
        """The messages to handle now, and those that wait behind a failed one about the same subject."""
        batch: list[ReceivedMessage] = []
        blocked: list[ReceivedMessage] = []
        for subject in [subject for subject, ones in self._held.items() if _due(ones, now)]:
            batch += self._held.pop(subject)
        while self._arrived and len(batch) < BATCH:
            message = self._arrived.popleft()
            if message.subject in self._held:
                self._held[message.subject].append(message)
                blocked.append(message)
            else:
                batch.append(message)
        return batch, blocked

    async def on_event(self, now: float) -> tuple[list[ReceivedMessage], list[ReceivedMessage], list[ReceivedMessage]]:
        """Handle what is due; returns the handled, the failed that wait, and the finally failed messages."""
        batch, blocked = self._next(now)
        outcome = await self._dispatcher.on_event(
            [message.delivery for message in batch], {message.delivery.key: message.attempts for message in batch}
        )
        handled: list[ReceivedMessage] = []
        waiting = blocked
        given_up: list[ReceivedMessage] = []
        again: list[ReceivedMessage] = []
        for message in batch:
            key = message.delivery.key
            if (error := outcome.failed.get(key)) is not None:
                message.due = now + pause(message.attempts).total_seconds()
                message.attempts += 1
                message.problem = repr(error)[:500]
                if message.attempts >= ATTEMPTS:
                    given_up.append(message)
                else:
                    self._held[message.subject] = deque([message])
                    waiting.append(message)
            elif key not in outcome.left:
                handled.append(message)
            elif message.subject in self._held:
                self._held[message.subject].append(message)
                waiting.append(message)
            else:
                again.append(message)  # what it waited for has been given up
        self._put_back(again)
        return handled, waiting, given_up

    def _put_back(self, messages: Sequence[ReceivedMessage]) -> None:
        self._arrived.extendleft(reversed(messages))


def _due(ones: Iterable[ReceivedMessage], now: float) -> bool:
    first = next(iter(ones))
    return first.due is None or first.due <= now
