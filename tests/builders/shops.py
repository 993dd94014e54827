"""Shops of the tests: their settings, their databases, the webhooks of their provider."""

import shutil
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from argon2 import PasswordHasher

from shopwright.app import Shop
from shopwright.kit.clock import HandClock
from shopwright.open_engines import EngineDecorator
from shopwright.settings import Settings, complete
from tests.builders.environment import POSTGRES, database_url, engines, leave, postgres_do

QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
OWNER = ("owner@example.com", "owner-password")


def make_settings(data: Path, database: str = "", **more) -> Settings:
    """Settings of a shop in this folder, without limits; `more`: other settings."""
    values = {
        "data": str(data),
        "database": database,
        "limits": "off",
        "staff_second_factor": "optional",
        "url": "http://shop.test",
        "payments": "pretend:",
    }
    return complete(Settings(**(values | engines(data) | more)))


@asynccontextmanager
async def fresh(migrated: tuple[Path, str], folder: Path) -> AsyncIterator[tuple[Path, str]]:
    """The data folder and database URL of a new shop."""
    source, template = migrated
    shutil.copytree(source, folder)
    if not POSTGRES:
        yield folder, ""
        return
    name = f"test_{uuid.uuid4().hex[:12]}"
    await postgres_do(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")  # half as long, without fsync
    yield folder, database_url(name)
    await postgres_do(f"DROP DATABASE {name} WITH (FORCE)")
    await leave(folder)


class Post:
    """Delivers webhooks of the pretend provider to the shop, or loses them while it is `closed`."""

    def __init__(self) -> None:
        self.shop: Shop | None = None
        self.closed = False
        self.sent: list[tuple[dict[str, str], bytes]] = []

    async def __call__(self, provider: str, headers, body: bytes) -> bool:
        self.sent.append((dict(headers), body))
        if self.closed or self.shop is None:
            return False
        await self.shop.payments.webhook(provider, headers, body)
        return True


@asynccontextmanager
async def running_shop(
    data: tuple[Path, str],
    clock: HandClock,
    post: Post,
    *,
    overrides: Mapping[type, type] | None = None,
    around: EngineDecorator | None = None,
    **settings: str,
) -> AsyncIterator[Shop]:
    """A shop in this process, whose provider sends its webhooks by `post`. `overrides`, `around`: see `Shop`."""
    made = Shop(
        make_settings(*data, **settings),
        clock=clock,
        hasher=QUICK,
        send_webhook=post,
        overrides=overrides,
        around=around,
    )
    post.shop = made
    async with made.running(deliver=False):
        yield made


async def pass_days(shop: Shop, clock: HandClock, days: int) -> None:
    """Days pass, and each service deletes what has expired: at once, not one day per hour."""
    clock.move(days=days)
    for work in shop.databases.values():
        async with work.begin() as tx:
            await tx.run("DELETE FROM shop_marks WHERE name = 'retention'")
    await shop.bus.settle()
