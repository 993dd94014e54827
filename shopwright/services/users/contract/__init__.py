"""What others may know of users."""

from datetime import datetime
from typing import Any, Literal, Protocol

import msgspec

from shopwright.kit.addresses import Address
from shopwright.kit.audit import Act, AuditEntry, AuditFilter
from shopwright.kit.auth import Caller
from shopwright.kit.bounds import Name, Phone
from shopwright.kit.errors import Conflict, Unauthenticated
from shopwright.kit.rpc.operations import idempotent


class User(msgspec.Struct, frozen=True, kw_only=True):
    """An account. `role` is "" for customers; `phone` is E.164, for text messages to those who want them."""

    id: str
    email: str
    name: str
    phone: str = ""
    role: str = ""
    verified: bool = False
    disabled: bool = False


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """Someone is signed in somewhere."""

    id: str
    created_at: datetime
    expires_at: datetime


LetterPurpose = Literal["verification", "reset"]


class Tokens(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a sign-in (RFC 6749, section 5.1). `expires_in` in seconds."""

    access_token: str
    refresh_token: str
    token_type: str = "Bearer"  # noqa: S105 -- the word of the standard
    expires_in: int = 900


class ProfileChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What of a profile changes; what is left out stays."""

    name: Name | msgspec.UnsetType = msgspec.UNSET
    phone: Phone | msgspec.UnsetType = msgspec.UNSET


class SavedAddress(msgspec.Struct, frozen=True, kw_only=True):
    """An address in the book."""

    id: str
    address: Address


class EmailTaken(Conflict):
    """There is an account with this e-mail address."""

    code = "email_taken"


class WrongPassword(Unauthenticated, wire_code="wrong_password"):
    """E-mail address or password is wrong; which one is not told."""

    code = "unauthenticated"


class SecondFactorNeeded(Unauthenticated):
    """The password was right; `data["ticket"]` and the code of the authenticator finish the sign-in."""

    code = "second_factor_required"


class SecondFactor(msgspec.Struct, frozen=True, kw_only=True):
    """What an authenticator must be told: the secret (base32), also as an `otpauth:` address."""

    secret: str
    uri: str


class LastOwner(Conflict):
    """A shop without an owner could not be run."""

    code = "last_owner"


class StaffChange(msgspec.Struct, frozen=True, kw_only=True):
    """What of a member of staff changes; None stays as it is."""

    role: str | None = None
    disabled: bool | None = None


class Users(Protocol):
    """The verbs of users."""

    async def register(self, email: str, password: str, name: str, role: str = "") -> User:
        """A new account. Raises Invalid, EmailTaken."""
        ...

    async def sign_up(self, email: str, password: str, name: str) -> User:
        """`register` for anyone: the answer is the same where there is an account already, whose owner is written to. Raises Invalid."""
        ...

    async def bring(self, email: str, name: str) -> User:
        """A customer of an earlier shop: an account without a password. Raises Invalid, EmailTaken."""
        ...

    async def sign_in(self, email: str, password: str, address: str = "", code: str = "") -> Tokens:
        """Tokens for a program. `address` is the client's, for the growing delay; `code` that of a second factor.

        Raises WrongPassword, RateLimited, SecondFactorNeeded.
        """
        ...

    async def refresh(self, refresh_token: str) -> Tokens:
        """New tokens for a refresh token, which is used up. One used twice ends its whole family. Raises Unauthenticated."""
        ...

    @idempotent
    async def authenticate(self, access_token: str) -> Caller:
        """Who bears this token. Raises Unauthenticated."""
        ...

    async def open_session(self, email: str, password: str, address: str = "", device: str = "") -> str:
        """The secret of a browser's session; `device`: what the browser is known by. Raises as `sign_in`."""
        ...

    async def finish_sign_in(self, ticket: str, code: str, address: str = "", device: str = "") -> str:
        """The secret of a browser's session, after `SecondFactorNeeded`. Raises WrongPassword, RateLimited, Unauthenticated."""
        ...

    @idempotent
    async def has_second_factor(self, user_id: str) -> bool:
        """Is a code asked for after the password?"""
        ...

    async def begin_second_factor(self, user_id: str, shop: str) -> SecondFactor:
        """A secret for an authenticator; asked for once it is confirmed. Raises Conflict where there is one."""
        ...

    async def confirm_second_factor(self, user_id: str, code: str) -> list[str]:
        """The authenticator knows it; answers codes to be kept on paper. Raises Invalid, Conflict."""
        ...

    async def drop_second_factor(self, caller: Caller, password: str, code: str = "") -> None:
        """The password alone is asked for again. Raises as `reauthenticate`."""
        ...

    async def reauthenticate(self, caller: Caller, password: str, code: str = "") -> None:
        """Whoever is signed in shows it anew, by password and, where there is a second factor, code.

        Raises Invalid pointing at what is wrong or missing, RateLimited: wrong ones count as guesses.
        """
        ...

    async def open_session_for(self, user_id: str) -> str:
        """A session for someone who just made an account."""
        ...

    @idempotent
    async def session(self, secret: str) -> Caller | None:
        """Who is signed in in this browser."""
        ...

    async def sign_out(self, session_id: str) -> None:
        """End a session and all tokens of it."""
        ...

    async def close_session(self, secret: str) -> None:
        """End a browser's session."""
        ...

    @idempotent
    async def get(self, user_id: str) -> User:
        """One account. Raises Missing."""
        ...

    @idempotent
    async def by_email(self, email: str) -> User | None:
        """The account with this address, whatever its case."""
        ...

    @idempotent
    async def holder_of(self, email: str) -> User | None:
        """The account this address belongs to: it was proved, or the account was imported and nobody has used it yet."""
        ...

    async def change_profile(self, user_id: str, change: ProfileChange) -> User:
        """Change name or phone number. Raises Invalid."""
        ...

    async def erase(self, user_id: str) -> None:
        """The account, its addresses and sessions are gone, and everyone is told to forget it. Raises Missing, LastOwner."""
        ...

    async def erase_address(self, email: str) -> None:
        """Whatever belongs to this address without an account is forgotten. Raises Invalid; Conflict where it has one."""
        ...

    async def letter_token(self, user_id: str, purpose: LetterPurpose, email: str = "") -> str:
        """A token for a letter that is being sent to `email`: good once, for a while. Raises Missing where the account has another address."""
        ...

    async def invitation_token(self, user_id: str, email: str = "") -> str:
        """The same for someone who is invited to work here: a password can be chosen with it. Raises Missing."""

    async def set_staff_password(self, email: str, password: str) -> User:
        """Give a member of staff another password, as whoever runs the machine may; sessions end. Raises Missing, Invalid."""
        ...

    async def ask_verification(self, user_id: str) -> None:
        """Write (again) to the address of this account; at most once a minute."""
        ...

    async def verify_email(self, token: str, user_id: str = "", password: str = "", address: str = "") -> User:
        """The reader of that letter has the address.

        The first proof ends what was set before it, unless the reader is who made the account: signed in as `user_id`, or
        by its `password`. Raises Refused for a token that is spent, WrongPassword, RateLimited.
        """
        ...

    async def first_password_token(self, user_id: str) -> str:
        """A token to choose a password with, for who has just proved the address of an account without one; "" for others."""
        ...

    async def ask_reset(self, email: str) -> None:
        """Write to the account with this address, if there is one; whether there is one is not told."""
        ...

    async def reset_password(self, token: str, password: str) -> None:
        """A new password by letter; all sessions end. Raises Refused for a token that is spent, Invalid."""
        ...

    async def change_password(self, caller: Caller, current: str, password: str, code: str = "") -> None:
        """A new password; all other sessions end. Raises as `reauthenticate`, and Invalid."""
        ...

    @idempotent
    async def sessions(self, user_id: str) -> list[Session]:
        """Where an account is signed in, newest first."""
        ...

    async def close_one_session(self, user_id: str, session_id: str) -> None:
        """End one of one's own sessions. Raises Missing."""
        ...

    async def close_sessions(self, user_id: str) -> None:
        """Sign out everywhere."""
        ...

    @idempotent
    async def staff(self) -> list[User]:
        """All accounts with a role."""
        ...

    async def invite_staff(self, email: str, name: str, role: str) -> User:
        """An account for someone who works here; they choose a password by e-mail. Raises Invalid, LastOwner."""

    async def change_staff(self, user_id: str, change: StaffChange) -> User:
        """Another role, disabled or enabled; their sessions end. Raises Missing, Invalid, LastOwner."""

    async def remove_staff(self, user_id: str) -> None:
        """The role is gone, their sessions end; the account stays that of a customer. Raises Missing, LastOwner."""

    async def end_sessions_of(self, user_id: str, who: Caller) -> None:
        """Staff sign somebody else out everywhere. Raises Missing."""
        ...

    async def begin_act(self, act: Act, before: dict[str, Any]) -> str:
        """Open an entry in the audit log, before the act; its id."""
        ...

    async def end_act(self, act_id: str, status: int, after: dict[str, Any]) -> None:
        """Close it after the act. Closed twice, it stays as it was."""
        ...

    @idempotent
    async def audit(self, wanted: AuditFilter, before: int = 0, limit: int = 50) -> list[AuditEntry]:
        """The audit log, newest first, from before entry number `before` on (0: all)."""
        ...

    @idempotent
    async def addresses(self, user_id: str) -> list[SavedAddress]:
        """The address book, newest first."""
        ...

    async def save_address(
        self, user_id: str, address: Address, address_id: str = "", as_written: bool = False
    ) -> SavedAddress:
        """Add an address, or change the one with this id. Raises Invalid, Missing. `as_written`: odd fields are kept, too."""
        ...

    async def delete_address(self, user_id: str, address_id: str) -> None: ...

    @idempotent
    async def public_keys(self) -> dict[str, Any]:
        """The keys tokens are signed with, as JWKS (RFC 7517)."""
        ...
