"""How the books are built and wired; besides the contract, the only file of this service that others import."""

from shopwright.service_spec import BuildContext, ServiceSpec
from shopwright.services.books import MANIFEST
from shopwright.services.books.contract import Books
from shopwright.services.books.handlers import handlers, jobs
from shopwright.services.books.issuing import DocumentIssuer
from shopwright.services.books.service import BookService
from shopwright.services.orders.contract import Orders
from shopwright.services.payments.contract import Payments
from shopwright.services.pricing.contract import Pricing


def _build(context: BuildContext) -> BookService:
    settings = context.settings
    pricing, orders = context.ask(Pricing), context.ask(Orders)
    issuing = DocumentIssuer(
        context.work,
        context.vault,
        pricing,
        orders,
        years=settings.books_years,
        country=settings.country,
        shop=settings.shop_name,
    )
    return context.chosen(BookService)(
        context.work, orders=orders, payments=context.ask(Payments), documents=issuing, currency=settings.currency
    )


SPEC = ServiceSpec(
    package=__package__,
    manifest=MANIFEST,
    contract=Books,
    build=_build,
    handlers=handlers,
    jobs=jobs,
    reads=("ledger", "trial_balance", "tax_statement", "sales_days", "periods", "export", "documents", "document"),
    fallbacks={"documents": list},
    protect=lambda books, anew: books.protect(anew=anew),
)
