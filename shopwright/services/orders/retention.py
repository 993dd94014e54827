"""How long the rows of each table are kept."""

from shopwright.kit.data.retention import Expiry, Retention, StoredBody
from shopwright.services.orders.cancel_store import Cancelling
from shopwright.services.orders.contract import KeptBuyer, OrderSource, Refund, SaleContext, Shipment
from shopwright.services.orders.sale_store import BuyerTaxId
from shopwright.services.orders.taxes import TaxesNow
from shopwright.services.orders.whole_store import LineBody, OrderBody

RETENTION: tuple[Retention, ...] = (
    Retention(
        table="orders",
        rows="an order",
        grows="orders",
        personal="orders",
        end="never: books; who bought is forgotten with the account, or `SHOPWRIGHT_GUEST_DAYS` days after an order without one was placed",
        job="UserErased, AddressErased, orders.guests",
        bodies=(
            StoredBody("body", OrderBody, of="id"),
            StoredBody("taxes", TaxesNow, of="id"),
            StoredBody("cancelling", Cancelling, of="id"),
            StoredBody("tax_id", BuyerTaxId),
        ),
        tells=("email", "name", "personal_terms"),
        silent=("source",),
    ),
    Retention(
        table="placements",
        rows="an order that is being placed, by its Idempotency-Key",
        grows="orders",
        expiries=(
            Expiry(days=7, what="it was placed", since="order_id", prefix="ord", where="written = 1", key=("key",)),
        ),
        end="those given up, when what was set aside has gone back",
        job="orders.unfinished",
        silent=("key", "fingerprint"),
    ),
    Retention(
        table="order_lines",
        rows="a line of an order",
        grows="orders",
        end="with its order",
        bodies=(StoredBody("body", LineBody, of="order_id"),),
    ),
    Retention(
        table="sale_contexts",
        rows="the circumstances many sales have in common: seller, countries, scheme of tax, currency of the books",
        grows="staff",
        personal="books",
        end="never: books; who sells is named in it, and no buyer",
        bodies=(StoredBody("body", SaleContext),),
    ),
    Retention(
        table="shipments",
        rows="a parcel",
        grows="orders",
        personal="orders",
        end="with its order",
        bodies=(StoredBody("body", Shipment, of="order_id"),),
    ),
    Retention(
        table="order_refunds",
        rows="a refund",
        grows="orders",
        personal="orders",
        end="with its order",
        bodies=(StoredBody("body", Refund, of="order_id"),),
        silent=("key", "fingerprint", "why", "reference"),
    ),
    Retention(
        table="order_returns",
        rows="a refund of nothing",
        grows="orders",
        end="with its order",
        personal="orders",
        bodies=(StoredBody("body", Refund, of="order_id"),),
        silent=("key", "fingerprint"),
    ),
    Retention(
        table="order_terms",
        rows="a word or number an order is found by",
        grows="orders",
        personal="orders",
        end="with its order; words of a person when they are forgotten",
        job="UserErased, AddressErased, orders.guests",
        tells=("term",),
    ),
    Retention(
        table="timeline",
        rows="what happened to an order",
        grows="orders",
        personal="orders",
        end="with its order",
        tells=("what", "who"),
    ),
    Retention(
        table="counters", rows="the last order number", grows="not at all", end="never: there is one", silent=("name",)
    ),
    Retention(
        table="guesses",
        rows="wrong guesses of an order's number",
        grows="strangers",
        personal="security",
        end="an hour after them",
        job="orders.guesses",
        tells=("key",),
    ),
    Retention(
        table="holders",
        rows="an address or e-mail that has unpaid orders",
        grows="strangers",
        personal="security",
        end="a day after its last order",
        job="orders.unfinished",
        tells=("holder",),
    ),
    Retention(
        table="holds",
        rows="what an unpaid order holds",
        grows="strangers",
        personal="security",
        end="when it is paid or ends",
        job="orders.expire",
        tells=("holder",),
    ),
    Retention(
        table="held_lines",
        rows="units an unpaid order holds",
        grows="strangers",
        end="when it is paid or ends",
        job="orders.expire",
    ),
    Retention(
        table="order_sources",
        rows="the rows of the file an order was imported from, encrypted",
        grows="orders",
        personal="orders",
        end="when its buyer is forgotten",
        job="UserErased, AddressErased, orders.guests",
        bodies=(StoredBody("body", OrderSource),),
    ),
    Retention(
        table="kept_buyers",
        rows="name, address and tax id of an erased buyer, encrypted",
        grows="customers",
        personal="books",
        expiries=(
            Expiry(
                days=0,
                what="the year of the sale has been over for `SHOPWRIGHT_BOOKS_YEARS` years",
                since="until",
                key=("order_id",),
            ),
        ),
        bodies=(StoredBody("body", KeptBuyer),),
    ),
)
