"""Reads and writes the encrypted keys of payment providers."""

from shopwright.kit.clock import to_micros
from shopwright.kit.data.database import Row
from shopwright.kit.data.unit_of_work import ServiceDatabase, Transaction


async def keys(work: ServiceDatabase, provider: str) -> Row | None:
    """The row of a provider."""
    return await work.one("SELECT * FROM provider_keys WHERE provider = :provider", provider=provider)


async def put(tx: Transaction, provider: str, closed: str, who: str) -> None:
    """Replace the keys of a provider; `closed`: encrypted."""
    await tx.run(
        "INSERT INTO provider_keys (provider, keys, connected_at, connected_by)"
        " VALUES (:provider, :keys, :now, :who) ON CONFLICT (provider)"
        " DO UPDATE SET keys = :keys, connected_at = :now, connected_by = :who",
        provider=provider,
        keys=closed,
        now=to_micros(tx.now),
        who=who,
    )


async def delete(tx: Transaction, provider: str) -> None:
    """Delete the keys of a provider."""
    await tx.run("DELETE FROM provider_keys WHERE provider = :provider", provider=provider)
