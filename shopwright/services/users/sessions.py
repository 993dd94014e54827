"""Sessions: opened, checked with each request, and closed."""

from shopwright.kit.auth import Caller
from shopwright.kit.clock import from_micros, to_micros
from shopwright.kit.data.database import Row
from shopwright.kit.data.unit_of_work import Transaction
from shopwright.kit.errors import Denied, Missing, Unauthenticated
from shopwright.kit.observability import security_log
from shopwright.kit.translation import gettext as _
from shopwright.services.users import model, store
from shopwright.services.users.context import UserContext
from shopwright.services.users.contract import Session, Tokens, User
from shopwright.services.users.guesses import Client, remember
from shopwright.services.users.model import StaffFactor
from shopwright.services.users.signing_keys import SigningKeys


class Sessions:
    """Sessions of all accounts, by secret for browsers and by token for programs."""

    def __init__(self, context: UserContext, keys: SigningKeys, staff_factor: StaffFactor) -> None:
        self._context = context
        self._work = context.work
        self._keys = keys
        self._staff_factor = staff_factor

    async def open(self, tx: Transaction, user_id: str) -> tuple[str, str]:
        """Open a session and return its id and secret. Raises Denied for a disabled account."""
        user = await store.get(tx, user_id)
        if user is None or user.disabled:
            raise Denied(_("This account is disabled. Ask an owner of the shop."))
        session_id, secret = self._work.ids.new("ses"), self._work.ids.secret()
        await store.open_session(tx, session_id, user_id, secret, to_micros(tx.now + model.SESSION))
        security_log.note("signed in", user=user_id, session=session_id)
        return session_id, secret

    async def tokens(self, tx: Transaction, user: User, session_id: str) -> Tokens:
        """Return an access token and the next refresh token of a session."""
        refresh_token = self._work.ids.secret()
        await store.add_refresh_token(tx, refresh_token, session_id)
        signer = await self._keys.signer(tx)
        return Tokens(access_token=signer.sign(user, session_id, tx.now), refresh_token=refresh_token)

    async def refresh(self, refresh_token: str) -> Tokens:
        """Exchange a refresh token, once. Raises Unauthenticated."""
        async with self._work.begin() as tx:
            found = await store.use_refresh_token(tx, refresh_token)
            row = await store.session_by_id(tx, found[0], to_micros(tx.now)) if found else None
            if found and not found[1]:
                await store.close_session(tx, found[0])
                security_log.note("refresh token used twice", session=found[0])
            elif row is not None and not self._is_idle(row):
                return await self.tokens(tx, store.user(row), row["session_id"])
        raise Unauthenticated(_("The refresh token is not valid (any more). Sign in again."))

    async def authenticate(self, access_token: str) -> Caller:
        """Return the caller of an access token. Raises Unauthenticated."""
        caller = await self._keys.read(access_token)
        # The session is read, too, so that signing out and a changed role take effect at once.
        found = await store.session_by_id(self._work, caller.session_id or "", to_micros(self._work.now()))
        row = await self._living(found)
        if row is None:
            raise Unauthenticated(_("This session has ended. Sign in again."))
        return await self._caller(row)

    async def open_from(self, user_id: str, client: Client) -> str:
        """Open a session, record its client as known, and return the secret."""
        async with self._work.begin() as tx:
            await remember(tx, user_id, client)
            return (await self.open(tx, user_id))[1]

    async def open_for(self, user_id: str) -> str:
        """Open a session for a user authenticated by other means, and return the secret. Raises Denied."""
        async with self._work.begin() as tx:
            return (await self.open(tx, user_id))[1]

    async def caller(self, secret: str) -> Caller | None:
        """Return the caller of a session; None if it has ended."""
        found = await store.session_by_secret(self._work, secret, to_micros(self._work.now()))
        row = await self._living(found)
        return await self._caller(row) if row else None

    def _is_idle(self, row: Row) -> bool:
        """Whether the session has been idle for too long."""
        return from_micros(row["seen_at"]) + (model.STAFF_IDLE if row["role"] else model.IDLE) < self._work.now()

    async def _living(self, row: Row | None) -> Row | None:
        """Return the session and record its use; None if there is none or it was idle too long."""
        if row is None or from_micros(row["seen_at"]) + model.SEEN_EVERY > self._work.now():
            return row
        async with self._work.begin() as tx:
            if not self._is_idle(row):
                await store.see_session(tx, row["session_id"])
                return row
            await store.close_session(tx, row["session_id"])
        security_log.note("session ended, unused", user=row["id"], session=row["session_id"])
        return None

    async def _caller(self, row: Row) -> Caller:
        """The caller of a session; staff without a required second factor count as customers."""
        role = row["role"] if row["guarded"] or not row["role"] or not await self._need_factor() else ""
        return Caller(
            user_id=row["id"],
            email=row["email"],
            name=row["name"],
            role=role,
            session_id=row["session_id"],
            verified=row["verified_at"] is not None,
        )

    async def _need_factor(self) -> bool:
        """Whether staff must have a second factor."""
        return self._staff_factor == "required" or (self._staff_factor == "auto" and not await self._work.is_demo())

    async def close(self, session_id: str) -> None:
        """End a session."""
        async with self._work.begin() as tx:
            await store.close_session(tx, session_id)

    async def close_by_secret(self, secret: str) -> None:
        """End the session with this secret."""
        async with self._work.begin() as tx:
            await store.close_session_by_secret(tx, secret)

    async def of_user(self, user_id: str) -> list[Session]:
        """Return the open sessions of an account."""
        return await store.sessions(self._work, user_id, to_micros(self._work.now()))

    async def close_own(self, user_id: str, session_id: str) -> None:
        """End a session of this account. Raises Missing."""
        if session_id not in {one.id for one in await self.of_user(user_id)}:
            raise Missing(_("You have no such session."))
        await self.close(session_id)

    async def close_all(self, user_id: str) -> None:
        """End all sessions of an account."""
        async with self._work.begin() as tx:
            await store.close_sessions(tx, user_id)

    async def end_by_staff(self, user_id: str, who: Caller) -> None:
        """End all sessions of another account. Raises Missing."""
        await self._context.get(user_id)
        await self.close_all(user_id)
        security_log.note("sessions ended by staff", user=user_id, by=who.user_id)
