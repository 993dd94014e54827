"""Notifications: e-mails, text messages and push messages.

Interface
    contract/             Values, events and operations; all that other services import.
    service.py            The operations, one line each; the parts do the work.
    spec.py               How the service is built and wired.
    context.py            What the parts share: database, message transports and services they call.
    handlers.py           Event handlers and scheduled jobs of notifications.
    http.py               REST routes of preferences and back-in-stock alerts.
    retention.py          How long the rows of each table are kept, and which are personal.
    migrations/           The tables.

From event to message
    event_messages.py     Messages that follow from an event, once each: to customers and staff.
    document_messages.py  Documents of the books in messages: with the message they belong to, or in their own.
    model.py              Message texts by event: subject, heading, lines and one action.
    account_texts.py      Texts about accounts: to customers and staff.
    staff_texts.py        Messages to staff.
    gift_card_texts.py    Texts about gift cards: for their recipients, and for orders paid with or refunded to cards.
    document_texts.py     Texts of messages for documents sent on their own.
    outgoing_message.py   Messages before rendering; how secrets stay out of stored messages.
    rendering.py          Renders one message for each wanted channel.
    templates/            The layouts of e-mails.

Delivery
    message_queue.py      The queue of messages to send.
    delivery.py           Tries each message until it is sent, refused for good, or outdated.
    delivery_store.py     SQL for messages on their way.
    retries.py            How long a message is tried, and how pauses grow.
    attachments.py        Documents attached to messages, fetched when a message is sent.
    attachment_store.py   SQL for documents attached to messages, and messages that wait for theirs.
    message_log.py        The delivery log.
    store.py              SQL for messages.

Recipients
    topics.py             Topics of messages: defaults, required messages, and people's choices.
    preferences.py        Preferences by topic and channel, with one-click unsubscribe.
    stock_alerts.py       Back-in-stock alerts: requested, confirmed by unverified addresses, and sent once.
    alert_store.py        SQL for back-in-stock alerts.
    erasure.py            Erasure of messages and preferences.
"""

from shopwright.kit.manifest import ServiceManifest

MANIFEST = ServiceManifest(
    owns="messages, templates, deliveries, preferences",
    asks=("users", "catalog", "orders", "giftcards", "books"),
    handles=(
        "UserRegistered",
        "EmailVerificationAsked",
        "EmailVerified",
        "PasswordResetAsked",
        "PasswordChanged",
        "RegistrationRepeated",
        "SecondFactorAdded",
        "SecondFactorRemoved",
        "StaffInvited",
        "StaffChanged",
        "UserErased",
        "AddressErased",
        "OrderPlaced",
        "OrderPaid",
        "OrderShipped",
        "OrderDelivered",
        "OrderCancelled",
        "OrderExpired",
        "OrderRefunded",
        "OrderRefundRefused",
        "OrderDisputed",
        "DocumentIssued",
        "GiftCardIssued",
        "GiftCardDue",
        "BackInStock",
        "CartAbandoned",
    ),
)
