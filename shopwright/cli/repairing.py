"""`doctor --repair`, `--recover` and `--refund`."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from shopwright.app import Shop
from shopwright.cli.loading import doctor
from shopwright.cli.opening import recording
from shopwright.kit.errors import Refused
from shopwright.kit.money import Money, write
from shopwright.kit.translation import gettext as _
from shopwright.operations.payment_checks import left as left_of
from shopwright.operations.payment_checks import payments_without_orders
from shopwright.operations.recovery import LOST, RecoveredFile, go_on_behind, recover
from shopwright.operations.repair import note_gaps, repair_indexes
from shopwright.operations.repair import repair as repair_shop
from shopwright.settings import Settings

SHOWN = 20
# How a lost row is identified, if an index has its values.
IDENTIFYING = ("number", "id", "order_id", "status", "email", "reference", "sku", "name", "key")


def recover_files(settings: Settings) -> list[RecoveredFile]:
    """Recover damaged files, and report what was lost."""
    found = asyncio.run(recover(settings))
    if not found:
        print(_("No database file is damaged; nothing was changed."))
    for one in found:
        _print_recovered(one)
    return found


def _print_recovered(one: RecoveredFile) -> None:
    print(
        _("{file} was rebuilt from its readable rows. The damaged file is in {aside}.", file=one.file, aside=one.aside)
    )
    for table in one.salvage.tables:
        if not (table.lost or table.unreadable):
            continue
        how_many = f"{len(table.lost)} lost" if table.lost else _("none known to be lost")
        bad = (
            _(" ({unreadable} pages or rows could not be read)", unreadable=table.unreadable)
            if table.unreadable
            else ""
        )
        print(
            _(
                "  {table}: {rows} rows saved, {how_many}{bad}",
                table=table.table,
                rows=table.rows,
                how_many=how_many,
                bad=bad,
            )
        )
        for row in table.lost[:SHOWN]:
            print(_("    lost: {row}", row=_words(row)))
        if len(table.lost) > SHOWN:
            print(_("    and {count} more", count=len(table.lost) - SHOWN))
    if one.salvage.homeless:
        print(_("  {homeless} rows could not be assigned to a table.", homeless=one.salvage.homeless))
    print(_("  All known lost rows: {aside}", aside=one.aside / LOST))


def _words(row: Mapping[str, Any]) -> str:
    known = {name: row[name] for name in IDENTIFYING if row.get(name) not in {None, ""}}
    return ", ".join(f"{name} {value}" for name, value in (known or row).items())


async def after_recovery(shop: Shop, found: Sequence[RecoveredFile]) -> int:
    """Complete the recovery, then run all checks."""
    for name, number in (await go_on_behind(shop, found)).items():
        print(_("The {name} continue after {number}.", name=name, number=number))
    for done in await repair_shop(shop, {one.service for one in found}):
        print(done)
    return await doctor(shop)


async def repair(shop: Shop) -> int:
    """Rebuild derived data and report it, then run all checks."""
    for sentence in await repair_indexes(shop):
        print(sentence)
    async with recording(shop, "repair"):
        for sentence in [*await repair_shop(shop, set()), *await note_gaps(shop)]:
            print(sentence)
    return await doctor(shop)


async def refund(shop: Shop, payment_ids: Sequence[str]) -> int:
    """Refund payments whose orders do not exist. Raises Refused for all others."""
    lost = {one.id: one for one in await payments_without_orders(shop)}
    if others := [one for one in payment_ids if one not in lost]:
        raise Refused(
            _(
                "{names}: no payment that has been received for an order that does not exist. Nothing was refunded. What can be refunded here is named by `shopwright doctor`; all else on the page of its order.",
                names=", ".join(others),
            )
        )
    left = False
    for payment_id in payment_ids:
        amount = Money(left_of(lost[payment_id]), lost[payment_id].amount.currency)
        tries = sum(one.state == "refused" for one in (await shop.payments.get(payment_id)).refunds)
        key = f"lost order {payment_id}{f' {tries}' if tries else ''}"
        paid = await shop.payments.refund(key=key, payment_id=payment_id, amount=amount)
        requested = next((one for one in paid.refunds if one.key == key), None)
        if requested is not None and requested.state == "refused":
            left = True
            print(
                _(
                    "{amount} of {payment_id} could not be refunded: {why}",
                    amount=write(amount),
                    payment_id=payment_id,
                    why=requested.why,
                )
            )
        elif requested is not None and requested.state == "asked":
            print(
                _(
                    "{amount} of {payment_id}: refund requested; the provider has not confirmed it yet.",
                    amount=write(amount),
                    payment_id=payment_id,
                )
            )
        else:
            print(_("{amount} of {payment_id} were refunded.", amount=write(amount), payment_id=payment_id))
    await shop.bus.settle()
    return 1 if left else 0
