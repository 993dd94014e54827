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
        self.heard = delivery
        self.attempts = 0
        self.due: float | None = None
        self.problem = ""

    @property
    def subject(self) -> str:
        return self.heard.stored.subject


class Consumer:
    """The messages of one handler. The broker uses one consumer at a time, so the order here is global."""

    def __init__(self, hearer: str, ears: Dispatcher) -> None:
        self.hearer = hearer
        self.wake = asyncio.Event()
        self.busy = False
        self._ears = ears
        self._arrived: deque[ReceivedMessage] = deque()
        self._held: dict[str, deque[ReceivedMessage]] = {}  # by subject, the first of each has failed

    @property
    def holds_some(self) -> bool:
        return bool(self._held)

    @property
    def letters(self) -> list[ReceivedMessage]:
        """All received messages that are not handled yet."""
        return [*self._arrived, *(letter for ones in self._held.values() for letter in ones)]

    def take(self, letter: ReceivedMessage) -> bool:
        """Accept a message; returns False if it waits behind others about the same subject."""
        waits = letter.subject in self._held
        (self._held[letter.subject] if waits else self._arrived).append(letter)
        self.wake.set()
        return not waits

    def is_ready(self, now: float) -> bool:
        """Whether anything can be handled now (monotonic)."""
        return bool(self._arrived) or any(_due(ones, now) for ones in self._held.values())

    def _next(self, now: float) -> tuple[list[ReceivedMessage], list[ReceivedMessage]]:
        """The messages to handle now, and those that wait behind a failed one about the same subject."""
        batch: list[ReceivedMessage] = []
        behind: list[ReceivedMessage] = []
        for subject in [subject for subject, ones in self._held.items() if _due(ones, now)]:
            batch += self._held.pop(subject)
        while self._arrived and len(batch) < BATCH:
            letter = self._arrived.popleft()
            if letter.subject in self._held:
                self._held[letter.subject].append(letter)
                behind.append(letter)
            else:
                batch.append(letter)
        return batch, behind

    async def on_event(self, now: float) -> tuple[list[ReceivedMessage], list[ReceivedMessage], list[ReceivedMessage]]:
        """Handle what is due; returns the handled, the failed that wait, and the finally failed messages."""
        batch, behind = self._next(now)
        outcome = await self._ears.on_event(
            [letter.heard for letter in batch], {letter.heard.key: letter.attempts for letter in batch}
        )
        heard: list[ReceivedMessage] = []
        waiting = behind
        given_up: list[ReceivedMessage] = []
        again: list[ReceivedMessage] = []
        for letter in batch:
            key = letter.heard.key
            if (error := outcome.failed.get(key)) is not None:
                letter.due = now + pause(letter.attempts).total_seconds()
                letter.attempts += 1
                letter.problem = repr(error)[:500]
                if letter.attempts >= ATTEMPTS:
                    given_up.append(letter)
                else:
                    self._held[letter.subject] = deque([letter])
                    waiting.append(letter)
            elif key not in outcome.left:
                heard.append(letter)
            elif letter.subject in self._held:
                self._held[letter.subject].append(letter)
                waiting.append(letter)
            else:
                again.append(letter)  # what it waited for has been given up
        self._put_back(again)
        return heard, waiting, given_up

    def _put_back(self, letters: Sequence[ReceivedMessage]) -> None:
        self._arrived.extendleft(reversed(letters))


def _due(ones: Iterable[ReceivedMessage], now: float) -> bool:
    first = next(iter(ones))
    return first.due is None or first.due <= now
