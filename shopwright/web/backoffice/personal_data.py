"""Personal data: what is stored, why and until when; look-up and erasure of a person."""

from typing import Any
from urllib.parse import urlencode

from litestar import Response, get, post
from litestar.params import FromQuery
from litestar.response import Redirect

from shopwright.kit.auth import staff
from shopwright.kit.errors import Invalid, ShopError
from shopwright.kit.http.access import NAMELESS, allow, audited
from shopwright.kit.http.app_context import current_app
from shopwright.kit.http.dependency import CurrentCaller
from shopwright.kit.http.problems import status_of
from shopwright.kit.translation import gettext as _
from shopwright.kit.translation import gettext_noop
from shopwright.web.backoffice.office_context import OfficeContext, OfficeDep
from shopwright.web.privacy import lookup
from shopwright.web.privacy.purposes import kept
from shopwright.web.storefront.page_context import OrdersDep, UsersDep, Web, form_of

PATH = "/office/personal-data"
MAY = staff("people.write")
DONE = gettext_noop("Erased. Orders stay without the name; parts that did not answer follow within a minute.")


@get(PATH, opt=allow(MAY), include_in_schema=False)
async def personal_data(office: OfficeDep, said: FromQuery[str] = "") -> Response[bytes]:
    """Show all purposes."""
    return await _page(office, {"said": said})


@post(PATH, opt=audited(allow(MAY, "guess")) | NAMELESS, include_in_schema=False, status_code=200)
async def look_up(office: OfficeDep, request: Web) -> Response[bytes]:
    """Show one person's data; posted, so that no address appears in a URL."""
    email = (await form_of(request)).get("email", "").strip()
    return await _page(office, {"email": email})


@post(f"{PATH}/erase", opt=allow(MAY, "guess") | NAMELESS, include_in_schema=False, status_code=200)
async def erase(office: OfficeDep, request: Web, users: UsersDep, caller: CurrentCaller) -> Response[bytes] | Redirect:
    """Erase a person; requires the address again and the password of the staff member."""
    form = await form_of(request)
    email = form.get("email", "").strip()
    try:
        await users.reauthenticate(caller, form.get("own_password", ""), form.get("code", ""))
        if form.get("again", "").strip().casefold() != email.casefold():
            raise Invalid.at("/again", _("Enter the same address again: they differ."))
        await lookup.erase(current_app().shop, email)
    except ShopError as error:
        return await _page(office, {"email": email, "problem": error.detail}, status_of(error)[0])
    return Redirect(f"{PATH}?{urlencode({'said': _(DONE)})}", status_code=303)


@post(f"{PATH}/erase-order", opt=allow(MAY, "guess") | NAMELESS, include_in_schema=False, status_code=200)
async def erase_order(
    office: OfficeDep, request: Web, users: UsersDep, orders: OrdersDep, caller: CurrentCaller
) -> Response[bytes] | Redirect:
    """Erase the buyer of an order that has no e-mail address; requires the password of the staff member."""
    form = await form_of(request)
    number = form.get("order", "").strip()
    try:
        await users.reauthenticate(caller, form.get("own_password", ""), form.get("code", ""))
        await orders.forget_buyer(number)
    except ShopError as error:
        return await _page(office, {"order": number, "order_problem": error.detail}, status_of(error)[0])
    return Redirect(f"{PATH}?{urlencode({'said': _(DONE)})}", status_code=303)


async def _page(office: OfficeContext, more: dict[str, Any], status: int = 200) -> Response[bytes]:
    person = None
    if more.get("email"):
        try:
            person = await lookup.of_person(current_app().shop, more["email"])
        except ShopError as error:
            more, status = {**more, "wrong": error.detail}, status_of(error)[0]
    guarded = await current_app().shop.users.has_second_factor(office.caller.user_id or "")
    context = {"purposes": kept(office.settings), "person": person, "guarded": guarded, **more}
    return office.show("personal_data.html", context, status)


HANDLERS: list[Any] = [personal_data, look_up, erase, erase_order]
