"""`demo`, `doctor`, and products as JSON lines."""

from collections.abc import Sequence
from pathlib import Path

import msgspec
from rich.progress import Progress

from shopwright.app import Shop
from shopwright.demo.load import load, mark_if_new
from shopwright.demo.many import load_many
from shopwright.demo.people import live_a_little
from shopwright.kit.errors import Unavailable
from shopwright.kit.private import make_file
from shopwright.kit.translation import gettext as _
from shopwright.operations.doctor import examine_engines, look
from shopwright.operations.findings import Finding
from shopwright.operations.shop_currency import require_currency

PAGE = 200


async def demo(shop: Shop, size: int | None) -> int:
    """Load the Northlight demo catalogue, with `size` also generated products. An empty shop becomes a demo shop."""
    await require_currency(shop)
    await mark_if_new(shop)
    with Progress(transient=True) as bar:
        task = bar.add_task("Loading the demo catalogue")

        def progress(done: int, every: int) -> None:
            bar.update(task, completed=done, total=every)

        made = await (load(shop, progress) if size is None else load_many(shop, size, progress))
    await shop.bus.settle()
    await shop.search.bring_up_to_date()
    if made and not await shop.orders.search(limit=1):
        await live_a_little(shop)
    print(
        _("{made} products were added.", made=made)
        if made
        else _("The demo catalogue is already loaded; nothing was changed.")
    )
    return 0


async def export_products(shop: Shop, file: Path) -> int:
    """Export all products, one JSON object per line."""
    count, after = 0, ""
    try:
        make_file(file)
        with file.open("wb") as out:
            while products := await shop.catalog.list_products(after=after, limit=PAGE):
                for product in products:
                    out.write(msgspec.json.encode(await shop.product_views.view(product)) + b"\n")
                count, after = count + len(products), products[-1].id
    except OSError as error:
        raise Unavailable(_("{file} cannot be written: {strerror}.", file=file, strerror=error.strerror)) from None
    print(_("{count} products were written to {file}.", count=count, file=file))
    return 0


async def rebuild(shop: Shop) -> int:
    """Rebuild derived data of all services."""
    products = await shop.search.rebuild()
    await shop.search.bring_up_to_date()
    events = await shop.insights.rebuild()
    print(
        _(
            "Rebuilt the search index ({products} products) and the dashboard ({events} events).",
            products=products,
            events=events,
        )
    )
    return 0


async def doctor(shop: Shop) -> int:
    """Report what does not add up."""
    return _print_findings(await look(shop))


async def doctor_of_engines(shop: Shop) -> int:
    """Report problems of engines."""
    return _print_findings(await examine_engines(shop))


def _print_findings(findings: Sequence[Finding]) -> int:
    for finding in findings:
        print(f"{'✗' if finding.wrong else '✓'} {_(finding.check)}")
        for sentence in finding.wrong:
            print(f"    {sentence}")
        for sentence in finding.under_way:
            print(_("    in progress: {sentence}", sentence=sentence))
        for sentence in finding.notes:
            print(_("    note: {sentence}", sentence=sentence))
    wrong = sum(len(finding.wrong) for finding in findings)
    waits = any(finding.under_way for finding in findings)
    well = _("No problems found; some work is still in progress.") if waits else _("No problems found.")
    print(well if not wrong else _("Problems found: {wrong}.", wrong=wrong))
    return 1 if wrong else 0
