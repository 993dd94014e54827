"""Payments: opened, captured and refunded, with double-entry records.

Interface
    contract/            Values, events and operations; all that other services import.
    service.py           The operations. No lock is held while a provider is asked.
    spec.py              How the service is built and wired.
    handlers.py          Scheduled jobs of payments.
    http.py              REST routes of payments: webhooks, and the keys of providers.
    retention.py         How long the rows of each table are kept, and which are personal.
    migrations/          The tables.

Payments
    model.py             States of a payment, ledger accounts, limits and pauses.
    attempts.py          Limits on payment attempts by order, e-mail address, client address and card.
    attempts_store.py    SQL for counting payment attempts.
    store.py             SQL for payments and their ledger.

Money that goes back
    refunds.py           Refunds: pending, then settled, or refused with a reason.
    refund_store.py      SQL for refunds of payments.
    changes.py           Changes by providers: refunds made there, disputes, returned money.
    change_store.py      SQL for these changes.
    unknown.py           Payments that a provider received and the shop does not know.
    notice_store.py      SQL for notices of providers, so that each is handled once.

Providers
    connections.py       The encrypted keys that connect the shop to providers.
    connection_store.py  SQL for these keys.
"""

from shopwright.kit.manifest import ServiceManifest

MANIFEST = ServiceManifest(
    owns="payments, refunds, double-entry ledger, provider webhooks",
    emits=(
        "PaymentAuthorized",
        "PaymentCaptured",
        "PaymentFailed",
        "RefundSettled",
        "RefundRefused",
        "PaymentDisputed",
    ),
)
