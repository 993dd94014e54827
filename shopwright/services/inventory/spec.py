"""How inventory is built and wired; besides the contract, the only file of this service that others import."""

from shopwright.service_spec import BuildContext, ServiceSpec
from shopwright.services.inventory import MANIFEST
from shopwright.services.inventory.contract import Inventory
from shopwright.services.inventory.handlers import jobs
from shopwright.services.inventory.service import InventoryService


def _build(context: BuildContext) -> InventoryService:
    return context.chosen(InventoryService)(context.work, context.settings.currency, context.chosen)


SPEC = ServiceSpec(
    package=__package__,
    manifest=MANIFEST,
    contract=Inventory,
    build=_build,
    jobs=jobs,
    cached=("stock",),
    public=True,
)
