"""A backup is complete and readable, and replaces no better one."""

from pathlib import Path

import pytest

from shopwright.app import Shop
from shopwright.cli import loading, moving
from shopwright.cli.backup import BackupOptions, backup
from shopwright.kit.clock import HandClock
from shopwright.kit.errors import Invalid, Refused, Unavailable
from shopwright.operations import archive
from shopwright.operations.doctor import look
from shopwright.services.catalog.contract import Product
from tests.builders.goods import sell
from tests.builders.orders import place
from tests.builders.pictures import picture

pytestmark = pytest.mark.slow

LATEST = BackupOptions(keep=1)


async def pictured(shop: Shop, title: str = "Harbour Kettle", colour: str = "red") -> Product:
    return await sell(shop, title, media=(await shop.catalog.add_media(picture(colour), title),))


def archives(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def lose(shop: Shop, product: Product) -> str:
    name = f"media/{product.media[0].url.split('/')[2]}/original"
    await shop.files.delete(name)
    return name


async def test_a_shop_with_missing_pictures_is_not_backed_up_without_them(
    shop: Shop, clock: HandClock, tmp_path: Path
) -> None:
    kettle = await pictured(shop)
    await pictured(shop, "Lamp", "blue")
    folder = tmp_path / "kept"
    assert await backup(shop, folder, LATEST) == 0
    before = archives(folder)
    clock.move(hours=1)
    lost = await lose(shop, kettle)
    with pytest.raises(Refused, match=f"1 of 2 pictures are not in the file store .*{lost} of “Harbour Kettle”"):
        await backup(shop, folder, LATEST)
    with pytest.raises(Refused, match="--incomplete"):
        await moving.export(shop, tmp_path / "shop.zip")
    assert archives(folder) == before
    assert not (tmp_path / "shop.zip").exists()
    assert await backup(shop, folder, BackupOptions(keep=1, incomplete=True)) == 0
    assert archives(folder) != before


async def test_a_much_smaller_backup_replaces_nothing(shop: Shop, clock: HandClock, tmp_path: Path) -> None:
    kettle = await pictured(shop)
    for _ in range(3):
        await place(shop, kettle)
    assert await backup(shop, tmp_path / "kept", LATEST) == 0
    before = archives(tmp_path / "kept")
    async with shop.databases["orders"].begin() as tx:
        await tx.run("DELETE FROM orders WHERE number > 1001")
    clock.move(hours=1)
    with pytest.raises(Refused, match=r"1 orders \(there: 3\).*--smaller"):
        await backup(shop, tmp_path / "kept", LATEST)
    assert archives(tmp_path / "kept") == before
    assert await backup(shop, tmp_path / "kept", BackupOptions(keep=1, smaller=True)) == 0
    assert len(archives(tmp_path / "kept")) == 1
    assert archives(tmp_path / "kept") != before


async def test_products_and_files_are_counted_too(shop: Shop, clock: HandClock, tmp_path: Path) -> None:
    for title, colour in (("Kettle", "red"), ("Lamp", "blue"), ("Sofa", "green")):
        await pictured(shop, title, colour)
    assert await backup(shop, tmp_path / "kept", LATEST) == 0
    for product in (await shop.catalog.list_products())[:2]:
        await lose(shop, product)
    async with shop.databases["catalog"].begin() as tx:
        await tx.run("DELETE FROM documents WHERE collection = 'products'")
    clock.move(hours=1)
    with pytest.raises(Refused, match=r"0 products \(there: 3\), 1 files \(there: 3\)"):
        await backup(shop, tmp_path / "kept", LATEST)


async def test_an_archive_is_verified_before_it_is_published(shop: Shop, tmp_path: Path) -> None:
    await pictured(shop)
    await archive.write(shop, tmp_path / "shop.zip")
    complete = (tmp_path / "shop.zip").read_bytes()
    assert archive.verify(tmp_path / "shop.zip").products == 1
    for at in range(0, len(complete) - 200, len(complete) // 40):
        damaged = tmp_path / "torn.zip"
        damaged.write_bytes(complete[:at] + bytes([complete[at] ^ 0xFF]) + complete[at + 1 :])
        try:
            assert archive.verify(damaged) == archive.verify(tmp_path / "shop.zip")  # an insignificant byte
        except (Invalid, Refused):
            continue

    def spoil(_manifest: archive.Manifest) -> None:
        unfinished = tmp_path / ".again.zip.new"
        unfinished.write_bytes(unfinished.read_bytes()[:-3000])

    with pytest.raises(Unavailable, match="cannot be read back"):
        await archive.write(shop, tmp_path / "again.zip", spoil)
    assert archives(tmp_path) == ["data", "shop.zip", "torn.zip"]


async def test_a_damaged_previous_archive_is_named_and_the_one_before_it_compared(
    shop: Shop, clock: HandClock, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kettle = await sell(shop)
    await place(shop, kettle)
    assert await backup(shop, tmp_path / "kept", BackupOptions()) == 0
    (tmp_path / "kept" / "shop-20991231-000000.zip").write_bytes(b"torn")
    async with shop.databases["orders"].begin() as tx:
        await tx.run("DELETE FROM orders")
    clock.move(hours=1)
    with pytest.raises(Refused, match="0 orders"):
        await backup(shop, tmp_path / "kept", LATEST)
    assert "Not compared with shop-20991231-000000.zip" in capsys.readouterr().out


async def test_the_doctor_names_missing_pictures_and_unreferenced_files(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    kettle = await pictured(shop)
    await shop.files.put("media/0123/original", b"nobody's")
    await shop.files.put("uploads/upl_1", b"under way")
    assert await loading.doctor(shop) == 0
    output = capsys.readouterr().out
    assert "note: 1 files are named by no product, such as media/0123/original." in output
    lost = await lose(shop, kettle)
    wrong = [sentence for finding in await look(shop) for sentence in finding.wrong]
    assert len(wrong) == 1
    assert lost in wrong[0]
