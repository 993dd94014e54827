"""How reviews are built and wired; besides the contract, the only file of this service that others import."""

from shopwright.service_spec import BuildContext, ServiceSpec
from shopwright.services.reviews import MANIFEST
from shopwright.services.reviews.contract import Histogram, Reviews
from shopwright.services.reviews.handlers import handlers
from shopwright.services.reviews.service import ReviewService


def _build(context: BuildContext) -> ReviewService:
    return context.chosen(ReviewService)(context.work, context.documents)


SPEC = ServiceSpec(
    package=__package__,
    manifest=MANIFEST,
    contract=Reviews,
    build=_build,
    handlers=handlers,
    cached=("of_product", "review_page", "histogram"),
    fallbacks={
        "of_product": list,
        "review_page": list,
        "review_of": lambda: None,
        "histogram": lambda: Histogram((0, 0, 0, 0, 0)),
    },
    public=True,
    rarely_changes=True,
    documents=True,
)
