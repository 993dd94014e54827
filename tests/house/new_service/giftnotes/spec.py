"""How the service of gift notes is built and wired."""

from shopwright.services.giftnotes import MANIFEST
from shopwright.services.giftnotes.contract import GiftNotes
from shopwright.services.giftnotes.handlers import handlers
from shopwright.services.giftnotes.service import GiftNoteService

from shopwright.service_spec import BuildContext, ServiceSpec
from shopwright.services.orders.contract import Orders


def _build(context: BuildContext) -> GiftNoteService:
    return context.chosen(GiftNoteService)(context.work, context.ask(Orders))


SPEC = ServiceSpec(package=__package__, manifest=MANIFEST, contract=GiftNotes, build=_build, handlers=handlers)
