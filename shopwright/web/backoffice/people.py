"""Staff: roles, invitations, disabling and removal."""

from typing import Any
from urllib.parse import urlencode

from litestar import Response, get, post
from litestar.params import FromQuery
from litestar.response import Redirect

from shopwright.kit.auth import ROLES, staff
from shopwright.kit.errors import Invalid, ShopError, Unavailable
from shopwright.kit.http.access import allow
from shopwright.kit.http.dependency import CurrentCaller, Dependency
from shopwright.kit.translation import gettext as _
from shopwright.services.notifications.contract import Notifications
from shopwright.services.users.contract import StaffChange, Users
from shopwright.web import render
from shopwright.web.backoffice.office_context import OfficeContext, OfficeDep
from shopwright.web.storefront.page_context import UsersDep, Web, form_of

NotificationsDep = Dependency[Notifications]


@get("/office/staff", opt=allow(staff("staff.write")), include_in_schema=False)
async def staff_page(office: OfficeDep, users: UsersDep, said: FromQuery[str] = "") -> Response[bytes]:
    """Show all accounts with a role."""
    return await _page(office, users, {"said": said})


async def _page(office: OfficeContext, users: Users, more: dict[str, Any], status: int = 200) -> Response[bytes]:
    people = [
        {
            **render.plain(one),
            "guarded": await users.has_second_factor(one.id),
            "open": len(await users.sessions(one.id)),
        }
        for one in await users.staff()
    ]
    mine = office.caller.user_id or ""
    guarded = await users.has_second_factor(mine)
    context = {"guarded": guarded, "people": people, "roles": list(ROLES), "typed": {}, "problem": "", **more}
    return office.show("staff.html", context, status)


@post("/office/staff", opt=allow(staff("staff.write")), include_in_schema=False, status_code=200)
async def change_staff(
    office: OfficeDep, request: Web, users: UsersDep, notifications: NotificationsDep, caller: CurrentCaller
) -> Response[bytes] | Redirect:
    """Invite, change, disable or remove staff, or end their sessions."""
    form = await form_of(request)
    try:
        if "end" in form:
            await users.end_sessions_of(form["end"], caller)
            said = _("Signed out everywhere.")
        else:
            await users.reauthenticate(caller, form.get("own_password", ""), form.get("code", ""))
            said = await _change(users, notifications, form)
    except ShopError as error:
        typed = {name: value for name, value in form.items() if name not in {"own_password", "code"}}
        return await _page(office, users, {"typed": typed, "problem": error.detail}, 422)
    return Redirect(f"/office/staff?{urlencode({'said': said})}", status_code=303)


async def _change(users: Users, notifications: Notifications, form: dict[str, str]) -> str:
    """Perform the form's action and return the notice."""
    user_id, act = form.get("user_id", ""), form.get("act", "invite")
    if act == "remove":
        await users.remove_staff(user_id)
        return _("Removed. Their account stays, as that of a customer.")
    if act in {"disable", "enable"}:
        await users.change_staff(user_id, StaffChange(disabled=act == "disable"))
        return _("Disabled, and signed out everywhere.") if act == "disable" else _("Enabled.")
    if act not in {"invite", "role"}:
        raise Invalid.at("/act", _("Choose whether to invite, change, disable, enable or remove them."))
    if not form.get("role"):
        raise Invalid.at("/role", _("Choose their role."))
    if act == "role":
        await users.change_staff(user_id, StaffChange(role=form["role"]))
        return _("Role changed. They were signed out and sign in again.")
    invited = await users.invite_staff(form.get("email", ""), form.get("name", ""), form["role"])
    if await _is_kept(notifications):
        return _(
            "Invited. No mail server is set up, so no e-mail was sent: `shopwright password {email}` gives them a password.",
            email=invited.email,
        )
    return _("Invited. They get an e-mail with a link.")


async def _is_kept(notifications: Notifications) -> bool:
    """Whether e-mails stay in the shop; invitations proceed even if that is unknown."""
    try:
        return "email" in (await notifications.delivery_report()).kept
    except Unavailable:
        return False


HANDLERS: list[Any] = [staff_page, change_staff]
