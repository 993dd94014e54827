"""Archives: the whole shop as a zip of JSON lines, one file per table, with the pictures.

    manifest.json             its content, with a checksum of each table and of the whole
    tables/orders/orders.jsonl
    files/media/…

All services are paused for a moment while snapshots are opened, which are read while the shop continues. A checksum is
the sum of the hashes of rows: independent of their order, and of how an engine formats JSON.
"""

import asyncio
import hashlib
import struct
import zipfile
import zlib
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import msgspec

from shopwright import __version__
from shopwright.app import Shop
from shopwright.engines.database.migrations import all_in
from shopwright.event_handlers import keep_documents
from shopwright.kit.data.database import DatabaseSession, Snapshot
from shopwright.kit.errors import Invalid, Refused, Unavailable
from shopwright.kit.private import replaced_file
from shopwright.kit.translation import gettext as _
from shopwright.lifecycle import migrations_of
from shopwright.registry import with_databases

FORMAT = 1
# Signing keys: each shop creates its own.
SIGNS = frozenset({"signing_keys", "secrets"})
# Codes of gift cards yet to be e-mailed: readers of an archive could spend them.
SPENDABLE = frozenset({"codes", "provider_keys"})
# Not the shop's own data: job schedules and the progress of engines.
LEFT_OUT = frozenset({"migrations", "timers", "generations", "document_moves", "moved_rows"}) | SIGNS | SPENDABLE
# Encrypted values are archived as they are: the reader's shop has another key. Protect archives like keys.
ENCRYPTED: Mapping[tuple[str, str], str] = {
    ("users", "second_factors"): "secret",
    ("orders", "kept_buyers"): "body",
    ("orders", "order_sources"): "body",
    ("books", "sealed_documents"): "body",
}
# The index is rebuilt where the archive is read.
MADE_ANEW: Mapping[tuple[str, str], dict[str, Any]] = {
    ("search", "entries"): {"indexed": 0},
    ("users", "audit"): {"mac": ""},  # under the key of the shop that reads it
    ("users", "audit_head"): {"mac": ""},
}
BATCH = 500
# Errors of `zipfile` for damaged bytes, including unknown methods and encrypted files.
UNREADABLE = (OSError, EOFError, KeyError, RuntimeError, ValueError, struct.error, zipfile.BadZipFile, zlib.error)
PRODUCTS = ("catalog", "documents", "products")  # service, table, collection


class TableMark(msgspec.Struct, frozen=True):
    """The number of rows and their checksum."""

    rows: int
    checksum: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """The content of an archive. `products` is 0 in archives of earlier versions."""

    format: int
    version: str
    created_at: str
    migrations: dict[str, list[str]]
    tables: dict[str, TableMark]
    files: dict[str, str]
    checksum: str
    products: int = 0


class ArchiveSum:
    """The checksum of a table."""

    def __init__(self) -> None:
        self.rows = 0
        self._sum = 0

    def add(self, row: Mapping[str, Any]) -> None:
        self.rows += 1
        plain = {name: _canonical(value) for name, value in sorted(row.items())}
        self._sum += int.from_bytes(hashlib.sha256(msgspec.json.encode(plain)).digest(), "big")

    @property
    def mark(self) -> TableMark:
        return TableMark(self.rows, f"{self._sum % 2**256:064x}")


def _canonical(value: Any) -> Any:
    """A value with JSON in canonical form."""
    if isinstance(value, str) and value[:1] in {"{", "["}:
        try:
            return msgspec.json.encode(msgspec.json.decode(value), order="deterministic").decode()
        except msgspec.DecodeError:
            return value
    return value


def total_checksum(tables: Mapping[str, TableMark], files: Mapping[str, str]) -> str:
    """The checksum over all tables and files."""
    content = msgspec.json.encode({"tables": tables, "files": files}, order="deterministic")
    return hashlib.sha256(content).hexdigest()


async def write(
    shop: Shop, path: Path, accept: Callable[[Manifest], None] = lambda _manifest: None, *, is_held: bool = False
) -> Manifest:
    """Write the whole shop to `path`, which appears once it was read back, or not at all. Raises Unavailable.

    `accept` may raise if the content is not as expected. `is_held`: called within `held`.
    """
    with replaced_file(path) as unfinished:
        async with AsyncExitStack() as stack:
            opened = await (_opened_in if is_held else snapshots)(shop, stack)
            with zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED, compresslevel=3) as archive:
                manifest = await _write(shop, opened, archive)
        accept(manifest)
        await asyncio.to_thread(_read_back, unfinished, manifest)
    return manifest


def _read_back(path: Path, manifest: Manifest) -> None:
    try:
        same = verify(path) == manifest
    except (Invalid, Refused) as error:
        raise Unavailable(_("The archive cannot be read back, and was removed: {why}", why=error.detail)) from None
    if not same:
        raise Unavailable(_("{path} is not as it was written, and was removed. Is the disk in order?", path=path))


async def snapshots(shop: Shop, stack: AsyncExitStack) -> dict[str, Snapshot]:
    """Open a snapshot of each service at the same moment, while all writers wait."""
    await stack.enter_async_context(_steady(shop))
    async with _all_held(shop):
        return await _opened_in(shop, stack)


@asynccontextmanager
async def held(shop: Shop) -> AsyncIterator[Mapping[str, DatabaseSession]]:
    """Open a transaction of each service that excludes all writers; rolled back if the process ends."""
    async with _steady(shop), _all_held(shop) as sessions:
        yield sessions


@asynccontextmanager
async def _steady(shop: Shop) -> AsyncIterator[None]:
    async with AsyncExitStack() as stack:
        for name in keep_documents():
            await stack.enter_async_context(shop.documents.steady(shop.databases[name]))
        yield


@asynccontextmanager
async def _all_held(shop: Shop) -> AsyncIterator[Mapping[str, DatabaseSession]]:
    async with AsyncExitStack() as stack:
        yield {name: await stack.enter_async_context(work.database.hold()) for name, work in shop.databases.items()}


async def _opened_in(shop: Shop, stack: AsyncExitStack) -> dict[str, Snapshot]:
    return {name: await stack.enter_async_context(work.database.snapshot()) for name, work in shop.databases.items()}


async def _write(shop: Shop, snapshots: Mapping[str, Snapshot], archive: zipfile.ZipFile) -> Manifest:
    tables: dict[str, TableMark] = {}
    applied: dict[str, list[str]] = {}
    products = 0
    for service, snapshot in snapshots.items():
        for table in await snapshot.tables():
            if table in LEFT_OUT:
                continue
            total = ArchiveSum()
            with archive.open(f"tables/{service}/{table}.jsonl", "w", force_zip64=True) as out:
                async for row in rows_of(shop, snapshot, service, table):
                    total.add(row)
                    products += (service, table, row.get("collection")) == PRODUCTS
                    out.write(msgspec.json.encode(row) + b"\n")
            tables[f"{service}/{table}"] = total.mark
        applied[service] = sorted([row["name"] async for row in rows_of(shop, snapshot, service, "migrations")])
    files: dict[str, str] = {}
    for name in await shop.files.names():
        data = await shop.files.get(name)
        if data is None:  # an upload that was finished meanwhile
            continue
        files[name] = hashlib.sha256(data).hexdigest()
        archive.writestr(zipfile.ZipInfo(f"files/{name}"), data)
    manifest = Manifest(
        format=FORMAT,
        version=__version__,
        created_at=shop.clock.now().isoformat(),
        migrations=applied,
        tables=tables,
        files=files,
        checksum=total_checksum(tables, files),
        products=products,
    )
    archive.writestr("manifest.json", msgspec.json.format(msgspec.json.encode(manifest), indent=2))
    return manifest


async def rows_of(shop: Shop, snapshot: Snapshot, service: str, table: str) -> AsyncIterator[dict[str, Any]]:
    """Iterate over a table's rows in a snapshot, documents with their bodies."""
    anew = MADE_ANEW.get((service, table), {})
    async for batch in snapshot.rows(table):
        filled = await shop.documents.fill(shop.databases[service], batch) if table == "documents" else batch
        column = ENCRYPTED.get((service, table))
        for row in filled:
            yield {**row, column: shop.vault.open(row[column])} if column else {**row, **anew}


async def mark_of(shop: Shop, snapshot: Snapshot, service: str, table: str) -> TableMark:
    """Count a table's rows in a snapshot, with their checksum as in an archive."""
    total = ArchiveSum()
    async for row in rows_of(shop, snapshot, service, table):
        total.add(row)
    return total.mark


async def checksum(shop: Shop) -> str:
    """The checksum that an archive of this shop would have now."""
    tables: dict[str, TableMark] = {}
    async with AsyncExitStack() as stack:
        for service, snapshot in (await snapshots(shop, stack)).items():
            for table in await snapshot.tables():
                if table not in LEFT_OUT:
                    tables[f"{service}/{table}"] = await mark_of(shop, snapshot, service, table)
    files = {name: hashlib.sha256(await shop.files.get(name) or b"").hexdigest() for name in await shop.files.names()}
    return total_checksum(tables, files)


def manifest_of(path: Path) -> Manifest:
    """Read the manifest of an archive. Raises Invalid, Refused."""
    with _opened(path) as archive:
        return _manifest(archive, path)


def rows_in(path: Path, table: str) -> Iterator[dict[str, Any]]:
    """Iterate over the rows of a table (`service/table`) in an archive. Raises Invalid, Refused."""
    with _opened(path) as archive:
        if table in _manifest(archive, path).tables:
            for batch in _batches(archive, f"tables/{table}.jsonl"):
                yield from batch


def verify(path: Path) -> Manifest:
    """Read an archive back and check it. Raises Invalid, Refused."""
    with _opened(path) as archive:
        manifest = _manifest(archive, path)
        _check_files(archive, manifest, path)
        for name, mark in manifest.tables.items():
            total = ArchiveSum()
            for batch in _batches(archive, f"tables/{name}.jsonl"):
                for row in batch:
                    total.add(row)
            if total.mark != mark:
                raise Invalid(_("{name} is damaged: {table} is not as it was written.", name=path.name, table=name))
    return manifest


@contextmanager
def _opened(path: Path) -> Iterator[zipfile.ZipFile]:
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive
    except UNREADABLE as error:
        raise Invalid(_("{path} cannot be read as an archive of a shop: {error}.", path=path, error=error)) from None


async def is_empty(shop: Shop) -> bool:
    """Whether an import would overwrite nothing; an owner, tax and shipping rules may exist."""
    return not (await shop.catalog.list_products(limit=1) or await shop.orders.search(limit=1))


async def read(shop: Shop, path: Path) -> Manifest:
    """Make this shop what the archive says; nothing changes before it is fully checked. Raises Invalid, Refused."""
    check_version(manifest_of(path))
    manifest = await load_rows(shop, path)
    await complete(shop)
    return manifest


async def complete(shop: Shop) -> None:
    """Recreate what no archive contains, once its rows are loaded."""
    await shop.protect()
    await shop.users.log.seal_again()
    await shop.search.rebuild()


async def load_rows(shop: Shop, path: Path) -> Manifest:
    """Load the rows into tables of the archive's version, and its files into the file store."""
    async with _all_held(shop) as sessions:
        return await load_into(shop, sessions, path)


async def load_into(shop: Shop, sessions: Mapping[str, DatabaseSession], path: Path) -> Manifest:
    """Do the same within open transactions. Raises Invalid, Refused."""
    with _opened(path) as archive:
        manifest = _manifest(archive, path)
        _check_files(archive, manifest, path)
        for service, session in sessions.items():
            await _replace(session, service, manifest, archive, path)
        for name in manifest.files:
            await shop.files.put(name, archive.read(f"files/{name}"))
    return manifest


def _check_files(archive: zipfile.ZipFile, manifest: Manifest, path: Path) -> None:
    there = set(archive.namelist())
    for name in (*(f"files/{one}" for one in manifest.files), *(f"tables/{one}.jsonl" for one in manifest.tables)):
        if name not in there:
            raise Invalid(_("{name} is damaged: {table} is missing in it.", name=path.name, table=name))
    for name, digest in manifest.files.items():
        if hashlib.sha256(archive.read(f"files/{name}")).hexdigest() != digest:
            raise Invalid(_("{name} is damaged: files/{table} is not as it was written.", name=path.name, table=name))


def _manifest(archive: zipfile.ZipFile, path: Path) -> Manifest:
    try:
        manifest = msgspec.json.decode(archive.read("manifest.json"), type=Manifest)
    except (KeyError, msgspec.DecodeError):
        raise Invalid(_("{name} is not an archive of a shop: it has no manifest.json.", name=path.name)) from None
    if manifest.format != FORMAT:
        sentence = _(
            "{name} is of format {format}; this version reads {own}.",
            name=path.name,
            format=manifest.format,
            own=FORMAT,
        )
        raise Refused(sentence)
    if total_checksum(manifest.tables, manifest.files) != manifest.checksum:
        raise Invalid(_("{name} is damaged: its manifest does not add up.", name=path.name))
    return manifest


def known_migrations() -> dict[str, set[str]]:
    """Return the names of all migrations of this version by service."""
    return {service: {one.name for one in all_in(migrations_of(service))} for service in with_databases(())}


def check_version(manifest: Manifest) -> None:
    """Raise Refused if the archive has tables of another version."""
    for service, known in known_migrations().items():
        if known != set(manifest.migrations.get(service, ())):
            raise Refused(
                _(
                    "The archive was written by version {version}, whose {service} tables are others than those of version {own_version}.",
                    version=manifest.version,
                    service=service,
                    own_version=__version__,
                )
            )


async def _replace(
    session: DatabaseSession, service: str, manifest: Manifest, archive: zipfile.ZipFile, path: Path
) -> None:
    for name, mark in manifest.tables.items():
        owner, _slash, table = name.partition("/")
        if owner != service:
            continue
        if not table.replace("_", "").isalnum():
            raise Invalid(_("{name} is damaged: “{table}” is not a table.", name=path.name, table=table))
        await session.run(f"DELETE FROM {table}", {})
        total = ArchiveSum()
        for batch in _batches(archive, f"tables/{name}.jsonl"):
            for row in batch:
                total.add(row)
            if not all(column.replace("_", "").isalnum() for column in batch[0]):
                raise Invalid(_("{name} is damaged: {table} has columns that cannot be.", name=path.name, table=name))
            await put(session, table, batch)
        if total.mark != mark:
            raise Invalid(_("{name} is damaged: {table} is not as it was written.", name=path.name, table=name))


async def put(session: DatabaseSession, table: str, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows; all have the columns of the first."""
    if rows:
        columns = list(rows[0])
        placeholders = ", ".join(f":{column}" for column in columns)
        await session.run_many(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({placeholders})", rows)


def _batches(archive: zipfile.ZipFile, name: str) -> Iterator[Sequence[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    with archive.open(name) as file:
        for line in file:
            batch.append(msgspec.json.decode(line, type=dict[str, Any]))
            if len(batch) == BATCH:
                yield batch
                batch = []
    if batch:
        yield batch
