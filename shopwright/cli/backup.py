"""`backup`: an archive that was read back and is not smaller than the last one; then old ones are deleted."""

import asyncio
from collections.abc import Mapping
from pathlib import Path

import msgspec

from shopwright.app import Shop
from shopwright.cli.moving import print_manifest, require_complete, require_files
from shopwright.kit.errors import Invalid, Refused, Unavailable
from shopwright.kit.private import make_folder
from shopwright.kit.translation import gettext as _
from shopwright.operations import archive

# What is counted, by table.
COUNTED = {"customers": "users/users", "orders": "orders/orders"}
LEAST_SHARE = 0.5  # of what the archive before has of each


class BackupOptions(msgspec.Struct, frozen=True, kw_only=True):
    """`keep`: how many archives stay (0: all). `smaller`, `incomplete`: accept what is refused otherwise."""

    keep: int = 0
    smaller: bool = False
    incomplete: bool = False


async def backup(shop: Shop, folder: Path, options: BackupOptions) -> int:
    """Write an archive with the time in its name; once verified, delete old ones beyond `keep`. Raises Refused."""
    await require_complete(shop)
    if not options.incomplete:
        await require_files(shop)
    _make(folder)
    before = await asyncio.to_thread(_newest, folder)

    def accept(manifest: archive.Manifest) -> None:
        if before is not None and not options.smaller:
            _require_no_less(before, manifest)

    file = folder / f"shop-{shop.clock.now():%Y%m%d-%H%M%S}.zip"
    print_manifest(await archive.write(shop, file, accept), f"was written to {file} and read back")
    _keep(folder, options.keep)
    return 0


def archives_in(folder: Path) -> list[Path]:
    """Return the archives that `backup` has written there, oldest first."""
    return sorted(folder.glob("shop-????????-??????.zip"))


def _newest(folder: Path) -> tuple[Path, archive.Manifest] | None:
    """The newest readable archive."""
    for file in reversed(archives_in(folder)):
        try:
            return file, archive.manifest_of(file)
        except (Invalid, Refused) as error:
            print(_("Not compared with {name}: {detail}", name=file.name, detail=error.detail))
    return None


def counts(manifest: archive.Manifest) -> Mapping[str, int]:
    """The main counts of an archive."""
    found = {name: manifest.tables[table].rows for name, table in COUNTED.items() if table in manifest.tables}
    return {"products": manifest.products, **found, "files": len(manifest.files)}


def _require_no_less(before: tuple[Path, archive.Manifest], now: archive.Manifest) -> None:
    file, earlier = before
    had, has = counts(earlier), counts(now)
    fewer = [
        _("{name} {now} (there: {count})", name=has.get(name, 0), now=name, count=count)
        for name, count in had.items()
        if has.get(name, 0) < count * LEAST_SHARE
    ]
    if fewer:
        raise Refused(
            _(
                "The shop is far smaller than in {name}: {names}. Is it the right shop? Nothing was written and no archive was removed. To confirm, add --smaller.",
                name=file.name,
                names=", ".join(fewer),
            )
        )


def _make(folder: Path) -> None:
    try:
        make_folder(folder)
    except OSError as error:
        raise Unavailable(_("{folder} cannot be made: {strerror}.", folder=folder, strerror=error.strerror)) from None


def _keep(folder: Path, keep: int) -> None:
    kept = archives_in(folder)
    for old in kept[: max(len(kept) - keep, 0)] if keep else []:
        old.unlink()
        print(_("{old} was removed.", old=old))
