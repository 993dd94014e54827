"""How orders are built and wired; besides the contract, the only file of this service that others import."""

from datetime import timedelta

from shopwright.kit.clock_watch import DueTime
from shopwright.kit.derived import KeyedHash
from shopwright.service_spec import BuildContext, ServiceSpec
from shopwright.services.carts.contract import Carts
from shopwright.services.giftcards.contract import GiftCards
from shopwright.services.inventory.contract import Inventory
from shopwright.services.orders import MANIFEST
from shopwright.services.orders.buyer_erasure import BuyerErasure
from shopwright.services.orders.context import OrderContext
from shopwright.services.orders.contract import Orders
from shopwright.services.orders.gift_cards import GiftCardPayments
from shopwright.services.orders.handlers import handlers, jobs
from shopwright.services.orders.links import OrderLinks
from shopwright.services.orders.model import Bounds
from shopwright.services.orders.order_sources import OrderSources
from shopwright.services.orders.retained_buyers import RetainedBuyers
from shopwright.services.orders.service import OrderService
from shopwright.services.orders.unpaid_limits import UnpaidLimits
from shopwright.services.payments.contract import Payments
from shopwright.services.pricing.contract import Pricing


def _build(context: BuildContext) -> OrderService:
    settings, work = context.settings, context.work
    inventory, payments = context.ask(Inventory), context.ask(Payments)
    bounds = Bounds(
        orders=settings.unpaid_orders,
        orders_of_address=settings.unpaid_orders_at_address,
        units=settings.unpaid_units,
        value=settings.unpaid_value,
        share=settings.unpaid_share,
    )
    kept_buyers = RetainedBuyers(work, context.vault, payments, settings.books_years)
    shared = OrderContext(
        work,
        carts=context.ask(Carts),
        inventory=inventory,
        pricing=context.ask(Pricing),
        payments=payments,
        giftcards=GiftCardPayments(work, context.ask(GiftCards)),
    )
    return context.chosen(OrderService)(
        shared,
        UnpaidLimits(work, inventory, bounds, KeyedHash(settings.secret, "unpaid orders")),
        links=OrderLinks(settings.secret),
        forgetting=BuyerErasure(work, kept_buyers, settings.guest_days),
        sources=OrderSources(work, context.vault),
        chosen=context.chosen,
    )


SPEC = ServiceSpec(
    package=__package__,
    manifest=MANIFEST,
    contract=Orders,
    build=_build,
    handlers=handlers,
    jobs=jobs,
    due_times=(DueTime("order_refunds", "ask_at", timedelta(hours=7), "status = 'asked'"),),
    protect=lambda orders, anew: orders.protect(anew=anew),
)
