"""When that is heard, or time passes, do this."""

from datetime import timedelta

from shopwright.kit.data.events import Reaction, Timer
from shopwright.services.carts.service import CartService
from shopwright.services.users.contract.facts import AddressErased, UserErased


def reactions(carts: CartService) -> list[Reaction]:
    """Carts of the forgotten go."""
    return [
        Reaction("carts.user_erased", UserErased, carts.hear_erased),
        Reaction("carts.address_erased", AddressErased, carts.hear_address_erased),
    ]


def timers(carts: CartService) -> list[Timer]:
    """Carts that were left are told of."""
    return [Timer("carts.abandoned", timedelta(minutes=5), carts.tell_abandoned)]
