"""The system page for operators: processes, engines, queues and dead deliveries."""

import asyncio
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from litestar import Response, get, post
from litestar.params import FromQuery
from litestar.response import Redirect

from shopwright.kit.auth import staff
from shopwright.kit.digits import is_number
from shopwright.kit.errors import Missing, ShopError
from shopwright.kit.http.access import allow
from shopwright.kit.http.dependency import Dependency
from shopwright.kit.observability.process_admin import ProcessAdmin
from shopwright.kit.translation import gettext as _
from shopwright.kit.translation import ngettext
from shopwright.services.carts.contract import Carts
from shopwright.web import render
from shopwright.web.backoffice.office_context import OfficeDep
from shopwright.web.storefront.page_context import Web, form_of

HousesDep = Dependency[Mapping[str, ProcessAdmin]]
DATABASE = "database "
LONGEST = 9  # digits
MAY = allow(staff("system.operate"))


@get("/office/system", opt=MAY, include_in_schema=False)
async def system_page(
    office: OfficeDep, process_admins: HousesDep, carts: Dependency[Carts], said: FromQuery[str] = ""
) -> Response[bytes]:
    """Show every part with version, engines, queues and dead deliveries; and the waiting room."""
    parts = await asyncio.gather(*(_part(name, process_admin) for name, process_admin in process_admins.items()))
    dead = [{**one, "part": part["name"]} for part in parts for one in part["dead"]]
    waiting = [one for part in parts for one in part["waiting"] if one["waiting"]]
    wrong = [
        {"part": part["name"], "engine": engine, "problem": state}
        for part in parts
        for engine, state in part["bad"].items()
    ]
    wrong += [
        {"part": part["name"], "engine": service, "problem": said}
        for part in parts
        for service, said in part["warnings"].items()
    ]
    away = [part["name"] for part in parts if part["problem"]]
    versions = sorted({part["version"] for part in parts if part["version"]})
    context = {
        "parts": parts, "dead": dead, "waiting": waiting, "wrong": wrong, "away": away, "versions": versions,
        "said": said, "room": await _room(carts),
    }  # fmt: skip
    return office.show("system.html", context)


async def _room(carts: Carts) -> dict[str, Any] | None:
    try:
        room = await carts.waiting_room()
    except ShopError:  # that carts are away is said above
        return None
    return render.plain(room) if room else None


async def _part(name: str, process_admin: ProcessAdmin) -> dict[str, Any]:
    blank: dict[str, Any] = {"name": name, "version": "", "waiting": (), "dead": (), "warnings": {},
        "problem": "",
    }  # fmt: skip
    try:
        condition = await process_admin.condition()
    except ShopError as error:
        return {**blank, "good": [], "bad": {}, "problem": error.detail}
    good = [engine for engine, state in condition.engines.items() if state == "ok"]
    databases = [engine for engine in good if engine.startswith(DATABASE)]
    if len(databases) > 1:
        good = [_("{count} databases", count=len(databases)), *(engine for engine in good if engine not in databases)]
    bad = {engine: state for engine, state in condition.engines.items() if state != "ok"}
    return {**blank, **render.plain(condition), "good": good, "bad": bad}


@post("/office/system", opt=MAY, include_in_schema=False)
async def replay(request: Web, process_admins: HousesDep) -> Redirect:
    """Deliver one dead event, or all, again."""
    form = await form_of(request)
    ids = [form["event"]] if form.get("event") else []
    if (part := form.get("part", "")) and part not in process_admins:
        raise Missing(_("There is no such service."))
    chosen = [process_admins[part]] if part else list(process_admins.values())
    count = 0
    for process_admin in chosen:
        try:
            count += await process_admin.replay(ids)
        except ShopError:  # it is shown as away on the page this leads to
            continue
    said = ngettext("{count} dead event queued for delivery.", "{count} dead events queued for delivery.", count)
    return Redirect(f"/office/system?{urlencode({'said': said})}", status_code=303)


@post("/office/system/waiting-room", opt=MAY, include_in_schema=False)
async def waiting_room(request: Web, carts: Dependency[Carts]) -> Redirect:
    """Open or close the waiting room, or change its pace."""
    form = await form_of(request)
    try:
        if "close" in form:
            await carts.close_waiting_room()
            said = _("Everyone may come in.")
        else:
            pace = form.get("per_minute", "").strip()
            room = await carts.open_waiting_room(int(pace) if is_number(pace) and len(pace) < LONGEST else 0)
            said = _("{per_minute} shoppers are admitted per minute.", per_minute=room.per_minute)
    except ShopError as error:
        said = error.detail
    return Redirect(f"/office/system?{urlencode({'said': said})}", status_code=303)


HANDLERS: list[Any] = [system_page, replay, waiting_room]
