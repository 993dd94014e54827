"""A shop as a browser without JavaScript sees it."""

import re
from html.parser import HTMLParser

import httpx

from shopwright.app import Shop
from shopwright.web.application import build
from tests.builders.goods import sell
from tests.builders.staff import PASSWORD


async def csrf(api: httpx.AsyncClient, path: str) -> str:
    """The form token of a page."""
    page = await api.get(path)
    return re.search(r'name="_csrf_token" value="([^"]+)"', page.text)[1]


class Forms(HTMLParser):
    """The fields of each form of a page, by its action."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: dict[str, dict[str, str]] = {}
        self.here: dict[str, str] | None = None

    def handle_starttag(self, tag, attrs) -> None:
        attributes = dict(attrs)
        if tag == "form":
            self.here = self.forms.setdefault(attributes.get("action", ""), {})
        elif tag == "input" and self.here is not None and attributes.get("name"):
            chosen = attributes.get("type") not in {"radio", "checkbox"} or "checked" in attributes
            self.here |= {attributes["name"]: attributes.get("value", "")} if chosen else {}

    def handle_endtag(self, tag) -> None:
        if tag == "form":
            self.here = None


class Browser:
    """Follows links and submits forms, as a browser without JavaScript does."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self.client = client
        self.page: httpx.Response | None = None

    async def go(self, path: str) -> str:
        self.page = await self.client.get(path, follow_redirects=True)
        return self.page.text

    async def send(self, action: str, **fields: str) -> str:
        await self.press(action, follow=True, **fields)
        return self.page.text

    async def press(self, action: str, *, follow: bool = False, **fields: str) -> httpx.Response:
        """Submit a form; without `follow` a redirect is returned, such as one to another site."""
        forms = Forms()
        forms.feed(self.page.text)
        assert action in forms.forms, f"no form to {action} among {list(forms.forms)}"
        self.page = await self.client.post(action, data={**forms.forms[action], **fields}, follow_redirects=follow)
        return self.page

    @property
    def path(self) -> str:
        return self.page.url.path


ADDRESS = {
    "email": "ada@example.com",
    "name": "Ada Lovelace",
    "line1": "Torstraße 1",
    "city": "Berlin",
    "postal_code": "10119",
    "country": "DE",
}


async def to_payment(browser: Browser, shop: Shop) -> None:
    """Take two kettles through the checkout to the payment step."""
    kettle = await sell(shop, colours=("Red", "Blue"))
    await browser.go(f"/p/{kettle.slug}")
    await browser.send("/cart/lines", quantity="2")
    assert browser.path == "/cart"
    await browser.go("/checkout")
    await browser.send("/checkout", **ADDRESS)
    assert browser.path == "/checkout/delivery"
    await browser.send("/checkout/delivery")
    assert browser.path == "/checkout/payment"


async def send(office: httpx.AsyncClient, page: str, action: str, **fields: str) -> httpx.Response:
    """Submit a form of the back office."""
    text = (await office.get(page)).text
    token = re.search(r'name="_csrf_token" value="([^"]+)"', text)[1]
    return await office.post(action, data={"_csrf_token": token, **fields})


async def is_now(api: httpx.AsyncClient, shop: Shop, email: str, password: str = PASSWORD) -> None:
    """Sign this browser in as another user."""
    api.cookies.clear()
    api.cookies.set("session", await shop.users.open_session(email, password))


def shopper(shop: Shop) -> httpx.AsyncClient:
    """The browser of another shopper."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app=build(shop, deliver=False)), base_url="http://shop.test")
