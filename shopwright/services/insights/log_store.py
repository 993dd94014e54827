"""SQL for the event log. It is append-only: personal fields are stored separately and deleted on erasure."""

from collections.abc import Mapping, Sequence

import msgspec

from shopwright.kit.clock import from_micros, to_micros
from shopwright.kit.data.database import Row
from shopwright.kit.data.events import Event, StoredEvent, decode, without_capabilities
from shopwright.kit.data.unit_of_work import Reader, Transaction, read_event
from shopwright.kit.observability import tracing
from shopwright.kit.personal import personal_values, redacted
from shopwright.services.insights.contract import Logged


async def append(tx: Transaction, stored: StoredEvent) -> None:
    """Append an event."""
    rows = await tx.fetch("UPDATE journal_head SET seq = seq + 1 WHERE name = 'journal' RETURNING seq")
    seq, event = rows[0]["seq"], stored.data
    clean = redacted(event) if isinstance(event, Event) else event
    # Another service's event may arrive after the erasure.
    if clean != event and not await _is_forgotten(tx, stored.subject):
        await tx.run(
            "INSERT INTO journal_personal (seq, subject, data) VALUES (:seq, :subject, :data)",
            seq=seq,
            subject=stored.subject,
            data=msgspec.json.encode(personal_values(event)).decode(),
        )
    await tx.run(
        "INSERT INTO journal (seq, id, type, subject, time, data, request, trace, apart)"
        " VALUES (:seq, :id, :type, :subject, :time, :data, :request, :trace, 1)",
        seq=seq,
        id=stored.id,
        type=stored.type,
        subject=stored.subject,
        time=to_micros(stored.time),
        data=msgspec.json.encode(clean).decode(),
        request=stored.request,
        trace=stored.trace,
    )


async def _is_forgotten(tx: Transaction, subject: str) -> bool:
    rows = await tx.fetch("SELECT DISTINCT type FROM journal WHERE subject = :subject", subject=subject)
    return not _forgetting().isdisjoint(row["type"] for row in rows)


async def tidy(tx: Transaction) -> None:
    """Apply erasure and trimming to rows of earlier versions, which did not know this table."""
    await tx.run("DELETE FROM journal_personal WHERE seq < (SELECT min(seq) FROM journal)")
    sql = "SELECT DISTINCT subject FROM journal WHERE apart IS NULL AND type = :type"
    for name in sorted(_forgetting()):
        for row in await tx.fetch(sql, type=name):
            await redact(tx, row["subject"])


def _forgetting() -> set[str]:
    """Event types after which personal data of their subject must be deleted."""
    return {name for name, kind in Event.types.items() if kind.FORGETS}


async def redact(tx: Transaction, subject: str) -> None:
    """Delete personal data about this subject from the log.

    Rows with `apart` NULL are from a version that kept personal fields inline; they are rewritten.
    """
    await tx.run("DELETE FROM journal_personal WHERE subject = :subject", subject=subject)
    sql = "SELECT seq, type, data FROM journal WHERE subject = :subject AND apart IS NULL"
    for row in await tx.fetch(sql, subject=subject):
        clean = msgspec.json.encode(redacted(decode(row["type"], row["data"]))).decode()
        await tx.run("UPDATE journal SET data = :data WHERE seq = :seq", seq=row["seq"], data=clean)


async def after(source: Reader, seq: int, limit: int) -> list[Logged]:
    """Return the log after a place."""
    rows = await source.fetch("SELECT * FROM journal WHERE seq > :seq ORDER BY seq LIMIT :limit", seq=seq, limit=limit)
    return await _whole(source, rows)


async def about(source: Reader, subjects: list[str], limit: int) -> list[Logged]:
    """Return the log about some subjects."""
    sql = "SELECT * FROM journal WHERE subject IN (:each) ORDER BY seq LIMIT :limit"
    rows = await source.fetch_in(sql, subjects, limit=limit)
    return await _whole(source, sorted(rows, key=lambda row: int(row["seq"]))[:limit])


async def _whole(source: Reader, rows: Sequence[Row]) -> list[Logged]:
    """Add the personal fields that still exist."""
    found = await source.fetch_in(
        "SELECT seq, data FROM journal_personal WHERE seq IN (:each)", [row["seq"] for row in rows]
    )
    personal = {row["seq"]: msgspec.json.decode(row["data"], type=dict[str, msgspec.Raw]) for row in found}
    return [_logged(row, personal.get(row["seq"], {})) for row in rows]


def _logged(row: Row, personal: Mapping[str, msgspec.Raw]) -> Logged:
    """Decode a row; capabilities logged by earlier versions are removed."""
    event = without_capabilities(read_event(row))
    known = row["type"] in Event.types and Event.types[row["type"]].CAPABILITIES
    data = msgspec.json.encode(event.data) if known else row["data"].encode()
    if personal:
        data = msgspec.json.encode({**msgspec.json.decode(data, type=dict[str, msgspec.Raw]), **personal})
    return Logged(
        id=row["id"],
        type=row["type"],
        time=from_micros(row["time"]),
        subject=event.subject,
        data=msgspec.Raw(data),
        cursor=str(row["seq"]),
        request_id=row["request"],
        trace_id=tracing.id_of(row["trace"]),
    )
