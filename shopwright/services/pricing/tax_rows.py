"""Adding and ending tax rates and rules."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

import msgspec

from shopwright.kit.data.unit_of_work import Transaction
from shopwright.kit.days import write_end
from shopwright.kit.errors import Refused
from shopwright.kit.ids import Ids
from shopwright.kit.translation import gettext as _
from shopwright.services.pricing import dated, tax_store
from shopwright.services.pricing.contract import TaxRate, TaxRule
from shopwright.services.pricing.contract.taxes import State

R = TypeVar("R", TaxRate, TaxRule)
PREFIXES = {TaxRate: "txr", TaxRule: "txl"}
COMPARED = ("rate_ppm", "title", "category", "reason", "value")


async def put(tx: Transaction, ids: Ids, rows: list[R], new: R, who: str) -> R:
    """Add a row to those of its key; one that applies already adds nothing. Raises Invalid."""
    new = _as_read(new, rows, tx.now)
    start, end = dated.period_of(new.valid_from, new.valid_to, tx.now, tx.zone)
    change = dated.put(rows, start, end, tx.zone)
    if change.ended and new.valid_from is None and end is None and _same(change.ended, new):
        return change.ended
    made = {"created": tx.now, "who": who, "ended_by": "", "ended_why": "", "state": ""}
    named = ids.new(PREFIXES[type(new)])
    added = msgspec.structs.replace(new, id=named, valid_from=start, valid_to=change.until, **made)
    if change.ended:
        await tax_store.set_end(tx, change.ended, change.end)
        rows[rows.index(change.ended)] = msgspec.structs.replace(change.ended, valid_to=change.end)
    await tax_store.add(tx, added)
    rows.append(added)
    if change.after and end:
        after = {"id": ids.new(PREFIXES[type(new)]), "valid_from": end, "why": new.why, **made}
        rows.append(msgspec.structs.replace(change.after, **after))
        await tax_store.add(tx, rows[-1])
    return added


async def end(tx: Transaction, one: R, rows: Sequence[R], who: str, why: str) -> None:
    """End a row now, or withdraw a future one. Raises Refused."""
    start = dated.start_of(one)
    if one.valid_to is not None and one.valid_to <= max(tx.now, start):
        raise Refused(
            _(
                "This applied until {valid_to}; what already applied is not changed.",
                valid_to=write_end(one.valid_to, tx.zone),
            )
        )
    to_come = start > tx.now
    before = dated.withdraw(rows, one) if to_come else None
    await tax_store.set_end(tx, one, start if to_come else tx.now, who, why)
    if before is not None:
        await tax_store.set_end(tx, before, one.valid_to)


def with_states(rows: Sequence[R], now: datetime) -> list[R]:
    """Return the rows with their states: past, current or future."""
    return [msgspec.structs.replace(one, state=_state(one, now)) for one in rows]


def _state(one: TaxRate | TaxRule, now: datetime) -> State:
    if one.holds(now):
        return "current"
    return "coming" if dated.start_of(one) > now and one.valid_to != one.valid_from else "ended"


def _as_read(new: R, rows: Sequence[R], now: datetime) -> R:
    """A row that was read, changed and sent back begins now, or at its own future start."""
    row = next((one for one in rows if new.id and one.id == new.id), None)
    if row is None or row.valid_from is None or new.valid_from != row.valid_from:
        return new
    start = row.valid_from if row.valid_from > now else None
    end = None if new.valid_to == row.valid_to else new.valid_to
    return msgspec.structs.replace(new, valid_from=start, valid_to=end)


def _same(one: R, other: R) -> bool:
    return all(getattr(one, name, None) == getattr(other, name, None) for name in COMPARED)
