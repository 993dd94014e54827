"""How the service of reports is built and wired; the one file of this service that the house knows besides its contract."""

from shopwright.service_spec import BuildContext, ServiceSpec
from shopwright.services.insights import LABEL
from shopwright.services.insights.contract import Insights
from shopwright.services.insights.reactions import reactions, timers
from shopwright.services.insights.service import Ledgerkeeper


def _build(context: BuildContext) -> Ledgerkeeper:
    return context.chosen(Ledgerkeeper)(
        context.work, currency=context.settings.currency, kept_days=context.settings.events_kept
    )


SPEC = ServiceSpec(
    package=__package__,
    manifest=LABEL,
    contract=Insights,
    build=_build,
    reactions=reactions,
    timers=timers,
)
