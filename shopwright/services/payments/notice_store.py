"""Notices of providers that were handled, so that each is handled once."""

from shopwright.kit.clock import to_micros
from shopwright.kit.data.database import Row
from shopwright.kit.data.unit_of_work import ServiceDatabase, Transaction
from shopwright.kit.provider import ProviderNotice
from shopwright.services.payments import model, store


async def is_handled(work: ServiceDatabase, provider: str, notice_id: str) -> bool:
    """Whether this notice was handled."""
    sql = "SELECT 1 AS n FROM notices WHERE provider = :provider AND id = :id"
    return await work.one(sql, provider=provider, id=notice_id) is not None


async def payment_of(work: ServiceDatabase, provider: str, notice: ProviderNotice) -> Row | None:
    """Find the payment of a notice by the shop's key, or else by the provider's reference."""
    if notice.key:
        row = await store.row(work, notice.key)
        return row if row is not None and row["provider"] == provider else None
    return await store.by_reference(work, provider, notice.reference) if notice.reference else None


async def add(tx: Transaction, provider: str, notice: ProviderNotice, payment_id: str) -> None:
    """Record that a notice was handled."""
    await tx.run(
        "INSERT INTO notices (provider, id, kind, payment_id, handled_at)"
        " VALUES (:provider, :id, :kind, :payment_id, :now) ON CONFLICT (provider, id) DO NOTHING",
        provider=provider,
        id=notice.id,
        kind=notice.kind,
        payment_id=payment_id,
        now=to_micros(tx.now),
    )


async def forget(work: ServiceDatabase) -> None:
    """Delete old notices."""
    async with work.begin() as tx:
        await tx.run("DELETE FROM notices WHERE handled_at < :before", before=to_micros(tx.now - model.NOTICES_KEPT))
