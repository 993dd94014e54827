"""`shopwright import KIND FILE`: progress while it runs, then what was taken and what was not, and why."""

import csv
import difflib
from collections import Counter
from pathlib import Path
from typing import Any, Literal

import msgspec
from rich.progress import Progress

from shopwright.app import Shop
from shopwright.demo.load import load_rules
from shopwright.importers.draft import Importer, Remark
from shopwright.importers.magento import Magento
from shopwright.importers.orders import PastOrders, are_orders
from shopwright.importers.people import People, are_people
from shopwright.importers.pictures import Fetcher
from shopwright.importers.reading import Table, read_tables
from shopwright.importers.shopify import Shopify
from shopwright.importers.taking import Taker
from shopwright.importers.woocommerce import WooCommerce
from shopwright.kit.errors import Invalid, Unavailable
from shopwright.kit.private import make_file

IMPORTERS: dict[str, Importer] = {"shopify": Shopify(), "woocommerce": WooCommerce(), "magento": Magento()}
SHOWN = 25


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """How to import. `how`: take, only try, or undo what an earlier run took; `images_from`: what pictures' paths follow."""

    report: Path | None = None
    fetch: bool = True
    how: Literal["take", "try", "undo"] = "take"
    images_from: str = ""


async def run(shop: Shop, kind: str, file: Path, wish: Wish) -> int:
    """Import a file; 0 when every row was taken, 1 when some were refused."""
    importer = _importer(kind)
    tables = read_tables(file)
    for table in tables:
        if not _is_ours(table):
            _check_columns(table, importer, kind)
    if wish.how == "take":
        await load_rules(shop)
    fetcher = Fetcher(shop.catalog, fetch=wish.fetch, base=wish.images_from)
    remarks: list[Remark] = []
    try:
        with Progress(transient=True) as bar:
            for table in tables:
                rows = list(table.rows())
                task = bar.add_task(table.name, total=len(rows))
                seen: set[int] = set()
                taking = _taking(shop, kind, table, fetcher, wish).take(
                    rows if _is_ours(table) else importer.read(rows, shop.settings.currency)
                )
                async for remark in taking:
                    remarks.append(remark)
                    seen.add(remark.row)
                    bar.update(task, completed=len(seen))
    finally:
        await fetcher.close()
    await shop.bus.settle()
    await shop.search.bring_up_to_date()
    if wish.report is not None:
        _write_report(wish.report, remarks)
    print({"take": "", "try": "Nothing was written. This is what would be: ", "undo": "Taken back: "}[wish.how], end="")
    kinds = {_what(table) for table in tables}
    return _tell(remarks, wish.report, kinds.pop() if len(kinds) == 1 else "things")


def _what(table: Table) -> str:
    return "orders" if are_orders(table.columns) else "customers" if are_people(table.columns) else "products"


def _is_ours(table: Table) -> bool:
    """Is it read the same, whichever shop wrote it?"""
    return _what(table) != "products"


def _taking(shop: Shop, kind: str, table: Table, fetcher: Fetcher, wish: Wish) -> Any:
    """Who takes the rows (orders, customers) or drafts (products) of a table."""
    if are_orders(table.columns):
        return PastOrders(shop.orders, shop.users, shop.shelf, kind, wish.how)
    if are_people(table.columns):
        return People(shop.users, wish.how)
    return Taker(shop.shelf, fetcher, wish.how)


def _importer(kind: str) -> Importer:
    if kind in IMPORTERS:
        return IMPORTERS[kind]
    near = difflib.get_close_matches(kind, IMPORTERS, n=1)
    hint = f"Did you mean {near[0]}?" if near else f"There are {', '.join(IMPORTERS)}."
    raise Invalid(f"There is no importer for “{kind}”. {hint}")


def _check_columns(table: Table, importer: Importer, kind: str) -> None:
    if missing := [column for column in importer.needs if column not in table.columns]:
        others = [
            name
            for name, one in IMPORTERS.items()
            if name != kind and all(column in table.columns for column in one.needs)
        ]
        hint = (
            f" It looks like {others[0]}: shopwright import {others[0]} FILE."
            if others
            else f" It has: {', '.join(table.columns[:8])} …"
        )
        raise Invalid(
            f"{table.name} is not a {kind} export: it has no column {', '.join(f'“{one}”' for one in missing)}.{hint}"
        )


def _tell(remarks: list[Remark], report: Path | None, what: str) -> int:
    rows: dict[int, str] = {}
    for remark in remarks:
        if remark.outcome != "noted" or remark.row not in rows:
            rows[remark.row] = remark.outcome
    outcomes = Counter(rows.values())
    products = {
        outcome: len({remark.name for remark in remarks if remark.outcome == outcome})
        for outcome in ("taken", "changed", "unchanged")
    }
    print(f"{products['taken']} {what} taken, {products['changed']} changed, {products['unchanged']} unchanged.")
    print(
        f"Of {len(rows)} rows: " + ", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items())) + "."
    )
    told = [remark for remark in remarks if remark.detail]
    for remark in told[:SHOWN]:
        print(f"  row {remark.row} ({remark.name or 'no name'}), {remark.outcome}: {remark.detail}.")
    if len(told) > SHOWN:
        print(
            f"  … and {len(told) - SHOWN} more"
            + (f", all in {report}." if report else "; --report FILE writes them all.")
        )
    return 1 if outcomes["refused"] else 0


def _write_report(report: Path, remarks: list[Remark]) -> None:
    try:
        make_file(report)
        with report.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["row", "name", "outcome", "detail"])
            writer.writerows(
                (remark.row, remark.name, remark.outcome, remark.detail)
                for remark in sorted(remarks, key=lambda one: one.row)
            )
    except OSError as error:
        raise Unavailable(f"The report {report} cannot be written: {error.strerror}.") from None
