"""Upgrading archives of an earlier version: load into its schema, migrate, write again."""

import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from shopwright import __version__
from shopwright.app import Shop
from shopwright.engines.database.migrations import all_in
from shopwright.kit.data.database import Database
from shopwright.kit.errors import Refused
from shopwright.kit.translation import gettext as _
from shopwright.lifecycle import migrations_of
from shopwright.operations import archive
from shopwright.settings import Settings, complete


def copy_settings(settings: Settings, folder: Path, database: str = "") -> Settings:
    """Return settings for a copy of the shop in that folder or database, which sends nothing and takes no money."""
    bare = Settings(data=str(folder), database=database, secret=settings.secret, currency=settings.currency)
    return complete(msgspec.structs.replace(bare, country=settings.country))


class StagedMigrations:
    """Migrations of a copy of the shop, applied in stages. `folder`: for the files of those applied so far."""

    def __init__(self, copy: Shop, folder: Path) -> None:
        self._copy = copy
        self._folder = folder

    def database(self, service: str) -> Database:
        """Return the database of that service in the copy."""
        return self._copy.databases[service].database

    @staticmethod
    def names(service: str) -> list[str]:
        """Return the names of all migrations of that service, in order."""
        return [one.name for one in all_in(migrations_of(service))]

    async def migrate(self, service: str, names: set[str]) -> None:
        """Apply these migrations, in addition to those applied before."""
        folders = []
        for folder in migrations_of(service):
            # The same two folder names: they are part of the name of a migration.
            mine = self._folder / service / folder.parent.name / folder.name
            mine.mkdir(parents=True, exist_ok=True)
            folders.append(mine)
            for one in all_in([folder]):
                if one.name in names:
                    shutil.copy(folder / Path(one.name).name, mine)
        await self.database(service).migrate(folders)


def require_known_version(manifest: archive.Manifest) -> None:
    """Raise Refused if a later version wrote the archive."""
    known = archive.known_migrations()
    if any(set(names) - known.get(service, set()) for service, names in manifest.migrations.items()):
        raise Refused(
            _(
                "The archive was written by version {version}, which has tables that version {own_version} does not know. Read it with that version.",
                version=manifest.version,
                own_version=__version__,
            )
        )


@asynccontextmanager
async def upgraded_archive(file: Path, settings: Settings) -> AsyncIterator[Path]:
    """Yield the archive if this version wrote it, else an upgraded copy. Raises Refused, Invalid."""
    manifest = archive.manifest_of(file)
    require_known_version(manifest)
    known = archive.known_migrations()
    wanted = {service: set(manifest.migrations.get(service, ())) for service in known}
    if wanted == known:
        yield file
        return
    with tempfile.TemporaryDirectory(prefix="earlier-", dir=settings.data) as folder:
        place = Path(folder)
        copy = Shop(copy_settings(settings, place / "copy"))
        try:
            staged = StagedMigrations(copy, place / "staged")
            for service, names in wanted.items():
                await staged.migrate(service, names)
            await archive.load_rows(copy, file)
            await copy.migrate()
            await archive.write(copy, place / file.name)
        finally:
            await copy.close()
        yield place / file.name
