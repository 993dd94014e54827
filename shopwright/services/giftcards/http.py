"""REST routes of gift cards: management by staff, and the balance for owners of a code."""

from typing import Annotated, Any

import msgspec
from litestar import get, post
from litestar.params import FromPath, FromQuery, JSONBody

from shopwright.kit.auth import anyone, staff
from shopwright.kit.http.access import NAMELESS, allow, sensitive
from shopwright.kit.http.dependency import CurrentCaller, Dependency
from shopwright.kit.http.idempotency import RepeatHeader
from shopwright.kit.http.pagination import Limit, Page, after_id, page
from shopwright.kit.http.routes import Routes
from shopwright.kit.money import Money
from shopwright.services.giftcards.contract import GiftCard, GiftCardMovement, GiftCards, NewGiftCard, State

Service = Dependency[GiftCards]
Cursor = Annotated[str, after_id("gft")]


class Code(msgspec.Struct, forbid_unknown_fields=True):
    """The code of a gift card; blanks and dashes are ignored."""

    code: str


class GiftCardBalance(msgspec.Struct, frozen=True, kw_only=True):
    """A gift card as its owner sees it. `balance`: without what is held for an order being paid."""

    last4: str
    balance: Money
    state: State
    expires_on: str | None = None


@get("/v1/gift-cards", opt=allow(staff("gift_cards.read")), tags=["gift cards"], operation_id="list_gift_cards")
async def list_cards(
    giftcards: Service, q: FromQuery[str] = "", after: Cursor = "", limit: Limit = 24
) -> Page[GiftCard]:
    """List cards, newest first; `q`: last four characters of a code, or a recipient's address."""
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
    """Issue a gift card. Only this response contains its `code`."""
    return await giftcards.issue(data, caller, idempotency_key or "")


@get(
    "/v1/gift-cards/{card_id:str}",
    opt=allow(staff("gift_cards.read")),
    tags=["gift cards"],
    operation_id="get_gift_card",
)
async def get_card(giftcards: Service, card_id: FromPath[str]) -> GiftCard:
    """Get a gift card."""
    return await giftcards.card(card_id)


@get(
    "/v1/gift-cards/{card_id:str}/movements",
    opt=allow(staff("gift_cards.read")),
    tags=["gift cards"],
    operation_id="list_gift_card_movements",
)
async def movements(giftcards: Service, card_id: FromPath[str]) -> dict[str, list[GiftCardMovement]]:
    """List a gift card's movements, newest first."""
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
    """Disable a gift card until it is enabled."""
    return await giftcards.set_disabled(card_id, disabled=True)


@post(
    "/v1/gift-cards/{card_id:str}/enable",
    opt=allow(staff("gift_cards.write")),
    tags=["gift cards"],
    operation_id="enable_gift_card",
    status_code=200,
)
async def enable(giftcards: Service, card_id: FromPath[str]) -> GiftCard:
    """Enable a gift card."""
    return await giftcards.set_disabled(card_id, disabled=False)


@post(
    "/v1/gift-cards/{card_id:str}/replace",
    opt=allow(staff("gift_cards.write")),
    tags=["gift cards"],
    operation_id="replace_gift_card",
)
async def replace(giftcards: Service, caller: CurrentCaller, card_id: FromPath[str]) -> GiftCard:
    """Replace a lost or stolen gift card: a new one takes over its balance, the old one is disabled."""
    return await giftcards.replace(card_id, caller)


@post(
    "/v1/gift-card-balances",
    opt=sensitive(anyone),
    tags=["gift cards"],
    operation_id="gift_card_balance",
    status_code=200,
)
async def balance(giftcards: Service, caller: CurrentCaller, data: JSONBody[Code]) -> GiftCardBalance:
    """Get the balance of a gift card. The code is in the body, so it appears in no URL and no log."""
    card = await giftcards.find(data.code, caller.address)
    until = card.expires_on.isoformat() if card.expires_on else None
    return GiftCardBalance(last4=card.last4, balance=card.available, state=card.state, expires_on=until)


def routes() -> Routes:
    """Return all routes of this service."""
    handlers: list[Any] = [list_cards, issue, get_card, movements, disable, enable, replace, balance]
    return Routes("/", route_handlers=handlers)
