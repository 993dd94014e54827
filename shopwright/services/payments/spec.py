"""How payments are built and wired; besides the contract, the only file of this service that others import."""

from datetime import timedelta

from shopwright.kit.clock_watch import DueTime
from shopwright.kit.derived import KeyedHash
from shopwright.kit.origins import Origins
from shopwright.kit.settings import listed
from shopwright.service_spec import BuildContext, ServiceSpec
from shopwright.services.payments import MANIFEST
from shopwright.services.payments.attempts import Attempts
from shopwright.services.payments.connections import Connections
from shopwright.services.payments.contract import Payments
from shopwright.services.payments.handlers import jobs
from shopwright.services.payments.service import PaymentService


def _build(context: BuildContext) -> PaymentService:
    settings = context.settings
    attempts = Attempts(context.work, KeyedHash(settings.secret, "payment attempts"), settings.payment_attempts)
    origins = Origins((settings.url, *listed(settings.return_origins)))
    connections = Connections(context.work, context.vault)
    offered = connections.use(context.providers(connections.keys_of))
    return context.chosen(PaymentService)(context.work, offered, origins, attempts, connections, settings.capture)


SPEC = ServiceSpec(
    package=__package__,
    manifest=MANIFEST,
    contract=Payments,
    build=_build,
    jobs=jobs,
    protect=lambda payments, anew: payments.protect(anew=anew),
    due_times=(
        DueTime("payments", "ask_at", timedelta(minutes=6), "ask_at IS NOT NULL"),
        DueTime("refunds", "ask_at", timedelta(hours=7), "state = 'asked'"),
    ),
)
