"""REST routes of users: accounts, sessions, profile, addresses, keys."""

from typing import Any

import msgspec
from litestar import Request, Response, Router, delete, get, patch, post
from litestar.params import FromPath, JSONBody

from shopwright.kit.auth import anyone, signed_in, staff
from shopwright.kit.errors import Invalid
from shopwright.kit.places import Address
from shopwright.kit.web.access import allow
from shopwright.kit.web.given import Asking, Given
from shopwright.services.users.contract import SavedAddress, Tokens, User, Users

Service = Given[Users]


class NewUser(msgspec.Struct, forbid_unknown_fields=True):
    """What registering takes."""

    email: str
    password: str
    name: str


class NewStaff(msgspec.Struct, forbid_unknown_fields=True):
    """What an account of staff takes."""

    email: str
    password: str
    name: str
    role: str


class Credentials(msgspec.Struct, forbid_unknown_fields=True):
    """What signing in takes."""

    email: str
    password: str


class Refresh(msgspec.Struct, forbid_unknown_fields=True):
    """What refreshing takes."""

    refresh_token: str


class Profile(msgspec.Struct, forbid_unknown_fields=True):
    """What of a profile can be changed."""

    name: str


@post("/v1/users", opt=allow(anyone), tags=["users"], operation_id="register")
async def register(users: Service, data: JSONBody[NewUser]) -> User:
    """Register."""
    return await users.register(data.email, data.password, data.name)


@post("/v1/staff", opt=allow(staff("staff.write")), tags=["users"], operation_id="add_staff")
async def add_staff(users: Service, data: JSONBody[NewStaff]) -> User:
    """Make an account for someone who works here: owner, catalog, orders, support, marketing or read-only."""
    if not data.role:
        raise Invalid.at("/role", "Name the role of this member of staff.")
    return await users.register(data.email, data.password, data.name, data.role)


@post("/v1/sessions", opt=allow(anyone), tags=["users"], operation_id="sign_in")
async def sign_in(users: Service, data: JSONBody[Credentials], request: Request[Any, Any, Any]) -> Tokens:
    """Sign in: an access token for 15 minutes and a refresh token that can be used once."""
    return await users.sign_in(data.email, data.password, request.client.host if request.client else "")


@post("/v1/sessions/refresh", opt=allow(anyone), tags=["users"], operation_id="refresh")
async def refresh(users: Service, data: JSONBody[Refresh]) -> Tokens:
    """New tokens; a refresh token that comes twice ends its session."""
    return await users.refresh(data.refresh_token)


@delete("/v1/sessions/current", opt=allow(signed_in), tags=["users"], operation_id="sign_out")
async def sign_out(users: Service, caller: Asking) -> None:
    """Sign out: the session and all its tokens end."""
    await users.sign_out(caller.session_id or "")


@get("/v1/me", opt=allow(signed_in), tags=["users"], operation_id="get_me")
async def get_me(users: Service, caller: Asking) -> User:
    """One's own account."""
    return await users.get(caller.user_id or "")


@patch("/v1/me", opt=allow(signed_in), tags=["users"], operation_id="change_me")
async def change_me(users: Service, caller: Asking, data: JSONBody[Profile]) -> User:
    """Change one's profile."""
    return await users.rename(caller.user_id or "", data.name)


@get("/v1/me/addresses", opt=allow(signed_in), tags=["users"], operation_id="list_addresses")
async def list_addresses(users: Service, caller: Asking) -> dict[str, list[SavedAddress]]:
    """One's address book."""
    return {"items": await users.addresses(caller.user_id or "")}


@post("/v1/me/addresses", opt=allow(signed_in), tags=["users"], operation_id="add_address")
async def add_address(users: Service, caller: Asking, data: JSONBody[Address]) -> SavedAddress:
    """Add an address, checked by the rules of its country."""
    return await users.save_address(caller.user_id or "", data)


@patch("/v1/me/addresses/{address_id:str}", opt=allow(signed_in), tags=["users"], operation_id="change_address")
async def change_address(
    users: Service, caller: Asking, address_id: FromPath[str], data: JSONBody[Address]
) -> SavedAddress:
    """Replace an address."""
    return await users.save_address(caller.user_id or "", data, address_id)


@delete("/v1/me/addresses/{address_id:str}", opt=allow(signed_in), tags=["users"], operation_id="delete_address")
async def delete_address(users: Service, caller: Asking, address_id: FromPath[str]) -> None:
    """Remove an address."""
    await users.delete_address(caller.user_id or "", address_id)


@get("/.well-known/jwks.json", opt=allow(anyone), tags=["users"], operation_id="jwks")
async def jwks(users: Service) -> Response[dict[str, Any]]:
    """The public keys of access tokens (RFC 7517)."""
    return Response(await users.public_keys(), headers={"Cache-Control": "public, max-age=300"})


def routes() -> Router:
    """All routes of this service."""
    handlers: list[Any] = [
        register, add_staff, sign_in, refresh, sign_out, get_me, change_me,
        list_addresses, add_address, change_address, delete_address, jwks,
    ]  # fmt: skip
    return Router("/", route_handlers=handlers)
