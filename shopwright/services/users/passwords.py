"""Passwords as hashes (Argon2id), made and compared in a queue of their own.

A comparison takes the processor for some ten milliseconds: whoever sends many guesses could keep customers waiting. Clients
that an account does not know take one thread at most and stand in a queue that has an end; the other thread is for the rest.
"""

import asyncio
import secrets
from base64 import b64encode
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError
from argon2.low_level import ARGON2_VERSION

from shopwright.kit.errors import RateLimited
from shopwright.kit.translation import gettext as _

T = TypeVar("T")
THREADS = 2
LONGEST_QUEUE = 100
AGAIN_S = 2


def _of_nobody(hasher: PasswordHasher) -> str:
    """A hash that costs as much to compare with as any of `hasher`, and that no password has: its digest was drawn.

    To hash a made-up password would take each process a fifth of a second at its start.
    """
    salt, digest = (
        b64encode(secrets.token_bytes(length)).decode().rstrip("=") for length in (hasher.salt_len, hasher.hash_len)
    )
    costs = f"m={hasher.memory_cost},t={hasher.time_cost},p={hasher.parallelism}"
    return f"$argon2{hasher.type.name.lower()}$v={ARGON2_VERSION}${costs}${salt}${digest}"


class Passwords:
    """Hashes and compares. Each comparison costs the same, also where there is nothing to compare with."""

    def __init__(self, hasher: PasswordHasher | None) -> None:
        self._hasher = hasher or PasswordHasher()  # Argon2id with the parameters of RFC 9106, low memory
        self._nobody = _of_nobody(self._hasher)
        self._pool = ThreadPoolExecutor(THREADS, "passwords")
        self._strangers = asyncio.Semaphore(THREADS - 1)
        self._waiting = 0

    async def hash(self, password: str, *, known: bool = False) -> str:
        """The hash of a new password. Raises RateLimited where too many strangers wait."""
        return await self._queue(lambda: self._hasher.hash(password), known=known)

    async def matches(self, hashed: str | None, password: str, *, known: bool = False) -> bool:
        """Is this the password? None, and what is no hash, is nobody's. Raises RateLimited where too many strangers wait."""
        real = hashed if hashed and hashed.startswith("$argon2") else None

        def compare() -> bool:
            try:
                return self._hasher.verify(real or self._nobody, password)
            except (Argon2Error, InvalidHashError):
                return False

        return await self._queue(compare, known=known) and real is not None

    async def _queue(self, work: Callable[[], T], *, known: bool) -> T:
        loop = asyncio.get_running_loop()
        if known:
            return await loop.run_in_executor(self._pool, work)
        if self._waiting >= LONGEST_QUEUE:
            raise RateLimited(
                _("Too many people sign in just now. Try again in {again_s} seconds.", again_s=AGAIN_S),
                data={"retry_after": AGAIN_S},
            )
        self._waiting += 1
        try:
            async with self._strangers:
                return await loop.run_in_executor(self._pool, work)
        finally:
            self._waiting -= 1
