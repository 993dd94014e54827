"""New accounts: registered, created by an owner, or imported."""

from functools import partial

from shopwright.kit.addresses import check_email
from shopwright.kit.data.unit_of_work import Transaction
from shopwright.kit.errors import check_all
from shopwright.kit.translation import gettext as _
from shopwright.services.users import mail_store, model, store
from shopwright.services.users.context import UserContext
from shopwright.services.users.contract import EmailTaken, User
from shopwright.services.users.contract.events import RegistrationRepeated, UserImported, UserRegistered


class Registration:
    """Creates accounts."""

    def __init__(self, context: UserContext) -> None:
        self._context = context
        self._work = context.work

    async def register(self, email: str, password: str, name: str, role: str = "") -> User:
        user, hashed = await self._new_account(email, password, name, role)
        async with self._work.begin() as tx:
            if not await self._insert(tx, user, hashed):
                raise EmailTaken(_("There is an account with this e-mail address already. Sign in instead."))
        return user

    async def sign_up(self, email: str, password: str, name: str) -> User:
        user, hashed = await self._new_account(email, password, name, "")
        async with self._work.begin() as tx:
            if not await self._insert(tx, user, hashed) and await self._context.may_write(
                tx, user.email, "registration"
            ):
                owner = await store.by_key(tx, model.email_key(user.email))
                if owner is not None:
                    await tx.emit(RegistrationRepeated(user_id=owner.id, email=owner.email, name=owner.name))
        return user

    async def _new_account(self, email: str, password: str, name: str, role: str) -> tuple[User, str]:
        """Return a checked account and its password hash, with the same work whether or not it exists."""
        check_all(partial(check_email, email), partial(model.check_account, email.strip(), password, name, role))
        normal = check_email(email)
        user = User(id=self._work.ids.new("usr"), email=normal, name=model.check_name(name), role=role)
        return user, await self._context.passwords.hash(password)

    @staticmethod
    async def _insert(tx: Transaction, user: User, hashed: str) -> bool:
        if not await store.insert(tx, user, model.email_key(user.email), hashed):
            return False
        await mail_store.note_asked(tx, model.email_key(user.email), "verification")
        await tx.emit(UserRegistered(user_id=user.id, email=user.email, name=user.name))
        return True

    async def import_customer(self, email: str, name: str) -> User:
        normal = check_email(email)
        user = User(id=self._work.ids.new("usr"), email=normal, name=model.check_name(name))
        async with self._work.begin() as tx:
            if not await store.insert(tx, user, model.email_key(normal), model.NO_PASSWORD):
                raise EmailTaken(_("There is an account with this e-mail address already."))
            await tx.emit(UserImported(user_id=user.id, email=user.email, name=user.name))
        return user

    async def ensure_owner(self, email: str, password: str) -> str | None:
        """Create the owner of a new shop and return the password (generated if ""); None if there is one."""
        if await store.has_owner(self._work):
            return None
        chosen = password or self._work.ids.secret(9)
        try:
            await self.register(email, chosen, "Shop owner", role="owner")
        except EmailTaken:
            return None
        return chosen
