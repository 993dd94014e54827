"""Users: accounts, sign-in, address book."""

from abc import ABC, abstractmethod
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, Literal

import msgspec
from argon2 import PasswordHasher

from shopwright.kit import watch
from shopwright.kit.audit import Act, AuditEntry, AuditFilter
from shopwright.kit.auth import Caller
from shopwright.kit.changes import given
from shopwright.kit.clock import from_micros, to_micros
from shopwright.kit.database import Row
from shopwright.kit.errors import Denied, Missing, Unauthenticated, check_all
from shopwright.kit.places import Address, check_address, check_email, check_phone, read_address
from shopwright.kit.vault import Vault, protect
from shopwright.kit.work import Transaction, Work
from shopwright.services.users import guess_store, mail_store, model, store
from shopwright.services.users.audit import AuditLog
from shopwright.services.users.contract import (
    EmailTaken,
    LetterPurpose,
    ProfileChange,
    SavedAddress,
    StaffChange,
    Tokens,
    User,
    WrongPassword,
)
from shopwright.services.users.contract.facts import RegistrationRepeated, UserImported, UserRegistered
from shopwright.services.users.erasure import Erasure
from shopwright.services.users.guesses import Client, Guesses, remember
from shopwright.services.users.model import SigningKey, StaffFactor
from shopwright.services.users.passwords import Passwords
from shopwright.services.users.staff import Staff
from shopwright.services.users.tokens import Signer, new_key

NEVER = datetime(1970, 1, 1, tzinfo=UTC)
LOOKED_FOR = timedelta(seconds=2)  # so often a token under a key that is not known here makes us look for new ones


class Accounts(ABC):
    """The verbs of `contract.Users`."""

    def __init__(
        self,
        work: Work,
        hasher: PasswordHasher | None = None,
        *,
        staff_factor: StaffFactor = "optional",
        audit_key: bytes = b"",
        vault: Vault,
    ) -> None:
        self._work = work
        self._vault = vault
        self._looked_for_keys = NEVER
        self._staff_factor = staff_factor
        self._staff = Staff(work)
        self._erasure = Erasure(work)
        self._passwords = Passwords(hasher)
        self._guesses = Guesses(work)
        self._signer: Signer | None = None
        self.log = AuditLog(work, audit_key)

    async def register(self, email: str, password: str, name: str, role: str = "") -> User:
        user, hashed = await self._new_account(email, password, name, role)
        async with self._work.begin() as tx:
            if not await self._insert(tx, user, hashed):
                raise EmailTaken("There is an account with this e-mail address already. Sign in instead.")
        return user

    async def sign_up(self, email: str, password: str, name: str) -> User:
        user, hashed = await self._new_account(email, password, name, "")
        async with self._work.begin() as tx:
            if not await self._insert(tx, user, hashed) and await self.may_write(tx, user.email, "registration"):
                owner = await store.by_key(tx, model.email_key(user.email))
                if owner is not None:
                    await tx.tell(RegistrationRepeated(user_id=owner.id, email=owner.email, name=owner.name))
        return user

    async def _new_account(self, email: str, password: str, name: str, role: str) -> tuple[User, str]:
        """An account that may be, and the hash of its password: the same work whether or not the address has one."""
        check_all(partial(check_email, email), partial(model.check_account, email.strip(), password, name, role))
        normal = check_email(email)
        user = User(id=self._work.ids.new("usr"), email=normal, name=model.check_name(name), role=role)
        return user, await self._passwords.hash(password)

    @staticmethod
    async def _insert(tx: Transaction, user: User, hashed: str) -> bool:
        if not await store.insert(tx, user, model.email_key(user.email), hashed):
            return False
        await mail_store.note_asked(tx, model.email_key(user.email), "verification")
        await tx.tell(UserRegistered(user_id=user.id, email=user.email, name=user.name))
        return True

    @staticmethod
    async def may_write(tx: Transaction, email: str, purpose: LetterPurpose | Literal["registration"]) -> bool:
        """Not more than one message of a kind a minute, nor many while they are good; none ends an earlier one."""
        key = model.email_key(email)
        good_for = model.ASKED_KEPT if purpose == "registration" else model.GOOD_FOR[purpose]
        count, last = await mail_store.asked(tx, key, purpose, to_micros(tx.now - good_for))
        if count and (count >= model.MOST_OPEN or from_micros(last) + model.PAUSE > tx.now):
            return False
        await mail_store.note_asked(tx, key, purpose)
        return True

    async def bring(self, email: str, name: str) -> User:
        normal = check_email(email)
        user = User(id=self._work.ids.new("usr"), email=normal, name=model.check_name(name))
        async with self._work.begin() as tx:
            if not await store.insert(tx, user, model.email_key(normal), model.NO_PASSWORD):
                raise EmailTaken("There is an account with this e-mail address already.")
            await tx.tell(UserImported(user_id=user.id, email=user.email, name=user.name))
        return user

    async def _check_password(self, email: str, password: str, client: Client) -> User:
        """Raises WrongPassword, RateLimited."""
        key = model.email_key(email)
        found = await store.with_password(self._work, key)
        tried = await self._guesses.begin("password", key, found[0].id if found else "", client)
        hashed = found[1] if found else None
        right = await self._passwords.matches(hashed, password[: model.LONGEST_PASSWORD], known=tried.known)
        if not found or not right:
            watch.note("wrong password", user=found[0].id if found else "", address=client.address)
            raise WrongPassword("E-mail address or password is wrong.")
        await self._guesses.was_right(tried)
        return found[0]

    @abstractmethod
    async def _second(self, user: User, code: str, client: Client) -> None: ...

    async def sign_in(self, email: str, password: str, address: str = "", code: str = "") -> Tokens:
        client = Client(address)
        user = await self._check_password(email, password, client)
        await self._second(user, code, client)
        async with self._work.begin() as tx:
            await remember(tx, user.id, client)
            session_id, _ = await self._open(tx, user.id)
            return await self._tokens(tx, user, session_id)

    async def _open(self, tx: Transaction, user_id: str) -> tuple[str, str]:
        user = await store.get(tx, user_id)
        if user is None or user.disabled:
            raise Denied("This account is disabled. Ask an owner of the shop.")
        session_id, secret = self._work.ids.new("ses"), self._work.ids.secret()
        await store.open_session(tx, session_id, user_id, secret, to_micros(tx.now + model.SESSION))
        watch.note("signed in", user=user_id, session=session_id)
        return session_id, secret

    async def _tokens(self, tx: Transaction, user: User, session_id: str) -> Tokens:
        refresh_token = self._work.ids.secret()
        await store.add_refresh_token(tx, refresh_token, session_id)
        signer = await self._keys(tx)
        return Tokens(access_token=signer.sign(user, session_id, tx.now), refresh_token=refresh_token)

    async def _keys(self, tx: Transaction) -> Signer:
        if self._signer is None:
            keys = await store.signing_keys(tx)
            if not keys:
                await self._add_signing_key(tx)
                keys = await store.signing_keys(tx)
            living = model.living_keys([one.key for one in keys], tx.now)
            self._signer = Signer([self._vault.open(one.jwk) for one in keys if one.key.id in living])
        return self._signer

    async def _add_signing_key(self, tx: Transaction) -> None:
        key_id = self._work.ids.new("key")
        await store.add_signing_key(tx, key_id, self._vault.close(new_key(key_id)))

    async def signing_keys(self) -> list[SigningKey]:
        """All of them, newest first."""
        keys = [one.key for one in await store.signing_keys(self._work)]
        return model.with_states(keys, self._work.now())

    async def rotate_signing_key(self) -> None:
        """A new one signs from now on; tokens signed with the one before are believed until they end."""
        async with self._work.begin() as tx:
            keys = [one.key for one in await store.signing_keys(tx)]
            for key_id in {one.id for one in keys} - model.living_keys(keys, tx.now):
                await store.drop_signing_key(tx, key_id)
            await self._add_signing_key(tx)
        self._signer = None

    async def protect(self, *, anew: bool = False) -> int:
        """What is kept plain is encrypted, `anew`: everything, with the newest key; answers how many secrets that were."""
        async with self._work.begin() as tx:
            return await protect(
                tx, self._vault, (("signing_keys", "id", "jwk"), ("second_factors", "user_id", "secret")), anew=anew
            )

    async def refresh(self, refresh_token: str) -> Tokens:
        async with self._work.begin() as tx:
            found = await store.use_refresh_token(tx, refresh_token)
            row = await store.session_by_id(tx, found[0], to_micros(tx.now)) if found else None
            if found and not found[1]:
                await store.close_session(tx, found[0])
                watch.note("refresh token used twice", session=found[0])
            elif row is not None and not self._is_idle(row):
                return await self._tokens(tx, store.user(row), row["session_id"])
        raise Unauthenticated("The refresh token is not valid (any more). Sign in again.")

    async def authenticate(self, access_token: str) -> Caller:
        if self._signer is None:
            async with self._work.begin() as tx:
                await self._keys(tx)
        signer = self._signer
        if signer is None:
            raise Unauthenticated("Nobody has signed in yet.")
        if not signer.knows(access_token) and self._work.now() - self._looked_for_keys > LOOKED_FOR:
            self._looked_for_keys = self._work.now()
            async with self._work.begin() as tx:  # another process may have rotated
                self._signer = None
                signer = await self._keys(tx)
        caller = signer.read(access_token, self._work.now())
        # The session is asked for as well, so that signing out and a changed role take effect at once.
        found = await store.session_by_id(self._work, caller.session_id or "", to_micros(self._work.now()))
        row = await self._living(found)
        if row is None:
            raise Unauthenticated("This session has ended. Sign in again.")
        return await self._caller(row)

    async def open_session(self, email: str, password: str, address: str = "", device: str = "") -> str:
        client = Client(address, device)
        user = await self._check_password(email, password, client)
        await self._second(user, "", client)
        return await self._session_from(user.id, client)

    async def _session_from(self, user_id: str, client: Client) -> str:
        """The secret of a session; the account knows from now on where it was opened."""
        async with self._work.begin() as tx:
            await remember(tx, user_id, client)
            return (await self._open(tx, user_id))[1]

    async def open_session_for(self, user_id: str) -> str:
        async with self._work.begin() as tx:
            return (await self._open(tx, user_id))[1]

    async def session(self, secret: str) -> Caller | None:
        found = await store.session_by_secret(self._work, secret, to_micros(self._work.now()))
        row = await self._living(found)
        return await self._caller(row) if row else None

    def _is_idle(self, row: Row) -> bool:
        """Has nobody used this session for too long?"""
        return from_micros(row["seen_at"]) + (model.STAFF_IDLE if row["role"] else model.IDLE) < self._work.now()

    async def _living(self, row: Row | None) -> Row | None:
        """The session, seen just now; None where there is none, or nobody used it for too long."""
        if row is None or from_micros(row["seen_at"]) + model.SEEN_EVERY > self._work.now():
            return row
        async with self._work.begin() as tx:
            if not self._is_idle(row):
                await store.see_session(tx, row["session_id"])
                return row
            await store.close_session(tx, row["session_id"])
        watch.note("session ended, unused", user=row["id"], session=row["session_id"])
        return None

    async def _caller(self, row: Row) -> Caller:
        """Who has this session; staff without the second factor they need are customers until they have it."""
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
        """Must staff have a second factor?"""
        return self._staff_factor == "required" or (self._staff_factor == "auto" and not await self._work.is_demo())

    async def staff(self) -> list[User]:
        return await store.staff(self._work)

    async def invite_staff(self, email: str, name: str, role: str) -> User:
        return await self._staff.invite(email, name, role)

    async def change_staff(self, user_id: str, change: StaffChange) -> User:
        return await self._staff.change(user_id, change)

    async def remove_staff(self, user_id: str) -> None:
        await self._staff.remove(user_id)

    async def sign_out(self, session_id: str) -> None:
        async with self._work.begin() as tx:
            await store.close_session(tx, session_id)

    async def close_session(self, secret: str) -> None:
        async with self._work.begin() as tx:
            await store.close_session_by_secret(tx, secret)

    async def get(self, user_id: str) -> User:
        user = await store.get(self._work, user_id)
        if user is None:
            raise Missing("There is no such account.")
        return user

    async def by_email(self, email: str) -> User | None:
        found = await store.with_password(self._work, model.email_key(email))
        return found[0] if found else None

    async def holder_of(self, email: str) -> User | None:
        found = await store.with_password(self._work, model.email_key(email))
        return found[0] if found and (found[0].verified or found[1] == model.NO_PASSWORD) else None

    async def change_profile(self, user_id: str, change: ProfileChange) -> User:
        told = given(change)
        if "name" in told:
            told["name"] = model.check_name(told["name"])
        async with self._work.begin() as tx:
            if told.get("phone"):
                known = await store.addresses(tx, user_id)
                told["phone"] = check_phone(told["phone"], known[0].address.country if known else "")
            user = await store.get(tx, user_id)
            if user is None:
                raise Missing("There is no such account.")
            changed = msgspec.structs.replace(user, **told)
            await store.set_profile(tx, changed)
        return changed

    async def erase(self, user_id: str) -> None:
        await self._erasure.account(user_id)

    async def erase_address(self, email: str) -> None:
        await self._erasure.address(email)

    async def forget_guesses(self) -> None:
        """A timer: tries that count no more."""
        async with self._work.begin() as tx:
            await guess_store.forget_old(tx)

    async def begin_act(self, act: Act, before: dict[str, Any]) -> str:
        return await self.log.begin(act, before)

    async def end_act(self, act_id: str, status: int, after: dict[str, Any]) -> None:
        await self.log.end(act_id, status, after)

    async def audit(self, wanted: AuditFilter, before: int = 0, limit: int = 50) -> list[AuditEntry]:
        return await self.log.entries(wanted, before, limit)

    async def addresses(self, user_id: str) -> list[SavedAddress]:
        return await store.addresses(self._work, user_id)

    async def save_address(
        self, user_id: str, address: Address, address_id: str = "", as_written: bool = False
    ) -> SavedAddress:
        clean = read_address(address)[0] if as_written else check_address(address)
        saved = SavedAddress(id=address_id or self._work.ids.new("adr"), address=clean)
        async with self._work.begin() as tx:
            if not address_id:
                await store.add_address(tx, user_id, saved)
            elif not await store.change_address(tx, user_id, saved):
                raise Missing("There is no such address in your book.")
        return saved

    async def delete_address(self, user_id: str, address_id: str) -> None:
        async with self._work.begin() as tx:
            if not await store.delete_address(tx, user_id, address_id):
                raise Missing("There is no such address in your book.")

    async def public_keys(self) -> dict[str, Any]:
        async with self._work.begin() as tx:
            return (await self._keys(tx)).public()

    async def ensure_owner(self, email: str, password: str) -> str | None:
        """The first account of a new shop; its password (made up where "" is given), or None where there is an owner."""
        if await store.has_owner(self._work):
            return None
        chosen = password or self._work.ids.secret(9)
        try:
            await self.register(email, chosen, "Shop owner", role="owner")
        except EmailTaken:
            return None
        return chosen
