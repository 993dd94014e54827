"""How pricing is built and wired; besides the contract, the only file of this service that others import."""

from shopwright.kit.derived import KeyedHash
from shopwright.service_spec import BuildContext, ServiceSpec
from shopwright.services.pricing import MANIFEST
from shopwright.services.pricing.contract import Pricing
from shopwright.services.pricing.service import PricingService


def _build(context: BuildContext) -> PricingService:
    settings = context.settings
    return context.chosen(PricingService)(
        context.work,
        KeyedHash(settings.secret, "coupons"),
        currency=settings.currency,
        home_country=settings.country,
        prices_include_tax=settings.prices_include_tax,
        cut_off=settings.cut_off,
        register=context.tax_register(),
        reverse_charge=settings.reverse_charge,
    )


SPEC = ServiceSpec(
    package=__package__,
    manifest=MANIFEST,
    contract=Pricing,
    build=_build,
    cached=("prices", "tax_presets", "tax_classes", "shipping_rates"),
    reads=(
        "quote",
        "shipping_options",
        "coupons",
        "promotions",
        "tax_rates",
        "tax_rate_history",
        "tax_rules",
        "untaxed_places",
    ),
    public=True,
    rarely_changes=True,
)
