"""A shop in the pseudo-locale with something of everything, and the words of its pages outside the catalogue."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import date, datetime
from functools import cache
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints
from urllib.parse import urldefrag

import httpx
import msgspec
from lxml import html

from shopwright.app import Shop
from shopwright.kit.auth import SYSTEM
from shopwright.kit.clock import EPOCH, HandClock
from shopwright.kit.data.events import Event
from shopwright.kit.money import Money
from shopwright.kit.translation import PSEUDO, in_language
from shopwright.services.catalog.contract import AttributeType, Collection, Condition, ProductType
from shopwright.services.giftcards.contract import NewGiftCard
from shopwright.services.inventory.contract import Location, Receipt
from shopwright.services.notifications.model import MESSAGES_BY_EVENT
from shopwright.services.notifications.staff_texts import MESSAGES_BY_EVENT as FOR_STAFF
from shopwright.services.orders.contract import LineQuantity, NewRefund, NewShipment
from shopwright.services.pricing.contract import Coupon, Promotion, TaxRule
from shopwright.services.reviews.contract import NewReview
from shopwright.web.render import words
from shopwright.web.storefront.addresses import countries
from tests.builders.customers import ada
from tests.builders.goods import sell
from tests.builders.messages import send_all
from tests.builders.orders import buy, fill_cart, place, place_cart
from tests.builders.sellers import NORTHLIGHT
from tests.builders.shops import OWNER, Post, running_shop
from tests.builders.staff import staff_member

WORD = re.compile(r"[a-z]{3}")
IN_BRACKETS = re.compile(r"\[[^\[\]]*\]")
READ = "//@aria-label | //@placeholder | //@alt | //@title | //@data-needed"
# What the data of these shops says: names, texts that people typed, and what has a name of its own.
DATA = (
    "Northlight", "Handels", "GmbH", "Amtsgericht", "Charlottenburg", "Torstraße", "Berlin", "Harbour", "Kettle", "Kitchen",
    "Steel", "Sage", "Colour", "Ada", "Lovelace", "Sue", "Shop owner", "Shopwright", "VAT", "Red", "Blue", "opening stock",
    "Standard delivery", "Express delivery", "International delivery", "Standard rate", "Reduced rate", "Zero rate",
    "standard", "reduced", "zero", "the demo shop", "Main", "main", "north", "hue", "pot", "size", "pretend", "Pretend", "gift_card", "all",
    "Your account is ready", "Royal Mail", "Docker Compose", "Kubernetes", "systemd",
    "cache", "bus", "documents", "files", "search", "disk",
)  # fmt: skip


def _names(kind: type) -> list[str]:
    """The names of all types of events."""
    return [name for one in kind.__subclasses__() for name in (one.__name__, *_names(one))]


NAMES = (
    r"\S+@\S+", r"https?://\S+", r"\b(?:back-)?[a-z]{2,3}_\w+", r"\b[0-9a-f]{8,}\b", r"SHOPWRIGHT_\w+", r"`[^`]*`", r"\d+\.? \w+ \d{4}",
    r"\b(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)\w* \d+ \w+",
)  # fmt: skip


@cache
def _known() -> re.Pattern[str]:
    """The pattern of data. It contains the names of event types, so all services must be imported first."""
    events = [words(name) for name in (*_names(Event), "MessageSent", "MessageKept", "MessageHeld", "MessageWaiting")]
    own = sorted({*DATA, *events, *(one["title"] for one in countries())}, key=len, reverse=True)
    return re.compile("|".join([*NAMES, *(rf"(?<!\w){re.escape(name)}(?!\w)" for name in own)]))


UNREAD = "//script | //style | //svg | //code | //pre | //textarea | //*[@lang='en']"


def left_over(texts: Iterable[str]) -> list[str]:
    """The texts with words outside brackets that are not data."""
    whole = "\n".join(" ".join(text.split()) for text in texts)
    while IN_BRACKETS.search(whole):
        whole = IN_BRACKETS.sub(" ", whole)
    lines = (" ".join(line.split()) for line in whole.splitlines())
    return sorted({line for line in lines if WORD.search(_known().sub(" ", line))})


def untranslated(page: str) -> list[str]:
    """The words of a page that are neither in brackets nor data."""
    if not page:
        return []
    document = html.document_fromstring(page)
    for hidden in document.xpath(UNREAD):
        hidden.drop_tree()
    return left_over([*document.xpath("//text()"), *document.xpath(READ)])


def forms(page: str) -> list[tuple[str, dict[str, str]]]:
    """Action and hidden fields of each form that is posted, with the names of all others emptied."""
    found = []
    for form in html.document_fromstring(page).xpath("//form[@method='post']"):
        fields = {one.get("name"): "" for one in form.xpath(".//input | .//select | .//textarea") if one.get("name")}
        fields |= {one.get("name"): one.get("value", "") for one in form.xpath(".//input[@type='hidden']")}
        fields |= {one.get("name"): one.get("value", "") for one in form.xpath("(.//button[@name])[1]")}
        found.append((form.get("action", ""), fields))
    return found


def links(page: str, within: str) -> list[str]:
    """The addresses below `within` that a page links to, without downloads."""
    found = html.document_fromstring(page).xpath("//a[@href and not(@download)]/@href")
    return [address for one in found if (address := urldefrag(one)[0]).startswith((within, "?"))]


def _is_page(answer: httpx.Response) -> bool:
    return answer.headers.get("content-type", "").startswith("text/html")


async def walk(client: httpx.AsyncClient, start: str, *more: str, without: tuple[str, ...] = ()) -> dict[str, str]:
    """All HTML pages that can be reached from `start` and `more`, by address; of many alike, the first three."""
    pages: dict[str, str] = {}
    kinds: dict[str, int] = {}
    ahead = [start, *more]
    while ahead:
        address = ahead.pop(0)
        kind = re.sub(r"[a-z]{3}_\w+|=[^&]*", "*", address)
        if address in pages or kinds.get(kind, 0) >= 3 or address.startswith((*without, "//")):
            continue
        answer = await client.get(address, follow_redirects=True)
        if not _is_page(answer):
            continue
        kinds[kind] = kinds.get(kind, 0) + 1
        pages[address] = answer.text
        here = address.partition("?")[0]
        ahead += [here + one if one.startswith("?") else one for one in links(answer.text, start)]
    return pages


async def answers(
    client: httpx.AsyncClient,
    pages: Mapping[str, str],
    before: Callable[[], Awaitable[None]] | None = None,
    without: Sequence[str] = ("/sign-out",),
) -> dict[str, str]:
    """The responses to each form of the pages, sent empty and with a wrong text in each field; `before`: called before each."""
    found = {}
    for address, page in pages.items():
        for action, fields in forms(page):
            for typed in ("", "%"):
                if (action or address).startswith(tuple(without)):
                    continue
                if before is not None:
                    await before()
                sent = {name: value or typed for name, value in fields.items()}
                answer = await client.post(action or address, data=sent, follow_redirects=True)
                if _is_page(answer):
                    found[f"{action or address} with “{typed}”: {answer.status_code}"] = answer.text
    return found


def _samples(hint: Any) -> Any:
    """A value of a type that occurs in events about messages."""
    known = {str: "X", int: 2, bool: True, Money: Money(500, "EUR"), datetime: EPOCH, date: EPOCH.date(), dict: {}}
    kind = get_origin(hint) or hint
    if kind is Annotated:
        return _samples(get_args(hint)[0])
    if kind in {Union, UnionType}:
        return _samples(next(one for one in get_args(hint) if one is not type(None)))
    if kind is Literal:
        return get_args(hint)[0]
    if kind in {tuple, list, Sequence}:
        return (_samples(get_args(hint)[0]),) if get_args(hint) else ()
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct) and kind not in known:
        return sample(kind)
    return known.get(kind, "X")


def sample(kind: type[msgspec.Struct], **values: Any) -> Any:
    """A struct with a value in each field."""
    hints = get_type_hints(kind, include_extras=True)
    return kind(**{name: _samples(hints[name]) for name in kind.__struct_fields__} | values)


async def texts_of(shop: Shop) -> dict[str, str]:
    """Subject, text and HTML of all messages that were sent, and of one for each event."""
    found = {}
    for one in await shop.notifications.messages(text="ada@example.com", limit=200):
        view = await shop.notifications.message(one.id)
        found[one.id] = f"<div>{one.subject}\n{view.text}</div>{view.html}"
    reader = await shop.users.by_email(OWNER[0])
    made = [(kind, text(sample(kind))) for kind, text in MESSAGES_BY_EVENT.items()]
    made += [(kind, text(sample(kind), reader)) for kind, text in FOR_STAFF.items()]
    for kind, outgoing in made:
        found[kind.__name__] = "<br>".join((outgoing.subject, outgoing.heading, *outgoing.lines, outgoing.action))
    return found


async def _fill_catalog(shop: Shop) -> None:
    await shop.catalog.put_attribute_type(AttributeType(name="hue", title="HUE", kind="choice", choices=("A", "B")))
    await shop.catalog.put_attribute_type(AttributeType(name="size", title="SIZE", kind="measurement", unit="cm"))
    await shop.catalog.put_product_type(ProductType(name="pot", title="POT", attributes=("hue", "size")))
    rule = Condition(field="title", operator="contains", value="Kettle")
    await shop.catalog.put_collection(Collection(slug="all", title="ALL", kind="rules", conditions=(rule,)))
    await shop.inventory.put_location(Location(id="north", title="NORTH", position=2))


async def _fill_pricing(shop: Shop) -> None:
    await shop.pricing.set_seller(NORTHLIGHT)
    await shop.pricing.put_promotion(Promotion(title="SALE", kind="percentage", value=1000))
    await shop.pricing.put_coupon(
        Coupon(code="MAY5", kind="fixed", value=500, currency="EUR", combinable=False, limit_total=9)
    )
    await shop.pricing.put_coupon(Coupon(code="FREE", kind="free_shipping", minimum=10_000, limit_per_customer=1))
    await shop.pricing.add_tax_rules([TaxRule(country="DE", rule="shipping", value="main")], "ADA")


async def filled(shop: Shop) -> None:
    """Create products, orders in every state, cards, reviews, documents and messages."""
    await _fill_catalog(shop)
    await _fill_pricing(shop)
    buyer = await ada(shop)
    await staff_member(shop)
    kettle = await sell(shop, colours=("Red", "Blue"), on_hand=40)
    await shop.inventory.receive(
        [Receipt(variant_id=kettle.variants[0].id, quantity=3, unit_cost=Money(900, "EUR"), reference="R1")],
        "ADA",
        "r1",
    )
    order = await buy(shop, (kettle, 3), who=buyer)
    part = LineQuantity(order.lines[0].id, 1)
    await shop.orders.ship(order.id, NewShipment(carrier="DHL", tracking_number="1", lines=(part,)), SYSTEM)
    await shop.orders.refund(order.id, NewRefund(reason="X", lines=(part,), returned=True), "k1", SYSTEM)
    sent = await buy(shop, (kettle, 1), who=buyer)
    await shop.orders.ship(sent.id, NewShipment(carrier="DHL"), SYSTEM)
    await shop.bus.settle()
    await shop.orders.deliver(sent.id, SYSTEM)
    await shop.bus.settle()
    await shop.reviews.write(kettle.id, NewReview(rating=4, title="GOOD", body="SEE WWW.A.DE"), buyer)
    await place(shop, kettle, token="pretend_decline")
    cancelled = await place_cart(shop, await fill_cart(shop, (kettle, 1)))
    await shop.bus.settle()
    await shop.orders.cancel(cancelled.id, "", SYSTEM)
    for why in ("sold", "goodwill"):
        new = NewGiftCard(amount=Money(2000, "EUR"), why=why, recipient="ada@example.com")
        await shop.giftcards.issue(new, SYSTEM)
    await send_all(shop)


@asynccontextmanager
async def pseudo_shop(data: tuple[Path, str], clock: HandClock) -> AsyncIterator[Shop]:
    """A shop with everything, in the pseudo-locale."""
    async with running_shop(data, clock, Post(), language=PSEUDO) as shop:
        with in_language(PSEUDO):
            await filled(shop)
            yield shop
