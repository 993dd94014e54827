"""Events of users."""

from typing import ClassVar

from shopwright.kit.data.events import Event
from shopwright.kit.personal import Personal


class UserRegistered(Event, frozen=True, kw_only=True):
    """An account was registered."""

    SUBJECT: ClassVar[str] = "user_id"
    user_id: str
    email: Personal[str]
    name: Personal[str]


class UserImported(Event, frozen=True, kw_only=True):
    """An account was imported; its owner chooses a password by e-mail."""

    SUBJECT: ClassVar[str] = "user_id"
    user_id: str
    email: Personal[str]
    name: Personal[str]


class EmailVerificationAsked(Event, frozen=True, kw_only=True):
    """The verification e-mail was requested again."""

    SUBJECT: ClassVar[str] = "user_id"
    user_id: str
    email: Personal[str]
    name: Personal[str]


class EmailVerified(Event, frozen=True, kw_only=True):
    """The account's address was verified."""

    SUBJECT: ClassVar[str] = "user_id"
    user_id: str
    email: Personal[str]


class PasswordResetAsked(EmailVerificationAsked, frozen=True, kw_only=True):
    """A password reset was requested."""


class PasswordChanged(Event, frozen=True, kw_only=True):
    """The password was changed."""

    SUBJECT: ClassVar[str] = "user_id"
    user_id: str
    email: Personal[str]
    name: Personal[str]


class SecondFactorAdded(PasswordChanged, frozen=True, kw_only=True):
    """A second factor was added."""


class SecondFactorRemoved(SecondFactorAdded, frozen=True, kw_only=True):
    """The second factor was removed."""


class RegistrationRepeated(SecondFactorAdded, frozen=True, kw_only=True):
    """A registration used the address of an existing account, whose owner is notified."""


class StaffInvited(Event, frozen=True, kw_only=True):
    """A staff member was invited; without a password they choose one by e-mail."""

    SUBJECT: ClassVar[str] = "user_id"
    user_id: str
    email: Personal[str]
    name: Personal[str]
    role: str


class StaffChanged(StaffInvited, frozen=True, kw_only=True):
    """A staff role changed ("": removed), or the account was disabled or enabled."""

    disabled: bool


class UserErased(Event, frozen=True, kw_only=True):
    """An account was erased: services must erase its personal data.

    `verified`: the address was verified, so guest data under it is erased, too.
    """

    SUBJECT: ClassVar[str] = "user_id"
    FORGETS: ClassVar[bool] = True
    user_id: str
    email: Personal[str]
    name: Personal[str]
    verified: bool = True


class AddressErased(Event, frozen=True, kw_only=True):
    """A person without an account was erased: services must erase guest data under this address."""

    SUBJECT: ClassVar[str] = "erasure_id"
    FORGETS: ClassVar[bool] = True
    erasure_id: str
    email: Personal[str]
