"""Limits on tries of passwords and codes, counted before they are checked, so that parallel requests gain nothing.

A client the account knows (a browser or network address that signed in before) has its own count: other people's
failures never lock it out. All other clients share a count for the account, and one for their address, which is
generous, as many people may share it. A right password removes its own try and nothing else (OWASP, "Blocking Brute
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


class GuessLimit(msgspec.Struct, frozen=True):
    """The allowed pace: `free` tries, then delays that double from a second up to `longest`."""

    free: int
    longest: timedelta

    def delay(self, tries: int) -> timedelta:
        """The delay before the next try."""
        if tries < self.free:
            return timedelta()
        return min(timedelta(seconds=2 ** min(tries - self.free, 20)), self.longest)


ACCOUNT = GuessLimit(5, timedelta(minutes=15))
BROWSER = GuessLimit(5, timedelta(minutes=15))
# Others may share the address with a client that signed in from it.
PLACE = GuessLimit(5, timedelta(seconds=30))
ADDRESS = GuessLimit(50, timedelta(minutes=1))


class Client(msgspec.Struct, frozen=True):
    """The origin of a try: address, browser secret and session; "" for none."""

    address: str = ""
    device: str = ""
    session: str = ""


class GuessAttempt(msgspec.Struct, frozen=True):
    """A counted try. `known`: from a client the account knows."""

    counts: tuple[tuple[str, GuessLimit], ...]
    known: bool


class Guesses:
    """Counts tries by account and client."""

    def __init__(self, work: ServiceDatabase) -> None:
        self._work = work

    async def begin(self, kind: str, account: str, user_id: str, client: Client) -> GuessAttempt:
        """Count a try before the check. `account`: as typed. Raises RateLimited."""
        async with self._work.begin() as tx:
            known = await self._known(tx, user_id, client)
            if known is not None:
                name, pace = known
                counts = [(f"{kind}:{name}", pace)]
            else:
                counts = [(f"{kind}:account:{_short(account)}", ACCOUNT)]
                counts += [(f"address:{client.address}", ADDRESS)] if client.address else []
            tried = GuessAttempt(tuple(sorted(counts, key=lambda one: one[0])), known is not None)
            for key, pace in tried.counts:
                await self._count(tx, key, pace)
        return tried

    async def was_right(self, tried: GuessAttempt) -> None:
        """Remove a successful try from the counts."""
        async with self._work.begin() as tx:
            for key, _unused in tried.counts:
                await guess_store.take_back(tx, key, everything=tried.known)

    async def _known(self, tx: Transaction, user_id: str, client: Client) -> tuple[str, GuessLimit] | None:
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

    async def _count(self, tx: Transaction, key: str, pace: GuessLimit) -> None:
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
    """Record a successful sign-in's client as known."""
    for name in (client.device and _device(client), client.address and _place(client)):
        if name:
            await guess_store.remember(tx, user_id, name)


async def forgive(tx: Transaction, account: str) -> None:
    """Clear the counts after the owner has proved ownership in another way."""
    for kind in ("password", "code"):
        await guess_store.take_back(tx, f"{kind}:account:{_short(account)}", everything=True)


def _short(text: str) -> str:
    """Hash the typed text, which may be long, or a password typed by mistake."""
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _device(client: Client) -> str:
    return _short(f"browser/{client.device}")


def _place(client: Client) -> str:
    return _short(f"place/{client.address}")
