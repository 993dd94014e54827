"""What an earlier version wrote: a copy of its tables as it had them, brought to this version migration by migration."""

import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from shopwright import __version__, archive
from shopwright.app import Shop, migrations_of
from shopwright.engines.database.migrations import all_in
from shopwright.kit.database import Database
from shopwright.kit.errors import Refused
from shopwright.settings import Settings, complete


def beside(settings: Settings, folder: Path, database: str = "") -> Settings:
    """A shop of its own in that folder, or with its tables in that database: it sends nothing and takes no money."""
    bare = Settings(data=str(folder), database=database, secret=settings.secret, currency=settings.currency)
    return complete(msgspec.structs.replace(bare, country=settings.country))


class Past:
    """The databases of a copy, which have the migrations they are given and no others. `folder`: for files of ours."""

    def __init__(self, copy: Shop, folder: Path) -> None:
        self._copy = copy
        self._folder = folder

    def database(self, service: str) -> Database:
        """Of the copy."""
        return self._copy.works[service].database

    async def bring(self, service: str, names: set[str]) -> None:
        """Apply these, of the migrations this version knows."""
        folders = []
        for folder in migrations_of(service):
            # Each named as the one it stands for.
            mine = self._folder / service / folder.parent.name / folder.name
            mine.mkdir(parents=True, exist_ok=True)
            folders.append(mine)
            for one in all_in([folder]):
                if one.name in names:
                    shutil.copy(folder / Path(one.name).name, mine)
        await self.database(service).migrate(folders)


def check_known(manifest: archive.Manifest) -> None:
    """Raise Refused where a later version wrote the archive."""
    known = {service: _known(service) for service in archive.services()}
    if any(set(names) - known.get(service, set()) for service, names in manifest.migrations.items()):
        raise Refused(
            f"The archive was written by version {manifest.version}, which has tables that version {__version__} does not"
            " know. Read it with that version."
        )


def _known(service: str) -> set[str]:
    return {one.name for one in all_in(migrations_of(service))}


@asynccontextmanager
async def of_this_version(file: Path, settings: Settings) -> AsyncIterator[Path]:
    """The archive, or one like it as this version writes it, for as long as it is needed. Raises Refused, Invalid."""
    manifest = archive.manifest_of(file)
    check_known(manifest)
    wanted = {service: set(manifest.migrations.get(service, ())) for service in archive.services()}
    if wanted == {service: _known(service) for service in wanted}:
        yield file
        return
    with tempfile.TemporaryDirectory(prefix="earlier-", dir=settings.data) as folder:
        place = Path(folder)
        copy = Shop(beside(settings, place / "copy"))
        try:
            past = Past(copy, place / "past")
            for service, names in wanted.items():
                await past.bring(service, names)
            await archive.fill(copy, file)
            await copy.migrate()
            await archive.write(copy, place / file.name)
        finally:
            await copy.close()
        yield place / file.name
