"""Staff: invited by e-mail, changed, disabled and removed. Each change ends their sessions at once."""

from shopwright.kit.addresses import check_email
from shopwright.kit.data.unit_of_work import ServiceDatabase, Transaction
from shopwright.kit.errors import Invalid, Missing
from shopwright.kit.observability import security_log
from shopwright.kit.translation import gettext as _
from shopwright.services.users import factor_store, mail_store, model, store
from shopwright.services.users.contract import LastOwner, StaffChange, User
from shopwright.services.users.contract.events import StaffChanged, StaffInvited


class Staff:
    """Accounts with a role. A shop always has an owner who can sign in."""

    def __init__(self, work: ServiceDatabase) -> None:
        self._work = work

    async def all(self) -> list[User]:
        """Return all accounts with a role."""
        return await store.staff(self._work)

    async def invite(self, email: str, name: str, role: str) -> User:
        """Invite by e-mail to choose a password. An existing account becomes a staff account.

        Credentials of an unverified account are reset, as a stranger may have created it.
        """
        normal = check_email(email)
        name = model.check_name(name)
        model.check_role(role)
        new = User(id=self._work.ids.new("usr"), email=normal, name=name, role=role)
        async with self._work.begin() as tx:
            if not await store.insert(tx, new, model.email_key(normal), model.NO_PASSWORD):
                new = await self._take_in(tx, normal, name, role)
            await tx.emit(StaffInvited(user_id=new.id, email=new.email, name=new.name, role=role))
        security_log.note("staff invited", user=new.id, role=role)
        return new

    async def _take_in(self, tx: Transaction, email: str, name: str, role: str) -> User:
        known = await store.by_key(tx, model.email_key(email))
        if known is None:
            raise Missing(_("There is no such account."))
        if known.role:
            await self._keep_an_owner(tx, known, role=role, disabled=False)
        if not known.verified:
            await store.set_password(tx, known.id, model.NO_PASSWORD)
            await factor_store.drop(tx, known.id)
            await mail_store.drop_tokens(tx, known.id)
        await store.set_staff(tx, known.id, name=name, role=role, disabled=False)
        await store.close_sessions(tx, known.id)
        return User(id=known.id, email=known.email, name=name, role=role, phone=known.phone, verified=known.verified)

    async def change(self, user_id: str, change: StaffChange) -> User:
        """Change a role, or disable or enable an account. Raises Missing, Invalid, LastOwner."""
        if change.role == "":
            raise Invalid.at("/role", _("Remove the member of staff to revoke their role."))
        if change.role:
            model.check_role(change.role)
        return await self._set(user_id, change.role, disabled=change.disabled)

    async def remove(self, user_id: str) -> None:
        """Remove the role; the account becomes a customer's. Raises Missing, LastOwner."""
        await self._set(user_id, "", disabled=False)

    async def _set(self, user_id: str, role: str | None, *, disabled: bool | None) -> User:
        async with self._work.begin() as tx:
            known = await store.get(tx, user_id)
            if known is None or not known.role:
                raise Missing(_("There is no such member of staff."))
            role = known.role if role is None else role
            disabled = known.disabled if disabled is None else disabled
            await self._keep_an_owner(tx, known, role=role, disabled=disabled)
            await store.set_staff(tx, user_id, name=known.name, role=role, disabled=disabled)
            await store.close_sessions(tx, user_id)
            await mail_store.drop_tokens(tx, user_id)
            await tx.emit(
                StaffChanged(user_id=user_id, email=known.email, name=known.name, role=role, disabled=disabled)
            )
        security_log.note("staff changed", user=user_id, role=role, disabled=int(disabled))
        return User(
            id=known.id, email=known.email, name=known.name, phone=known.phone, role=role,
            verified=known.verified, disabled=disabled,
        )  # fmt: skip

    @staticmethod
    async def _keep_an_owner(tx: Transaction, known: User, *, role: str, disabled: bool) -> None:
        """Lock the owners, so that concurrent changes wait, and check that one remains. Raises LastOwner."""
        if known.role != "owner" or (role == "owner" and not disabled):
            return
        await store.hold_owners(tx)
        if not await store.has_owner(tx, but=known.id):
            raise LastOwner(_("This is the only owner of the shop who can sign in. Make someone else an owner first."))
