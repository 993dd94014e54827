"""Users: accounts, sign-in, address book. Each operation is one line; the parts do the work.

context ← registration, profiles, signing_keys, second_factor
signing_keys ← sessions          second_factor ← recovery
sessions, second_factor ← sign_in
"""

from typing import Any

from argon2 import PasswordHasher

from shopwright.kit.addresses import Address
from shopwright.kit.audit import AuditEntry, AuditFilter, StaffAction
from shopwright.kit.auth import Caller
from shopwright.kit.data.unit_of_work import ServiceDatabase
from shopwright.kit.vault import Vault, protect
from shopwright.services.users import guess_store
from shopwright.services.users.audit import AuditLog
from shopwright.services.users.context import UserContext
from shopwright.services.users.contract import (
    EmailPurpose,
    ProfileChange,
    SavedAddress,
    SecondFactor,
    Session,
    StaffChange,
    Tokens,
    User,
    Users,
)
from shopwright.services.users.erasure import Erasure
from shopwright.services.users.model import SigningKey, StaffFactor
from shopwright.services.users.profiles import Profiles
from shopwright.services.users.recovery import AccountRecovery
from shopwright.services.users.registration import Registration
from shopwright.services.users.second_factor import SecondFactors
from shopwright.services.users.sessions import Sessions
from shopwright.services.users.sign_in import SignIn
from shopwright.services.users.signing_keys import SigningKeys
from shopwright.services.users.staff import Staff


class UserService(Users):
    """The operations of users, and of the command line."""

    def __init__(
        self,
        work: ServiceDatabase,
        hasher: PasswordHasher | None = None,
        *,
        staff_factor: StaffFactor = "optional",
        audit_key: bytes = b"",
        vault: Vault,
    ) -> None:
        self._work = work
        self._vault = vault
        self._context = UserContext(work, vault, hasher)
        self._registration = Registration(self._context)
        self._profiles = Profiles(self._context)
        self._keys = SigningKeys(self._context)
        self._sessions = Sessions(self._context, self._keys, staff_factor)
        self._factors = SecondFactors(self._context)
        self._sign_in = SignIn(self._context, self._sessions, self._factors)
        self._recovery = AccountRecovery(self._context, self._factors)
        self._staff = Staff(work)
        self._erasure = Erasure(work)
        self.log = AuditLog(work, audit_key)

    async def register(self, email: str, password: str, name: str, role: str = "") -> User:
        return await self._registration.register(email, password, name, role)

    async def sign_up(self, email: str, password: str, name: str) -> User:
        return await self._registration.sign_up(email, password, name)

    async def import_customer(self, email: str, name: str) -> User:
        return await self._registration.import_customer(email, name)

    async def sign_in(self, email: str, password: str, address: str = "", code: str = "") -> Tokens:
        return await self._sign_in.tokens(email, password, address, code)

    async def refresh(self, refresh_token: str) -> Tokens:
        return await self._sessions.refresh(refresh_token)

    async def authenticate(self, access_token: str) -> Caller:
        return await self._sessions.authenticate(access_token)

    async def open_session(self, email: str, password: str, address: str = "", device: str = "") -> str:
        return await self._sign_in.session(email, password, address, device)

    async def finish_sign_in(self, ticket: str, code: str, address: str = "", device: str = "") -> str:
        return await self._sign_in.finish(ticket, code, address, device)

    async def has_second_factor(self, user_id: str) -> bool:
        return await self._factors.has(user_id)

    async def begin_second_factor(self, user_id: str, shop: str) -> SecondFactor:
        return await self._factors.begin(user_id, shop)

    async def confirm_second_factor(self, user_id: str, code: str) -> list[str]:
        return await self._factors.confirm(user_id, code)

    async def drop_second_factor(self, caller: Caller, password: str, code: str = "") -> None:
        await self._factors.drop(caller, password, code)

    async def reauthenticate(self, caller: Caller, password: str, code: str = "") -> None:
        await self._factors.check_again(caller, password, code)

    async def open_session_for(self, user_id: str) -> str:
        return await self._sessions.open_for(user_id)

    async def session(self, secret: str) -> Caller | None:
        return await self._sessions.caller(secret)

    async def sign_out(self, session_id: str) -> None:
        await self._sessions.close(session_id)

    async def close_session(self, secret: str) -> None:
        await self._sessions.close_by_secret(secret)

    async def get(self, user_id: str) -> User:
        return await self._context.get(user_id)

    async def by_email(self, email: str) -> User | None:
        return await self._profiles.by_email(email)

    async def owner_of_email(self, email: str) -> User | None:
        return await self._profiles.owner_of_email(email)

    async def change_profile(self, user_id: str, change: ProfileChange) -> User:
        return await self._profiles.change_profile(user_id, change)

    async def erase(self, user_id: str) -> None:
        await self._erasure.account(user_id)

    async def erase_address(self, email: str) -> None:
        await self._erasure.address(email)

    async def email_token(self, user_id: str, purpose: EmailPurpose, email: str = "") -> str:
        return await self._recovery.email_token(user_id, purpose, email)

    async def invitation_token(self, user_id: str, email: str = "") -> str:
        return await self._recovery.invitation_token(user_id, email)

    async def set_staff_password(self, email: str, password: str) -> User:
        return await self._recovery.set_staff_password(email, password)

    async def ask_verification(self, user_id: str) -> None:
        await self._recovery.ask_verification(user_id)

    async def verify_email(self, token: str, user_id: str = "", password: str = "", address: str = "") -> User:
        return await self._recovery.verify_email(token, user_id, password, address)

    async def first_password_token(self, user_id: str) -> str:
        return await self._recovery.first_password_token(user_id)

    async def ask_reset(self, email: str) -> None:
        await self._recovery.ask_reset(email)

    async def reset_password(self, token: str, password: str) -> None:
        await self._recovery.reset_password(token, password)

    async def change_password(self, caller: Caller, current: str, password: str, code: str = "") -> None:
        await self._recovery.change_password(caller, current, password, code)

    async def sessions(self, user_id: str) -> list[Session]:
        return await self._sessions.of_user(user_id)

    async def close_one_session(self, user_id: str, session_id: str) -> None:
        await self._sessions.close_own(user_id, session_id)

    async def close_sessions(self, user_id: str) -> None:
        await self._sessions.close_all(user_id)

    async def staff(self) -> list[User]:
        return await self._staff.all()

    async def invite_staff(self, email: str, name: str, role: str) -> User:
        return await self._staff.invite(email, name, role)

    async def change_staff(self, user_id: str, change: StaffChange) -> User:
        return await self._staff.change(user_id, change)

    async def remove_staff(self, user_id: str) -> None:
        await self._staff.remove(user_id)

    async def end_sessions_of(self, user_id: str, who: Caller) -> None:
        await self._sessions.end_by_staff(user_id, who)

    async def begin_action(self, act: StaffAction, before: dict[str, Any]) -> str:
        return await self.log.begin(act, before)

    async def end_action(self, act_id: str, status: int, after: dict[str, Any]) -> None:
        await self.log.end(act_id, status, after)

    async def audit(self, wanted: AuditFilter, before: int = 0, limit: int = 50) -> list[AuditEntry]:
        return await self.log.entries(wanted, before, limit)

    async def addresses(self, user_id: str) -> list[SavedAddress]:
        return await self._profiles.addresses(user_id)

    async def save_address(
        self, user_id: str, address: Address, address_id: str = "", as_written: bool = False
    ) -> SavedAddress:
        return await self._profiles.save_address(user_id, address, address_id, as_written)

    async def delete_address(self, user_id: str, address_id: str) -> None:
        await self._profiles.delete_address(user_id, address_id)

    async def public_keys(self) -> dict[str, Any]:
        return await self._keys.public()

    # --- for the command line

    async def ensure_owner(self, email: str, password: str) -> str | None:
        return await self._registration.ensure_owner(email, password)

    async def signing_keys(self) -> list[SigningKey]:
        return await self._keys.all()

    async def rotate_signing_key(self) -> None:
        await self._keys.rotate()

    async def protect(self, *, anew: bool = False) -> int:
        """Encrypt plain secrets; `anew`: all, with the newest key. Returns how many."""
        async with self._work.begin() as tx:
            return await protect(
                tx, self._vault, (("signing_keys", "id", "jwk"), ("second_factors", "user_id", "secret")), anew=anew
            )

    async def forget_guesses(self) -> None:
        """Scheduled job: delete expired tries."""
        async with self._work.begin() as tx:
            await guess_store.forget_old(tx)
