"""`export`, `backup` and `restore`, and the archives they write and read."""

from pathlib import Path

from shopwright import archive
from shopwright.app import Shop
from shopwright.commands.loading import export_products
from shopwright.kit.errors import Refused, Unavailable


async def export(shop: Shop, file: Path) -> int:
    """The whole shop; where FILE ends with .jsonl, its products alone."""
    if file.suffix == ".jsonl":
        return await export_products(shop, file)
    _tell(await archive.write(shop, file), f"was written to {file}")
    return 0


async def backup(shop: Shop, folder: Path, keep: int) -> int:
    """An archive with the time in its name; older ones beyond `keep` go."""
    _make(folder)
    file = folder / f"shop-{shop.clock.now():%Y%m%d-%H%M%S}.zip"
    _tell(await archive.write(shop, file), f"was written to {file}")
    _keep(folder, keep)
    return 0


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Unavailable(f"{folder} cannot be made: {error.strerror}.") from None


def _keep(folder: Path, keep: int) -> None:
    kept = sorted(folder.glob("shop-????????-??????.zip"))
    for old in kept[: max(len(kept) - keep, 0)] if keep else []:
        old.unlink()
        print(f"{old} was removed.")


async def restore(shop: Shop, file: Path, *, sure: bool) -> int:
    """Make the shop what the archive says."""
    if not sure and not await archive.is_empty(shop):
        raise Refused("This shop is not empty; all that is in it would be replaced. Say --yes if that is meant.")
    _tell(await archive.read(shop, file), f"is here, as {file} had it")
    await shop.search.bring_up_to_date()
    return 0


def _tell(manifest: archive.Manifest, what: str) -> None:
    rows = sum(mark.rows for mark in manifest.tables.values())
    print(f"The shop {what}: {rows} rows in {len(manifest.tables)} tables, {len(manifest.files)} files.")
    print(f"Checksum {manifest.checksum}")
