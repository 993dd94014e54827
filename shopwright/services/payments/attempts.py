"""Limits on payment attempts by order, e-mail address, client address and card.

After a number of failed attempts each further one waits twice as long. Spreading attempts over many orders, addresses
or cards gains a card tester nothing.
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
    """Counts attempts. `free`: failed attempts of an order before the next must wait."""

    def __init__(self, work: ServiceDatabase, hashed: KeyedHash, free: int) -> None:
        self._work = work
        self._hashed = hashed
        self._free = free

    def of(self, order_id: str, provider: str, token: str, email: str, address: str) -> Mapping[model.Who, str]:
        """The keys an attempt is counted under."""
        return {
            "order": order_id,
            "email": self._hashed.of("email", email_key(email)),
            "address": self._hashed.of("address", counted_as(address)),
            "card": self._hashed.of("card", f"{provider}/{token}" if token else ""),
        }

    async def check(self, source: ServiceDatabase | Transaction, tried: Mapping[model.Who, str]) -> None:
        """Raise RateLimited if the next attempt must wait."""
        now = self._work.now()
        since = to_micros(now - model.FailedAttempts.COUNTED)
        wait = 0.0
        for who, value in tried.items():
            tries = await attempts_store.vain(source, who, value, since)
            wait = max(wait, model.pause(tries, self._free * model.TIMES_AS_MANY[who], now))
        if wait > 0:
            again_s = math.ceil(wait)
            raise RateLimited(
                _(
                    "Too many payment attempts. Nothing was charged; try again in {again_s} seconds.",
                    again_s=again_s,
                ),
                data={"retry_after": again_s},
            )

    async def forget(self) -> None:
        """Scheduled job: delete keys that are no longer counted."""
        async with self._work.begin() as tx:
            await attempts_store.forget(tx, SOME)
