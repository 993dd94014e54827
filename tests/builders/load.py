"""Shoppers who browse and buy without pause, and the results of their requests."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable

import httpx

from tests.builders.server import buy

PATIENCE_S = 60


class Count:
    """Results of requests. `said`: 503 with a reason; `failed`: any other failure."""

    def __init__(self) -> None:
        self.requests = self.well = self.said = self.failed = self.orders = 0
        self.slowest = 0.0
        self.odd: list[str] = []


class Load:
    """Shoppers who browse and buy until they are stopped. `name`: prefix of their addresses."""

    def __init__(self, url: str, sku: str, name: str = "buyer") -> None:
        self._url, self._sku, self._name = url, sku, name
        self.count = Count()
        self.acknowledged: set[str] = set()
        self.stopping = False
        self._number = 0
        self.last_well: dict[str, float] = {}
        self.statuses: Counter[str] = Counter()

    async def ask(self, kind: str, request: Callable[[], AsyncIterator[httpx.Response]]) -> None:
        count, began = self.count, time.monotonic()
        count.requests += 1
        try:
            answer = await request()
        except httpx.HTTPError as error:
            count.failed += 1
            count.odd.append(f"{kind}: {error!r}")
            self.statuses[f"{kind} {type(error).__name__}"] += 1
        except (KeyError, ValueError):  # a step of a purchase was answered with a problem
            count.said += 1
            self.statuses[f"{kind} a step before"] += 1
        else:
            self.statuses[f"{kind} {answer.status_code}"] += 1
            if answer.status_code < 400:
                count.well += 1
                self.last_well[kind] = time.monotonic()
                if kind == "order":
                    self.acknowledged.add(answer.json()["id"])
                    count.orders += 1
            elif answer.status_code in {503, 409, 404}:
                count.said += 1
            else:
                count.failed += 1
                count.odd.append(f"{kind}: {answer.status_code} {answer.text[:200]}")
        count.slowest = max(count.slowest, time.monotonic() - began)

    async def shopper(self) -> None:
        while not self.stopping:
            self._number += 1
            name = f"{self._name}{self._number}"
            async with httpx.AsyncClient(base_url=self._url, timeout=40, trust_env=False) as client:
                for path in ("/", "/p/lamp", "/search?q=lamp", "/v1/products/lamp"):
                    await self.ask("page", lambda path=path, client=client: client.get(path))
                await self.ask("order", lambda name=name, client=client: buy(client, self._sku, name))
            await asyncio.sleep(0.02)

    async def well_since(self, moment: float) -> float:
        """When pages and orders were answered again after that time."""
        async with asyncio.timeout(PATIENCE_S):
            while not all(self.last_well.get(kind, 0) > moment + 0.05 for kind in ("page", "order")):
                await asyncio.sleep(0.02)
        return max(self.last_well.values())
