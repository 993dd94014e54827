"""How the service of recommendations is built and wired; the one file of this service that the house knows besides its contract."""

from shopwright.service_spec import BuildContext, ServiceSpec
from shopwright.services.catalog.contract import Catalog
from shopwright.services.recommendations import LABEL
from shopwright.services.recommendations.contract import Recommendations
from shopwright.services.recommendations.reactions import reactions, timers
from shopwright.services.recommendations.service import RecommendationService


def _build(context: BuildContext) -> RecommendationService:
    return context.chosen(RecommendationService)(context.work, catalog=context.ask(Catalog))


SPEC = ServiceSpec(
    package=__package__,
    manifest=LABEL,
    contract=Recommendations,
    build=_build,
    reactions=reactions,
    timers=timers,
    reads=("recommend", "remembers", "seen"),
    fallbacks={
        "recommend": list,
        "remembers": bool,
        "seen": list,
        "saw": lambda: None,
        "become": lambda: None,
    },
)
