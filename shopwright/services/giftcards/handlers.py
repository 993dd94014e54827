"""When that is heard, or time passes, do this."""

from datetime import timedelta

from shopwright.kit.data.events import EventHandler, ScheduledJob
from shopwright.services.giftcards.service import GiftCardService
from shopwright.services.users.contract.facts import AddressErased, UserErased


def handlers(giftcards: GiftCardService) -> list[EventHandler]:
    """Recipients are forgotten."""
    return [
        EventHandler("giftcards.user_erased", UserErased, giftcards.on_erased),
        EventHandler("giftcards.address_erased", AddressErased, giftcards.on_address_erased),
    ]


def jobs(giftcards: GiftCardService) -> list[ScheduledJob]:
    """Holds that ran out are released; codes that were sent, and tries, are forgotten."""
    return [
        ScheduledJob("giftcards.expire", timedelta(seconds=10), giftcards.expire),
        ScheduledJob("giftcards.forget", timedelta(minutes=15), giftcards.forget),
    ]
