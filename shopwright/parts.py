"""What services are made of that follows from the settings: who takes money, what may be held unpaid, where messages go."""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from shopwright.engines.messages import open_postbox
from shopwright.engines.providers import PRETEND, Offered, named
from shopwright.engines.registers import open_register
from shopwright.kit.derived import KeyedHash
from shopwright.kit.origins import Origins
from shopwright.kit.ports import Postbox
from shopwright.kit.provider import Provider
from shopwright.kit.settings import listed
from shopwright.kit.vault import Vault, keys_in
from shopwright.kit.work import Work
from shopwright.services.books.issuing import Issuing
from shopwright.services.books.service import Bookkeeper
from shopwright.services.giftcards.service import GiftCardService
from shopwright.services.inventory.contract import Inventory
from shopwright.services.orders.forgetting import Forgetting
from shopwright.services.orders.holds import Holds
from shopwright.services.orders.kept_buyers import KeptBuyers
from shopwright.services.orders.model import Bounds
from shopwright.services.payments.attempts import Attempts
from shopwright.services.payments.contract import Payments
from shopwright.settings import Settings

if TYPE_CHECKING:
    from shopwright.app import Shop

log = logging.getLogger("shopwright")
ENCRYPTION_KEY = "encryption.key"


def vault(settings: Settings) -> Vault:
    """What secrets are encrypted with."""
    if settings.encryption_key:
        return Vault(lambda: listed(settings.encryption_key))
    path = Path(settings.data) / ENCRYPTION_KEY
    return Vault(lambda: keys_in(path))


def offered(settings: Settings, pretend: Provider, work: Work) -> Offered:
    """Who takes money. Raises Invalid for a provider nobody knows."""
    return Offered(named(settings.payments), {PRETEND: pretend}, work)


def returns(settings: Settings) -> Origins:
    """Where providers may send browsers back to. Raises Invalid for what is no address."""
    return Origins((settings.url, *listed(settings.return_origins)))


def attempts(settings: Settings, work: Work) -> Attempts:
    """How often one may try to pay."""
    return Attempts(work, KeyedHash(settings.secret, "payment attempts"), settings.payment_attempts)


def holds(settings: Settings, work: Work, inventory: Inventory) -> Holds:
    """How much may be held unpaid."""
    bounds = Bounds(
        orders=settings.unpaid_orders,
        orders_of_address=settings.unpaid_orders_at_address,
        units=settings.unpaid_units,
        value=settings.unpaid_value,
        share=settings.unpaid_share,
    )
    return Holds(work, inventory, bounds, KeyedHash(settings.secret, "unpaid orders"))


def forgetting(settings: Settings, work: Work, vault: Vault, payments: Payments) -> Forgetting:
    """How buyers are forgotten, and what the books keep of them."""
    return Forgetting(work, KeptBuyers(work, vault, payments, settings.books_years), settings.guest_days)


def pricing(settings: Settings, outside: httpx.AsyncClient) -> dict[str, Any]:
    """What pricing reckons by."""
    return {
        "currency": settings.currency,
        "home_country": settings.country,
        "prices_include_tax": settings.prices_include_tax,
        "cut_off": settings.cut_off,
        "register": open_register(settings.vies, outside),
        "reverse_charge": settings.reverse_charge,
    }


def books(shop: "Shop") -> Bookkeeper:
    """Who keeps the books."""
    work, settings = shop.works["books"], shop.settings
    issuing = Issuing(
        work,
        shop.vault,
        shop.pricing,
        shop.orders,
        years=settings.books_years,
        country=settings.country,
        shop=settings.shop_name,
    )
    return Bookkeeper(work, orders=shop.orders, payments=shop.payments, documents=issuing, currency=settings.currency)


def giftcards(shop: "Shop") -> GiftCardService:
    """Who keeps gift cards."""
    settings = shop.settings
    hashed = KeyedHash(settings.secret, "gift cards")
    work = shop.works["giftcards"]
    return GiftCardService(work, hashed, shop.vault, currency=settings.currency, country=settings.country)


def postboxes(settings: Settings, work: Work) -> dict[str, Postbox]:
    """Where messages go, by channel."""
    return {
        "email": open_postbox("mail", settings.mail, work, settings.mail_from),
        "sms": open_postbox("sms", settings.sms, work, settings.shop_name),
        "push": open_postbox("push", settings.push, work, settings.shop_name),
    }


async def post_webhook(
    outside: httpx.AsyncClient, url: str, provider: str, headers: Mapping[str, str], body: bytes
) -> bool:
    """Call a payment webhook of the shop at `url` over the network, as a provider would."""
    try:
        answer = await outside.post(f"{url}/v1/payment-webhooks/{provider}", content=body, headers=dict(headers))
    except httpx.HTTPError as error:
        log.info("a webhook was not taken: %r", error)
        return False
    return answer.is_success
