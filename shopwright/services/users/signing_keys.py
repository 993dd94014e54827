"""Keys that sign access tokens, and reading of tokens."""

from datetime import UTC, datetime, timedelta
from typing import Any

from shopwright.kit.auth import Caller
from shopwright.kit.data.unit_of_work import Transaction
from shopwright.kit.errors import Unauthenticated
from shopwright.kit.translation import gettext as _
from shopwright.services.users import model, store
from shopwright.services.users.context import UserContext
from shopwright.services.users.model import SigningKey
from shopwright.services.users.tokens import Signer, new_key

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
LOOKED_FOR = timedelta(seconds=2)  # so often a token under a key that is not known here makes us look for new ones


class SigningKeys:
    """Keys in the database, encrypted; the newest one signs."""

    def __init__(self, context: UserContext) -> None:
        self._context = context
        self._work = context.work
        self._signer: Signer | None = None
        self._looked_for_keys = NEVER

    async def signer(self, tx: Transaction) -> Signer:
        """Return the signer with all accepted keys."""
        if self._signer is None:
            keys = await store.signing_keys(tx)
            if not keys:
                await self._add_signing_key(tx)
                keys = await store.signing_keys(tx)
            living = model.living_keys([one.key for one in keys], tx.now)
            self._signer = Signer([self._context.vault.open(one.jwk) for one in keys if one.key.id in living])
        return self._signer

    async def _add_signing_key(self, tx: Transaction) -> None:
        key_id = self._work.ids.new("key")
        await store.add_signing_key(tx, key_id, self._context.vault.close(new_key(key_id)))

    async def all(self) -> list[SigningKey]:
        """Return all keys, newest first."""
        keys = [one.key for one in await store.signing_keys(self._work)]
        return model.with_states(keys, self._work.now())

    async def rotate(self) -> None:
        """Add a key that signs from now on; tokens of the previous one stay valid until they expire."""
        async with self._work.begin() as tx:
            keys = [one.key for one in await store.signing_keys(tx)]
            for key_id in {one.id for one in keys} - model.living_keys(keys, tx.now):
                await store.drop_signing_key(tx, key_id)
            await self._add_signing_key(tx)
        self._signer = None

    async def public(self) -> dict[str, Any]:
        """Return the public keys as JSON Web Keys (RFC 7517)."""
        async with self._work.begin() as tx:
            return (await self.signer(tx)).public()

    async def read(self, access_token: str) -> Caller:
        """Return the caller of a token. Raises Unauthenticated."""
        if self._signer is None:
            async with self._work.begin() as tx:
                await self.signer(tx)
        signer = self._signer
        if signer is None:
            raise Unauthenticated(_("You are not signed in."))
        if not signer.knows(access_token) and self._work.now() - self._looked_for_keys > LOOKED_FOR:
            self._looked_for_keys = self._work.now()
            async with self._work.begin() as tx:  # another process may have rotated
                self._signer = None
                signer = await self.signer(tx)
        return signer.read(access_token, self._work.now())
