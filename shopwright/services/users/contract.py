"""What others may know of users."""

from typing import Any, ClassVar, Protocol

import msgspec

from shopwright.kit.auth import Caller
from shopwright.kit.errors import Conflict, Unauthenticated
from shopwright.kit.facts import Event
from shopwright.kit.places import Address


class User(msgspec.Struct, frozen=True, kw_only=True):
    """An account. `role` is "" for customers."""

    id: str
    email: str
    name: str
    role: str = ""


class Tokens(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a sign-in (RFC 6749, section 5.1). `expires_in` in seconds."""

    access_token: str
    refresh_token: str
    token_type: str = "Bearer"  # noqa: S105 -- the word of the standard
    expires_in: int = 900


class SavedAddress(msgspec.Struct, frozen=True, kw_only=True):
    """An address in the book."""

    id: str
    address: Address


class EmailTaken(Conflict):
    """There is an account with this e-mail address."""

    code = "email_taken"


class WrongPassword(Unauthenticated):
    """E-mail address or password is wrong; which one is not told."""

    code = "unauthenticated"


class UserRegistered(Event, frozen=True, kw_only=True):
    """Someone has an account now."""

    SUBJECT: ClassVar[str] = "user_id"
    user_id: str
    email: str
    name: str


class Users(Protocol):
    """The verbs of users."""

    async def register(self, email: str, password: str, name: str, role: str = "") -> User:
        """A new account. Raises Invalid, EmailTaken."""
        ...

    async def sign_in(self, email: str, password: str, address: str = "") -> Tokens:
        """Tokens for a program. `address` is the client's, for the growing delay. Raises WrongPassword, RateLimited."""
        ...

    async def refresh(self, refresh_token: str) -> Tokens:
        """New tokens for a refresh token, which is used up. One used twice ends its whole family. Raises Unauthenticated."""
        ...

    async def authenticate(self, access_token: str) -> Caller:
        """Who bears this token. Raises Unauthenticated."""
        ...

    async def open_session(self, email: str, password: str, address: str = "") -> str:
        """The secret of a browser's session. Raises as `sign_in`."""
        ...

    async def open_session_for(self, user_id: str) -> str:
        """A session for someone who just made an account."""
        ...

    async def session(self, secret: str) -> Caller | None:
        """Who is signed in in this browser."""
        ...

    async def sign_out(self, session_id: str) -> None:
        """End a session and all tokens of it."""
        ...

    async def close_session(self, secret: str) -> None:
        """End a browser's session."""
        ...

    async def get(self, user_id: str) -> User:
        """One account. Raises Missing."""
        ...

    async def rename(self, user_id: str, name: str) -> User:
        """Change the profile."""
        ...

    async def addresses(self, user_id: str) -> list[SavedAddress]:
        """The address book, newest first."""
        ...

    async def save_address(self, user_id: str, address: Address, address_id: str = "") -> SavedAddress:
        """Add an address, or change the one with this id. Raises Invalid, Missing."""
        ...

    async def delete_address(self, user_id: str, address_id: str) -> None: ...

    async def public_keys(self) -> dict[str, Any]:
        """The keys tokens are signed with, as JWKS (RFC 7517)."""
        ...
