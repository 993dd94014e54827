"""How inventory is built and wired; the one file of this service that the house knows besides its contract."""

from shopwright.service_spec import BuildContext, ServiceSpec
from shopwright.services.inventory import LABEL
from shopwright.services.inventory.contract import Inventory
from shopwright.services.inventory.reactions import timers
from shopwright.services.inventory.service import InventoryService


def _build(context: BuildContext) -> InventoryService:
    return context.chosen(InventoryService)(context.work, context.settings.currency, context.chosen)


SPEC = ServiceSpec(
    package=__package__,
    manifest=LABEL,
    contract=Inventory,
    build=_build,
    timers=timers,
    cached=("stock",),
    public=True,
)
