"""A demo shop is marked in its data, wherever they are restored; a shop that sells never becomes one."""

from pathlib import Path

import pytest

from shopwright.app import Shop
from shopwright.cli import loading
from shopwright.cli.serving import prepare
from shopwright.demo.load import mark_if_new
from shopwright.operations import archive
from shopwright.services import RIVER
from tests.builders.goods import sell
from tests.builders.shops import make_settings


async def test_an_empty_shop_filled_with_the_demo_catalogue_is_a_demo_shop_in_each_of_its_databases(shop: Shop) -> None:
    assert not await shop.is_demo()
    await mark_if_new(shop)
    assert await shop.is_demo()
    assert [name for name in RIVER if not await shop.databases[name].is_demo()] == []
    assert (await shop.payments.setup()).demo


async def test_a_shop_that_sells_does_not_become_a_demo_shop(
    shop: Shop, data: tuple[Path, str], capsys: pytest.CaptureFixture[str]
) -> None:
    await sell(shop)
    await prepare(make_settings(*data), (), demo=True)
    assert not await shop.is_demo()
    assert not await mark_if_new(shop)
    assert not await shop.is_demo()


async def test_a_demo_shop_stays_one_in_its_archive(shop: Shop, other: Shop, tmp_path: Path) -> None:
    await mark_if_new(shop)
    await sell(shop)
    await archive.write(shop, tmp_path / "shop.zip")
    assert not await other.is_demo()
    await archive.read(other, tmp_path / "shop.zip")
    assert await other.is_demo()


@pytest.mark.slow
async def test_the_demo_command_marks_the_databases_it_fills(shop: Shop) -> None:
    await loading.demo(shop, None)
    assert await shop.is_demo()
