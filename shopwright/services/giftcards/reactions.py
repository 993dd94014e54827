"""When that is heard, or time passes, do this."""

from datetime import timedelta

from shopwright.kit.data.events import Reaction, Timer
from shopwright.services.giftcards.service import GiftCardService
from shopwright.services.users.contract.facts import AddressErased, UserErased


def reactions(giftcards: GiftCardService) -> list[Reaction]:
    """Recipients are forgotten."""
    return [
        Reaction("giftcards.user_erased", UserErased, giftcards.hear_erased),
        Reaction("giftcards.address_erased", AddressErased, giftcards.hear_address_erased),
    ]


def timers(giftcards: GiftCardService) -> list[Timer]:
    """Holds that ran out are released; codes that were sent, and tries, are forgotten."""
    return [
        Timer("giftcards.expire", timedelta(seconds=10), giftcards.expire),
        Timer("giftcards.forget", timedelta(minutes=15), giftcards.forget),
    ]
