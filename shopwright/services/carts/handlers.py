"""Event handlers and scheduled jobs of carts."""

from datetime import timedelta

from shopwright.kit.data.events import EventHandler, ScheduledJob
from shopwright.services.carts.service import CartService
from shopwright.services.users.contract.events import AddressErased, UserErased


def handlers(carts: CartService) -> list[EventHandler]:
    """Return the event handlers for erasure."""
    return [
        EventHandler("carts.user_erased", UserErased, carts.on_erased),
        EventHandler("carts.address_erased", AddressErased, carts.on_address_erased),
    ]


def jobs(carts: CartService) -> list[ScheduledJob]:
    """Return the job that reports abandoned carts."""
    return [ScheduledJob("carts.abandoned", timedelta(minutes=5), carts.emit_abandoned)]
