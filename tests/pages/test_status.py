"""The public status page: what works, and nothing internal."""

import httpx
import pytest

from shopwright.app import Shop
from shopwright.kit.observability.process_admin import ProcessStatus, Waiting
from shopwright.services.specs import specs
from shopwright.web.application import build
from shopwright.web.storefront.status import states
from tests.builders.environment import APART, ON_SERVERS
from tests.builders.goods import sell


def condition(*parts: str, late: float = 0.0, **bad: str) -> ProcessStatus:
    engines = {"database orders": "ok", **{name.replace("_", " "): state for name, state in bad.items()}}
    waiting = tuple(Waiting(service=part, lag_s=late) for part in parts)
    return ProcessStatus(parts=parts, version="1", engines=engines, waiting=waiting)


def lines(**conditions: ProcessStatus | None) -> list[str]:
    return [state for _, state in states({name.replace("_", "+"): one for name, one in conditions.items()})]


def test_a_missing_engine_is_reported_on_the_pages_it_affects() -> None:
    assert lines(all=condition("orders")) == ["works"] * 5
    assert lines(all=condition(database_pricing="gone")) == ["away", "away", "works", "works", "works"]
    assert lines(all=condition(search="gone")) == ["less", "works", "works", "works", "works"]
    assert lines(all=condition(disk="full")) == ["works", "away", "away", "away", "away"]
    assert lines(all=condition(cache="gone", files="gone")) == ["works"] * 5
    assert lines(orders=None, users=condition("users")) == ["works", "away", "away", "works", "works"]
    assert lines(reviews=None) == ["less", "works", "works", "works", "works"]
    assert lines(all=condition("notifications", late=400)) == ["works", "works", "works", "works", "less"]
    assert lines(all=None) == ["away"] * 5


@pytest.mark.skipif(APART, reason="of one process")
async def test_the_public_status_page_reveals_nothing_internal(shop: Shop) -> None:
    transport = httpx.ASGITransport(app=build(shop, deliver=False))
    async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as client:
        page = await client.get("/status")
        assert "All systems operational" in page.text
        assert page.headers["refresh"] == "30"
        for inside in ("sqlite", "postgres", "database", "Traceback"):
            assert inside not in page.text.casefold()


@pytest.mark.skipif(ON_SERVERS, reason="there the role of a service drops no table")
@pytest.mark.parametrize("service", sorted(spec.name for spec in specs() if spec.fallbacks))
async def test_a_reader_without_its_tables_breaks_no_page_and_is_reported(shop: Shop, service: str) -> None:
    kettle = await sell(shop)
    async with shop.databases[service].database.snapshot() as moment:
        tables = set(await moment.tables()) - {"migrations"}
    async with shop.databases[service].begin() as tx:
        for table in tables:
            await tx.run(f"DROP TABLE {table}")
    transport = httpx.ASGITransport(app=build(shop, deliver=False))
    async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as client:
        for path in ("/", f"/p/{kettle.slug}", "/search?q=kettle", "/cart", f"/v1/products/{kettle.slug}"):
            page = await client.get(path)
            assert page.status_code == 200, (path, page.text[-500:])
        shown = (await client.get("/status")).text
        assert "Degraded" in shown, f"ACTIVITIES in web/storefront/status.py: which one goes on without {service}?"
        ready = await client.get("/health/ready")
        assert (ready.status_code, ready.json()["status"]) == (200, "less")
        assert "lacks something" in ready.json()["engines"][f"database {service}"]


@pytest.mark.skipif(ON_SERVERS, reason="there the role of a service drops no table")
async def test_a_shop_without_a_required_engine_is_not_ready(shop: Shop) -> None:
    async with shop.databases["orders"].begin() as tx:
        await tx.run("DROP TABLE order_lines")
    transport = httpx.ASGITransport(app=build(shop, deliver=False))
    async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as client:
        ready = await client.get("/health/ready")
        assert (ready.status_code, ready.json()["status"]) == (503, "unavailable")
