"""Orders: their items, buyer and progress from placement to delivery.

Interface
    contract/                 Values, events and operations; all that other services import.
    service.py                The operations, one line each; the parts do the work.
    spec.py                   How the service is built and wired.
    context.py                What the parts share: database, services they call, and access to one order.
    handlers.py               Event handlers and scheduled jobs of orders.
    http.py                   REST routes of orders.
    retention.py              How long the rows of each table are kept, and which are personal.

Rules
    model.py                  Rules of orders: the state table, what can be shipped and refunded, tracking links.

Checkout and payment
    checkout.py               From a cart to a paid order.
    placement_store.py        SQL for placements in progress, one row per idempotency key.
    unpaid_limits.py          Limits on unpaid reservations, by client address, e-mail address and cart.
    unpaid_store.py           SQL for the limits on unpaid reservations.
    settlement.py             Makes an order paid, whichever way we learn of the payment.
    manual_capture.py         Goods stay reserved for an authorised payment until it is captured or voided.
    payment_changes.py        Changes made by the payment provider: refunds made there, and disputes.
    gift_cards.py             Gift cards that pay an order: held like goods, redeemed once, refunded.
    sales.py                  Sale contexts, stored with the order, so that showing it asks no other service.
    sale_store.py             SQL for sale contexts.

Cancellation and refunds
    cancellation.py           Ends a paid or unpaid order and returns its money, goods and coupons.
    cancel_store.py           SQL for cancellations in progress.
    closing.py                Closes an order early and returns everything it holds.
    repayment.py              Repays closed or doubly paid orders, once.
    refunds.py                Refunds of lines or amounts; describes two-step money.
    refund_events.py          Events of refunds, from an order and its refund.
    refund_rules.py           How much is refunded for what, and what a refusal restores.
    refund_parts.py           Parts of a refund, each with its tax; they sum to its amount.
    refund_store.py           SQL for refunds.

Parcels and taxes
    fulfilment.py             Shipments and deliveries, and e-mails of bought gift cards.
    taxes.py                  Tax parts of an order: how they are stored, and read from earlier receipts.
    tax_store.py              SQL for taxes of orders and their corrections.
    rerating.py               Recalculates the taxes of a parcel at the rates of the day of supply.
    tax_corrections.py        Corrections for parcels shipped under other rates than the order's.

Reading
    store.py                  SQL for orders.
    whole_store.py            SQL for whole orders in bulk.
    order_search.py           Order lists and search, for customers and staff.
    find_store.py             SQL for finding orders, always by an index.
    list_store.py             SQL for listing and counting orders.
    views.py                  Orders as shown to clients: the reason of a refused refund to staff only.
    guest_access.py           Access to orders without an account.
    links.py                  Links to orders in e-mails: they open the order and allow cancelling it.

Earlier shops and versions
    order_import.py           Import of an earlier shop's orders, which were paid there.
    order_sources.py          The file rows that orders were imported from, kept as evidence.
    past_store.py             SQL for the origin of imported orders.
    backfill.py               Jobs that fill in data which orders of earlier versions lack.
    migrations/               The tables.

Erasure
    buyer_erasure.py          Erasure of buyers: with their account, at a guest's request, or after a set time.
    erasure_store.py          SQL for erasing buyers from orders.
    retained_buyers.py        Buyers of erased accounts, retained as long as tax law requires.
    retained_buyers_store.py  SQL for retained buyers.
"""

from shopwright.kit.manifest import ServiceManifest

MANIFEST = ServiceManifest(
    owns="orders, shipments, refunds, history",
    asks=("carts", "inventory", "pricing", "payments", "giftcards"),
    handles=(
        "EmailVerified",
        "UserErased",
        "AddressErased",
        "OrderCancelled",
        "OrderExpired",
        "PaymentAuthorized",
        "PaymentCaptured",
        "PaymentFailed",
        "RefundSettled",
        "RefundRefused",
        "PaymentDisputed",
    ),
    emits=(
        "OrderPlaced",
        "OrderPaid",
        "OrderImported",
        "OrderShipped",
        "OrderTaxCorrected",
        "OrderDelivered",
        "OrderCancelled",
        "OrderExpired",
        "OrderRefunded",
        "OrderRefundRefused",
        "OrderDisputed",
        "OrderErased",
    ),
)
