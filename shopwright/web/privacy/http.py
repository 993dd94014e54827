"""REST routes of personal data: export for oneself; look-up and erasure for staff."""

from datetime import datetime
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import JSONBody

from shopwright.kit.auth import signed_in, staff
from shopwright.kit.bounds import Email
from shopwright.kit.errors import Invalid
from shopwright.kit.http.access import NAMELESS, allow, audited, sensitive
from shopwright.kit.http.app_context import current_app
from shopwright.kit.http.dependency import CurrentCaller
from shopwright.kit.http.files import file_answer
from shopwright.kit.http.openapi_document import answers
from shopwright.kit.http.routes import Routes
from shopwright.kit.translation import gettext as _
from shopwright.web.privacy.gather import everything
from shopwright.web.privacy.lookup import erase, of_person
from shopwright.web.privacy.purposes import kept


class PersonByEmail(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A person by e-mail address."""

    email: Email


class ErasureRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A person to erase, with one's own password, and code if required.

    `order`: instead of an address, the number of an imported order that has none.
    """

    email: Email = ""
    order: str = ""
    password: str = ""
    code: str = ""


class StoredTable(msgspec.Struct, frozen=True):
    """A table of stored data, and its retention."""

    what: str
    until: str


class StoredPurpose(msgspec.Struct, frozen=True):
    """A purpose: whose data is stored for it, its legal ground, and the data."""

    purpose: str
    title: str
    whose: str
    why: str
    kept: tuple[StoredTable, ...]


class StoredCount(msgspec.Struct, frozen=True):
    """The number of records of a person for a purpose."""

    purpose: str
    title: str
    count: int


class StoredOrder(msgspec.Struct, frozen=True):
    """An order of the person. `books_until`: how long its buyer is retained after erasure; None if unpaid."""

    id: str
    number: str
    placed_at: datetime
    books_until: datetime | None = None


class StoredPersonalData(msgspec.Struct, frozen=True):
    """The stored data of a person."""

    email: str
    has_account: bool
    kept: tuple[StoredCount, ...]
    orders: tuple[StoredOrder, ...]


@get(
    "/v1/me/export",
    opt=allow(signed_in),
    tags=["users"],
    operation_id="export_me",
    responses=answers(dict[str, Any], "Everything."),
)
async def export_me(caller: CurrentCaller) -> Response[bytes]:
    """Export all of one's personal data as one JSON document."""
    return answer(await everything(current_app().shop, caller.user_id or ""))


@get("/v1/personal-data", opt=allow(staff("people.write")), tags=["users"], operation_id="list_personal_data")
async def list_personal_data() -> list[StoredPurpose]:
    """List what personal data is stored by purpose: whose, why, and until when."""
    return msgspec.convert(kept(current_app().shop.settings), list[StoredPurpose])


@post(
    "/v1/personal-data/look-up",
    opt=audited(sensitive(staff("people.write"))) | NAMELESS,
    tags=["users"],
    operation_id="look_up_person",
    status_code=200,
)
async def look_up_person(data: JSONBody[PersonByEmail]) -> StoredPersonalData:
    """Get how much is stored of a person by e-mail address, with or without an account."""
    return msgspec.convert(await of_person(current_app().shop, data.email), StoredPersonalData)


@post(
    "/v1/personal-data/erase",
    opt=sensitive(staff("people.write")) | NAMELESS,
    tags=["users"],
    operation_id="erase_person",
    status_code=204,
)
async def erase_person(caller: CurrentCaller, data: JSONBody[ErasureRequest]) -> None:
    """Erase a person: account, carts and messages are deleted, orders anonymised.

    Data that tax law requires is retained for accounting. Staff cannot be erased (409). Requires one's own password.
    With `order`, erases the buyer of an order that has neither e-mail address nor account.
    """
    shop = current_app().shop
    await shop.users.reauthenticate(caller, data.password, data.code)
    if bool(data.email) == bool(data.order):
        raise Invalid.at("/email", _("Send the e-mail address of a person, or the number of an order that has none."))
    await (shop.orders.forget_buyer(data.order) if data.order else erase(shop, data.email))


def answer(known: dict[str, Any]) -> Response[bytes]:
    """Return the document as a download."""
    return file_answer(msgspec.json.encode(known), "my-data.json", "application/json", private=True)


def routes() -> Routes:
    """Return all routes of personal data."""
    handlers: list[Any] = [export_me, list_personal_data, look_up_person, erase_person]
    return Routes("/", route_handlers=handlers)
