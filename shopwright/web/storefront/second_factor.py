"""The second factor: set up, asked for, removed."""

from typing import Any

from litestar import Response, get, post
from litestar.response import Redirect

from shopwright.kit.auth import anyone, signed_in
from shopwright.kit.errors import ShopError
from shopwright.kit.http.access import allow, sensitive
from shopwright.services.users.contract import SecondFactor, WrongPassword
from shopwright.web import render
from shopwright.web.storefront.account import device_of, next_of, welcome
from shopwright.web.storefront.page_context import FrameDep, PageContext, client_of, complaints, form_of


@post("/sign-in/code", opt=sensitive(anyone), include_in_schema=False, status_code=200)
async def sign_in_code(frame: FrameDep) -> Response[bytes] | Redirect:
    """Check the code after the password."""
    form = await form_of(frame.request)
    device = device_of(frame)
    try:
        secret = await frame.users.finish_sign_in(
            form.get("ticket", ""), form.get("code", ""), client_of(frame.request), device
        )
    except WrongPassword as error:
        context = {"ticket": form.get("ticket", ""), "next": form.get("next", ""), "errors": {"code": error.detail}}
        return await frame.show("sign_in_code.html", context, 422)
    except ShopError as error:
        sign_in_context: dict[str, Any] = {"fields": {}, "errors": {"": error.detail}, "mode": "sign_in", "next": ""}
        return await frame.show("sign_in.html", sign_in_context, 422)
    return await welcome(frame, secret, next_of(form), device)


@get("/account/second-factor", opt=allow(signed_in), include_in_schema=False)
async def second_factor(frame: FrameDep) -> Response[bytes]:
    """Show the page to set up or remove the second factor."""
    guarded = await frame.users.has_second_factor(frame.caller.user_id or "")
    return await frame.show("account_factor.html", {"errors": {}, "begin": not guarded})


@post("/account/second-factor", opt=allow(signed_in), include_in_schema=False, status_code=200)
async def begin(frame: FrameDep) -> Response[bytes]:
    """Show the key for the authenticator, after the password."""
    form = await form_of(frame.request)
    try:
        await frame.users.reauthenticate(frame.caller, form.get("password", ""))
        factor = await frame.users.begin_second_factor(frame.caller.user_id or "", frame.settings.shop_name)
    except ShopError as error:
        errors = complaints(error) or {"password": error.detail}
        return await frame.show("account_factor.html", {"errors": errors, "begin": True}, 422)
    return await _to_confirm(frame, factor, {})


async def _to_confirm(frame: PageContext, factor: SecondFactor, errors: dict[str, str]) -> Response[bytes]:
    parts = [factor.secret[n : n + 4] for n in range(0, len(factor.secret), 4)]
    context = {"factor": render.plain(factor), "parts": parts, "errors": errors}
    return await frame.show("account_factor.html", context, 422 if errors else 200)


@post("/account/second-factor/confirm", opt=allow(signed_in, "guess"), include_in_schema=False, status_code=200)
async def confirm(frame: FrameDep) -> Response[bytes]:
    """Check the first code, then show the recovery codes once."""
    form = await form_of(frame.request)
    try:
        codes = await frame.users.confirm_second_factor(frame.caller.user_id or "", form.get("code", "").strip())
    except ShopError as error:
        factor = SecondFactor(secret=form.get("secret", ""), uri=form.get("uri", ""))
        return await _to_confirm(frame, factor, complaints(error) or {"code": error.detail})
    return await frame.show("account_factor.html", {"codes": codes, "errors": {}})


@post("/account/second-factor/remove", opt=allow(signed_in), include_in_schema=False, status_code=200)
async def remove(frame: FrameDep) -> Response[bytes] | Redirect:
    """Remove the second factor, with the password."""
    form = await form_of(frame.request)
    try:
        await frame.users.drop_second_factor(frame.caller, form.get("password", ""), form.get("code", ""))
    except ShopError as error:
        errors = complaints(error) or {"password": error.detail}
        return await frame.show("account_factor.html", {"errors": errors}, 422)
    return Redirect("/account/security?said=factor", status_code=303)


HANDLERS: list[Any] = [sign_in_code, second_factor, begin, confirm, remove]
