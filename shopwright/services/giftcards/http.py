"""REST routes of gift cards: what staff do with them, and the balance for who has a code."""

from typing import Annotated, Any

import msgspec
from litestar import get, post
from litestar.params import FromPath, FromQuery, JSONBody

from shopwright.kit.auth import anyone, staff
from shopwright.kit.http.access import NAMELESS, allow, seldom
from shopwright.kit.http.dependency import CurrentCaller, Dependency
from shopwright.kit.http.idempotency import RepeatHeader
from shopwright.kit.http.pagination import Limit, Page, after_id, page
from shopwright.kit.http.routes import Routes
from shopwright.kit.money import Money
from shopwright.services.giftcards.contract import GiftCard, GiftCardMovement, GiftCards, NewGiftCard, State

Service = Dependency[GiftCards]
Cursor = Annotated[str, after_id("gft")]


class Code(msgspec.Struct, forbid_unknown_fields=True):
    """The code of a gift card; blanks and dashes in it do not matter."""

    code: str


class GiftCardBalance(msgspec.Struct, frozen=True, kw_only=True):
    """What its owner may know of a gift card. `balance`: without what is held for an order that is being paid."""

    last4: str
    balance: Money
    state: State
    expires_on: str | None = None


@get("/v1/gift-cards", opt=allow(staff("gift_cards.read")), tags=["gift cards"], operation_id="list_gift_cards")
async def list_cards(
    giftcards: Service, q: FromQuery[str] = "", after: Cursor = "", limit: Limit = 24
) -> Page[GiftCard]:
    """The newest first; `q`: the last four characters of a code, or the address of a recipient."""
    return page(await giftcards.cards(text=q, after=after, limit=limit + 1), limit, lambda card: card.id)


@post(
    "/v1/gift-cards",
    opt=allow(staff("gift_cards.write")) | NAMELESS,
    tags=["gift cards"],
    operation_id="issue_gift_card",
)
async def issue(
    giftcards: Service, caller: CurrentCaller, data: JSONBody[NewGiftCard], idempotency_key: RepeatHeader = None
) -> GiftCard:
    """Issue a gift card. Its `code` is in this answer alone."""
    return await giftcards.issue(data, caller, idempotency_key or "")


@get(
    "/v1/gift-cards/{card_id:str}",
    opt=allow(staff("gift_cards.read")),
    tags=["gift cards"],
    operation_id="get_gift_card",
)
async def get_card(giftcards: Service, card_id: FromPath[str]) -> GiftCard:
    """One gift card."""
    return await giftcards.card(card_id)


@get(
    "/v1/gift-cards/{card_id:str}/movements",
    opt=allow(staff("gift_cards.read")),
    tags=["gift cards"],
    operation_id="list_gift_card_movements",
)
async def movements(giftcards: Service, card_id: FromPath[str]) -> dict[str, list[GiftCardMovement]]:
    """What came to a gift card and left it, the newest first."""
    await giftcards.card(card_id)
    return {"items": await giftcards.movements(card_id)}


@post(
    "/v1/gift-cards/{card_id:str}/disable",
    opt=allow(staff("gift_cards.write")),
    tags=["gift cards"],
    operation_id="disable_gift_card",
    status_code=200,
)
async def disable(giftcards: Service, card_id: FromPath[str]) -> GiftCard:
    """It cannot be used any more, until it is enabled."""
    return await giftcards.set_disabled(card_id, disabled=True)


@post(
    "/v1/gift-cards/{card_id:str}/enable",
    opt=allow(staff("gift_cards.write")),
    tags=["gift cards"],
    operation_id="enable_gift_card",
    status_code=200,
)
async def enable(giftcards: Service, card_id: FromPath[str]) -> GiftCard:
    """It can be used again."""
    return await giftcards.set_disabled(card_id, disabled=False)


@post(
    "/v1/gift-cards/{card_id:str}/replace",
    opt=allow(staff("gift_cards.write")),
    tags=["gift cards"],
    operation_id="replace_gift_card",
)
async def replace(giftcards: Service, caller: CurrentCaller, card_id: FromPath[str]) -> GiftCard:
    """A new gift card takes over what is left; the old one is disabled. For codes that are lost or stolen."""
    return await giftcards.replace(card_id, caller)


@post(
    "/v1/gift-card-balances",
    opt=seldom(anyone),
    tags=["gift cards"],
    operation_id="gift_card_balance",
    status_code=200,
)
async def balance(giftcards: Service, caller: CurrentCaller, data: JSONBody[Code]) -> GiftCardBalance:
    """What is left on a gift card. The code is in the body: it stands in no address and no log."""
    card = await giftcards.find(data.code, caller.address)
    until = card.expires_on.isoformat() if card.expires_on else None
    return GiftCardBalance(last4=card.last4, balance=card.available, state=card.state, expires_on=until)


def routes() -> Routes:
    """All routes of this service."""
    handlers: list[Any] = [list_cards, issue, get_card, movements, disable, enable, replace, balance]
    return Routes("/", route_handlers=handlers)
