"""SQL for documents: they are added and never changed; after their retention only the row stays, for the chain."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from shopwright.kit.clock import from_micros, to_micros
from shopwright.kit.data.database import Row
from shopwright.kit.data.unit_of_work import Reader, Transaction
from shopwright.kit.vault import Vault
from shopwright.services.books.contract.documents import Document, DocumentBody

HEAD = "id, series, number, name, kind, entry, refers_to, order_id, customer_id, issued, keep_until, sealed, sha256, before"
REPLACED = (
    "(SELECT MAX(c.id) FROM issued_documents c WHERE c.refers_to <> '' AND c.refers_to = d.id AND c.kind = 'correction')"
    " AS replaced_by"
)


async def undocumented(source: Reader, order_id: str) -> list[int]:
    """Return entries of an order that still need a document, oldest first."""
    rows = await source.fetch(
        "SELECT e.seq FROM entries e WHERE e.order_id = :id AND e.paper = 1"
        " AND NOT EXISTS (SELECT 1 FROM issued_documents d WHERE d.entry = e.seq) ORDER BY e.seq",
        id=order_id,
    )
    return [int(row["seq"]) for row in rows]


async def sold_after(source: Reader, seq: int, limit: int) -> list[tuple[int, str]]:
    """Return entries after this one, with their orders."""
    rows = await source.fetch(
        "SELECT seq, order_id FROM entries WHERE seq > :seq ORDER BY seq LIMIT :limit", seq=seq, limit=limit
    )
    return [(int(row["seq"]), str(row["order_id"])) for row in rows]


async def insert(tx: Transaction, row: dict[str, Any]) -> None:
    """Insert a document."""
    await tx.run(
        f"INSERT INTO issued_documents ({HEAD}, body) VALUES ({', '.join(f':{name}' for name in HEAD.split(', '))}, :body)",
        **row,
    )


async def invoice_of(source: Reader, order_id: str) -> Row | None:
    """Return the first invoice of an order."""
    return await source.one(
        "SELECT d.id, d.name, d.issued, d.body, s.body AS closed FROM issued_documents d"
        " LEFT JOIN sealed_documents s ON s.id = d.id WHERE d.order_id = :id AND d.kind = 'invoice' ORDER BY d.id LIMIT 1",
        id=order_id,
    )


async def of_order(source: Reader, order_id: str, kind: str, refers_to: str) -> str:
    """Return the id of a document of this kind, or ""."""
    row = await source.one(
        "SELECT id FROM issued_documents WHERE order_id = :order_id AND kind = :kind AND refers_to = :refers_to",
        order_id=order_id,
        kind=kind,
        refers_to=refers_to,
    )
    return str(row["id"]) if row else ""


async def correction_of(source: Reader, invoice_id: str) -> Row | None:
    """Return the document that replaces this invoice."""
    return await source.one(
        "SELECT d.id, d.name, d.issued, d.body, s.body AS closed FROM issued_documents d LEFT JOIN sealed_documents s ON s.id = d.id"
        " WHERE d.refers_to <> '' AND d.refers_to = :id AND d.kind = 'correction' ORDER BY d.id DESC LIMIT 1",
        id=invoice_id,
    )


async def names(source: Reader, ids: Iterable[str]) -> dict[str, str]:
    """Return printed numbers by document id."""
    return {
        row["id"]: row["name"]
        for row in await source.fetch_in("SELECT id, name FROM issued_documents WHERE id IN (:each)", ids)
    }


async def listed(source: Reader, *, order_id: str, after: str, limit: int) -> list[Document]:
    """List documents without bodies, newest first."""
    where = ["id < :after"] if after else []
    values = {"after": after} if after else {}
    if order_id:
        where.append("order_id = :order_id")
        values["order_id"] = order_id
    condition = f" WHERE {' AND '.join(where)}" if where else ""
    sql = f"SELECT {HEAD}, {REPLACED} FROM issued_documents d{condition} ORDER BY id DESC LIMIT :limit"
    return [document(row) for row in await source.fetch(sql, **values, limit=limit)]


async def row_of(source: Reader, document_id: str) -> Row | None:
    """Return a document with its stored body, plain or sealed."""
    return await source.one(
        f"SELECT d.*, s.body AS closed, {REPLACED} FROM issued_documents d"
        " LEFT JOIN sealed_documents s ON s.id = d.id WHERE d.id = :id",
        id=document_id,
    )


async def rows_after(source: Reader, place: tuple[str, int], limit: int) -> Sequence[Row]:
    """Return documents after this series and number, with their stored bodies."""
    return await source.fetch(
        "SELECT d.*, s.body AS closed FROM issued_documents d LEFT JOIN sealed_documents s ON s.id = d.id"
        " WHERE (d.series, d.number) > (:series, :number) ORDER BY d.series, d.number LIMIT :limit",
        series=place[0],
        number=place[1],
        limit=limit,
    )


async def is_erased(source: Reader, order_id: str) -> bool:
    """Whether the buyer of the order was erased."""
    return await source.one("SELECT 1 AS found FROM erased_orders WHERE order_id = :id", id=order_id) is not None


async def note_erased(tx: Transaction, order_id: str) -> None:
    """Record the erasure, so that later documents of the order are sealed, too."""
    await tx.run("INSERT INTO erased_orders (order_id) VALUES (:id) ON CONFLICT (order_id) DO NOTHING", id=order_id)


async def without_paper(source: Reader, upto: int, limit: int) -> list[int]:
    """Return entries up to this one that still need a document."""
    rows = await source.fetch(
        "SELECT e.seq FROM entries e WHERE e.paper = 1 AND e.seq <= :upto"
        " AND NOT EXISTS (SELECT 1 FROM issued_documents d WHERE d.entry = e.seq)"
        " ORDER BY e.seq LIMIT :limit",
        upto=upto,
        limit=limit,
    )
    return [int(row["seq"]) for row in rows]


async def open_bodies(tx: Transaction, order_id: str) -> Sequence[Row]:
    """Return the unsealed bodies of an order."""
    return await tx.fetch("SELECT id, body FROM issued_documents WHERE order_id = :id AND sealed = 0", id=order_id)


async def seal(tx: Transaction, document_id: str, closed: str) -> None:
    """Replace the body by its encrypted form."""
    await tx.run("UPDATE issued_documents SET sealed = 1, body = '', customer_id = '' WHERE id = :id", id=document_id)
    if closed:
        await tx.run(
            "INSERT INTO sealed_documents (id, keep_until, body)"
            " SELECT id, keep_until, :body FROM issued_documents WHERE id = :id",
            id=document_id,
            body=closed,
        )


async def ended(tx: Transaction, limit: int) -> list[str]:
    """Return documents past their retention that still have a body."""
    now = to_micros(tx.now)
    rows = await tx.fetch(
        "SELECT id FROM issued_documents WHERE keep_until <= :now AND body <> '' LIMIT :limit", now=now, limit=limit
    )
    closed = await tx.fetch(
        "SELECT id FROM sealed_documents WHERE keep_until <= :now LIMIT :limit", now=now, limit=limit
    )
    return [str(row["id"]) for row in (*rows, *closed)][:limit]


async def drop_body(tx: Transaction, document_id: str) -> None:
    """Delete the body; the row stays for the chain."""
    await tx.run("UPDATE issued_documents SET body = '', customer_id = '' WHERE id = :id", id=document_id)
    await tx.run("DELETE FROM sealed_documents WHERE id = :id", id=document_id)


def body_of(row: Row, vault: Vault) -> str:
    """Return the body, decrypted if sealed."""
    return vault.open(row["closed"]) if row["closed"] else str(row["body"])


def document(row: Row, vault: Vault | None = None) -> Document:
    """Decode a row; the body only if a vault is given."""
    text = body_of(row, vault) if vault is not None else ""
    return Document(
        id=row["id"],
        name=row["name"],
        series=row["series"],
        number=row["number"],
        kind=row["kind"],
        order_id=row["order_id"],
        customer_id=row["customer_id"],
        refers_to=row["refers_to"],
        issued=from_micros(row["issued"]),
        keep_until=from_micros(row["keep_until"]),
        sha256=row["sha256"],
        before=row["before"],
        sealed=bool(row["sealed"]),
        replaced_by=row["replaced_by"] or "",
        body=msgspec.json.decode(text, type=DocumentBody) if text else None,
    )
