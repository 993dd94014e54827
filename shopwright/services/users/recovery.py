"""Ways back in: e-mail addresses that are proved, passwords that are changed or forgotten, sessions that are ended.

What a letter lets its reader do rides on a token that is made when the letter is written (so that no secret is in the
log of facts), kept as a hash, good for one use and a while.
"""

from datetime import timedelta

from shopwright.kit import watch
from shopwright.kit.auth import Caller
from shopwright.kit.clock import from_micros, to_micros
from shopwright.kit.errors import Invalid, Missing, Refused
from shopwright.kit.work import Transaction
from shopwright.services.users import model, store
from shopwright.services.users.contract import (
    EmailVerificationAsked,
    EmailVerified,
    LetterPurpose,
    PasswordChanged,
    PasswordResetAsked,
    Session,
    User,
    WrongPassword,
)
from shopwright.services.users.service import Accounts

GOOD_FOR: dict[LetterPurpose, timedelta] = {"verification": timedelta(days=7), "reset": timedelta(hours=1)}
PAUSE = timedelta(minutes=1)  # between two letters of a kind to one person


class Recovery(Accounts):
    """Accounts, and the ways back into them."""

    async def letter_token(self, user_id: str, purpose: LetterPurpose) -> str:
        token = self._work.ids.secret()
        async with self._work.begin() as tx:
            if await store.get(tx, user_id) is None:
                raise Missing("There is no such account.")
            await store.add_mail_token(tx, token, user_id, purpose, to_micros(tx.now + GOOD_FOR[purpose]))
        return token

    async def ask_verification(self, user_id: str) -> None:
        user = await self.get(user_id)
        if user.verified:
            return
        async with self._work.begin() as tx:
            if await self._may_write(tx, user_id, "verification"):
                await tx.tell(EmailVerificationAsked(user_id=user.id, email=user.email, name=user.name))

    async def verify_email(self, token: str) -> User:
        async with self._work.begin() as tx:
            user_id = await self._use(tx, token, "verification")
            await store.verify(tx, user_id)
            user = await store.get(tx, user_id)
            if user is None:
                raise Missing("There is no such account.")
            await tx.tell(EmailVerified(user_id=user.id, email=user.email))
        return user

    async def ask_reset(self, email: str) -> None:
        found = await store.with_password(self._work, model.email_key(email.strip()))
        if found is None:
            return
        user = found[0]
        async with self._work.begin() as tx:
            if await self._may_write(tx, user.id, "reset"):
                await tx.tell(PasswordResetAsked(user_id=user.id, email=user.email, name=user.name))

    async def reset_password(self, token: str, password: str) -> None:
        user = await self._owner_of(token)
        model.check_password(password, user.email, user.name)
        hashed = await self._hash(password)
        async with self._work.begin() as tx:
            await self._use(tx, token, "reset")
            await store.set_password(tx, user.id, hashed)
            await store.verify(tx, user.id)  # the token came by e-mail
            await store.drop_mail_tokens(tx, user.id)
            await store.close_sessions(tx, user.id)
            await store.forget_failures(tx, f"account:{model.email_key(user.email)}")
            await tx.tell(PasswordChanged(user_id=user.id, email=user.email, name=user.name))
        watch.note("password set by letter", user=user.id)

    async def change_password(self, caller: Caller, current: str, password: str) -> None:
        try:
            user = await self._check_password(caller.email, current, "")
        except WrongPassword:
            raise Invalid.at("/current_password", "This is not your current password.") from None
        model.check_password(password, user.email, user.name)
        hashed = await self._hash(password)
        async with self._work.begin() as tx:
            await store.set_password(tx, user.id, hashed)
            await store.drop_mail_tokens(tx, user.id)
            await store.close_sessions(tx, user.id, but=caller.session_id or "")
            await tx.tell(PasswordChanged(user_id=user.id, email=user.email, name=user.name))
        watch.note("password changed", user=user.id)

    async def sessions(self, user_id: str) -> list[Session]:
        return await store.sessions(self._work, user_id, to_micros(self._work.now()))

    async def close_one_session(self, user_id: str, session_id: str) -> None:
        if session_id not in {one.id for one in await self.sessions(user_id)}:
            raise Missing("You have no such session.")
        await self.sign_out(session_id)

    async def close_sessions(self, user_id: str) -> None:
        async with self._work.begin() as tx:
            await store.close_sessions(tx, user_id)

    async def staff(self) -> list[User]:
        return await store.staff(self._work)

    async def end_sessions_of(self, user_id: str, who: Caller) -> None:
        await self.get(user_id)
        await self.close_sessions(user_id)
        watch.note("sessions ended by staff", user=user_id, by=who.user_id)

    async def _may_write(self, tx: Transaction, user_id: str, purpose: LetterPurpose) -> bool:
        """Not more than one letter of a kind a minute; only what the last one says is good."""
        last = await store.last_mail_token(tx, user_id, purpose)
        if last is not None and from_micros(last) + PAUSE > tx.now:
            return False
        await store.drop_mail_tokens(tx, user_id, purpose)
        return True

    async def _owner_of(self, token: str) -> User:
        user_id = await store.mail_token_owner(self._work, token, "reset", to_micros(self._work.now()))
        user = await store.get(self._work, user_id) if user_id else None
        if user is None:
            raise _spent("reset")
        return user

    @staticmethod
    async def _use(tx: Transaction, token: str, purpose: LetterPurpose) -> str:
        user_id = await store.use_mail_token(tx, token, purpose, to_micros(tx.now))
        if user_id is None:
            raise _spent(purpose)
        return user_id


def _spent(purpose: LetterPurpose) -> Refused:
    what = "to choose a new password" if purpose == "reset" else "to confirm an e-mail address"
    return Refused(f"This link {what} was used already, or is too old. Ask for a new one.")
