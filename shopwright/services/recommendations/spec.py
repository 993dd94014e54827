"""How recommendations are built and wired; besides the contract, the only file of this service that others import."""

from shopwright.service_spec import BuildContext, ServiceSpec
from shopwright.services.catalog.contract import Catalog
from shopwright.services.recommendations import MANIFEST
from shopwright.services.recommendations.contract import Recommendations
from shopwright.services.recommendations.handlers import handlers, jobs
from shopwright.services.recommendations.service import RecommendationService


def _build(context: BuildContext) -> RecommendationService:
    return context.chosen(RecommendationService)(context.work, catalog=context.ask(Catalog))


SPEC = ServiceSpec(
    package=__package__,
    manifest=MANIFEST,
    contract=Recommendations,
    build=_build,
    handlers=handlers,
    jobs=jobs,
    reads=("recommend", "has_consent", "recently_viewed"),
    fallbacks={
        "recommend": list,
        "has_consent": bool,
        "recently_viewed": list,
        "record_view": lambda: None,
        "assign_views": lambda: None,
    },
)
