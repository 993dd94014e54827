"""Opening the shop for a command; commands that change or copy something are recorded in the audit log.

A shop exists if its databases do. Few commands create one (`init`, `demo`, `serve --demo`, `migrate --init`, `restore`
and `import archive`); for all others a place without a shop is a mistake, such as an unmounted disk: they say so and
change nothing.
"""

import asyncio
import getpass
import os
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from shopwright.kit.errors import Damaged, Missing, Refused, ShopError
from shopwright.kit.settings import mask
from shopwright.kit.translation import gettext as _
from shopwright.kit.translation import gettext_noop
from shopwright.operations.unfinished_restore import require_finished

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from shopwright.app import Shop
    from shopwright.settings import Settings

# How much of a shop must exist: all; all or nothing; a part; nothing.
Needs = Literal["whole", "whole or none", "part", "nothing"]
HOW_TO_MAKE = gettext_noop("`shopwright init` makes an empty one, `shopwright serve --demo` one to look around in.")


def with_shop(
    settings: "Settings",
    act: "Callable[[Shop], Awaitable[int]]",
    *,
    migrate: bool = True,
    needs: Needs = "whole",
    damaged: bool = False,
    before: Callable[[], object] = lambda: None,
    recorded: str = "",
    about: str = "",
) -> int:
    """Open the shop, migrate it, run the command, and close it. Other processes may be serving meanwhile.

    `needs`: how much of it must exist, else Missing is raised. `damaged`: also accept a shop with unreadable or missing
    parts, without migrating. `before`: raises what forbids creating one. `recorded`: the action's name in the audit
    log; `about`: its subject.
    """
    from shopwright.app import Shop
    from shopwright.kit import disk
    from shopwright.settings import with_secret

    if not damaged:
        require_finished(Path(settings.data))
    if disk.give_up_reserve(Path(settings.data)):
        print(
            _("The disk of {data} is full: its reserve was released for this command.", data=settings.data),
            file=sys.stderr,
        )

    async def run() -> int:
        found = await (readable_of(settings, needs) if damaged else databases_of(settings))
        hurt = damaged and any(found.values()) and not all(found.values())
        if not hurt:
            _require(settings, found, needs)
        if not any(found.values()):
            before()
        shop = Shop(with_secret(settings))
        try:
            if migrate and not hurt:
                try:
                    await shop.migrate()
                except Damaged:
                    if not damaged:
                        raise
            if not recorded:
                return await act(shop)
            async with recording(shop, recorded, about):
                return await act(shop)
        finally:
            await shop.close()

    return asyncio.run(run())


def recording(shop: "Shop", action: str, about: str = "") -> "AbstractAsyncContextManager[object]":
    """Record what is done inside in the audit log, under this user's name."""
    from shopwright.kit.audit import StaffAction

    return shop.users.log.recording(
        StaffAction(user_id="", who=operating_user(), role="command line", action=action, subject=about)
    )


async def databases_of(settings: "Settings", services: Sequence[str] = ()) -> dict[str, bool]:
    """Return each database of these services (default: all), and whether it exists. Raises Unavailable."""
    from shopwright.engines.database import open_database
    from shopwright.registry import with_databases

    names = with_databases(services)
    opened = [open_database(settings.database, name) for name in names]
    try:
        return dict(zip(names, await asyncio.gather(*(one.exists() for one in opened)), strict=True))
    finally:
        for one in opened:
            await one.close()


async def readable_of(settings: "Settings", needs: Needs) -> dict[str, bool]:
    """Return each database, and whether it exists undamaged. Raises Unavailable if none of the needed does."""
    from shopwright.engines.database import open_database
    from shopwright.registry import with_databases

    opened = {name: open_database(settings.database, name) for name in with_databases(())}
    found: dict[str, bool] = {}
    problem: ShopError | None = None
    try:
        for name, one in opened.items():
            try:
                found[name] = await one.exists() and not one.damaged
            except ShopError as error:
                found[name], problem = False, error
    finally:
        for one in opened.values():
            await one.close()
    if problem is not None and not any(found.values()) and needs != "nothing":
        raise problem
    return found


async def require_shop(settings: "Settings", services: Sequence[str] = (), *, needs: Needs = "whole") -> None:
    """Raise Missing if less of a shop exists than `needs`; nothing is created by checking."""
    require_finished(Path(settings.data))
    _require(settings, await databases_of(settings, services), needs)


def _require(settings: "Settings", found: Mapping[str, bool], needs: Needs) -> None:
    missing = [name for name, there in found.items() if not there]
    if not missing or needs == "nothing":
        return
    all_or_none = len(missing) == len(found)
    if needs == ("whole or none" if all_or_none else "part"):
        return
    if all_or_none:
        raise Missing(
            _(
                "There is no shop in {settings}. Is that the right place? {how_to_make}",
                settings=place_of(settings),
                how_to_make=_(HOW_TO_MAKE),
            )
        )
    raise Missing(
        _(
            "A part of the shop in {settings} is missing: {names}. Restore it from a backup; where an `init` was interrupted, or this version brings that part, `shopwright migrate` makes it.",
            settings=place_of(settings),
            names=", ".join(missing),
        )
    )


async def require_none(settings: "Settings") -> None:
    """Raise Refused if there is a shop, or part of one."""
    if any((await databases_of(settings)).values()):
        raise Refused(_("There is a shop in {settings} already. Nothing was changed.", settings=place_of(settings)))


def place_of(settings: "Settings") -> str:
    """Return the location of the databases in words, and its setting."""
    scheme, _slashes, rest = settings.database.partition("://")
    if scheme != "sqlite":
        return _("the database {database} (SHOPWRIGHT_DATABASE)", database=mask("database", settings.database))
    if rest == settings.data:
        return _("the data folder {folder} (--data or SHOPWRIGHT_DATA)", folder=rest)
    return _("the folder {folder} (SHOPWRIGHT_DATABASE)", folder=rest)


def operating_user() -> str:
    """The name of this user of the machine."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container knows numbers alone
        return _("user {getuid}", getuid=os.getuid())
