"""How notifications are built and wired; besides the contract, the only file of this service that others import."""

from datetime import timedelta

from shopwright.kit.clock_watch import DueTime
from shopwright.service_spec import BuildContext, ServiceSpec
from shopwright.services.books.contract import Books
from shopwright.services.catalog.contract import Catalog
from shopwright.services.giftcards.contract import GiftCards
from shopwright.services.notifications import MANIFEST
from shopwright.services.notifications.contract import Notifications
from shopwright.services.notifications.handlers import handlers, jobs
from shopwright.services.notifications.service import NotificationService
from shopwright.services.orders.contract import Orders
from shopwright.services.users.contract import Users


def _build(context: BuildContext) -> NotificationService:
    settings = context.settings
    return context.chosen(NotificationService)(
        context.work,
        context.transports(),
        users=context.ask(Users),
        catalog=context.ask(Catalog),
        orders=context.ask(Orders),
        giftcards=context.ask(GiftCards),
        books=context.ask(Books),
        shop=settings.shop_name,
        url=settings.url,
        an_hour=settings.messages_per_hour,
        chosen=context.chosen,
    )


SPEC = ServiceSpec(
    package=__package__,
    manifest=MANIFEST,
    contract=Notifications,
    build=_build,
    handlers=handlers,
    jobs=jobs,
    due_times=(DueTime("messages", "due", timedelta(minutes=16), "state = 'waiting'"),),
)
