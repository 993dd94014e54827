"""How the service of carts is built and wired; the one file of this service that the house knows besides its contract."""

from shopwright.service_spec import BuildContext, ServiceSpec
from shopwright.services.carts import LABEL
from shopwright.services.carts.contract import Carts
from shopwright.services.carts.reactions import reactions, timers
from shopwright.services.carts.waiting import Doorkeeper
from shopwright.services.catalog.contract import Catalog
from shopwright.services.giftcards.contract import GiftCards
from shopwright.services.inventory.contract import Inventory
from shopwright.services.pricing.contract import Pricing


def _build(context: BuildContext) -> Doorkeeper:
    return context.chosen(Doorkeeper)(
        context.work,
        context.cart_counts,
        catalog=context.ask(Catalog),
        inventory=context.ask(Inventory),
        pricing=context.ask(Pricing),
        giftcards=context.ask(GiftCards),
        currency=context.settings.currency,
        stop_untaxed=context.settings.untaxed_places == "stop",
    )


SPEC = ServiceSpec(
    package=__package__,
    manifest=LABEL,
    contract=Carts,
    build=_build,
    reactions=reactions,
    timers=timers,
    reads=("get", "of_customer", "count", "wishes", "shipping_options", "waiting_room"),
)
