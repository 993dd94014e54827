"""Event handlers and scheduled jobs of gift cards."""

from datetime import timedelta

from shopwright.kit.data.events import EventHandler, ScheduledJob
from shopwright.services.giftcards.service import GiftCardService
from shopwright.services.users.contract.events import AddressErased, UserErased


def handlers(giftcards: GiftCardService) -> list[EventHandler]:
    """Return the event handlers for erasure."""
    return [
        EventHandler("giftcards.user_erased", UserErased, giftcards.on_erased),
        EventHandler("giftcards.address_erased", AddressErased, giftcards.on_address_erased),
    ]


def jobs(giftcards: GiftCardService) -> list[ScheduledJob]:
    """Return the jobs: release expired holds, send bought cards on their day, delete sent codes and old tries."""
    return [
        ScheduledJob("giftcards.expire", timedelta(seconds=10), giftcards.expire),
        ScheduledJob("giftcards.send", timedelta(seconds=30), giftcards.send),
        ScheduledJob("giftcards.forget", timedelta(minutes=15), giftcards.forget),
    ]
