"""What users tell."""

from typing import ClassVar

from shopwright.kit.data.events import Event
from shopwright.kit.personal import Personal


class UserRegistered(Event, frozen=True, kw_only=True):
    """Someone has an account now."""

    SUBJECT: ClassVar[str] = "user_id"
    user_id: str
    email: Personal[str]
    name: Personal[str]


class UserImported(Event, frozen=True, kw_only=True):
    """Someone had an account in an earlier shop; they choose a password by letter."""

    SUBJECT: ClassVar[str] = "user_id"
    user_id: str
    email: Personal[str]
    name: Personal[str]


class EmailVerificationAsked(Event, frozen=True, kw_only=True):
    """Someone asked again for the letter that confirms their address."""

    SUBJECT: ClassVar[str] = "user_id"
    user_id: str
    email: Personal[str]
    name: Personal[str]


class EmailVerified(Event, frozen=True, kw_only=True):
    """This address belongs to this account."""

    SUBJECT: ClassVar[str] = "user_id"
    user_id: str
    email: Personal[str]


class PasswordResetAsked(EmailVerificationAsked, frozen=True, kw_only=True):
    """Someone forgot their password, or says so."""


class PasswordChanged(Event, frozen=True, kw_only=True):
    """There is a new password."""

    SUBJECT: ClassVar[str] = "user_id"
    user_id: str
    email: Personal[str]
    name: Personal[str]


class SecondFactorAdded(PasswordChanged, frozen=True, kw_only=True):
    """Signing in asks for a code from now on."""


class SecondFactorRemoved(SecondFactorAdded, frozen=True, kw_only=True):
    """The password alone is asked for again."""


class RegistrationRepeated(SecondFactorAdded, frozen=True, kw_only=True):
    """Someone wanted to register with the address of an account; only its owner is told that there is one."""


class StaffInvited(Event, frozen=True, kw_only=True):
    """Someone may work here from now on; who has no password yet chooses one by e-mail."""

    SUBJECT: ClassVar[str] = "user_id"
    user_id: str
    email: Personal[str]
    name: Personal[str]
    role: str


class StaffChanged(StaffInvited, frozen=True, kw_only=True):
    """Someone who works here has another role ("": none any more), or their account was disabled or enabled."""

    disabled: bool


class UserErased(Event, frozen=True, kw_only=True):
    """An account is gone: whatever tells who that was is to be forgotten.

    `verified`: its address was proved, so what belongs to the address is to be forgotten, too.
    """

    SUBJECT: ClassVar[str] = "user_id"
    FORGETS: ClassVar[bool] = True
    user_id: str
    email: Personal[str]
    name: Personal[str]
    verified: bool = True


class AddressErased(Event, frozen=True, kw_only=True):
    """A person without an account is forgotten: whatever belongs to this e-mail address and to no account."""

    SUBJECT: ClassVar[str] = "erasure_id"
    FORGETS: ClassVar[bool] = True
    erasure_id: str
    email: Personal[str]
