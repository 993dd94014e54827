"""Staff: who they are, what they may do, and signing them out."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromQuery
from litestar.response import Redirect

from shopwright.faces import render
from shopwright.faces.backoffice.frame import Office, OfficeDep
from shopwright.faces.storefront.frame import UsersDep, Web, form_of
from shopwright.kit.auth import ROLES, staff
from shopwright.kit.errors import Invalid, ShopError
from shopwright.kit.web.access import allow
from shopwright.kit.web.given import Asking
from shopwright.services.users.contract import Users


@get("/office/staff", opt=allow(staff("staff.write")), include_in_schema=False)
async def staff_page(office: OfficeDep, users: UsersDep, said: FromQuery[str] = "") -> Response[bytes]:
    """All accounts with a role."""
    return await _page(office, users, {"said": said})


async def _page(office: Office, users: Users, more: dict[str, Any], status: int = 200) -> Response[bytes]:
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
async def change_staff(office: OfficeDep, request: Web, users: UsersDep, caller: Asking) -> Response[bytes] | Redirect:
    """Add someone, or sign them out everywhere."""
    form = await form_of(request)
    try:
        if "end" in form:
            await users.end_sessions_of(form["end"], caller)
            return Redirect("/office/staff?said=Signed+out+everywhere.", status_code=303)
        if not form.get("role"):
            raise Invalid.at("/role", "Choose what they may do.")
        await users.reauthenticate(caller, form.get("own_password", ""), form.get("code", ""))
        await users.register(form.get("email", ""), form.get("password", ""), form.get("name", ""), form["role"])
    except ShopError as error:
        typed = {name: value for name, value in form.items() if name not in {"password", "own_password", "code"}}
        return await _page(office, users, {"typed": typed, "problem": error.detail}, 422)
    return Redirect("/office/staff?said=Added.", status_code=303)


HANDLERS: list[Any] = [staff_page, change_staff]
