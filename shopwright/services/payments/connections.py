"""The keys that connect the shop to payment providers: stored encrypted, shown to no one again."""

from collections.abc import Mapping

import msgspec
from babel.lists import format_list

from shopwright.kit.caching.memo import Memo
from shopwright.kit.clock import from_micros
from shopwright.kit.data.unit_of_work import ServiceDatabase
from shopwright.kit.errors import Invalid, Missing, Problem
from shopwright.kit.provider import KeyField, Keys, Offered, Provider
from shopwright.kit.translation import date_locale
from shopwright.kit.translation import gettext as _
from shopwright.kit.vault import Vault, protect
from shopwright.services.payments import connection_store
from shopwright.services.payments.contract import ProviderConnection, ProviderKey

LAST_SHOWN = 4


class Connections:
    """Reads and writes keys. `use`: names the providers of the setting, opened after this."""

    def __init__(self, work: ServiceDatabase, vault: Vault) -> None:
        self._work = work
        self._vault = vault
        self._memo = Memo(work)
        self._offered: Offered | None = None

    def use(self, offered: Offered) -> Offered:
        self._offered = offered
        return offered

    def keys_of(self, provider: str) -> Keys:
        """Return the reader of a provider's keys."""

        async def keys() -> Mapping[str, str]:
            return (await self._stored(provider))[0]

        return keys

    async def _stored(self, provider: str) -> tuple[dict[str, str], int]:
        async def read() -> tuple[dict[str, str], int]:
            row = await connection_store.keys(self._work, provider)
            if row is None:
                return {}, 0
            return msgspec.json.decode(self._vault.open(row["keys"]), type=dict[str, str]), row["connected_at"]

        return await self._memo.get(provider, read)

    def _all_named(self) -> Mapping[str, Provider]:
        return self._offered.named() if self._offered else {}

    def named(self, name: str) -> Provider:
        """Return a provider of the setting, connected or not. Raises Missing."""
        known = self._all_named()
        if name not in known:
            raise Missing(
                _(
                    "SHOPWRIGHT_PAYMENTS does not name the payment provider “{name}”; it names {known}.",
                    name=name,
                    known=", ".join(known) or _("none"),
                )
            )
        return known[name]

    async def all(self) -> list[ProviderConnection]:
        """Return every provider of the setting with the state of its keys."""
        return [await self.one(name) for name in self._all_named()]

    async def one(self, name: str) -> ProviderConnection:
        """Return a provider with the state of its keys. Raises Missing."""
        keys, connected_at = await self._stored(name)
        offer = self.named(name).offer
        return ProviderConnection(
            name=name,
            connected=offer.is_connected(keys),
            keys=tuple(_shown(field, keys.get(field.name, "")) for field in offer.fields),
            connected_at=from_micros(connected_at) if connected_at else None,
        )

    async def connect(self, name: str, keys: Mapping[str, str], who: str) -> ProviderConnection:
        """Store keys; fields not given keep theirs. Raises Missing, Invalid."""
        fields = {field.name: field for field in self.named(name).offer.fields}
        stored, _at = await self._stored(name)
        clean = {field: key.strip() for field, key in keys.items() if key.strip()}
        _check(name, fields, clean, {**stored, **clean})
        async with self._work.begin() as tx:
            closed = self._vault.close(msgspec.json.encode({**stored, **clean}).decode())
            await connection_store.put(tx, name, closed, who)
        return await self.one(name)

    async def disconnect(self, name: str) -> None:
        """Delete the keys of a provider. Payments and refunds that need it wait until it is connected again."""
        self.named(name)
        async with self._work.begin() as tx:
            await connection_store.delete(tx, name)

    async def protect(self, *, anew: bool) -> int:
        """Encrypt keys; `anew`: with the newest key of the vault."""
        async with self._work.begin() as tx:
            return await protect(tx, self._vault, (("provider_keys", "provider", "keys"),), anew=anew)


def _shown(field: KeyField, key: str) -> ProviderKey:
    return ProviderKey(
        name=field.name,
        title=_(field.title),
        needed=field.needed,
        filled=bool(key),
        secret=field.secret,
        ends_with=key[-LAST_SHOWN:] if field.secret else key,
    )


def _check(name: str, fields: Mapping[str, KeyField], given: Mapping[str, str], after: Mapping[str, str]) -> None:
    """Raise Invalid, never repeating a key."""
    problems = [
        Problem(f"/keys/{key}", "unknown", _("{name} has no key of this name.", name=name))
        for key in given.keys() - fields
    ]
    for field in fields.values():
        key = given.get(field.name, "")
        if key and field.prefixes and not key.startswith(field.prefixes):
            right = format_list(field.prefixes, style="or", locale=date_locale())
            problems.append(Problem(f"/keys/{field.name}", "invalid", _("This key begins with {right}.", right=right)))
        if field.needed and not after.get(field.name):
            problems.append(Problem(f"/keys/{field.name}", "required", _("This key is needed.")))
    if problems:
        raise Invalid(" ".join(one.detail for one in problems), problems=tuple(problems))
