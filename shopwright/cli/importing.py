"""`shopwright import KIND FILE`: shows progress, then what was imported, what was not, and why."""

import difflib
import gc
import tomllib
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Literal

import msgspec
from rich.progress import Progress

from shopwright.app import Shop
from shopwright.cli.asking import ask_about, ask_all, ask_where_needed, at_a_terminal
from shopwright.cli.opening import with_shop
from shopwright.importers.account import Account
from shopwright.importers.customers import CustomerImporter, are_people
from shopwright.importers.draft import Importer, ImportIssue
from shopwright.importers.drafting import FileSettings, drafts
from shopwright.importers.files import read_tables
from shopwright.importers.header import Header, UnclearColumns, plain_answer
from shopwright.importers.inventory import InventoryCounts, is_inventory
from shopwright.importers.magento import Magento
from shopwright.importers.orders import OrderImporter, are_orders
from shopwright.importers.pictures import Fetcher
from shopwright.importers.product_importer import ProductImporter
from shopwright.importers.reading import Table
from shopwright.importers.shopify import Shopify
from shopwright.importers.spool_store import AccountStore, Spool
from shopwright.importers.table import TableImporter
from shopwright.importers.woocommerce import WooCommerce
from shopwright.kit.digits import is_number
from shopwright.kit.errors import Invalid
from shopwright.kit.translation import gettext as _
from shopwright.operations.shop_currency import require_currency
from shopwright.settings import Settings

IMPORTERS: dict[str, Importer] = {
    "shopify": Shopify(), "woocommerce": WooCommerce(), "magento": Magento(), "table": TableImporter(),
}  # fmt: skip

SHOWN_EVERY = 50
TIDIED_EVERY = 1_000  # remarks: then little is there of what was read
YOUNG = 1_000_000  # values that were made and are still there, before it is looked for those in rings all the same


class ImportOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How to import. `how`: import, try, or undo an earlier run; `images_from`: the base of picture paths.

    `columns`: meanings by header; `stock`: what a file without stock means; `decimal`: its decimal sign, if ambiguous.
    """

    report: Path | None = None
    fetch: bool = True
    how: Literal["take", "try", "undo"] = "take"
    images_from: str = ""
    columns: Mapping[str, str] = {}
    stock: str = "untracked"
    decimal: str = ""


def meanings(kind: str, file: Path, mapping: str) -> dict[str, str]:
    """Column meanings from a file or the terminal. `mapping`: the option. Raises Invalid."""
    if mapping and mapping != "ask":
        return read_map(Path(mapping))
    importer = importer_of(kind)
    if mapping:
        return ask_all(importer, read_tables(file))
    if not at_a_terminal():
        return {}
    tables = read_tables(file)
    for table in tables:
        _check_kind(table, importer, kind, ImportOptions())
    return ask_where_needed(importer, tables) if all(_what(table) == "products" for table in tables) else {}


def run_or_ask(settings: Settings, kind: str, file: Path, wish: ImportOptions) -> int:
    """Import a file; at a terminal, ask about unknown required columns. Returns the exit code."""
    while True:
        try:
            return with_shop(
                settings, partial(run, kind=kind, file=file, wish=wish), recorded="import", about=f"file {file.name}"
            )
        except UnclearColumns as doubt:
            if not at_a_terminal():
                raise
            mapping = ask_about(importer_of(kind), read_tables(file), doubt.data["columns"])
            wish = msgspec.structs.replace(wish, columns={**wish.columns, **mapping})


async def run(shop: Shop, kind: str, file: Path, wish: ImportOptions) -> int:
    """Import a file; returns 0 if every row was imported, 1 if some were refused."""
    importer = importer_of(kind)
    await require_currency(shop)
    tables = read_tables(file, wish.columns)
    _check_map(tables, wish.columns)
    for table in tables:
        _check_kind(table, importer, kind, wish)
    fetcher = Fetcher(shop.catalog, fetch=wish.fetch, base=wish.images_from)
    with AccountStore() as store:
        account = Account(store)
        try:
            with Progress(transient=True) as bar, _few_collections():
                for table in tables:
                    task, imported = bar.add_task(table.name, total=None), 0
                    async for issue in _issues(shop, kind, table, fetcher, wish, account):
                        account.add(issue)
                        imported += 1
                        if imported % SHOWN_EVERY == 0:
                            bar.update(task, completed=imported)
                        if imported % TIDIED_EVERY == 0:
                            gc.collect()
                    account.close_table()
        finally:
            await fetcher.close()
        await shop.bus.settle()
        await shop.search.bring_up_to_date()
        if wish.report is not None:
            account.write(wish.report)
        print(
            {"take": "", "try": _("Dry run, nothing was written. Result: "), "undo": "Undone: "}[wish.how],
            end="",
        )
        kinds = {_what(table) for table in tables}
        for line in account.lines(kinds.pop() if len(kinds) == 1 else "things", wish.report):
            print(line)
        return 1 if account.refused else 0


async def _issues(
    shop: Shop, kind: str, table: Table, fetcher: Fetcher, wish: ImportOptions, account: Account
) -> AsyncIterator[ImportIssue]:
    """Iterate over the results of a table's rows."""
    if are_orders(table.columns):
        orders = OrderImporter(
            shop.orders, shop.users, shop.product_views, kind, wish.how, shop.settings.country, shop.settings.zone
        )
        async for issue in orders.import_rows(account.counted(table.rows())):
            yield issue
        return
    if is_inventory(table.columns):
        async for issue in InventoryCounts(shop.product_views, wish.how).import_rows(account.counted(table.rows())):
            yield issue
        return
    if are_people(table.columns):
        async for issue in CustomerImporter(shop.users, wish.how, shop.settings.country).import_rows(
            account.counted(table.rows())
        ):
            yield issue
        return
    importer = IMPORTERS[kind]
    header = Header(importer.format, table.columns, _answers(table, wish))
    if missing := header.missing():
        problem = _("this table is none of products: it has no column for {names}", names=", ".join(missing))
        for number, _row in account.counted(table.rows()):
            yield ImportIssue(number, "", "refused", problem)
        account.notes.append(
            _(
                "{name} has the columns {names}. If they are those of products, give their meaning with --map FILE",
                name=table.name,
                names=", ".join(table.columns[:12]),
            )
        )
        return
    with Spool() as spool:
        taker = ProductImporter(shop.product_views, fetcher, wish.how)
        how = FileSettings(
            currency=shop.settings.currency,
            now=shop.clock.now().astimezone(shop.settings.zone),
            decimal=wish.decimal,
            stock=_stock(wish.stock),
        )
        async for issue in taker.import_drafts(drafts(importer, header, table, spool, account, how)):
            yield issue


@contextmanager
def _few_collections() -> Iterator[None]:
    """Exempt existing objects from garbage collection, and collect the import's rarely (a tenth of the time)."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(YOUNG, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def _stock(text: str) -> int | None:
    """Parse a stock; None for “untracked”. Raises Invalid."""
    if text == "untracked":
        return None
    if not is_number(text):
        raise Invalid(_("--stock is 0, another whole number, or untracked; “{text}” is none of these.", text=text))
    return int(text)


def _answers(table: Table, wish: ImportOptions) -> dict[str, str]:
    """The given meanings for this table."""
    there = {plain_answer(column) for column in table.columns}
    return {header: name for header, name in wish.columns.items() if plain_answer(header) in there}


def _check_map(tables: Sequence[Table], columns: Mapping[str, str]) -> None:
    """Raise Invalid if a mapping names a column no table has."""
    there = {plain_answer(column) for table in tables for column in table.columns}
    if wrong := [header for header in columns if plain_answer(header) not in there]:
        raise Invalid(
            _(
                "The mapping names a column “{wrong}”, which is not there: {names}.",
                wrong=wrong[0],
                names=", ".join(tables[0].columns),
            )
        )


def read_map(file: Path) -> dict[str, str]:
    """Read column meanings from a TOML file with lines such as "Artikelname" = "title". Raises Invalid."""
    try:
        found = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Invalid(
            _(
                '{file} cannot be read: {error}. It has a line for each column, such as "Artikelname" = "title".',
                file=file,
                error=error,
            )
        ) from None
    if wrong := [header for header, name in found.items() if not isinstance(name, str)]:
        raise Invalid(
            _('{file}: what “{wrong}” means is a word, such as "{wrong}" = "title".', file=file, wrong=wrong[0])
        )
    return found


def _what(table: Table) -> str:
    kinds = (("orders", are_orders), ("stock", is_inventory), ("customers", are_people))
    return next((kind for kind, fits in kinds if fits(table.columns)), "products")


def importer_of(kind: str) -> Importer:
    """Return the importer. Raises Invalid with the list of kinds."""
    if kind in IMPORTERS:
        return IMPORTERS[kind]
    near = difflib.get_close_matches(kind, IMPORTERS, n=1)
    hint = _("Did you mean {near}?", near=near[0]) if near else _("There are {names}.", names=", ".join(IMPORTERS))
    raise Invalid(_("There is no importer for “{kind}”. {hint}", kind=kind, hint=hint))


def _check_kind(table: Table, importer: Importer, kind: str, wish: ImportOptions) -> None:
    """Raise Invalid if the table is of another shop system, or a mapping is wrong."""
    if _what(table) != "products" or not Header(importer.format, table.columns, _answers(table, wish)).missing():
        return
    for name, other in IMPORTERS.items():
        if name not in {kind, "table"} and not Header(other.format, table.columns, {}).missing():
            raise Invalid(
                _(
                    "{name} is not a {kind} export. It looks like {right}: shopwright import {right} FILE.",
                    name=table.name,
                    kind=kind,
                    right=name,
                )
            )
