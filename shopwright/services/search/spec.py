"""How search is built and wired; besides the contract, the only file of this service that others import."""

from shopwright.service_spec import BuildContext, ServiceSpec
from shopwright.services.catalog.contract import Catalog
from shopwright.services.search import MANIFEST
from shopwright.services.search.contract import Rating, Results, Search
from shopwright.services.search.handlers import handlers, jobs
from shopwright.services.search.service import SearchService


def _build(context: BuildContext) -> SearchService:
    return context.chosen(SearchService)(context.work, context.index, catalog=context.ask(Catalog), cdn=context.cdn)


SPEC = ServiceSpec(
    package=__package__,
    manifest=MANIFEST,
    contract=Search,
    build=_build,
    handlers=handlers,
    jobs=jobs,
    cached=("cards", "rating"),
    reads=("find", "suggest"),
    fallbacks={
        "find": lambda: Results(items=(), total=0, facets=(), partial=True),
        "cards": list,
        "suggest": list,
        "rating": lambda: Rating(0.0, 0),
    },
    public=True,
    start=lambda search: search.heal(),
)
