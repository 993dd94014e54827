"""The values of users: what operations take and return, and errors."""

from datetime import datetime
from typing import Literal

import msgspec

from shopwright.kit.addresses import Address
from shopwright.kit.bounds import Name, Phone
from shopwright.kit.errors import Conflict, Unauthenticated


class User(msgspec.Struct, frozen=True, kw_only=True):
    """An account. `role` is "" for customers; `phone` (E.164) receives text messages if its owner wants them."""

    id: str
    email: str
    name: str
    phone: str = ""
    role: str = ""
    verified: bool = False
    disabled: bool = False


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """An open sign-in."""

    id: str
    created_at: datetime
    expires_at: datetime


EmailPurpose = Literal["verification", "reset"]


class Tokens(msgspec.Struct, frozen=True, kw_only=True):
    """The response to a sign-in (RFC 6749, section 5.1). `expires_in` in seconds."""

    access_token: str
    refresh_token: str
    token_type: str = "Bearer"  # noqa: S105 -- the word of the standard
    expires_in: int = 900


class ProfileChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Changes to a profile; omitted fields stay."""

    name: Name | msgspec.UnsetType = msgspec.UNSET
    phone: Phone | msgspec.UnsetType = msgspec.UNSET


class SavedAddress(msgspec.Struct, frozen=True, kw_only=True):
    """An address in the address book."""

    id: str
    address: Address


class EmailTaken(Conflict):
    """An account with this e-mail address exists."""

    code = "email_taken"


class WrongPassword(Unauthenticated, wire_code="wrong_password"):
    """E-mail address or password is wrong; the answer does not say which."""

    code = "unauthenticated"


class SecondFactorNeeded(Unauthenticated):
    """The password was right; `data["ticket"]` and a code complete the sign-in."""

    code = "second_factor_required"


class SecondFactor(msgspec.Struct, frozen=True, kw_only=True):
    """The secret for an authenticator (base32), also as an `otpauth:` URI."""

    secret: str
    uri: str


class LastOwner(Conflict):
    """The change would leave the shop without an owner."""

    code = "last_owner"


class StaffChange(msgspec.Struct, frozen=True, kw_only=True):
    """Changes to a staff account; None stays."""

    role: str | None = None
    disabled: bool | None = None
