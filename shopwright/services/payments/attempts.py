"""How often one may try to pay: for an order, by e-mail address, by client address, with one card.

After so many tries in vain each further one has to wait, twice as long each time. It is no help to whoever tries cards
that do not belong to them that there are many orders, addresses or cards.
"""

import math
from collections.abc import Mapping

from shopwright.kit.addresses import email_key
from shopwright.kit.clients import counted_as
from shopwright.kit.clock import to_micros
from shopwright.kit.data.unit_of_work import ServiceDatabase, Transaction
from shopwright.kit.derived import KeyedHash
from shopwright.kit.errors import RateLimited
from shopwright.kit.translation import gettext as _
from shopwright.services.payments import attempts_store, model

SOME = 500


class Attempts:
    """Counts tries. `free`: how many in vain an order has before the next must wait."""

    def __init__(self, work: ServiceDatabase, hashed: KeyedHash, free: int) -> None:
        self._work = work
        self._hashed = hashed
        self._free = free

    def of(self, order_id: str, provider: str, token: str, email: str, address: str) -> Mapping[model.Who, str]:
        """By what a try is counted."""
        return {
            "order": order_id,
            "email": self._hashed.of("email", email_key(email)),
            "address": self._hashed.of("address", counted_as(address)),
            "card": self._hashed.of("card", f"{provider}/{token}" if token else ""),
        }

    async def check(self, source: ServiceDatabase | Transaction, tried: Mapping[model.Who, str]) -> None:
        """Raises RateLimited where it is too early for another try."""
        now = self._work.now()
        since = to_micros(now - model.Tries.COUNTED)
        wait = 0.0
        for who, value in tried.items():
            tries = await attempts_store.vain(source, who, value, since)
            wait = max(wait, model.pause(tries, self._free * model.TIMES_AS_MANY[who], now))
        if wait > 0:
            again_s = math.ceil(wait)
            raise RateLimited(
                _(
                    "Too many tries to pay. Nothing was charged; the next is possible in {again_s} seconds.",
                    again_s=again_s,
                ),
                data={"retry_after": again_s},
            )

    async def forget(self) -> None:
        """A timer."""
        async with self._work.begin() as tx:
            await attempts_store.forget(tx, SOME)
