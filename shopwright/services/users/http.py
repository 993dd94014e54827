"""REST routes of accounts, sessions, profile, addresses and keys."""

from datetime import datetime
from typing import Annotated, Any, Protocol

import msgspec
from litestar import Request, Response, delete, get, patch, post, put
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from shopwright.kit.addresses import Address
from shopwright.kit.audit import AuditEntry, AuditFilter
from shopwright.kit.auth import Caller, anyone, signed_in, staff
from shopwright.kit.bounds import Email, Name, Token, faults
from shopwright.kit.errors import Invalid
from shopwright.kit.http.access import allow, sensitive
from shopwright.kit.http.dependency import CurrentCaller, Dependency
from shopwright.kit.http.pagination import Limit, Page, page
from shopwright.kit.http.routes import Routes
from shopwright.kit.http.strict import refuse_faults
from shopwright.kit.translation import gettext as _
from shopwright.services.users.contract import (
    ProfileChange,
    SavedAddress,
    SecondFactor,
    Session,
    StaffChange,
    Tokens,
    User,
    Users,
)

Service = Dependency[Users]
AuditText = Annotated[str, QueryParameter(max_length=200)]
AuditCursor = Annotated[str, QueryParameter(pattern=r"^[0-9]{0,15}$", description="`next` of the previous page")]


class ShopName(Protocol):
    """The shop's name as shown by authenticators."""

    shop_name: str


class NewUser(msgspec.Struct, forbid_unknown_fields=True):
    """Request to register."""

    email: Email
    password: str
    name: Name


class PasswordProof(msgspec.Struct, forbid_unknown_fields=True):
    """One's own password, and code if required, to change staff."""

    own_password: str = ""
    code: str = ""


class NewStaff(PasswordProof, forbid_unknown_fields=True, kw_only=True):
    """Request to invite a staff member, who chooses a password by e-mail."""

    email: Email
    name: Name
    role: str


class ChangedStaff(PasswordProof, forbid_unknown_fields=True, kw_only=True):
    """Changes to a staff account; omitted fields stay."""

    role: str | None = None
    disabled: bool | None = None


class Credentials(msgspec.Struct, forbid_unknown_fields=True):
    """Request to sign in; `code` if the account has a second factor."""

    email: Email
    password: str
    code: str = ""


class Reauthentication(msgspec.Struct, forbid_unknown_fields=True):
    """One's password again, and code if required, as a stolen session has neither."""

    password: str = ""
    code: str = ""


class SpareCodes(msgspec.Struct, frozen=True):
    """Recovery codes to keep on paper; each replaces the authenticator once."""

    recovery_codes: list[str]


class Refresh(msgspec.Struct, forbid_unknown_fields=True):
    """Request to refresh tokens."""

    refresh_token: Token


class Verification(msgspec.Struct, forbid_unknown_fields=True):
    """The token of an e-mail, or nothing to request one; with the account's password if not signed in."""

    token: Token = ""
    password: str = ""


class PasswordReset(msgspec.Struct, forbid_unknown_fields=True):
    """An address to e-mail, or the token of the e-mail and a new password."""

    email: Email = ""
    token: Token = ""
    password: str = ""


class NewPassword(msgspec.Struct, forbid_unknown_fields=True):
    """Request to change the password."""

    current_password: str
    password: str
    code: str = ""


async def proved(users: Users, caller: Caller, password: str, code: str, at: str) -> None:
    """Check the caller's password and code. Raises Invalid at the wrong or missing field."""
    try:
        await users.reauthenticate(caller, password, code)
    except Invalid as error:
        raise Invalid(
            error.detail,
            problems=tuple(
                msgspec.structs.replace(one, pointer=at) if one.pointer == "/password" else one
                for one in error.problems
            ),
        ) from None


@post("/v1/users", opt=allow(anyone, "message"), tags=["users"], operation_id="register")
async def register(users: Service, data: JSONBody[NewUser]) -> User:
    """Register. If the account exists the response is the same, and its owner gets an e-mail."""
    return await users.sign_up(data.email, data.password, data.name)


@post("/v1/staff", opt=allow(staff("staff.write")), tags=["users"], operation_id="add_staff")
async def add_staff(users: Service, caller: CurrentCaller, data: JSONBody[NewStaff]) -> User:
    """Invite a staff member as owner, catalog, orders, support, marketing or read-only; repeat to resend the e-mail."""
    await proved(users, caller, data.own_password, data.code, "/own_password")
    return await users.invite_staff(data.email, data.name, data.role)


@patch("/v1/staff/{user_id:str}", opt=allow(staff("staff.write")), tags=["users"], operation_id="change_staff")
async def change_staff(
    users: Service, caller: CurrentCaller, user_id: FromPath[str], data: JSONBody[ChangedStaff]
) -> User:
    """Change a role, or disable or enable an account; its sessions and tokens end at once."""
    await proved(users, caller, data.own_password, data.code, "/own_password")
    return await users.change_staff(user_id, StaffChange(role=data.role, disabled=data.disabled))


@delete("/v1/staff/{user_id:str}", opt=allow(staff("staff.write")), tags=["users"], operation_id="remove_staff")
async def remove_staff(
    users: Service, caller: CurrentCaller, user_id: FromPath[str], data: JSONBody[PasswordProof]
) -> None:
    """Remove a staff role; sessions and tokens end at once, and the account becomes a customer's."""
    await proved(users, caller, data.own_password, data.code, "/own_password")
    await users.remove_staff(user_id)


@post("/v1/sessions", opt=sensitive(anyone), tags=["users"], operation_id="sign_in")
async def sign_in(users: Service, data: JSONBody[Credentials], request: Request[Any, Any, Any]) -> Tokens:
    """Sign in: returns an access token (15 minutes) and a single-use refresh token."""
    address = request.client.host if request.client else ""
    return await users.sign_in(data.email, data.password, address, data.code)


@post("/v1/me/second-factor", opt=allow(signed_in), tags=["users"], operation_id="begin_second_factor")
async def begin_second_factor(
    users: Service,
    caller: CurrentCaller,
    settings: Dependency[ShopName],
    data: JSONBody[Reauthentication | None] = None,
) -> SecondFactor:
    """Get a secret for an authenticator (TOTP) by giving the password again; unused until confirmed."""
    await users.reauthenticate(caller, data.password if data else "")
    return await users.begin_second_factor(caller.user_id or "", settings.shop_name)


@post(
    "/v1/me/second-factor/confirm", opt=allow(signed_in, "guess"), tags=["users"], operation_id="confirm_second_factor"
)
async def confirm_second_factor(users: Service, caller: CurrentCaller, data: JSONBody[Reauthentication]) -> SpareCodes:
    """Confirm the authenticator with a code; a given password is checked, too."""
    if data.password:
        await users.reauthenticate(caller, data.password)
    return SpareCodes(await users.confirm_second_factor(caller.user_id or "", data.code))


@delete("/v1/me/second-factor", opt=allow(signed_in), tags=["users"], operation_id="drop_second_factor")
async def drop_second_factor(
    users: Service, caller: CurrentCaller, data: JSONBody[Reauthentication | None] = None
) -> None:
    """Remove the second factor, with password and code."""
    proof = data or Reauthentication()
    await users.drop_second_factor(caller, proof.password, proof.code)


@get("/v1/staff", opt=allow(staff("staff.write")), tags=["users"], operation_id="list_staff")
async def list_staff(users: Service) -> dict[str, list[User]]:
    """List all accounts with a role."""
    return {"items": await users.staff()}


@delete(
    "/v1/users/{user_id:str}/sessions", opt=allow(staff("staff.write")), tags=["users"], operation_id="end_sessions"
)
async def end_sessions(users: Service, caller: CurrentCaller, user_id: FromPath[str]) -> None:
    """End all sessions of an account."""
    await users.end_sessions_of(user_id, caller)


@post("/v1/sessions/refresh", opt=allow(anyone, "guess"), tags=["users"], operation_id="refresh")
async def refresh(users: Service, data: JSONBody[Refresh]) -> Tokens:
    """Exchange a refresh token for new tokens; reusing one ends its session."""
    return await users.refresh(data.refresh_token)


@delete("/v1/sessions/current", opt=allow(signed_in), tags=["users"], operation_id="sign_out")
async def sign_out(users: Service, caller: CurrentCaller) -> None:
    """Sign out: the session and its tokens end."""
    await users.sign_out(caller.session_id or "")


@get("/v1/sessions", opt=allow(signed_in), tags=["users"], operation_id="list_sessions")
async def list_sessions(users: Service, caller: CurrentCaller) -> dict[str, list[Session]]:
    """List one's own open sessions."""
    return {"items": await users.sessions(caller.user_id or "")}


@delete("/v1/sessions", opt=allow(signed_in), tags=["users"], operation_id="sign_out_everywhere")
async def sign_out_everywhere(users: Service, caller: CurrentCaller) -> None:
    """Sign out everywhere: all sessions and tokens end, including this one."""
    await users.close_sessions(caller.user_id or "")


@delete("/v1/sessions/{session_id:str}", opt=allow(signed_in), tags=["users"], operation_id="end_session")
async def end_session(users: Service, caller: CurrentCaller, session_id: FromPath[str]) -> None:
    """End a session of the signed-in user."""
    await users.close_one_session(caller.user_id or "", session_id)


@post(
    "/v1/email-verifications",
    opt=allow(anyone, "message"),
    tags=["users"],
    operation_id="verify_email",
    status_code=202,
)
async def verify_email(
    users: Service, caller: CurrentCaller, request: Request[Any, Any, Any], data: JSONBody[Verification]
) -> dict[str, str]:
    """With the token of the e-mail: verify the address. Signed in, without it: request the e-mail again.

    The first verification by someone who is neither signed in to the account nor gives its password resets the password
    and all sessions: `password_token` then sets a new one at `/v1/password-resets`.
    """
    if data.token:
        address = request.client.host if request.client else ""
        user = await users.verify_email(data.token, caller.user_id or "", data.password, address)
        token = await users.first_password_token(user.id)
        return {"status": "verified", **({"password_token": token} if token else {})}
    if caller.user_id is None:
        raise Invalid.at("/token", _("Send the token from the e-mail, or sign in to ask for another e-mail."))
    await users.ask_verification(caller.user_id)
    return {"status": "sent"}


@post(
    "/v1/password-resets", opt=allow(anyone, "message"), tags=["users"], operation_id="reset_password", status_code=202
)
async def reset_password(users: Service, data: JSONBody[PasswordReset]) -> dict[str, str]:
    """With an address: e-mail its account, if any. With the token of that e-mail: set a new password."""
    if data.token:
        await users.reset_password(data.token, data.password)
        return {"status": "changed"}
    if not data.email:
        raise Invalid.at(
            "/email", _("Send the e-mail address of the account, or the token from the e-mail and a new password.")
        )
    await users.ask_reset(data.email)
    return {"status": "sent"}


@put("/v1/me/password", opt=allow(signed_in, "guess"), tags=["users"], operation_id="change_password", status_code=204)
async def change_password(users: Service, caller: CurrentCaller, data: JSONBody[NewPassword]) -> None:
    """Change one's password; other sessions end."""
    await users.change_password(caller, data.current_password, data.password, data.code)


@get("/v1/me", opt=allow(signed_in), tags=["users"], operation_id="get_me")
async def get_me(users: Service, caller: CurrentCaller) -> User:
    """Get one's own account."""
    return await users.get(caller.user_id or "")


@patch("/v1/me", opt=allow(signed_in), tags=["users"], operation_id="change_me")
async def change_me(users: Service, caller: CurrentCaller, data: JSONBody[ProfileChange]) -> User:
    """Change one's name or phone number."""
    return await users.change_profile(caller.user_id or "", data)


@delete("/v1/me", opt=allow(signed_in), tags=["users"], operation_id="erase_me")
async def erase_me(users: Service, caller: CurrentCaller, data: JSONBody[Reauthentication | None] = None) -> None:
    """Erase one's account and personal data, with password and code if required; orders stay, anonymised."""
    proof = data or Reauthentication()
    await users.reauthenticate(caller, proof.password, proof.code)
    await users.erase(caller.user_id or "")


@get("/v1/me/addresses", opt=allow(signed_in), tags=["users"], operation_id="list_addresses")
async def list_addresses(users: Service, caller: CurrentCaller) -> dict[str, list[SavedAddress]]:
    """List one's address book."""
    return {"items": await users.addresses(caller.user_id or "")}


@post("/v1/me/addresses", opt=allow(signed_in), tags=["users"], operation_id="add_address")
async def add_address(users: Service, caller: CurrentCaller, data: JSONBody[Address]) -> SavedAddress:
    """Add an address, checked by the rules of its country."""
    return await users.save_address(caller.user_id or "", data)


@patch("/v1/me/addresses/{address_id:str}", opt=allow(signed_in), tags=["users"], operation_id="change_address")
async def change_address(
    users: Service, caller: CurrentCaller, address_id: FromPath[str], data: JSONBody[Address]
) -> SavedAddress:
    """Replace an address."""
    return await users.save_address(caller.user_id or "", data, address_id)


@delete("/v1/me/addresses/{address_id:str}", opt=allow(signed_in), tags=["users"], operation_id="delete_address")
async def delete_address(users: Service, caller: CurrentCaller, address_id: FromPath[str]) -> None:
    """Delete an address."""
    await users.delete_address(caller.user_id or "", address_id)


@get("/v1/audit", opt=allow(staff("audit.read")), tags=["users"], operation_id="list_audit")
async def list_audit(
    users: Service,
    user_id: AuditText = "",
    action: AuditText = "",
    subject: AuditText = "",
    since: FromQuery[datetime | None] = None,
    until: FromQuery[datetime | None] = None,
    after: AuditCursor = "",
    limit: Limit = 50,
) -> Page[AuditEntry]:
    """List what staff did, newest first: by account, action ("put_coupon"), subject ("coupon LAST") and time."""
    wanted = AuditFilter(user_id=user_id, action=action, subject=subject, since=since, until=until)
    refuse_faults(faults(wanted, AuditFilter))
    found = await users.audit(wanted, int(after or 0), limit + 1)
    return page(found, limit, lambda entry: str(entry.seq))


@get("/.well-known/jwks.json", opt=allow(anyone), tags=["users"], operation_id="jwks")
async def jwks(users: Service) -> Response[dict[str, Any]]:
    """Get the public keys of access tokens (RFC 7517)."""
    return Response(await users.public_keys(), headers={"Cache-Control": "public, max-age=300"})


def routes() -> Routes:
    """Return all routes of this service."""
    handlers: list[Any] = [
        register, add_staff, change_staff, remove_staff, list_staff, end_sessions, begin_second_factor, confirm_second_factor, drop_second_factor, sign_in, refresh, sign_out, list_sessions, sign_out_everywhere, end_session,
        verify_email, reset_password, change_password, get_me, change_me, erase_me,
        list_audit, list_addresses, add_address, change_address, delete_address, jwks,
    ]  # fmt: skip
    return Routes("/", route_handlers=handlers)
