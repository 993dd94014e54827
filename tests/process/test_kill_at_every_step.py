"""`kill -9` at every step of an order, and of an import: nothing acknowledged is lost, nothing is done twice."""

import multiprocessing
import shutil
from pathlib import Path

import pytest

from shopwright.app import Shop
from shopwright.cli.importing import ImportOptions, run
from shopwright.kit.clock import HandClock
from tests.builders.environment import POSTGRES
from tests.builders.health import wrong
from tests.builders.killed_orders import judge, prepared, settled
from tests.builders.scenario import Scenario, open_shop, place, play_into, refund, ship, take_file
from tests.builders.shops import fresh

# A hundred processes, each of which would import the shop for a second.
FORKS = multiprocessing.get_context("forkserver")
FORKS.set_forkserver_preload(["tests.builders.scenario"])


def play(data: Path, database: str, about: str, *deadly: str, **scenarios: Scenario) -> tuple[int | None, str]:
    """Run the scenario in a process; returns its exit code and output."""
    log = data.parent / "said"
    child = FORKS.Process(target=play_into, args=(log, data, database, about, *deadly), kwargs=scenarios)
    child.start()
    child.join(120)
    code = child.exitcode
    child.kill()
    child.join()
    child.close()
    return code, log.read_text()


async def recovered(data: Path, database: str, cart: str, output: str) -> None:
    """Another process takes over and unanswered requests are repeated; then all must be as if nothing had happened."""
    clock = HandClock()
    shop = open_shop(data, database, clock)
    try:
        await shop.pretend.prepare()
        await settled(shop, clock)
        acknowledged = [line.split()[1] for line in output.splitlines() if line.startswith("placed")]
        order = await shop.orders.get(acknowledged[0]) if acknowledged else await place(shop, cart)
        await settled(shop, clock)
        assert (await shop.orders.get(order.id)).status in {"paid", "shipped"}
        assert "shipped" not in output or (await shop.orders.get(order.id)).shipments
        await ship(shop, order.id)
        await refund(shop, order)
        await settled(shop, clock)
        await judge(shop, order.id)
    finally:
        await shop.close()


@pytest.mark.slow
async def test_a_kill_at_any_step_of_checkout_payment_and_delivery_loses_and_duplicates_nothing(
    migrated: tuple[Path, str], data: tuple[Path, str], tmp_path: Path
) -> None:
    cart = await prepared(*data)
    code, output = play(*data, cart)
    assert code == 0, output
    await recovered(*data, cart, output)
    steps = [line.removeprefix("step ") for line in output.splitlines() if line.startswith("step ")]
    for service in ("orders", "inventory", "payments", "notifications", "carts", "giftcards", "The provider"):
        assert any(step.startswith(service) for step in steps), f"no step of {service}"
    assert len(steps) > 60
    # A shop on servers takes time to create: every fifth step must do there.
    for number, step in enumerate(steps[::5] if POSTGRES else steps):
        async with fresh(migrated, tmp_path / f"run{number}") as own:
            cart = await prepared(*own)
            code, output = play(*own, cart, step)
            assert code == -9, f"{step} was not reached: {output}"
            try:
                await recovered(*own, cart, output)
            except AssertionError as error:
                raise AssertionError(f"killed at “{step}”: {error}") from error
        shutil.rmtree(tmp_path / f"run{number}")


HEADER = "Handle,Title,Status,Option1 Name,Option1 Value,Variant SKU,Variant Inventory Tracker,Variant Inventory Qty,Variant Inventory Policy,Variant Price"
FIRST = ("shirt,Shirt,active,Size,S,SH-S,shopify,5,deny,20", "shirt,Shirt,active,Size,M,SH-M,shopify,5,deny,20")
# One more size at another price, and two new products: one may be backordered.
SECOND = (
    *(one.replace(",20", ",25") for one in FIRST),
    "shirt,Shirt,active,Size,L,SH-L,shopify,7,deny,25",
    "mug,Mug,active,Title,Default Title,MUG,shopify,4,continue,9",
    "lamp,Lamp,active,Title,Default Title,LAMP,shopify,0,deny,80",
)
WANTED = {"SH-S": (2500, 5), "SH-M": (2500, 5), "SH-L": (2500, 7), "MUG": (900, 4), "LAMP": (8000, 0)}


def table(file: Path, rows: tuple[str, ...]) -> Path:
    file.write_text("\n".join((HEADER, *rows)) + "\n")
    return file


async def sold(shop: Shop) -> dict[str, tuple[int | None, int | None]]:
    """Price and stock of all published products by SKU; None if missing."""
    stocked = {
        row["variant_id"]: row["on_hand"] for row in await shop.databases["inventory"].fetch("SELECT * FROM stock")
    }
    found: dict[str, tuple[int | None, int | None]] = {}
    for product in await shop.catalog.list_products(status="published"):
        prices = await shop.pricing.prices([one.id for one in product.variants], "EUR")
        for one in product.variants:
            price = prices.get(one.id)
            found[one.sku] = (price.amount.amount if price else None, stocked.get(one.id))
    return found


async def count(shop: Shop, service: str, table: str) -> int:
    [row] = await shop.databases[service].fetch(f"SELECT count(*) AS n FROM {table}")
    return int(row["n"])


@pytest.mark.slow
async def test_a_kill_at_any_step_of_an_import_shows_no_product_without_price_and_the_next_run_completes_it(
    migrated: tuple[Path, str], tmp_path: Path
) -> None:
    first, second = table(tmp_path / "first.csv", FIRST), table(tmp_path / "second.csv", SECOND)
    steps, named, passed = [""], list[str](), 0
    while passed < len(steps):
        step, passed = steps[passed], passed + 1
        async with fresh(migrated, tmp_path / f"run{passed}") as own:
            shop = open_shop(*own, HandClock())
            assert await run(shop, "shopify", first, ImportOptions(fetch=False)) == 0
            await shop.close()
            code, output = play(*own, str(second), step, scenario=take_file)
            assert code == (-9 if step else 0), output
            if not step:
                named = [line.removeprefix("step ") for line in output.splitlines() if line.startswith("step ")]
                steps += named[::3] if POSTGRES else named
            shop = open_shop(*own, HandClock())
            try:
                for sku, (price, stock) in (await sold(shop)).items():
                    assert None not in {price, stock}, (
                        f"killed at “{step}”: {sku} can be seen, for {price}, {stock} there"
                    )
                assert await run(shop, "shopify", second, ImportOptions(fetch=False)) == 0
                assert await sold(shop) == WANTED, f"killed at “{step}”"
                for service, rows in (("pricing", "prices"), ("inventory", "stock"), ("catalog", "reserved_variants")):
                    left = len(WANTED) if rows != "reserved_variants" else 0
                    assert await count(shop, service, rows) == left, f"killed at “{step}”: {rows}"
                assert await wrong(shop) == []
            finally:
                await shop.close()
        shutil.rmtree(tmp_path / f"run{passed}")
    for service in ("catalog", "pricing", "inventory"):
        assert any(step.startswith(service) for step in named), f"no step of {service}"
