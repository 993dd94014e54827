"""A command opens the shop, does something, and closes it; what changes or takes something is recorded in the audit log."""

import asyncio
import getpass
import os
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from shopwright.app import Shop
    from shopwright.settings import Settings


def with_shop(
    settings: "Settings",
    act: "Callable[[Shop], Awaitable[int]]",
    *,
    migrate: bool = True,
    recorded: str = "",
    about: str = "",
) -> int:
    """Open the shop, bring it up to date, do something, and close it. Other processes may be serving it meanwhile.

    `recorded`: the name under which this stands in the audit log, `about` what it is about.
    """
    from shopwright.app import Shop
    from shopwright.kit.audit import Act

    async def run() -> int:
        shop = Shop(settings)
        try:
            if migrate:
                await shop.migrate()
            if not recorded:
                return await act(shop)
            entry = Act(user_id="", who=whoever_types(), role="command line", action=recorded, subject=about)
            async with shop.users.log.recording(entry):
                return await act(shop)
        finally:
            await shop.close()

    return asyncio.run(run())


def whoever_types() -> str:
    """The name of this user of the machine."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container knows numbers alone
        return f"user {os.getuid()}"
