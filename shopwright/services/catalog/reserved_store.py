"""SQL for variant ids reserved by an import that has not written the product yet."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from shopwright.kit.data.database import UniqueViolation
from shopwright.kit.data.unit_of_work import Transaction
from shopwright.kit.errors import Conflict
from shopwright.kit.translation import gettext as _

Reserved = Mapping[str, str]  # ids, by `options_key`
ENCODER = msgspec.json.Encoder(order="sorted")


class ReservedVariant(msgspec.Struct, frozen=True):
    """A reserved variant id."""

    source: str
    options: str
    variant_id: str


def options_key(options: Mapping[str, str]) -> str:
    """A canonical key of option values in any order."""
    return ENCODER.encode(options).decode()


async def read(tx: Transaction, sources: Sequence[str]) -> Mapping[str, Reserved]:
    """Return reserved ids by source; only running and interrupted imports have any."""
    found: dict[str, dict[str, str]] = {}
    for row in await tx.fetch_in("SELECT * FROM reserved_variants WHERE source IN (:each)", sources):
        found.setdefault(row["source"], {})[row["options"]] = row["variant_id"]
    return found


async def insert(tx: Transaction, given: Iterable[ReservedVariant]) -> None:
    """Insert reservations. Raises Conflict if another process reserved ids for one of them since."""
    try:
        await tx.run_many(
            "INSERT INTO reserved_variants (source, options, variant_id) VALUES (:source, :options, :variant_id)",
            [{"source": one.source, "options": one.options, "variant_id": one.variant_id} for one in given],
        )
    except UniqueViolation:
        raise Conflict(_("Another import is writing this product at the moment.")) from None


async def end(tx: Transaction, sources: Iterable[str]) -> None:
    """Delete reservations of written products."""
    await tx.run_many("DELETE FROM reserved_variants WHERE source = :source", [{"source": one} for one in sources])
