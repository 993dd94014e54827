"""The file rows that orders were imported from, kept as evidence for accountants and support.

They contain the buyer's data in columns of any name, so they are encrypted, and deleted when the buyer is erased
(`buyer_erasure.py`). Buyer data that tax law requires is kept separately (`retained_buyers.py`).
"""

import msgspec

from shopwright.kit.data.unit_of_work import ServiceDatabase, Transaction
from shopwright.kit.errors import Missing
from shopwright.kit.translation import gettext as _
from shopwright.kit.vault import Vault, protect
from shopwright.services.orders import past_store
from shopwright.services.orders.contract import OrderSource


class OrderSources:
    """Stores and shows the rows."""

    def __init__(self, work: ServiceDatabase, vault: Vault) -> None:
        self._work = work
        self._vault = vault

    async def insert(self, tx: Transaction, order_id: str, source: OrderSource) -> None:
        """Store the rows with the imported order."""
        if source.rows:
            closed = self._vault.close(msgspec.json.encode(source).decode())
            await past_store.insert_source(tx, order_id, closed)

    async def get(self, order_id: str) -> OrderSource:
        """Return the rows. Raises Missing if there are none."""
        body = await past_store.source_of(self._work, order_id)
        if body is None:
            raise Missing(_("No imported rows are stored for this order."))
        return msgspec.json.decode(self._vault.open(body), type=OrderSource)

    async def protect(self, *, anew: bool) -> int:
        """Encrypt plain rows; `anew`: all rows, with the newest key. Returns how many."""
        async with self._work.begin() as tx:
            return await protect(tx, self._vault, (("order_sources", "order_id", "body"),), anew=anew)
