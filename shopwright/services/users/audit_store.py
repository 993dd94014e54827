"""SQL for the audit log."""

from collections.abc import Mapping

import msgspec

from shopwright.kit.audit import AuditEntry, AuditFilter, StaffAction
from shopwright.kit.clock import from_micros, to_micros
from shopwright.kit.data.compatibility import decode_tolerant
from shopwright.kit.data.database import Row
from shopwright.kit.data.unit_of_work import ServiceDatabase, Transaction
from shopwright.kit.personal import Personal


class AuditBody(msgspec.Struct, frozen=True, kw_only=True):
    """Fields of an entry that are not filtered by."""

    act: StaffAction
    before: Personal[dict[str, object]] = {}
    after: Personal[dict[str, object]] = {}
    status: int = 0


def row(act_id: str, seq: int, time: int, body: AuditBody) -> dict[str, str | int]:
    """Encode an entry without its code."""
    return {
        "seq": seq,
        "id": act_id,
        "time": time,
        "user_id": body.act.user_id,
        "action": body.act.action,
        "subject": body.act.subject,
        "body": msgspec.json.encode(body).decode(),
    }


def read(row: Row) -> AuditEntry:
    """Decode an entry."""
    body = decode_tolerant(row["body"], AuditBody)
    return AuditEntry(
        id=row["id"],
        seq=row["seq"],
        time=from_micros(row["time"]),
        act=body.act,
        before=body.before,
        after=body.after,
        status=body.status,
        mac=row["mac"],
    )


async def open_act(tx: Transaction, act_id: str, body: AuditBody) -> None:
    """Insert an open entry."""
    await tx.run(
        "INSERT INTO audit_open (id, time, body) VALUES (:id, :now, :body)",
        id=act_id,
        now=to_micros(tx.now),
        body=msgspec.json.encode(body).decode(),
    )


async def take_open(tx: Transaction, act_id: str) -> AuditBody | None:
    """Delete and return an open entry; None if it was closed."""
    rows = await tx.fetch("DELETE FROM audit_open WHERE id = :id RETURNING body", id=act_id)
    return decode_tolerant(rows[0]["body"], AuditBody) if rows else None


async def unfinished(source: ServiceDatabase, before: int) -> list[str]:
    """Return entries opened before that moment and still open."""
    rows = await source.fetch("SELECT id FROM audit_open WHERE time < :before ORDER BY id LIMIT 100", before=before)
    return [row["id"] for row in rows]


async def hold_head(tx: Transaction) -> tuple[int, str]:
    """Return number and code of the last entry, locked until the transaction ends."""
    rows = await tx.fetch("UPDATE audit_head SET seq = seq + 1 WHERE id = 1 RETURNING seq, mac")
    return rows[0]["seq"] - 1, rows[0]["mac"]


async def seal(tx: Transaction, seq: int, mac: str) -> None:
    """Write the code of an archived entry."""
    await tx.run("UPDATE audit SET mac = :mac WHERE seq = :seq", seq=seq, mac=mac)


async def set_head(tx: Transaction, seq: int, mac: str) -> None:
    """Write the last entry of an archive."""
    await tx.run("UPDATE audit_head SET seq = :seq, mac = :mac WHERE id = 1", seq=seq, mac=mac)


async def head(source: ServiceDatabase) -> tuple[int, str]:
    """Return number and code of the last entry."""
    row = await source.one("SELECT seq, mac FROM audit_head WHERE id = 1")
    return (row["seq"], row["mac"]) if row else (0, "")


async def append(tx: Transaction, row: Mapping[str, str | int], mac: str) -> None:
    """Append an entry with its code."""
    await tx.run(
        "INSERT INTO audit (seq, id, time, user_id, action, subject, body, mac)"
        " VALUES (:seq, :id, :time, :user_id, :action, :subject, :body, :mac)",
        **row,
        mac=mac,
    )
    await tx.run("UPDATE audit_head SET mac = :mac WHERE id = 1", mac=mac)


async def entries(source: ServiceDatabase, wanted: AuditFilter, before: int, limit: int) -> list[AuditEntry]:
    """Return entries, newest first, before number `before` (0: from the last one)."""
    wishes: tuple[tuple[str, str, str | int], ...] = (
        ("seq < :before", "before", before),
        ("user_id = :user_id", "user_id", wanted.user_id),
        ("action = :action", "action", wanted.action),
        ("subject = :subject", "subject", wanted.subject),
        ("time >= :since", "since", to_micros(wanted.since) if wanted.since else 0),
        ("time < :until", "until", to_micros(wanted.until) if wanted.until else 0),
    )
    # Only given filters become conditions, so that an index serves and the log is not sorted.
    given = [one for one in wishes if one[2]]
    where = " AND ".join(condition for condition, _, _ in given) or "seq > 0"
    sql = f"SELECT * FROM audit WHERE {where} ORDER BY seq DESC LIMIT :limit"
    rows = await source.fetch(sql, **{name: value for _, name, value in given}, limit=limit)
    return [read(row) for row in rows]


async def rows_after(source: ServiceDatabase | Transaction, seq: int, limit: int) -> list[Row]:
    """Return entries in order, for verification."""
    return list(
        await source.fetch("SELECT * FROM audit WHERE seq > :seq ORDER BY seq LIMIT :limit", seq=seq, limit=limit)
    )
