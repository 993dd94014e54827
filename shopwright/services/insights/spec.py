"""How analytics is built and wired; besides the contract, the only file of this service that others import."""

from shopwright.service_spec import BuildContext, ServiceSpec
from shopwright.services.insights import MANIFEST
from shopwright.services.insights.contract import Insights
from shopwright.services.insights.handlers import handlers, jobs
from shopwright.services.insights.service import AnalyticsService


def _build(context: BuildContext) -> AnalyticsService:
    return context.chosen(AnalyticsService)(
        context.work, currency=context.settings.currency, kept_days=context.settings.events_kept
    )


SPEC = ServiceSpec(
    package=__package__,
    manifest=MANIFEST,
    contract=Insights,
    build=_build,
    handlers=handlers,
    jobs=jobs,
)
