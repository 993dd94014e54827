"""Pricing: the total of a cart, with its breakdown.

Interface
    contract/         Values, events and operations; all that other services import.
    service.py        The operations.
    spec.py           How the service is built and wired.
    http.py           REST routes of coupons, promotions and shipping rates, for staff.
    retention.py      How long the rows of each table are kept, and which are personal.
    migrations/       The tables.

Prices and discounts
    model.py          How a total is calculated: list → promotion → shipping → tax.
    discounts.py      Which discounts apply, and in which order.
    market.py         Removes the tax in list prices where the destination does not charge it.
    checks.py         Validation of discounts, shipping rates and prices before they are stored.
    store.py          SQL for prices, coupons, promotions and shipping rates.

Taxes
    taxes.py          Which tax rates apply, and the tax of each line and of shipping.
    schemes.py        The tax scheme of a sale, from origin, destination, seller and buyer.
    presets.py        Places taxed differently from the country of their addresses.
    tax_settings.py   Rates, rules and classes; rates and rules are added and ended, never changed.
    tax_rows.py       Adding and ending tax rates and rules.
    tax_checks.py     Validation and normalisation of tax rates, rules and classes.
    tax_store.py      SQL for tax rates, rules and classes.
    tax_http.py       REST routes of tax rates, classes and rules, for staff.
    dated.py          Rows with a period of validity: a row that has applied is never changed.

Sellers
    sellers.py        Sellers and their periods, checks of buyers' tax ids, and exchange rates of the books.
    seller_checks.py  Validation and normalisation of sellers and exchange rates.
    seller_store.py   SQL for sellers and exchange rates.
    seller_http.py    REST routes of sellers and exchange rates, for staff.
"""

from shopwright.kit.manifest import ServiceManifest

MANIFEST = ServiceManifest(
    owns="prices and their history, coupons, tax rates, shipping rates",
    emits=("PriceChanged", "CouponUsed"),
)
