"""Engines that fail realistically: before acting, after acting, or with the process."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from datetime import datetime
from pathlib import Path
from random import Random
from typing import TypeVar

from shopwright.kit.data.database import (
    Database,
    DatabaseSession,
    MigrationStep,
    Movable,
    Params,
    Queryable,
    Row,
    Snapshot,
)
from shopwright.kit.errors import Unavailable
from shopwright.kit.money import Money
from shopwright.kit.observability.health import Health
from shopwright.kit.provider import (
    Capture,
    Examination,
    Provider,
    ProviderChallenge,
    ProviderNotice,
    ProviderOffer,
    ProviderPayment,
    ProviderRefund,
)
from shopwright.open_engines import EngineDecorator

Answer = TypeVar("Answer", ProviderPayment, ProviderRefund)
OUTSIDE = {"pretend"}  # the provider's own books: its trouble is that of the road to it
BEFORE, AFTER, DEATH = 0.006, 0.004, 0.0015


class Crash(BaseException):
    """The process is dead; nothing after this line happens."""


class Faults:
    """Decides what fails. `chance` is seeded for each action, so that replays are equal."""

    def __init__(self) -> None:
        self.chance = Random(0)  # noqa: S311 -- faults, not a secret
        self.armed = False
        self.dead = False  # the process: nothing it would like to do as it ends is done

    async def pause(self) -> None:
        """Let others run first."""
        for _ in range(self.chance.choice((0, 0, 0, 1, 2)) if self.armed else 0):
            await asyncio.sleep(0)

    def before(self, what: str) -> None:
        if self.dead:
            raise Unavailable(f"{what} hears nothing of a process that is dead.")
        if self.armed and self.chance.random() < BEFORE:
            raise Unavailable(f"{what} does not answer.")
        self._die()

    def after(self, what: str) -> None:
        if self.armed and self.chance.random() < AFTER:
            raise Unavailable(f"{what} did it, but its answer was lost.")
        self._die()

    def _die(self) -> None:
        if self.armed and self.chance.random() < DEATH:
            raise Crash


class FaultyDatabase:
    """A failing database."""

    def __init__(self, inner: Database, faults: Faults, name: str) -> None:
        self._inner = inner
        self._faults = faults
        self._name = name

    async def fetch(self, sql: str, params: Params) -> Sequence[Row]:
        await self._faults.pause()
        self._faults.before(self._name)
        return await self._inner.fetch(sql, params)

    def pinned(self) -> AbstractAsyncContextManager[Queryable]:
        return nullcontext(self)

    async def fetch_late(self, sql: str, params: Params) -> Sequence[Row]:
        return await self.fetch(sql, params)

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[DatabaseSession]:
        await self._faults.pause()
        self._faults.before(self._name)
        async with self._inner.begin() as session:
            yield session
        self._faults.after(self._name)

    def hold(self) -> AbstractAsyncContextManager[DatabaseSession]:
        return self._inner.hold()

    def snapshot(self) -> AbstractAsyncContextManager[Snapshot]:
        return self._inner.snapshot()

    async def migrate(self, folders: Sequence[Path]) -> list[str]:
        return await self._inner.migrate(folders)

    def version(self) -> int | None:
        return self._inner.version()

    async def examine(self) -> Health:
        return await self._inner.examine()

    async def exists(self) -> bool:
        return await self._inner.exists()

    @property
    def damaged(self) -> str:
        return self._inner.damaged

    async def look_for_damage(self, within_s: float | None = None) -> bool:
        return await self._inner.look_for_damage(within_s)

    async def rebuild_indexes(self) -> bool:
        return await self._inner.rebuild_indexes()

    def connections(self) -> tuple[int, int]:
        return self._inner.connections()

    async def reclaim(self) -> None:
        await self._inner.reclaim()

    async def check(self) -> None:
        await self._inner.check()

    async def plan(self, folders: Sequence[Path]) -> list[MigrationStep]:
        return await self._inner.plan(folders)

    @property
    def movable(self) -> Movable:
        return self._inner.movable

    async def announce(self) -> None:
        await self._inner.announce()

    async def listen(self, wake: Callable[[], None]) -> None:
        await self._inner.listen(wake)

    async def close(self) -> None:
        await self._inner.close()


class FaultyProvider:
    """A provider behind an unreliable network."""

    def __init__(self, inner: Provider, faults: Faults) -> None:
        self._inner = inner
        self._faults = faults

    @property
    def offer(self) -> ProviderOffer:
        return self._inner.offer

    async def challenge(self, reference: str) -> ProviderChallenge | None:
        await self._to_it()
        return await self._inner.challenge(reference)

    async def open(self, *, key: str, amount: Money, token: str, return_url: str, capture: Capture) -> ProviderPayment:
        await self._to_it()
        payment = await self._inner.open(key=key, amount=amount, token=token, return_url=return_url, capture=capture)
        return await self._back(payment)

    async def authorise(self, reference: str) -> ProviderPayment:
        await self._to_it()
        return await self._back(await self._inner.authorise(reference))

    async def capture(self, reference: str) -> ProviderPayment:
        await self._to_it()
        return await self._back(await self._inner.capture(reference))

    async def look_up(self, reference: str) -> ProviderPayment:
        await self._to_it()
        return await self._back(await self._inner.look_up(reference))

    async def payments_since(self, since: datetime, limit: int) -> Sequence[ProviderPayment]:
        await self._to_it()
        return await self._inner.payments_since(since, limit)

    async def void(self, reference: str) -> ProviderPayment:
        await self._to_it()
        return await self._back(await self._inner.void(reference))

    async def refund(self, *, key: str, reference: str, amount: Money) -> ProviderRefund:
        await self._to_it()
        return await self._back(await self._inner.refund(key=key, reference=reference, amount=amount))

    async def verify(self, headers: Mapping[str, str], body: bytes) -> ProviderNotice:
        return await self._inner.verify(headers, body)

    async def examine(self) -> Examination:
        await self._to_it()
        return await self._inner.examine()

    async def close(self) -> None:
        await self._inner.close()

    async def _to_it(self) -> None:
        await self._faults.pause()
        self._faults.before("The provider")

    async def _back(self, answer: Answer) -> Answer:
        await self._faults.pause()
        self._faults.after("The provider")
        return answer


class FaultyEngines(EngineDecorator):
    """Wraps the engines of a shop in failing ones."""

    def __init__(self, faults: Faults) -> None:
        self._faults = faults

    def database(self, name: str, database: Database) -> Database:
        return database if name in OUTSIDE else FaultyDatabase(database, self._faults, name)

    def provider(self, provider: Provider) -> Provider:
        return FaultyProvider(provider, self._faults)


class WebhookTransport:
    """Webhooks in transit: delivered in any order, twice, or never."""

    def __init__(self) -> None:
        self.waiting: list[tuple[str, dict[str, str], bytes]] = []

    async def __call__(self, provider: str, headers: Mapping[str, str], body: bytes) -> bool:
        self.waiting.append((provider, dict(headers), body))
        return True

    def take(self, chance: Random) -> list[tuple[str, dict[str, str], bytes]]:
        """Return the webhooks that arrive now."""
        arriving = [one for one in self.waiting if chance.random() < 0.7]
        self.waiting = [one for one in self.waiting if one not in arriving]
        lost = [one for one in arriving if chance.random() < 0.1]
        twice = [one for one in arriving if chance.random() < 0.2]
        arriving = [one for one in arriving if one not in lost] + twice
        chance.shuffle(arriving)
        return arriving
