"""Shared context of the parts of this service: database, message transports and collaborating services."""

from collections.abc import Mapping

from shopwright.kit.data.unit_of_work import ServiceDatabase
from shopwright.kit.ports import MessageTransport
from shopwright.services.catalog.contract import Catalog
from shopwright.services.orders.contract import Orders
from shopwright.services.users.contract import Users


class NotificationContext:
    """Shared context of all parts. `transports`: by channel."""

    def __init__(
        self,
        work: ServiceDatabase,
        transports: Mapping[str, MessageTransport],
        *,
        users: Users,
        catalog: Catalog,
        orders: Orders,
    ) -> None:
        self.work = work
        self.transports = transports
        self.users = users
        self.catalog = catalog
        self.orders = orders
