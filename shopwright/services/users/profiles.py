"""Profiles: name, phone and addresses."""

import msgspec

from shopwright.kit.addresses import Address, check_address, check_phone, read_address
from shopwright.kit.changes import given
from shopwright.kit.errors import Missing
from shopwright.kit.translation import gettext as _
from shopwright.services.users import model, store
from shopwright.services.users.context import UserContext
from shopwright.services.users.contract import ProfileChange, SavedAddress, User


class Profiles:
    """Profiles and address books."""

    def __init__(self, context: UserContext) -> None:
        self._work = context.work

    async def by_email(self, email: str) -> User | None:
        found = await store.with_password(self._work, model.email_key(email))
        return found[0] if found else None

    async def owner_of_email(self, email: str) -> User | None:
        found = await store.with_password(self._work, model.email_key(email))
        return found[0] if found and (found[0].verified or found[1] == model.NO_PASSWORD) else None

    async def change_profile(self, user_id: str, change: ProfileChange) -> User:
        fields = given(change)
        if "name" in fields:
            fields["name"] = model.check_name(fields["name"])
        async with self._work.begin() as tx:
            if fields.get("phone"):
                known = await store.addresses(tx, user_id)
                fields["phone"] = check_phone(fields["phone"], known[0].address.country if known else "")
            user = await store.get(tx, user_id)
            if user is None:
                raise Missing(_("There is no such account."))
            changed = msgspec.structs.replace(user, **fields)
            await store.set_profile(tx, changed)
        return changed

    async def addresses(self, user_id: str) -> list[SavedAddress]:
        return await store.addresses(self._work, user_id)

    async def save_address(
        self, user_id: str, address: Address, address_id: str = "", as_written: bool = False
    ) -> SavedAddress:
        clean = read_address(address)[0] if as_written else check_address(address)
        saved = SavedAddress(id=address_id or self._work.ids.new("adr"), address=clean)
        async with self._work.begin() as tx:
            if not address_id:
                await store.add_address(tx, user_id, saved)
            elif not await store.change_address(tx, user_id, saved):
                raise Missing(_("There is no such address in your account."))
        return saved

    async def delete_address(self, user_id: str, address_id: str) -> None:
        async with self._work.begin() as tx:
            if not await store.delete_address(tx, user_id, address_id):
                raise Missing(_("There is no such address in your account."))
