"""Account recovery: verified addresses, and changed or reset passwords.

E-mail links use a single-use token that is created when the e-mail is rendered, so that no secret enters the event log,
and stored as a hash with an expiry.
"""

from shopwright.kit.auth import Caller
from shopwright.kit.clock import to_micros
from shopwright.kit.data.unit_of_work import Transaction
from shopwright.kit.errors import Missing, Refused
from shopwright.kit.observability import security_log
from shopwright.kit.translation import gettext as _
from shopwright.services.users import factor_store, guess_store, mail_store, model, store
from shopwright.services.users.context import UserContext
from shopwright.services.users.contract import EmailPurpose, User
from shopwright.services.users.contract.events import (
    EmailVerificationAsked,
    EmailVerified,
    PasswordChanged,
    PasswordResetAsked,
)
from shopwright.services.users.guesses import Client, forgive
from shopwright.services.users.model import Purpose
from shopwright.services.users.second_factor import SecondFactors


class AccountRecovery:
    """Verifies addresses and resets passwords."""

    def __init__(self, context: UserContext, factors: SecondFactors) -> None:
        self._context = context
        self._work = context.work
        self._factors = factors

    async def email_token(self, user_id: str, purpose: EmailPurpose, email: str = "") -> str:
        return await self._token(user_id, purpose, email)

    async def invitation_token(self, user_id: str, email: str = "") -> str:
        return await self._token(user_id, "invitation", email)

    async def _token(self, user_id: str, purpose: Purpose, email: str) -> str:
        token = self._work.ids.secret()
        async with self._work.begin() as tx:
            user = await store.get(tx, user_id)
            if user is None or (email and model.email_key(email) != model.email_key(user.email)):
                raise Missing(_("There is no such account."))
            ends = to_micros(tx.now + model.GOOD_FOR[purpose])
            await mail_store.add_token(tx, token, user_id, purpose, model.email_key(user.email), ends)
        return token

    async def ask_verification(self, user_id: str) -> None:
        user = await self._context.get(user_id)
        if user.verified:
            return
        async with self._work.begin() as tx:
            if await self._context.may_write(tx, user.email, "verification"):
                await tx.emit(EmailVerificationAsked(user_id=user.id, email=user.email, name=user.name))

    async def verify_email(self, token: str, user_id: str = "", password: str = "", address: str = "") -> User:
        owner = await self._owner_of(token, "verification")
        knows = owner.id == user_id
        if password and not knows:
            await self._context.check_password(owner.email, password, Client(address))
            knows = True
        async with self._work.begin() as tx:
            await self._use(tx, token, "verification")
            user = await store.get(tx, owner.id)
            if user is None:
                raise _spent("verification")
            if not user.verified and not knows:
                await self._end_what_was_set(tx, user)
            await store.verify(tx, user.id)
            await tx.emit(EmailVerified(user_id=user.id, email=user.email))
        return await self._context.get(owner.id)

    async def first_password_token(self, user_id: str) -> str:
        user = await self._context.get(user_id)
        if not user.verified or await store.has_password(self._work, user_id):
            return ""
        return await self.email_token(user_id, "reset")

    async def _end_what_was_set(self, tx: Transaction, user: User) -> None:
        """Reset credentials set before the address was verified, as their author never proved to own it.

        An account without a password was imported, so nothing was set by a stranger.
        """
        if not await store.has_password(tx, user.id):
            return
        await store.set_password(tx, user.id, model.NO_PASSWORD)
        await mail_store.drop_tokens(tx, user.id)
        await store.close_sessions(tx, user.id)
        await factor_store.drop(tx, user.id)
        await guess_store.forget_clients(tx, user.id)
        await store.set_phone(tx, user.id, "")
        await store.delete_addresses(tx, user.id)
        security_log.note("what was set before the address was proved is ended", user=user.id)

    async def ask_reset(self, email: str) -> None:
        found = await store.with_password(self._work, model.email_key(email))
        async with self._work.begin() as tx:
            may = await self._context.may_write(tx, email.strip(), "reset")
            if found is not None and may:
                user = found[0]
                await tx.emit(PasswordResetAsked(user_id=user.id, email=user.email, name=user.name))

    async def reset_password(self, token: str, password: str) -> None:
        purpose: Purpose = "reset"
        if await mail_store.owner(self._work, token, "invitation", to_micros(self._work.now())):
            purpose = "invitation"
        owner = await self._owner_of(token, purpose)
        model.check_password(password, owner.email, owner.name)
        hashed = await self._context.passwords.hash(password, known=True)
        async with self._work.begin() as tx:
            await self._use(tx, token, purpose)
            user = await store.get(tx, owner.id)
            if user is None:
                raise _spent(purpose)
            if not user.verified:
                await self._end_what_was_set(tx, user)
            await store.set_password(tx, user.id, hashed)
            await store.verify(tx, user.id)  # the token came by e-mail
            await mail_store.drop_tokens(tx, user.id)
            await store.close_sessions(tx, user.id)
            await forgive(tx, model.email_key(user.email))
            if not user.verified:
                await tx.emit(EmailVerified(user_id=user.id, email=user.email))
            await tx.emit(PasswordChanged(user_id=user.id, email=user.email, name=user.name))
        security_log.note("password set by letter", user=user.id)

    async def change_password(self, caller: Caller, current: str, password: str, code: str = "") -> None:
        user = await self._factors.check_again(caller, current, code, at="/current_password")
        model.check_password(password, user.email, user.name)
        hashed = await self._context.passwords.hash(password, known=True)
        async with self._work.begin() as tx:
            await store.set_password(tx, user.id, hashed)
            await mail_store.drop_tokens(tx, user.id)
            await store.close_sessions(tx, user.id, but=caller.session_id or "")
            await tx.emit(PasswordChanged(user_id=user.id, email=user.email, name=user.name))
        security_log.note("password changed", user=user.id)

    async def set_staff_password(self, email: str, password: str) -> User:
        found = await store.with_password(self._work, model.email_key(email))
        user = found[0] if found else None
        if user is None or not user.role:
            raise Missing(
                _("No member of staff has the address {email}. The owner's is SHOPWRIGHT_OWNER_EMAIL.", email=email)
            )
        model.check_password(password, user.email, user.name)
        hashed = await self._context.passwords.hash(password, known=True)
        async with self._work.begin() as tx:
            await store.set_password(tx, user.id, hashed)
            await mail_store.drop_tokens(tx, user.id)
            await store.close_sessions(tx, user.id)
            await forgive(tx, model.email_key(user.email))
            await tx.emit(PasswordChanged(user_id=user.id, email=user.email, name=user.name))
        security_log.note("password set at the command line", user=user.id)
        return user

    async def _owner_of(self, token: str, purpose: Purpose) -> User:
        user_id = await mail_store.owner(self._work, token, purpose, to_micros(self._work.now()))
        user = await store.get(self._work, user_id) if user_id else None
        if user is None:
            raise _spent(purpose)
        return user

    @staticmethod
    async def _use(tx: Transaction, token: str, purpose: Purpose) -> str:
        user_id = await mail_store.use(tx, token, purpose, to_micros(tx.now))
        if user_id is None:
            raise _spent(purpose)
        return user_id


def _spent(purpose: Purpose) -> Refused:
    if purpose == "verification":
        return Refused(_("This link to confirm an e-mail address was used already, or is too old. Ask for a new one."))
    return Refused(_("This link to choose a new password was used already, or is too old. Ask for a new one."))
