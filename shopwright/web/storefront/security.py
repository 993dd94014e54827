"""Account security: e-mail verification, password reset, profile and sessions."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath, FromQuery
from litestar.response import Redirect

from shopwright.kit.auth import anyone, signed_in
from shopwright.kit.errors import RateLimited, Refused, ShopError
from shopwright.kit.http.access import allow, sensitive
from shopwright.kit.http.dependency import CurrentCaller
from shopwright.kit.translation import gettext as _
from shopwright.kit.translation import gettext_noop
from shopwright.services.users.contract import ProfileChange, WrongPassword
from shopwright.web import render
from shopwright.web.storefront.page_context import (
    FrameDep,
    SettingsDep,
    UsersDep,
    client_of,
    complaints,
    form_of,
    leave_browser,
    needed,
)

SAID = {
    "factor": gettext_noop("Two-step verification is off."),
    "name": gettext_noop("Your profile was saved."),
    "password": gettext_noop("Your password was changed. You are signed out everywhere else."),
    "letter": gettext_noop("We’ve sent you an e-mail with a link. It is valid for one day."),
    "session": gettext_noop("That session has ended."),
}


@get("/forgot-password", opt=allow(anyone), include_in_schema=False)
async def forgot(frame: FrameDep) -> Response[bytes]:
    """Show the password reset form."""
    return await frame.show("forgot.html", {"sent": False})


@post("/forgot-password", opt=allow(anyone, "message"), include_in_schema=False, status_code=200)
async def ask_reset(frame: FrameDep) -> Response[bytes]:
    """Request a password reset; the response is the same without an account."""
    form = await form_of(frame.request)
    if errors := needed(form, {"email": gettext_noop("E-mail")}):
        return await frame.show("forgot.html", {"errors": errors}, 422)
    await frame.users.ask_reset(form.get("email", ""))
    return await frame.show("forgot.html", {"sent": True, "email": form.get("email", "")})


@get("/new-password", opt=allow(anyone), include_in_schema=False)
async def choose_password(frame: FrameDep, token: FromQuery[str] = "") -> Response[bytes]:
    """Show the form of the e-mail's link."""
    return await frame.show("new_password.html", {"token": token, "errors": {}})


@post("/new-password", opt=sensitive(anyone), include_in_schema=False, status_code=200)
async def reset_password(frame: FrameDep) -> Response[bytes]:
    """Set the new password; all sessions end."""
    form = await form_of(frame.request)
    if errors := needed(form, {"password": gettext_noop("New password")}):
        return await frame.show("new_password.html", {"token": form.get("token", ""), "errors": errors}, 422)
    try:
        await frame.users.reset_password(form.get("token", ""), form.get("password", ""))
    except Refused as error:
        return await frame.show("forgot.html", {"sent": False, "problem": error.detail}, 410)
    except ShopError as error:
        errors = complaints(error) or {"password": error.detail}
        return await frame.show("new_password.html", {"token": form.get("token", ""), "errors": errors}, 422)
    return await frame.show("sign_in.html", _signing_in(_("Your new password is set. Sign in with it.")))


def _signing_in(notice: str) -> dict[str, Any]:
    return {"next": "", "fields": {}, "errors": {}, "mode": "sign_in", "notice": notice}


@get("/confirm-email", opt=allow(anyone), include_in_schema=False)
async def confirm_page(frame: FrameDep, token: FromQuery[str] = "") -> Response[bytes]:
    """Show the verification button, as programs that scan links press none."""
    return await frame.show("confirm_email.html", {"token": token})


@post("/confirm-email", opt=sensitive(anyone), include_in_schema=False, status_code=200)
async def confirm(frame: FrameDep) -> Response[bytes]:
    """Verify the address."""
    form = await form_of(frame.request)
    users, caller = frame.users, frame.caller
    try:
        user = await users.verify_email(
            form.get("token", ""), caller.user_id or "", form.get("password", ""), client_of(frame.request)
        )
    except WrongPassword:
        context = {
            "token": form.get("token", ""),
            "errors": {"password": _("This is not the password of this account.")},
        }
        return await frame.show("confirm_email.html", context, 422)
    except RateLimited:
        raise
    except Refused as error:
        return await frame.show("confirm_email.html", {"problem": error.detail}, 410)
    if token := await users.first_password_token(user.id):
        return await frame.show("new_password.html", {"token": token, "errors": {}, "confirmed": True})
    return await frame.show("confirm_email.html", {"done": True})


@get("/account/security", opt=allow(signed_in), include_in_schema=False)
async def security(frame: FrameDep, said: FromQuery[str] = "") -> Response[bytes]:
    """Show profile, password and sessions."""
    return await _security(frame, {"notice": _(SAID[said]) if said in SAID else ""})


async def _security(frame: FrameDep, more: dict[str, Any], status: int = 200) -> Response[bytes]:
    user_id = frame.caller.user_id or ""
    context = {
        "account": render.plain(await frame.users.get(user_id)),
        "sessions": render.plain(await frame.users.sessions(user_id)),
        "here": frame.caller.session_id,
        "guarded": await frame.users.has_second_factor(user_id),
        "errors": {},
        **more,
    }
    return await frame.show("account_security.html", context, status)


def _done(said: str) -> Redirect:
    return Redirect(f"/account/security?said={said}", status_code=303)


@post("/account/name", opt=allow(signed_in), include_in_schema=False, status_code=200)
async def rename(frame: FrameDep) -> Response[bytes] | Redirect:
    """Change one's name."""
    form = await form_of(frame.request)
    try:
        await frame.users.change_profile(
            frame.caller.user_id or "", ProfileChange(name=form.get("name", ""), phone=form.get("phone", "").strip())
        )
    except ShopError as error:
        return await _security(frame, {"errors": complaints(error), "typed": form, "at": "profile"}, 422)
    return _done("name")


@post("/account/password", opt=allow(signed_in, "guess"), include_in_schema=False, status_code=200)
async def change_password(frame: FrameDep) -> Response[bytes] | Redirect:
    """Change one's password."""
    form = await form_of(frame.request)
    if errors := needed(
        form, {"current_password": gettext_noop("Current password"), "password": gettext_noop("New password")}
    ):
        return await _security(frame, {"errors": errors, "at": "password"}, 422)
    try:
        await frame.users.change_password(
            frame.caller, form.get("current_password", ""), form.get("password", ""), form.get("code", "")
        )
    except ShopError as error:
        errors = complaints(error) or {"current_password": error.detail}
        return await _security(frame, {"errors": errors, "at": "password"}, 422)
    return _done("password")


@post("/account/confirm", opt=allow(signed_in, "message"), include_in_schema=False, status_code=200)
async def ask_confirmation(users: UsersDep, caller: CurrentCaller) -> Redirect:
    """Request the verification e-mail again."""
    await users.ask_verification(caller.user_id or "")
    return _done("letter")


@post("/account/sessions/{session_id:str}/end", opt=allow(signed_in), include_in_schema=False, status_code=200)
async def end_session(users: UsersDep, caller: CurrentCaller, session_id: FromPath[str]) -> Redirect:
    """End another session."""
    await users.close_one_session(caller.user_id or "", session_id)
    return _done("session")


@post("/account/sign-out-everywhere", opt=allow(signed_in), include_in_schema=False, status_code=200)
async def sign_out_everywhere(users: UsersDep, caller: CurrentCaller, settings: SettingsDep) -> Redirect:
    """End all sessions, including this one."""
    await users.close_sessions(caller.user_id or "")
    answer = Redirect("/sign-in", status_code=303)
    leave_browser(answer, settings)
    return answer


HANDLERS: list[Any] = [
    forgot, ask_reset, choose_password, reset_password, confirm_page, confirm, security, rename, change_password,
    ask_confirmation, end_session, sign_out_everywhere,
]  # fmt: skip
