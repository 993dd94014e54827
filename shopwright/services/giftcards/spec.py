"""How the service of gift cards is built and wired; the one file of this service that the house knows besides its contract."""

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
    reads=("cards", "card", "named", "movements", "of_order"),
    protect=lambda giftcards, anew: giftcards.protect(anew=anew),
)
