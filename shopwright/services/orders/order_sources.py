"""The rows of the files that orders were imported from: for accountants and support, as evidence.

They name the buyer in columns nobody can list, so they lie encrypted, and are deleted as soon as the buyer is forgotten
(`forgetting.py`). What tax law asks for of the buyer is kept apart (`kept_buyers.py`).
"""

import msgspec

from shopwright.kit.data.unit_of_work import ServiceDatabase, Transaction
from shopwright.kit.errors import Missing
from shopwright.kit.translation import gettext as _
from shopwright.kit.vault import Vault, protect
from shopwright.services.orders import past_store
from shopwright.services.orders.contract import OrderSource


class OrderSources:
    """Part of `OrderService` that keeps and shows them."""

    def __init__(self, work: ServiceDatabase, vault: Vault) -> None:
        self._work = work
        self._vault = vault

    async def keep(self, tx: Transaction, order_id: str, source: OrderSource) -> None:
        """With the order, when it is imported."""
        if source.rows:
            closed = self._vault.close(msgspec.json.encode(source).decode())
            await past_store.insert_source(tx, order_id, closed)

    async def get(self, order_id: str) -> OrderSource:
        """Raises Missing where nothing is kept."""
        body = await past_store.source_of(self._work, order_id)
        if body is None:
            raise Missing(_("No rows of a file are kept of this order."))
        return msgspec.json.decode(self._vault.open(body), type=OrderSource)

    async def protect(self, *, anew: bool) -> int:
        """What is plain is encrypted; `anew`: all of it, with the newest key. Answers how many."""
        async with self._work.begin() as tx:
            return await protect(tx, self._vault, (("order_sources", "order_id", "body"),), anew=anew)
