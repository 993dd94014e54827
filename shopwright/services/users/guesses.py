"""How often somebody may try a password or a code: counted before it is looked at, so that many at once gain nothing.

A client the account knows (a browser that signed in before, or an address it signed in from) has a count of its own: wrong
guesses of others never lock it out. All the others share a count for the account, and one for their address, which is
generous, as many may sit behind it. A right password takes back its own try and clears nothing else (OWASP, "Blocking Brute
Force Attacks", device cookies).
"""

import hashlib
from datetime import timedelta

import msgspec

from shopwright.kit.clock import from_micros
from shopwright.kit.data.unit_of_work import ServiceDatabase, Transaction
from shopwright.kit.errors import RateLimited
from shopwright.kit.translation import gettext as _
from shopwright.services.users import guess_store


class GuessPace(msgspec.Struct, frozen=True):
    """So many tries are free; each one after them waits twice as long as the one before, from a second to `longest`."""

    free: int
    longest: timedelta

    def delay(self, tries: int) -> timedelta:
        """How long after that many tries the next may come."""
        if tries < self.free:
            return timedelta()
        return min(timedelta(seconds=2 ** min(tries - self.free, 20)), self.longest)


ACCOUNT = GuessPace(5, timedelta(minutes=15))
BROWSER = GuessPace(5, timedelta(minutes=15))
# Others may share it with who has signed in from there.
PLACE = GuessPace(5, timedelta(seconds=30))
ADDRESS = GuessPace(50, timedelta(minutes=1))


class Client(msgspec.Struct, frozen=True):
    """Where a try comes from: the address, the secret of the browser, the session of who is signed in; "" for none."""

    address: str = ""
    device: str = ""
    session: str = ""


class Try(msgspec.Struct, frozen=True):
    """One that was counted. `known`: by a client the account knows."""

    counts: tuple[tuple[str, GuessPace], ...]
    known: bool


class Guesses:
    """Counts tries, by account and client."""

    def __init__(self, work: ServiceDatabase) -> None:
        self._work = work

    async def begin(self, kind: str, account: str, user_id: str, client: Client) -> Try:
        """Count a try before anything is compared. `account` is what was typed. Raises RateLimited."""
        async with self._work.begin() as tx:
            known = await self._known(tx, user_id, client)
            if known is not None:
                name, pace = known
                counts = [(f"{kind}:{name}", pace)]
            else:
                counts = [(f"{kind}:account:{_short(account)}", ACCOUNT)]
                counts += [(f"address:{client.address}", ADDRESS)] if client.address else []
            tried = Try(tuple(sorted(counts, key=lambda one: one[0])), known is not None)
            for key, pace in tried.counts:
                await self._count(tx, key, pace)
        return tried

    async def was_right(self, tried: Try) -> None:
        """That one was no guess."""
        async with self._work.begin() as tx:
            for key, _unused in tried.counts:
                await guess_store.take_back(tx, key, everything=tried.known)

    async def _known(self, tx: Transaction, user_id: str, client: Client) -> tuple[str, GuessPace] | None:
        if client.session:
            return f"session:{client.session}", BROWSER
        found = await guess_store.known(
            tx, user_id, [client.device and _device(client), client.address and _place(client)]
        )
        if client.device and _device(client) in found:
            return f"browser:{user_id}:{_device(client)}", BROWSER
        if client.address and _place(client) in found:
            return f"place:{user_id}:{client.address}", PLACE
        return None

    async def _count(self, tx: Transaction, key: str, pace: GuessPace) -> None:
        tries, last = await guess_store.hold(tx, key)
        wait = (from_micros(last) + pace.delay(tries) - tx.now).total_seconds() if tries else 0
        if wait > 0:
            seconds = int(wait) + 1
            raise RateLimited(
                _("Too many wrong tries. Try again in {seconds} seconds.", seconds=seconds),
                data={"retry_after": seconds},
            )
        await guess_store.count(tx, key, tries + 1)


async def remember(tx: Transaction, user_id: str, client: Client) -> None:
    """Somebody signed in from there: the account knows this client from now on."""
    for name in (client.device and _device(client), client.address and _place(client)):
        if name:
            await guess_store.remember(tx, user_id, name)


async def forgive(tx: Transaction, account: str) -> None:
    """The owner of the account has shown to be it in another way."""
    for kind in ("password", "code"):
        await guess_store.take_back(tx, f"{kind}:account:{_short(account)}", everything=True)


def _short(text: str) -> str:
    """What was typed may be as long as anyone likes, and may be a password by mistake."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _device(client: Client) -> str:
    return _short(f"browser/{client.device}")


def _place(client: Client) -> str:
    return _short(f"place/{client.address}")
