"""Every stored text declares whether it is personal: an addition is erased, or fails here."""

import msgspec
import pytest

from shopwright.kit.addresses import Address
from shopwright.kit.data.retention import Retention, StoredBody
from shopwright.kit.personal import Personal
from shopwright.retention import retention_of
from tests.house import personal

OF_GOODS = "describes what is for sale"
OF_TAXES = "describes a tax that many sales share"
OF_SALE = "belongs to the sale; the books keep it after the buyer is erased"
OF_PARCEL = "belongs to the parcel; after erasure its order names no person"
OF_PROVIDER = "an error message of a payment provider or of the shop"
COUNTED = "a count without persons"
OF_SERIES = "the next number of a series of the shop"
OF_PLACE = "shared by millions; the books need it for the tax of a sale"
OF_CODE = "the end of a code that the shop made"
OF_REFUND = "the key by which the shop names a refund to the payment provider"
OF_ROLE = "one of the roles of staff"
NUMBERED = (
    "DocumentBody.order_number",
    "DocumentIssued.number",
    "OrderCancelled.number",
    "OrderDelivered.number",
    "OrderDisputed.number",
    "OrderExpired.number",
    "OrderImported.number",
    "OrderPaid.number",
    "OrderPlaced.number",
    "OrderRefundRefused.number",
    "OrderRefunded.number",
    "OrderShipped.number",
    "OrderTaxCorrected.number",
    "RetainedBuyer.number",
)
# Texts that are not about a buyer: a field, or all of a struct, and why.
REASONS: dict[str, str] = {
    **dict.fromkeys(
        (
            "AttributeType", "Category", "Collection", "Condition", "IndexEntry", "Media", "Option", "Product", "ProductType",
            "Promotion", "Variant", "DocumentLine.title", "LineBody", "LineDiscount", "DocumentLine.sku", "SentLine", "SoldLine",
        ),
        OF_GOODS,
    ),
    **dict.fromkeys(("Rate", "TaxKind", "TaxPart", "CurrentTaxes.unknown", "DocumentBody.notes", "Business.member"), OF_TAXES),
    **dict.fromkeys(
        (
            "CouponUsed.coupon", "OrderBody.coupons", "OrderBody.shipping_title", "Step", "DocumentBody.refers_to",
            "DocumentBody.scheme", "DocumentIssued.name", "StockValued.reference", "SaleContext.ship_from",
            "SaleContext.ship_to", "SaleContext.filing_rate", "SaleContext.filing_rate_of", "SaleContext.time_zone",
            "SaleContext.filing_currency",
        ),
        OF_SALE,
    ),
    **dict.fromkeys(NUMBERED, OF_SERIES),
    **dict.fromkeys(("Address.country", "Address.region", "Business.country", "TaxId.country"), OF_PLACE),
    **dict.fromkeys(("GiftCardDue.last4", "GiftCardIssued.last4", "GiftCardShare.last4"), OF_CODE),
    **dict.fromkeys(("PendingCancellation.key", "RefundRefused.refund_key", "RefundSettled.refund_key"), OF_REFUND),
    **dict.fromkeys(("PendingCancellation.role", "StaffAction.role", "StaffChanged.role", "StaffInvited.role"), OF_ROLE),
    **dict.fromkeys(
        (
            "Shipment.carrier", "Shipment.tracking_url", "OrderShipped.carrier",
            "OrderShipped.tracking_url", "DocumentBody.parcel", "Shipment.tracking_number", "OrderShipped.tracking_number",
        ),
        OF_PARCEL,
    ),
    **dict.fromkeys(
        ("OrderRefundRefused.why", "PaymentFailed.reason", "Refund.why", "Refund.reference", "RefundRefused.why", "RefundSettled.reference"), OF_PROVIDER
    ),
    **dict.fromkeys(("ProductsViewed.counts", "ProductsViewed.day", "SearchesMade.counts", "SearchesMade.day"), COUNTED),
    "Seller": "the seller, whom documents must name",
    "StaffAction.action": "the name of an operation",
    "Review.title": "a review stays without a name when its author is erased",
    "Review.body": "a review stays without a name when its author is erased",
    "Review.flags": "one of a few fixed sentences",
    "Review.reply": "the reply of the shop",
}  # fmt: skip


def test_every_stored_text_declares_whether_it_is_personal() -> None:
    assert personal.unclassified(personal.stored_kinds(), REASONS) == []


def test_no_reason_is_given_for_a_missing_field() -> None:
    unclassified = personal.unclassified(personal.stored_kinds(), {})
    needed = {name for one in unclassified for name in (one.partition(":")[0], one.partition(".")[0])}
    assert REASONS.keys() - needed == set()


def test_no_name_is_exempt_that_no_type_has() -> None:
    assert personal.CODES.keys() - {name for _kind, name in personal.free_texts(personal.stored_kinds())} == set()


class MadeBody(msgspec.Struct, frozen=True):
    """A stored body with a text that a developer forgot to declare."""

    order_id: str
    gift_message: str
    membership_number: str = ""
    passport_id: str = ""
    to: Address | None = None
    ribbons: tuple[str, ...] = ()


class MarkedBody(msgspec.Struct, frozen=True):
    """A body whose text is declared as personal."""

    order_id: str
    gift_message: Personal[str]
    ribbons: tuple[Personal[str], ...] = ()


def test_a_new_undeclared_text_is_found_with_advice() -> None:
    seen = personal.unclassified([dict[str, MadeBody | None]], REASONS)
    assert [one.partition(":")[0] for one in seen] == [
        "MadeBody.gift_message",
        "MadeBody.membership_number",
        "MadeBody.passport_id",
        "MadeBody.ribbons",
    ]
    assert "`gift_message: Personal[…]`" in seen[0]
    assert "REASONS of tests/house/test_personal.py" in seen[0]
    assert personal.unclassified([MadeBody], {**REASONS, "MadeBody": "why"}) == []
    assert personal.unclassified([MarkedBody], {}) == []


@pytest.mark.parametrize("service", personal.SERVICES)
def test_every_text_column_declares_whether_it_identifies_a_person(service: str) -> None:
    columns = personal.columns_of(service)
    wrong = [
        one for rule in retention_of(service) for one in personal.wrong_columns(rule, columns.get(rule.table, set()))
    ]
    assert wrong == []


def made(**declared: object) -> Retention:
    return msgspec.structs.replace(Retention(table="gifts", rows="a gift", grows="orders"), **declared)


@pytest.mark.parametrize(
    ("rule", "problem"),
    [
        (made(), "gifts.message: list it in retention.py among `personal_columns`"),
        (made(silent=("message", "note")), "gifts.note: there is no such text column"),
        (made(silent=("message",), personal_columns=("message",)), "gifts.message: it is listed twice"),
        (made(personal_columns=("message",), end="with its order"), "gifts: it has personal data; give the reason"),
        (
            made(personal_columns=("message",), personal="orders"),
            "gifts: it has personal data; give `expiries` or `end`",
        ),
        (
            made(bodies=(StoredBody("message", MarkedBody),), end="with its order"),
            "gifts: it has personal data; give the reason",
        ),
    ],
)
def test_a_table_with_an_undeclared_text_is_found(rule: Retention, problem: str) -> None:
    sql = ["CREATE TABLE gifts (\n    id TEXT PRIMARY KEY\n)", "ALTER TABLE gifts ADD COLUMN message TEXT"]
    columns = personal.text_columns(sql)["gifts"]
    assert columns == {"id", "message"}
    assert any(one.startswith(problem) for one in personal.wrong_columns(rule, columns))


def test_a_fully_declared_table_is_accepted() -> None:
    assert personal.wrong_columns(made(silent=("message",)), {"id", "message"}) == []
    rule = made(personal_columns=("message",), personal="orders", end="with its order")
    assert personal.wrong_columns(rule, {"id", "message"}) == []
