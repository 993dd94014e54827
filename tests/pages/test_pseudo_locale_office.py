"""In the pseudo-locale every word that staff read is in brackets, unless it was typed or is a name."""

import re
from pathlib import Path

import httpx
import pytest

from shopwright.kit.clock import HandClock
from shopwright.web.application import build
from shopwright.web.backoffice.pages import routes
from tests.builders.pseudo_locale import answers, forms, pseudo_shop, untranslated, walk
from tests.builders.shops import OWNER

pytestmark = pytest.mark.slow
# What is no page, and what only imported orders and erased buyers have.
NOT_WALKED = {
    "/office/books/documents/{document_id:str}/{form:str}",
    "/office/books/export",
    "/office/messages/{message_id:str}/body",
    "/office/orders/{order_id:str}/buyer",
    "/office/orders/{order_id:str}/documents/{document_id:str}",
    "/office/orders/{order_id:str}/source",
}


def unseen(pages: dict[str, str]) -> set[str]:
    """Pages of the back office that the walk did not reach."""
    paths = {route.path for route in routes().routes if route.path.startswith("/office") and "GET" in route.methods}
    return {
        path for path in paths
        if not any(re.match(re.sub(r"\{[^}]*\}", "[^/?]+", path) + r"(\?.*)?$", address) for address in pages)
    }  # fmt: skip


async def test_every_word_of_the_office_is_in_the_catalogue(data: tuple[Path, str], clock: HandClock) -> None:
    async with pseudo_shop(data, clock) as shop:
        transport = httpx.ASGITransport(app=build(shop, deliver=False))
        async with httpx.AsyncClient(transport=transport, base_url="http://shop.test") as office:

            async def sign_in() -> None:
                office.cookies.set("session", await shop.users.open_session(*OWNER))

            await sign_in()
            pages = await walk(office, "/office")
            answered = await answers(office, pages, sign_in)
            for fields in ({"email": "ada@example.com"}, {"email": "%"}):
                token = dict(forms(pages["/office/personal-data"]))["/office/personal-data"]["_csrf_token"]
                answer = await office.post("/office/personal-data", data={"_csrf_token": token, **fields})
                answered[f"/office/personal-data with {fields}: {answer.status_code}"] = answer.text
            again = await walk(office, "/office")
    assert unseen(pages) == NOT_WALKED
    assert sum(name.endswith(": 422") for name in answered) > 40
    shown = {**pages, **answered, **{f"{address}, at last": page for address, page in again.items()}}
    found = {name: words for name, page in shown.items() if (words := untranslated(page))}
    assert found == {}
