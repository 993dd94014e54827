"""The operations of users."""

from typing import Any, Protocol

from shopwright.kit.addresses import Address
from shopwright.kit.audit import AuditEntry, AuditFilter, StaffAction
from shopwright.kit.auth import Caller
from shopwright.kit.rpc.operations import idempotent
from shopwright.services.users.contract.values import (
    EmailPurpose,
    ProfileChange,
    SavedAddress,
    SecondFactor,
    Session,
    StaffChange,
    Tokens,
    User,
)


class Users(Protocol):
    """The operations of users."""

    async def register(self, email: str, password: str, name: str, role: str = "") -> User:
        """Create an account. Raises Invalid, EmailTaken."""
        ...

    async def sign_up(self, email: str, password: str, name: str) -> User:
        """Public registration: answers alike if the account exists, and e-mails its owner. Raises Invalid."""
        ...

    async def import_customer(self, email: str, name: str) -> User:
        """Import a customer as an account without a password. Raises Invalid, EmailTaken."""
        ...

    async def sign_in(self, email: str, password: str, address: str = "", code: str = "") -> Tokens:
        """Return tokens for a program. `address`: the client's, for the growing delay; `code`: of a second factor.

        Raises WrongPassword, RateLimited, SecondFactorNeeded.
        """
        ...

    async def refresh(self, refresh_token: str) -> Tokens:
        """Exchange a refresh token for new tokens. Reusing one ends its session. Raises Unauthenticated."""
        ...

    @idempotent
    async def authenticate(self, access_token: str) -> Caller:
        """Return the caller of an access token. Raises Unauthenticated."""
        ...

    async def open_session(self, email: str, password: str, address: str = "", device: str = "") -> str:
        """Return the secret of a browser session; `device`: the browser's cookie. Raises as `sign_in`."""
        ...

    async def finish_sign_in(self, ticket: str, code: str, address: str = "", device: str = "") -> str:
        """Return the session secret, after `SecondFactorNeeded`. Raises WrongPassword, RateLimited, Unauthenticated."""
        ...

    @idempotent
    async def has_second_factor(self, user_id: str) -> bool:
        """Whether sign-in requires a code."""
        ...

    async def begin_second_factor(self, user_id: str, shop: str) -> SecondFactor:
        """Return a secret for an authenticator, unused until confirmed. Raises Conflict if one exists."""
        ...

    async def confirm_second_factor(self, user_id: str, code: str) -> list[str]:
        """Confirm the authenticator with a code; returns recovery codes. Raises Invalid, Conflict."""
        ...

    async def drop_second_factor(self, caller: Caller, password: str, code: str = "") -> None:
        """Remove the second factor. Raises as `reauthenticate`."""
        ...

    async def reauthenticate(self, caller: Caller, password: str, code: str = "") -> None:
        """Check the password, and code if required, of a signed-in user.

        Raises Invalid at the wrong or missing field, RateLimited: failures count as tries.
        """
        ...

    async def open_session_for(self, user_id: str) -> str:
        """Open a session for a newly created account."""
        ...

    @idempotent
    async def session(self, secret: str) -> Caller | None:
        """Return the caller of a browser session, or None."""
        ...

    async def sign_out(self, session_id: str) -> None:
        """End a session and its tokens."""
        ...

    async def close_session(self, secret: str) -> None:
        """End a browser session."""
        ...

    @idempotent
    async def get(self, user_id: str) -> User:
        """Return an account. Raises Missing."""
        ...

    @idempotent
    async def by_email(self, email: str) -> User | None:
        """Return the account with this address in any case, or None."""
        ...

    @idempotent
    async def owner_of_email(self, email: str) -> User | None:
        """Return the account that owns this address: verified, or imported and unused so far."""
        ...

    async def change_profile(self, user_id: str, change: ProfileChange) -> User:
        """Change name or phone number. Raises Invalid."""
        ...

    async def erase(self, user_id: str) -> None:
        """Erase the account, its addresses and sessions, and emit the event for other services.

        Raises Missing, LastOwner.
        """
        ...

    async def erase_address(self, email: str) -> None:
        """Erase guest data under this address. Raises Invalid; Conflict if it has an account."""
        ...

    async def email_token(self, user_id: str, purpose: EmailPurpose, email: str = "") -> str:
        """Return a single-use token for an e-mail to `email`. Raises Missing if the address has changed."""
        ...

    async def invitation_token(self, user_id: str, email: str = "") -> str:
        """Return a token with which invited staff choose a password. Raises Missing."""

    async def set_staff_password(self, email: str, password: str) -> User:
        """Set a staff password from the command line; sessions end. Raises Missing, Invalid."""
        ...

    async def ask_verification(self, user_id: str) -> None:
        """Send the verification e-mail again, at most once a minute."""
        ...

    async def verify_email(self, token: str, user_id: str = "", password: str = "", address: str = "") -> User:
        """Verify the address with the token of the e-mail.

        The first verification resets credentials set before it, unless the reader owns them: signed in as `user_id`, or
        by `password`. Raises Refused for a used or expired token, WrongPassword, RateLimited.
        """
        ...

    async def first_password_token(self, user_id: str) -> str:
        """Return a token to choose a first password after verification; "" if the account has one."""
        ...

    async def ask_reset(self, email: str) -> None:
        """Send a password reset e-mail if the account exists; the answer does not say."""
        ...

    async def reset_password(self, token: str, password: str) -> None:
        """Set a password with the token of the e-mail; all sessions end. Raises Refused, Invalid."""
        ...

    async def change_password(self, caller: Caller, current: str, password: str, code: str = "") -> None:
        """Change the password; other sessions end. Raises as `reauthenticate`, and Invalid."""
        ...

    @idempotent
    async def sessions(self, user_id: str) -> list[Session]:
        """Return the open sessions of an account, newest first."""
        ...

    async def close_one_session(self, user_id: str, session_id: str) -> None:
        """End one of one's own sessions. Raises Missing."""
        ...

    async def close_sessions(self, user_id: str) -> None:
        """End all sessions of an account."""
        ...

    @idempotent
    async def staff(self) -> list[User]:
        """Return all accounts with a role."""
        ...

    async def invite_staff(self, email: str, name: str, role: str) -> User:
        """Invite a staff member, who chooses a password by e-mail. Raises Invalid, LastOwner."""

    async def change_staff(self, user_id: str, change: StaffChange) -> User:
        """Change a role, or disable or enable an account; its sessions end. Raises Missing, Invalid, LastOwner."""

    async def remove_staff(self, user_id: str) -> None:
        """Remove the role; sessions end and the account becomes a customer's. Raises Missing, LastOwner."""

    async def end_sessions_of(self, user_id: str, who: Caller) -> None:
        """End all sessions of another account. Raises Missing."""
        ...

    async def begin_action(self, act: StaffAction, before: dict[str, Any]) -> str:
        """Open an audit entry before an action and return its id."""
        ...

    async def end_action(self, act_id: str, status: int, after: dict[str, Any]) -> None:
        """Close an audit entry after the action. Safe to repeat."""
        ...

    @idempotent
    async def audit(self, wanted: AuditFilter, before: int = 0, limit: int = 50) -> list[AuditEntry]:
        """Return the audit log, newest first, before entry number `before` (0: all)."""
        ...

    @idempotent
    async def addresses(self, user_id: str) -> list[SavedAddress]:
        """Return the address book, newest first."""
        ...

    async def save_address(
        self, user_id: str, address: Address, address_id: str = "", as_written: bool = False
    ) -> SavedAddress:
        """Add or change an address. Raises Invalid, Missing. `as_written`: accept unusual fields."""
        ...

    async def delete_address(self, user_id: str, address_id: str) -> None: ...

    @idempotent
    async def public_keys(self) -> dict[str, Any]:
        """Return the public signing keys as JWKS (RFC 7517)."""
        ...
