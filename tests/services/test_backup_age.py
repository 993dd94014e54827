"""The age of the last backup is known, and reported before it matters."""

import pytest

from shopwright.app import Shop
from shopwright.kit.audit import StaffAction
from shopwright.operations.backup_age import backup_ages
from shopwright.operations.doctor import look
from shopwright.operations.process_admin import LocalProcessAdmin

pytestmark = pytest.mark.slow


async def done(shop: Shop, action: str) -> None:
    async with shop.users.log.recording(StaffAction(user_id="", who="root", role="command line", action=action)):
        pass


async def findings(shop: Shop) -> list[str]:
    return [sentence for finding in await look(shop) for sentence in finding.wrong]


async def test_an_outdated_backup_is_reported_and_a_shop_without_backups_is_not(shop: Shop) -> None:
    assert await findings(shop) == []
    await done(shop, "backup")
    await done(shop, "restore drill")
    shop.clock.move(days=1)
    assert await findings(shop) == []
    assert 'shopwright_backup_age_seconds{kind="backup"} 86400.0' in (await LocalProcessAdmin(shop).metrics()).decode()
    shop.clock.move(days=2)
    assert await findings(shop) == ["The last backup that went well was 3 days ago; it is wanted every 2."]
    await done(shop, "backup")
    assert await findings(shop) == []
    shop.clock.move(days=39)
    assert len(await findings(shop)) == 2


async def test_a_failed_backup_does_not_count(shop: Shop) -> None:
    await done(shop, "backup")
    shop.clock.move(days=3)
    with pytest.raises(ValueError, match="invalid literal"):
        async with shop.users.log.recording(StaffAction(user_id="", who="root", role="command line", action="backup")):
            int("no archive")
    assert (await backup_ages(shop.users, shop.clock.now()))["backup"].days == 3
