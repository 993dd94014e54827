"""Shared context of the parts of this service: database, password checks, tries, and accounts by id."""

from typing import Literal

from argon2 import PasswordHasher

from shopwright.kit.clock import from_micros, to_micros
from shopwright.kit.data.unit_of_work import ServiceDatabase, Transaction
from shopwright.kit.errors import Missing
from shopwright.kit.observability import security_log
from shopwright.kit.translation import gettext as _
from shopwright.kit.vault import Vault
from shopwright.services.users import mail_store, model, store
from shopwright.services.users.contract import EmailPurpose, User, WrongPassword
from shopwright.services.users.guesses import Client, Guesses
from shopwright.services.users.passwords import Passwords


class UserContext:
    """Shared context, given to each part."""

    def __init__(self, work: ServiceDatabase, vault: Vault, hasher: PasswordHasher | None) -> None:
        self.work = work
        self.vault = vault
        self.passwords = Passwords(hasher)
        self.guesses = Guesses(work)

    async def get(self, user_id: str) -> User:
        """Return an account. Raises Missing."""
        user = await store.get(self.work, user_id)
        if user is None:
            raise Missing(_("There is no such account."))
        return user

    @staticmethod
    async def may_write(tx: Transaction, email: str, purpose: EmailPurpose | Literal["registration"]) -> bool:
        """Whether another e-mail of this kind may be sent: one a minute, and a few while they are valid."""
        key = model.email_key(email)
        good_for = model.ASKED_KEPT if purpose == "registration" else model.GOOD_FOR[purpose]
        count, last = await mail_store.recent_requests(tx, key, purpose, to_micros(tx.now - good_for))
        if count and (count >= model.MOST_OPEN or from_micros(last) + model.PAUSE > tx.now):
            return False
        await mail_store.note_asked(tx, key, purpose)
        return True

    async def check_password(self, email: str, password: str, client: Client) -> User:
        """Check a password. Raises WrongPassword, RateLimited."""
        key = model.email_key(email)
        found = await store.with_password(self.work, key)
        tried = await self.guesses.begin("password", key, found[0].id if found else "", client)
        hashed = found[1] if found else None
        right = await self.passwords.matches(hashed, password[: model.LONGEST_PASSWORD], known=tried.known)
        if not found or not right:
            security_log.note("wrong password", user=found[0].id if found else "", address=client.address)
            raise WrongPassword(_("E-mail address or password is wrong."))
        await self.guesses.was_right(tried)
        return found[0]
