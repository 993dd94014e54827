"""How the service of reviews is built and wired; the one file of this service that the house knows besides its contract."""

from shopwright.service_spec import BuildContext, ServiceSpec
from shopwright.services.reviews import LABEL
from shopwright.services.reviews.contract import Histogram, Reviews
from shopwright.services.reviews.reactions import reactions
from shopwright.services.reviews.service import Opinions


def _build(context: BuildContext) -> Opinions:
    return context.chosen(Opinions)(context.work, context.documents)


SPEC = ServiceSpec(
    package=__package__,
    manifest=LABEL,
    contract=Reviews,
    build=_build,
    reactions=reactions,
    cached=("of_product", "chosen", "histogram"),
    fallbacks={
        "of_product": list,
        "chosen": list,
        "own": lambda: None,
        "histogram": lambda: Histogram((0, 0, 0, 0, 0)),
    },
    public=True,
    seldom=True,
    documents=True,
)
