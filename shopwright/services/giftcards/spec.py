"""How gift cards are built and wired; besides the contract, the only file of this service that others import."""

from shopwright.kit.derived import KeyedHash
from shopwright.service_spec import BuildContext, ServiceSpec
from shopwright.services.giftcards import MANIFEST
from shopwright.services.giftcards.contract import GiftCards
from shopwright.services.giftcards.handlers import handlers, jobs
from shopwright.services.giftcards.service import GiftCardService


def _build(context: BuildContext) -> GiftCardService:
    settings = context.settings
    hashed = KeyedHash(settings.secret, "gift cards")
    return context.chosen(GiftCardService)(
        context.work, hashed, context.vault, currency=settings.currency, country=settings.country
    )


SPEC = ServiceSpec(
    package=__package__,
    manifest=MANIFEST,
    contract=GiftCards,
    build=_build,
    handlers=handlers,
    jobs=jobs,
    reads=("cards", "card", "named", "movements", "of_order", "purchased"),
    protect=lambda giftcards, anew: giftcards.protect(anew=anew),
)
