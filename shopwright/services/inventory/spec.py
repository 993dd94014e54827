"""How inventory is built and wired; the one file of this service that the house knows besides its contract."""

from shopwright.service_spec import BuildContext, ServiceSpec
from shopwright.services.inventory import LABEL
from shopwright.services.inventory.contract import Inventory
from shopwright.services.inventory.promises import Promises
from shopwright.services.inventory.reactions import timers


def _build(context: BuildContext) -> Promises:
    return context.chosen(Promises)(context.work, context.settings.currency)


SPEC = ServiceSpec(
    package=__package__,
    manifest=LABEL,
    contract=Inventory,
    build=_build,
    timers=timers,
    cached=("stock",),
    public=True,
)
