"""Orders of an earlier shop, with one mechanism for all: consecutive rows form an order.

Shopify writes order columns in the first row only, WooCommerce's exports in each (a row per item). Magento's sample
data have an order per row without prices: those of the imported products are used.
"""

import re
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

from shopwright.importers.addresses import FIELDS, imported_address
from shopwright.importers.draft import ImportIssue, Row, RowError
from shopwright.importers.numbers import Evidence, NumberFormats
from shopwright.importers.past_rows import source_of
from shopwright.importers.past_taxes import past_taxes
from shopwright.kit.addresses import Address
from shopwright.kit.bounds import NOTE
from shopwright.kit.days import in_zone
from shopwright.kit.errors import Missing, Refused, ShopError
from shopwright.kit.money import Money, zero
from shopwright.kit.translation import gettext as _
from shopwright.services.catalog.contract import Product, Variant
from shopwright.services.orders.contract import Orders, PastLine, PastOrder
from shopwright.services.pricing.contract import Step
from shopwright.services.users.contract import Users
from shopwright.web.product_view.view import ProductViews

# Our field → the names of earlier shops.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "number": ("Name", "order_number_formatted", "order_number", "order_id", "increment_id"),
    "email": ("Email", "billing_email", "customer_email"),
    "currency": ("Currency", "order_currency", "currency"),
    "placed": ("Created at", "date", "order_date", "created_at"),
    "paid": ("Financial Status", "status", "order_status"),
    "sent": ("Fulfillment Status",),
    "cancelled": ("Cancelled at",),
    "total": ("Total", "order_total"),
    "shipping": ("Shipping", "shipping_total"),
    "tax": ("Taxes", "tax_total"),
    "discount": ("Discount Amount", "discount_total"),
    "refunded": ("Refunded Amount", "refunded_total"),
    "tip": ("Tip", "Tips", "Tip Amount", "tip_total", "tip"),
    "duties": ("Duties", "Duty", "duties_total", "duties"),
    "fees": ("Fees", "Fee", "fee_total", "fees_total", "order_fees", "cart_fees", "fees"),
    "how": ("Shipping Method", "shipping_method"),
    "note": ("Notes", "customer_note"),
    "sku": ("Lineitem sku", "item_sku"),
    "title": ("Lineitem name", "item_name"),
    "quantity": ("Lineitem quantity", "item_quantity"),
    "price": ("Lineitem price",),
    "line_total": ("item_subtotal", "item_total"),
}  # fmt: skip
ADDRESS: Mapping[str, tuple[str, ...]] = {
    "name": ("{Kind} Name",),
    "first": ("{kind}_first_name",),
    "last": ("{kind}_last_name",),
    "company": ("{Kind} Company", "{kind}_company"),
    "line1": ("{Kind} Address1", "{Kind} Street", "{kind}_address_1"),
    "line2": ("{Kind} Address2", "{kind}_address_2"),
    "city": ("{Kind} City", "{kind}_city"),
    "region": ("{Kind} Province", "{kind}_state"),
    "postal_code": ("{Kind} Zip", "{kind}_postcode"),
    "country": ("{Kind} Country", "{kind}_country"),
    "phone": ("{Kind} Phone", "{kind}_phone"),
}
PAID = {"paid", "partially_refunded", "refunded", "processing", "completed", "complete", "shipped"}
CHARGES = {"tip": "Tip", "duties": "Duties", "fees": "Fees"}
MONEY = ("total", "shipping", "tax", "discount", "price", "line_total", *CHARGES)
LONGEST_NUMBER = 12  # digits that are counted on from; longer ones are made of dates and more
DONE = {"fulfilled", "completed", "complete", "shipped"}
OFF = {"cancelled", "canceled", "voided", "refunded"}


class SampleProduct(msgspec.Struct):
    """A product in Magento's sample orders."""

    sku: str
    qty: str = "1"
    configurable_options: dict[str, str] = {}


def are_orders(columns: Sequence[str]) -> bool:
    """Whether this is a table of orders."""
    own = {"Lineitem name", "item_name"} & set(columns)
    return bool(own) or {"customer_email", "product", "payment"} <= set(columns)


class OrderImporter:
    """Imports orders."""

    def __init__(
        self,
        orders: Orders,
        users: Users,
        product_views: ProductViews,
        kind: str,
        how: Literal["take", "try", "undo"],
        country: str,
        zone: ZoneInfo,
    ) -> None:
        if how == "undo":
            raise Refused(_("Orders cannot be undone: they are part of the accounts."))
        self._orders, self._users, self._product_views = orders, users, product_views
        self._kind = kind
        self._country = country
        self._zone = zone
        self._numbers_to = 0
        self._decimal = "."
        self._writes = how == "take"

    async def import_rows(self, rows: Iterable[Row]) -> AsyncIterator[ImportIssue]:
        """Iterate over the result of every row; existing orders stay."""
        groups: dict[str, list[Row]] = {}
        current, evidence = "", Evidence()
        for number, row in rows:
            current = _first(row, "number") or (f"row {number}" if "product" in row else current)
            if not current:
                yield ImportIssue(number, "", "refused", _("has no order number, and no order precedes it"))
                continue
            groups.setdefault(current, []).append((number, row))
            for field in MONEY:
                evidence.add(_first(row, field))
        self._decimal = evidence.decimal(".")
        self._numbers_to = max((_old_number(name) for name in groups), default=0)
        for name, group in groups.items():
            odd: list[str] = []
            notes: list[str] = []
            try:
                outcome, detail = await self._one(name, group, odd, notes)
            except (RowError, ShopError) as error:
                outcome, detail = "refused", str(getattr(error, "detail", error))
            for number, _unused in group:
                yield ImportIssue(number, _("order {name}", name=name), outcome, detail)  # type: ignore[arg-type]  # one of the outcomes
            if odd:
                notes.append(f"its addresses come in, with what is odd as it is written: {'; '.join(odd)}")
            for note in notes if outcome == "taken" else ():
                yield ImportIssue(group[0][0], _("order {name}", name=name), "noted", note)

    async def _one(self, name: str, group: list[Row], odd: list[str], notes: list[str]) -> tuple[str, str]:
        """Import an order; `odd` collects address problems, `notes` deviations from the file."""
        past = await (self._sample(name, group) if "product" in group[0][1] else self._past(name, group, odd))
        source = source_of(group)
        if source.rows_left_out or source.cells_cut:
            note = f"{source.rows_left_out} of its rows are left out and {source.cells_cut} of their cells are cut"
            notes.append(f"in what is kept as evidence {note}: they are too long")
        tax_parts, doubt = past_taxes(group, NumberFormats(past.currency, self._decimal), past.tax)
        notes += [doubt] if doubt else []
        past = msgspec.structs.replace(past, origin=source, taxes=tax_parts)
        if not self._writes:
            return "taken", ""
        _unused, is_new = await self._orders.import_order(past)
        return ("taken" if is_new else "unchanged"), ""

    async def _past(self, name: str, group: list[Row], odd: list[str]) -> PastOrder:
        head = group[0][1]
        currency = (_first(head, "currency") or self._product_views.currency).upper()
        shipping = _address(head, "shipping", self._country, odd)
        billing = _address(head, "billing", self._country, odd)
        nowhere = Address(name=_name(head), line1="", country=self._country)  # bought at a till
        email = _first(head, "email")
        user = await self._users.owner_of_email(email) if email else None
        lines = tuple([await self._line(row, currency) for _unused, row in group if _first(row, "title")])
        if not lines:
            raise RowError(_("has no line items"))

        def money(field: str) -> Money:
            return NumberFormats(currency, self._decimal).price(_first(head, field)) or zero(currency)

        return PastOrder(
            source=f"{self._kind}/{name}",
            number=name,
            status=_status(head),
            email=_first(head, "email"),
            customer_id=user.id if user else None,
            currency=currency,
            lines=lines,
            discount=money("discount"),
            shipping=money("shipping"),
            tax=money("tax"),
            total=money("total"),
            refunded=money("refunded"),
            shipping_address=shipping or billing or nowhere,
            billing_address=billing or shipping or nowhere,
            shipping_title=_first(head, "how"),
            placed_at=_moment(_first(head, "placed"), self._zone),
            charges=tuple(Step(field, title, money(field)) for field, title in CHARGES.items() if money(field).amount),
            numbers_to=self._numbers_to,
            note=_first(head, "note")[: NOTE.longest] or msgspec.UNSET,
        )

    async def _line(self, row: Mapping[str, str], currency: str) -> PastLine:
        numbers = NumberFormats(currency, self._decimal)
        quantity = numbers.count(_first(row, "quantity")) or 1
        unit_price = numbers.price(_first(row, "price"))
        if unit_price is None:
            line_price = numbers.price(_first(row, "line_total")) or zero(currency)
            # Three for 10.00 cost 3.33 each; the rest is rounding of the order.
            unit_price = msgspec.structs.replace(line_price, amount=round(line_price.amount / quantity))
            if abs(unit_price.amount * quantity - line_price.amount) > 1:
                raise RowError(
                    _(
                        "{amount} of the smallest unit cannot be {quantity} times the same price",
                        amount=line_price.amount,
                        quantity=quantity,
                    )
                )
        sku = _first(row, "sku")
        product, variant = await self._known(sku) if sku else (None, None)
        return _past_line(product, variant, sku, _first(row, "title"), quantity, unit_price)

    async def _known(self, sku: str) -> tuple[Product | None, Variant | None]:
        try:
            product = await self._product_views.catalog.by_variant(sku)
        except Missing:
            return None, None
        return product, product.variant_named(sku)

    async def _sample(self, name: str, group: list[Row]) -> PastOrder:
        """An order of Magento's sample data, whose customer and product must have been imported."""
        row = group[0][1]
        wanted = msgspec.json.decode(row["product"], type=SampleProduct)
        user = await self._users.owner_of_email(row["customer_email"])
        addresses = await self._users.addresses(user.id) if user else []
        if user is None or not addresses:
            raise RowError(
                _(
                    "{customer_email} is no customer with an address here: import the customers first",
                    customer_email=row["customer_email"],
                )
            )
        product, variant = await self._chosen(wanted)
        unit_price = (await self._product_views.pricing.prices([variant.id], self._product_views.currency))[
            variant.id
        ].amount
        line = _past_line(
            product,
            variant,
            variant.sku,
            product.title,
            NumberFormats(self._product_views.currency).count(wanted.qty) or 1,
            unit_price,
        )
        nothing = zero(self._product_views.currency)
        total = line.unit_price * line.quantity
        return PastOrder(
            source=f"{self._kind}/{name}",
            number=name,
            status="delivered",
            email=user.email,
            customer_id=user.id,
            currency=self._product_views.currency,
            lines=(line,),
            discount=nothing,
            shipping=nothing,
            tax=nothing,
            total=total,
            refunded=total if row.get("refund", "").strip() == "yes" else nothing,
            shipping_address=addresses[0].address,
            billing_address=addresses[0].address,
            shipping_title=row.get("shipping_method", ""),
            placed_at=datetime.now(UTC),
        )

    async def _chosen(self, wanted: SampleProduct) -> tuple[Product, Variant]:
        source = f"{self._kind}/{wanted.sku}"
        product = (await self._product_views.catalog.by_sources([source])).get(source)
        if product is None:
            product = await self._product_views.catalog.by_variant(wanted.sku)
        options = {name.casefold(): value for name, value in wanted.configurable_options.items()}
        for variant in product.variants:
            if {name.casefold(): value for name, value in variant.options.items()} == options or not options:
                return product, variant
        raise RowError(_("{sku} does not come in {names}", sku=wanted.sku, names=", ".join(options.values())))


def _past_line(
    product: Product | None, variant: Variant | None, sku: str, title: str, quantity: int, unit_price: Money
) -> PastLine:
    return PastLine(
        sku=sku,
        title=title,
        quantity=quantity,
        unit_price=unit_price,
        product_id=product.id if product else "",
        variant_id=variant.id if variant else "",
        slug=product.slug if product else "",
        image=product.media[0].url if product and product.media else "",
    )


def _first(row: Mapping[str, str], field: str) -> str:
    return next((row[one].strip() for one in COLUMNS[field] if row.get(one, "").strip()), "").lstrip("'")


def _status(row: Mapping[str, str]) -> Literal["paid", "delivered", "cancelled"]:
    paid, sent = _first(row, "paid").casefold().removeprefix("wc-"), _first(row, "sent").casefold()
    if _first(row, "cancelled") or (paid in OFF and paid != "refunded"):
        return "cancelled"
    if paid not in PAID:
        raise RowError(
            _("is {value}: only what was paid (or cancelled) is an order to keep", value=paid or _("without a status"))
        )
    return "delivered" if sent in DONE or paid in DONE or paid == "refunded" else "paid"


def _address(row: Mapping[str, str], kind: str, home: str, odd: list[str]) -> Address | None:
    """An address, or None; without a country it is the shop's. Problems are added to `odd`."""
    found = {
        field: next(
            (
                row[one].strip()
                for name in names
                if row.get(one := name.format(Kind=kind.title(), kind=kind), "").strip()
            ),
            "",
        ).lstrip("'")
        for field, names in ADDRESS.items()
    }
    if not any(found[field] for field in FIELDS if field != "name") and not found["country"]:
        return None
    name = found["name"] or f"{found['first']} {found['last']}".strip()
    address, problems = imported_address({**found, "name": name or "–"}, home)
    # Missing data of a completed order cannot be fixed.
    odd += [f"{kind} {text}" for field, text in problems.items() if found.get(field)]
    return address


def _name(row: Mapping[str, str]) -> str:
    return next(
        (row[one].strip() for one in ("Billing Name", "Shipping Name", "Customer") if row.get(one, "").strip()), "–"
    )


def _old_number(name: str) -> int:
    """The number in an order's name: 1001 in #1001 or EN-1001; 0 if none."""
    digits = re.search(r"(\d+)\D*$", name)
    return int(digits[1]) if digits and len(digits[1]) <= LONGEST_NUMBER else 0


def _moment(text: str, zone: ZoneInfo) -> datetime:
    """Parse 2026-03-02 10:00:00 +0100, 2026-03-02T10:00:00Z or 2026-03-02; without a zone it is the shop's."""
    try:
        found = datetime.fromisoformat(re.sub(r" ([+-]\d\d:?\d\d)$", r"\1", text))
    except ValueError:
        raise RowError(_("“{text}” is not a moment such as 2026-03-02 10:00:00 +0100", text=text[:40])) from None
    return in_zone(found, zone).astimezone(UTC)
