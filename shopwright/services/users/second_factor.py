"""Second factor: authenticator codes (TOTP, RFC 6238) and recovery codes."""

import base64
from datetime import timedelta
from urllib.parse import quote

from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP

from shopwright.kit.auth import Caller
from shopwright.kit.clock import to_micros
from shopwright.kit.data.unit_of_work import Transaction
from shopwright.kit.digits import is_number
from shopwright.kit.errors import Conflict, Invalid, Missing, Unauthenticated
from shopwright.kit.observability import security_log
from shopwright.kit.translation import gettext as _
from shopwright.services.users import factor_store, model, store
from shopwright.services.users.context import UserContext
from shopwright.services.users.contract import SecondFactor, SecondFactorNeeded, User, WrongPassword
from shopwright.services.users.contract.events import SecondFactorAdded, SecondFactorRemoved
from shopwright.services.users.guesses import Client

STEP_S = 30
DIGITS = 6
TICKET = timedelta(minutes=5)
SPARE_CODES = 8


class SecondFactors:
    """Second factors, and checks of password and code together."""

    def __init__(self, context: UserContext) -> None:
        self._context = context
        self._work = context.work

    async def has(self, user_id: str) -> bool:
        """Whether a confirmed second factor exists."""
        found = await factor_store.factor(self._work, user_id)
        return bool(found and found["confirmed"])

    async def begin(self, user_id: str, shop: str) -> SecondFactor:
        """Return a secret for an authenticator, unused until confirmed. Raises Missing, Conflict."""
        user = await self._context.get(user_id)
        secret = base64.b32encode(bytes.fromhex(self._work.ids.secret(20))).decode()
        async with self._work.begin() as tx:
            known = await factor_store.factor(tx, user_id)
            if known is not None and known["confirmed"]:
                raise Conflict(_("A second factor is already set up. Remove it first."))
            await factor_store.put_factor(tx, user_id, self._context.vault.close(secret))
        label = quote(f"{shop}:{user.email}")
        return SecondFactor(
            secret=secret,
            uri=f"otpauth://totp/{label}?secret={secret}&issuer={quote(shop)}&digits={DIGITS}&period={STEP_S}",
        )

    async def confirm(self, user_id: str, code: str) -> list[str]:
        """Confirm with the first code; returns recovery codes. Raises Conflict, Invalid."""
        codes = [self._work.ids.secret(5) for _unused in range(SPARE_CODES)]
        async with self._work.begin() as tx:
            found = await factor_store.factor(tx, user_id)
            if found is None or found["confirmed"]:
                raise Conflict(_("There is no second factor to confirm. Start again."))
            if not await self._is_now(tx, user_id, self._context.vault.open(found["secret"]), code):
                raise Invalid.at("/code", _("This is not the code your authenticator shows now."))
            await factor_store.confirm(tx, user_id)
            await factor_store.put_recovery_codes(tx, user_id, codes)
            user = await store.get(tx, user_id)
            if user is None:
                raise Missing(_("There is no such account."))
            await tx.emit(SecondFactorAdded(user_id=user.id, email=user.email, name=user.name))
        security_log.note("second factor added", user=user_id)
        return codes

    async def drop(self, caller: Caller, password: str, code: str = "") -> None:
        """Remove the second factor. Raises Invalid, RateLimited."""
        user = await self.check_again(caller, password, code)
        async with self._work.begin() as tx:
            await factor_store.drop(tx, user.id)
            await tx.emit(SecondFactorRemoved(user_id=user.id, email=user.email, name=user.name))
        security_log.note("second factor taken away", user=user.id)

    async def check_again(self, caller: Caller, password: str, code: str, at: str = "/password") -> User:
        """Check password and code of a signed-in user. Raises Invalid at the wrong or missing field, RateLimited."""
        if not password:
            raise Invalid.at(at, _("Enter your password again to confirm that it is you."))
        guarded = await self.has(caller.user_id or "")
        if guarded and not code:
            raise Invalid.at("/code", _("Enter the code of your authenticator as well."))
        client = Client(session=caller.session_id or "")
        try:
            user = await self._context.check_password(caller.email, password, client)
        except WrongPassword:
            raise Invalid.at(at, _("This is not your current password.")) from None
        try:
            if guarded:
                await self.check_code(user, code, client)
        except WrongPassword as error:
            raise Invalid.at("/code", error.detail) from None
        return user

    async def require(self, user: User, code: str, client: Client) -> None:
        """Require a code after the password. Raises SecondFactorNeeded with a ticket, WrongPassword for a wrong code."""
        if not await self.has(user.id):
            return
        if code:
            await self.check_code(user, code, client)
            return
        ticket = self._work.ids.secret()
        async with self._work.begin() as tx:
            await factor_store.keep_ticket(tx, ticket, user.id, to_micros(tx.now + TICKET))
        raise SecondFactorNeeded(_("Enter the code your authenticator shows."), data={"ticket": ticket})

    async def check_code(self, user: User, code: str, client: Client) -> None:
        """Check an authenticator or recovery code. Raises WrongPassword, RateLimited, Missing."""
        tried = await self._context.guesses.begin("code", model.email_key(user.email), user.id, client)
        async with self._work.begin() as tx:
            found = await factor_store.factor(tx, user.id)
            if found is None:
                raise Missing(_("There is no second factor."))
            bare = "".join(code.split()).casefold()
            right = await self._is_now(
                tx, user.id, self._context.vault.open(found["secret"]), bare
            ) or await factor_store.use_recovery_code(tx, user.id, bare)
        if not right:
            security_log.note("wrong code", user=user.id, address=client.address)
            raise WrongPassword(_("This is not the code your authenticator shows now."))
        await self._context.guesses.was_right(tried)

    @staticmethod
    async def _is_now(tx: Transaction, user_id: str, secret: str, code: str) -> bool:
        """Whether the code is of the current time step or a neighbouring one (RFC 6238, section 5.2), unused so far."""
        if not is_number(code):
            return False
        totp = TOTP(base64.b32decode(secret), DIGITS, SHA1(), STEP_S)  # noqa: S303 -- what authenticators know, as HMAC
        now = int(tx.now.timestamp()) // STEP_S
        for step in (now - 1, now, now + 1):
            if model.same(totp.generate(step * STEP_S).decode(), code):
                return await factor_store.use_step(tx, user_id, step)
        return False

    async def ticket_owner(self, ticket: str) -> User:
        """Return the account of a sign-in ticket. Raises Unauthenticated."""
        user_id = await factor_store.ticket_owner(self._work, ticket, to_micros(self._work.now()))
        if user_id is None:
            raise Unauthenticated(_("This took too long. Sign in again with your password."))
        return await self._context.get(user_id)
