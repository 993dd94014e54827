"""`move`, `export` and `restore`."""

import asyncio
import shlex
import sys
from collections.abc import Mapping
from pathlib import Path

import msgspec

from shopwright.app import Shop
from shopwright.cli.loading import export_products
from shopwright.kit.errors import Damaged, Invalid, Refused
from shopwright.kit.settings import mask
from shopwright.kit.translation import gettext as _
from shopwright.operations import archive
from shopwright.operations.doctor import databases_are_whole
from shopwright.operations.move.other_stores import move_beside
from shopwright.operations.move.run import EngineMove
from shopwright.operations.move.run import release as release_shop
from shopwright.operations.pictures import compare
from shopwright.settings import complete


async def export(shop: Shop, file: Path, *, incomplete: bool = False) -> int:
    """Export the whole shop, or to a .jsonl FILE its products. Raises Refused if files are missing."""
    if file.suffix.lower() == ".jsonl":
        return await export_products(shop, file)
    await require_complete(shop)
    if not incomplete:
        await require_files(shop)
    print_manifest(await archive.write(shop, file), f"was written to {file}")
    return 0


async def require_complete(shop: Shop) -> None:
    """Raise Damaged if a database is, as a copy would be incomplete or wrong."""
    if wrong := (await databases_are_whole(shop)).wrong:
        raise Damaged(_("{names} Nothing was written.", names=" ".join(wrong)))


async def require_files(shop: Shop) -> None:
    """Raise Refused if pictures of products are missing in the file store, as an archive would lack them."""
    found = await compare(shop)
    if found.missing:
        raise Refused(
            _(
                "{sentence} Nothing was written. Is the folder mounted? To continue without them, add --incomplete.",
                sentence=found.sentence(),
            )
        )


def print_manifest(manifest: archive.Manifest, what: str) -> None:
    """Print what an archive contains, and what was done."""
    rows = sum(mark.rows for mark in manifest.tables.values())
    print(
        _(
            "The shop {what}: {rows} rows in {count} tables, {files} files.",
            what=what,
            rows=rows,
            count=len(manifest.tables),
            files=len(manifest.files),
        )
    )
    print(_("Checksum {checksum}", checksum=manifest.checksum))


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


async def move(shop: Shop, engines: Mapping[str, str], *, replace: bool, then: str) -> int:
    """Move a live shop to other engines."""
    if not engines:
        raise Invalid(_("Say where to: --to postgresql://…, --documents mongodb://…, --files s3://…."))
    await require_complete(shop)
    target = Shop(complete(msgspec.structs.replace(shop.settings, **engines)))
    try:
        if "database" in engines:
            done = await EngineMove(shop, target, _say).run(replace=replace)
            print(
                _(
                    "The shop was moved: {rows} rows, {files} files. The shop was read-only for {read_only_s} s.\nChecksum {checksum}",
                    rows=done.rows,
                    files=done.files,
                    read_only_s=f"{done.read_only_s:.1f}",
                    checksum=done.checksum,
                )
            )
        else:
            beside = await move_beside(shop, target, _say)
            print(
                _(
                    "{documents} documents and {files} files are in both places: restart the shop within two hours, then run the same command again to copy what was uploaded meanwhile.",
                    documents=beside.documents,
                    files=beside.files,
                )
            )
    finally:
        await target.close()
    print(_("Start it with:"))
    for name, url in engines.items():
        print(f"    SHOPWRIGHT_{name.upper()}={mask(name, url)}")
    if then:
        process = await asyncio.create_subprocess_exec(*shlex.split(then))
        if code := await process.wait():
            raise Refused(_("The shop was moved, but “{then}” ended with {code}.", then=then, code=code))
    return 0


async def release(shop: Shop) -> int:
    """Accept orders again after an interrupted move."""
    await release_shop(shop)
    print(_("The shop is open here again."))
    return 0
