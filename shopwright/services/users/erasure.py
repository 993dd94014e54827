"""Erasure of accounts, and of addresses without one."""

from shopwright.kit.addresses import check_email
from shopwright.kit.data.unit_of_work import ServiceDatabase
from shopwright.kit.errors import Conflict, Missing
from shopwright.kit.translation import gettext as _
from shopwright.services.users import factor_store, guess_store, mail_store, model, store
from shopwright.services.users.contract import LastOwner
from shopwright.services.users.contract.events import AddressErased, UserErased
from shopwright.services.users.guesses import forgive


class Erasure:
    """Erases what this service stores at once; other services follow the event."""

    def __init__(self, work: ServiceDatabase) -> None:
        self._work = work

    async def account(self, user_id: str) -> None:
        """Erase an account. Raises Missing, LastOwner."""
        async with self._work.begin() as tx:
            user = await store.get(tx, user_id)
            if user is None:
                raise Missing(_("There is no such account."))
            if user.role == "owner":
                await store.hold_owners(tx)
            if user.role == "owner" and not await store.has_owner(tx, but=user_id):
                raise LastOwner(_("This is the only owner of the shop. Make someone else an owner first."))
            await store.close_sessions(tx, user_id)
            await mail_store.drop_tokens(tx, user_id)
            await forgive(tx, model.email_key(user.email))
            await guess_store.forget_clients(tx, user_id)
            await factor_store.drop(tx, user_id)
            await store.delete(tx, user_id)
            await tx.redact(user_id)
            await tx.emit(UserErased(user_id=user_id, email=user.email, name=user.name, verified=user.verified))

    async def address(self, email: str) -> None:
        """Erase an address without an account. Raises Invalid, Conflict."""
        normal = check_email(email)
        async with self._work.begin() as tx:
            if await store.by_key(tx, model.email_key(normal)) is not None:
                raise Conflict(
                    _("This address has an account: erase the account, and what belongs to it is erased too.")
                )
            await tx.emit(AddressErased(erasure_id=self._work.ids.new("ers"), email=normal))
