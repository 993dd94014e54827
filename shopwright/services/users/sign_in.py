"""Sign-in: password, second factor, session."""

from shopwright.services.users.context import UserContext
from shopwright.services.users.contract import Tokens
from shopwright.services.users.guesses import Client, remember
from shopwright.services.users.second_factor import SecondFactors
from shopwright.services.users.sessions import Sessions


class SignIn:
    """Sign-in by password; programs get tokens, browsers a session secret."""

    def __init__(self, context: UserContext, sessions: Sessions, factors: SecondFactors) -> None:
        self._context = context
        self._work = context.work
        self._sessions = sessions
        self._factors = factors

    async def tokens(self, email: str, password: str, address: str, code: str) -> Tokens:
        """Sign in a program. Raises WrongPassword, RateLimited, SecondFactorNeeded, Denied."""
        client = Client(address)
        user = await self._context.check_password(email, password, client)
        await self._factors.require(user, code, client)
        async with self._work.begin() as tx:
            await remember(tx, user.id, client)
            session_id, _ = await self._sessions.open(tx, user.id)
            return await self._sessions.tokens(tx, user, session_id)

    async def session(self, email: str, password: str, address: str, device: str) -> str:
        """Sign in a browser. Raises WrongPassword, RateLimited, SecondFactorNeeded, Denied."""
        client = Client(address, device)
        user = await self._context.check_password(email, password, client)
        await self._factors.require(user, "", client)
        return await self._sessions.open_from(user.id, client)

    async def finish(self, ticket: str, code: str, address: str, device: str) -> str:
        """Complete the sign-in with a code. Raises Unauthenticated, WrongPassword, RateLimited."""
        user = await self._factors.ticket_owner(ticket)
        client = Client(address, device)
        await self._factors.check_code(user, code, client)
        return await self._sessions.open_from(user.id, client)
