"""The whole shop in one file: written while it runs, restored into another, identical in every row."""

import asyncio
import json
import zipfile
from pathlib import Path

import pytest

from shopwright.app import Shop
from shopwright.cli import restoring
from shopwright.cli.backup import BackupOptions, backup
from shopwright.kit.auth import SYSTEM
from shopwright.kit.clock import HandClock
from shopwright.kit.errors import Invalid, Missing, Refused
from shopwright.kit.money import Money
from shopwright.operations import archive
from shopwright.operations.doctor import examine
from shopwright.services.giftcards.contract import NewGiftCard
from shopwright.services.search.contract import SearchRequest
from tests.builders.customers import ada
from tests.builders.goods import sell
from tests.builders.orders import buy, place

pytestmark = pytest.mark.slow


async def full(shop: Shop) -> None:
    """Products with a picture and a cost, an account, paid and unpaid orders, a review to come."""
    kettle = await sell(shop, tags=("steel",), attributes={"height": 20.5})
    await shop.inventory.set_cost(kettle.variants[0].id, Money(333, "EUR"))
    await shop.files.put("media/abc/original", b"a picture")
    me = await ada(shop)
    await buy(shop, (kettle, 1), who=me)
    await place(shop, kettle, token="pretend_delayed")


async def wrong(shop: Shop) -> list[str]:
    await shop.bus.settle()
    return [sentence for finding in await examine(shop) for sentence in finding.wrong]


async def test_a_shop_restored_from_an_archive_is_identical(shop: Shop, other: Shop, tmp_path: Path) -> None:
    await full(shop)
    file = tmp_path / "shop.zip"
    written = await archive.write(shop, file)
    assert await archive.checksum(shop) == written.checksum
    await archive.read(other, file)
    assert await archive.checksum(other) == written.checksum
    assert (await archive.write(other, tmp_path / "again.zip")).checksum == written.checksum
    assert await wrong(other) == []
    await other.search.bring_up_to_date()
    assert (await other.search.find(SearchRequest(text="kettle"))).total == 1
    assert await other.users.sign_in("ada@example.com", "harbour at seven")
    assert len(await other.orders.search()) == 2
    assert await other.files.get("media/abc/original") == b"a picture"
    [kettle] = await other.catalog.list_products()
    worth = (await other.inventory.values([kettle.variants[0].id]))[kettle.variants[0].id]
    assert (worth.units, worth.value.amount) == (worth.on_hand, worth.on_hand * 333)


async def test_an_archive_describes_its_contents(shop: Shop, tmp_path: Path) -> None:
    await full(shop)
    await archive.write(shop, tmp_path / "shop.zip")
    with zipfile.ZipFile(tmp_path / "shop.zip") as found:
        manifest = json.loads(found.read("manifest.json"))
        lines = found.read("tables/orders/orders.jsonl").decode().splitlines()
    assert manifest["tables"]["orders/orders"]["rows"] == len(lines) == 2
    assert json.loads(lines[0])["email"] == "ada@example.com"


async def test_an_archive_contains_no_gift_card_codes_and_restored_cards_stay_valid(
    shop: Shop, other: Shop, tmp_path: Path
) -> None:
    new = NewGiftCard(amount=Money(2000, "EUR"), why="sold", recipient="grace@example.com")
    card = await shop.giftcards.issue(new, SYSTEM)
    file = tmp_path / "shop.zip"
    await archive.write(shop, file)
    with zipfile.ZipFile(file) as found:
        written = b"".join(found.read(name) for name in found.namelist()).decode(errors="replace")
    assert card.id in written
    assert card.code not in written
    assert card.code.replace("-", "") not in written
    await archive.read(shop, file)
    assert await shop.giftcards.code_for_email(card.id) == card.code
    await archive.read(other, file)
    with pytest.raises(Missing):
        await other.giftcards.code_for_email(card.id)


async def test_an_archive_made_while_the_shop_sells_is_one_snapshot(shop: Shop, other: Shop, tmp_path: Path) -> None:
    kettle = await sell(shop, on_hand=100)

    async def trade() -> None:
        for _ in range(15):
            await place(shop, kettle)

    selling = [asyncio.create_task(trade()) for _ in range(2)]
    files = []
    while not all(task.done() for task in selling):
        files.append(tmp_path / f"{len(files)}.zip")
        await archive.write(shop, files[-1])
        await asyncio.sleep(0)
    await asyncio.gather(*selling)
    for file in (files[0], files[len(files) // 2], files[-1]):
        await archive.read(other, file)
        other.clock.move(
            minutes=1
        )  # deliveries in progress when it was written are taken over when their leases expire
        assert await wrong(other) == []
    assert await wrong(shop) == []


@pytest.mark.parametrize("how", ["row", "manifest", "file", "nothing", "other format"])
async def test_a_damaged_archive_changes_nothing(shop: Shop, other: Shop, tmp_path: Path, how: str) -> None:
    await full(shop)
    good, bad = tmp_path / "shop.zip", tmp_path / "bad.zip"
    await archive.write(shop, good)
    if how == "nothing":
        bad.write_bytes(b"this is no zip")
    else:
        with zipfile.ZipFile(good) as source, zipfile.ZipFile(bad, "w") as target:
            for name in source.namelist():
                target.writestr(name, damaged(how, name, source.read(name)))
    before = await archive.checksum(other)
    with pytest.raises((Invalid, Refused)):
        await archive.read(other, bad)
    assert await archive.checksum(other) == before


def damaged(how: str, name: str, content: bytes) -> bytes:
    if how == "row" and name == "tables/payments/payments.jsonl":
        return content.replace(b"pretend", b"another", 1)
    if how == "manifest" and name == "manifest.json":
        return content.replace(b'"rows": 2', b'"rows": 3', 1)
    if how == "other format" and name == "manifest.json":
        return content.replace(b'"format": 1', b'"format": 2')
    return b"another picture" if how == "file" and name.startswith("files/") else content


async def test_a_shop_that_is_not_empty_is_replaced_only_on_request(shop: Shop, other: Shop, tmp_path: Path) -> None:
    await full(shop)
    await archive.write(shop, tmp_path / "shop.zip")
    await sell(other, "Lamp")
    with pytest.raises(Refused, match="not empty"):
        await restoring.restore(other, tmp_path / "shop.zip", sure=False)
    assert await restoring.restore(other, tmp_path / "shop.zip", sure=True) == 0
    assert [one.title for one in await other.catalog.list_products()] == ["Harbour Kettle"]


def left_over(data: Path) -> list[Path]:
    return list(data.glob("earlier-*"))


@pytest.mark.parametrize(
    "file", sorted((Path(__file__).parents[1] / "data").glob("archive-*.zip")), ids=lambda one: one.stem
)
async def test_an_archive_of_every_earlier_release_restores(other: Shop, file: Path) -> None:
    before = archive.verify(file)
    with pytest.raises(Refused, match=r"whose .* tables are others"):
        await archive.read(other, file)
    assert await restoring.restore(other, file, sure=True) == 0
    orders = [await other.orders.get(one.id) for one in await other.orders.search(limit=100)]
    assert len(orders) == before.tables["orders/orders"].rows
    assert {"shipped"} <= {one.status for one in orders}
    assert [sentence for finding in await examine(other) for sentence in finding.wrong] == []
    await other.search.bring_up_to_date()
    assert (await other.catalog.get("lamp")).title == "Lamp"
    assert left_over(Path(other.settings.data)) == []


async def test_an_archive_of_a_later_version_is_refused_and_changes_nothing(
    shop: Shop, other: Shop, tmp_path: Path
) -> None:
    async with shop.databases["orders"].begin() as tx:
        await tx.run("INSERT INTO migrations (name, hash) VALUES ('orders/9999_later.sql', 'x')")
    await archive.write(shop, tmp_path / "later.zip")
    before = await archive.checksum(other)
    with pytest.raises(Refused, match="Read it with that version"):
        await restoring.restore(other, tmp_path / "later.zip", sure=True)
    assert await archive.checksum(other) == before


@pytest.mark.parametrize("kind", ["files/", "tables/orders/orders.jsonl"])
async def test_missing_parts_of_an_archive_are_named(shop: Shop, other: Shop, tmp_path: Path, kind: str) -> None:
    await full(shop)
    await archive.write(shop, tmp_path / "shop.zip")
    with (
        zipfile.ZipFile(tmp_path / "shop.zip") as source,
        zipfile.ZipFile(tmp_path / "less.zip", "w") as target,
    ):
        lost = next(name for name in source.namelist() if name.startswith(kind))
        for name in source.namelist():
            if name != lost:
                target.writestr(name, source.read(name))
    with pytest.raises(Invalid, match=f"{lost} is missing in it"):
        await restoring.restore(other, tmp_path / "less.zip", sure=True)


async def test_backups_beyond_the_number_kept_are_deleted(shop: Shop, clock: HandClock, tmp_path: Path) -> None:
    for _ in range(4):
        clock.move(hours=1)
        assert await backup(shop, tmp_path / "kept", BackupOptions(keep=2)) == 0
    assert len(list((tmp_path / "kept").iterdir())) == 2
