"""How carts are built and wired; besides the contract, the only file of this service that others import."""

from shopwright.service_spec import BuildContext, ServiceSpec
from shopwright.services.carts import MANIFEST
from shopwright.services.carts.context import CartContext
from shopwright.services.carts.contract import Carts
from shopwright.services.carts.handlers import handlers, jobs
from shopwright.services.carts.service import CartService
from shopwright.services.catalog.contract import Catalog
from shopwright.services.giftcards.contract import GiftCards
from shopwright.services.inventory.contract import Inventory
from shopwright.services.pricing.contract import Pricing


def _build(context: BuildContext) -> CartService:
    shared = CartContext(
        context.work,
        context.cart_counts,
        catalog=context.ask(Catalog),
        inventory=context.ask(Inventory),
        pricing=context.ask(Pricing),
        currency=context.settings.currency,
    )
    return context.chosen(CartService)(
        shared, giftcards=context.ask(GiftCards), stop_untaxed=context.settings.untaxed_places == "stop"
    )


SPEC = ServiceSpec(
    package=__package__,
    manifest=MANIFEST,
    contract=Carts,
    build=_build,
    handlers=handlers,
    jobs=jobs,
    reads=("get", "of_customer", "count", "wishes", "shipping_options", "waiting_room"),
)
