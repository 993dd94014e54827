"""Gift notes in SQL."""

from shopwright.kit.data.unit_of_work import Reader, Transaction


async def read(source: Reader, order_id: str) -> str | None:
    """The text of a note, or None."""
    row = await source.one("SELECT text FROM gift_notes WHERE order_id = :id", id=order_id)
    return str(row["text"]) if row else None


async def insert(tx: Transaction, order_id: str, text: str) -> None:
    """Store a note."""
    await tx.run("INSERT INTO gift_notes (order_id, text) VALUES (:id, :text)", id=order_id, text=text)
