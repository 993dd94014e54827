"""Notifications: an event becomes a message, once. How it is sent is in `delivery.py`, who wants it in `preferences.py`."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import css_inline
import minijinja
import msgspec

from shopwright.kit import watch
from shopwright.kit.auth import ROLES
from shopwright.kit.errors import Missing
from shopwright.kit.facts import ERASED, Heard
from shopwright.kit.ports import Message, Postbox
from shopwright.kit.work import Transaction, Work
from shopwright.services.books.contract import Books
from shopwright.services.catalog.contract import Catalog
from shopwright.services.giftcards.contract import GiftCards
from shopwright.services.notifications import attachment_store, document_letters, model, staff_letters, store, topics
from shopwright.services.notifications.attaching import Attaching
from shopwright.services.notifications.contract import (
    Channel,
    Channels,
    DeliveryReport,
    MessageSummary,
    MessageView,
    Resent,
)
from shopwright.services.notifications.delivery import MessageDelivery
from shopwright.services.notifications.letter import ENDING, Letter
from shopwright.services.orders.contract import Orders
from shopwright.services.users.contract import User, Users

TEMPLATES = Path(__file__).parent / "templates"
CLOSING = "You receive this message because of your order or account with us."
LATE_AT_ONCE = 50
ASKED_FOR = "You receive this message because you wanted to hear of this."


class Desk:
    """The verbs of `contract.Notifications`."""

    def __init__(
        self,
        work: Work,
        postboxes: Mapping[str, Postbox],
        *,
        users: Users,
        catalog: Catalog,
        orders: Orders,
        giftcards: GiftCards,
        books: Books,
        shop: str,
        url: str,
        an_hour: int,
    ) -> None:
        self._work = work
        self._postboxes = postboxes
        self._attaching = Attaching(work, books)
        self.delivery = MessageDelivery(
            work, postboxes, users=users, orders=orders, giftcards=giftcards, attaching=self._attaching
        )
        self._users = users
        self._catalog = catalog
        self._orders = orders
        self._shop = shop
        self._url = url
        self._an_hour = an_hour
        self._templates = minijinja.Environment(loader=lambda name: (TEMPLATES / name).read_text(encoding="utf-8"))
        self._inliner = css_inline.CSSInliner(keep_style_tags=False, load_remote_stylesheets=False)

    async def hear(self, heard: Heard) -> None:
        """Any fact there is a letter for."""
        letter = msgspec.structs.replace(
            model.LETTERS[type(heard.event)](heard.event), order_id=getattr(heard.event, "order_id", "")
        )
        if letter.recipient in {"", ERASED}:
            return
        messages = await self.messages_of(letter)
        async with self._work.begin(once=heard.key) as tx:
            await self.post(tx, letter, messages)

    async def hear_for_staff(self, heard: Heard) -> None:
        """OrderRefundRefused, OrderDisputed: whoever may give money back is told."""
        letter_of = staff_letters.LETTERS[type(heard.event)]
        staff = [one for one in await self._users.staff() if "orders.write" in ROLES[one.role] and not one.disabled]
        letters = [letter_of(heard.event, one) for one in staff]
        written = [(letter, await self.messages_of(letter)) for letter in letters]
        async with self._work.begin(once=heard.key) as tx:
            for letter, messages in written:
                await self.post(tx, letter, messages)

    async def hear_document(self, heard: Heard) -> None:
        """DocumentIssued: it has a message of its own if it is for the buyer alone, or that which it would go with has left without one."""
        order = await self._orders.get(heard.event.order_id)
        if not order.email:  # erased; that may be heard before this
            return
        now = msgspec.structs.replace(heard.event, email=order.email, customer_id=order.customer_id)
        letter = document_letters.issued(now)
        messages = await self.messages_of(letter)
        async with self._work.begin(once=heard.key) as tx:
            alone = heard.event.kind in document_letters.ALONE
            if alone or await attachment_store.has_left_without(tx, letter.order_id, heard.event.kind):
                await self._post_document(tx, letter, messages, heard.event.name)

    async def post_late_documents(self) -> None:
        """A timer: documents that could not be had when their message left go out by themselves."""
        for message_id, order_id, kind in await attachment_store.left_without(self._work, LATE_AT_ONCE):
            with self._work.aside.guard("documents of message", message_id):
                await self._post_late(message_id, order_id, kind)

    async def _post_late(self, message_id: str, order_id: str, kind: str) -> None:
        order = await self._orders.get(order_id)
        found = await self._attaching.due(message_id, order_id, kind) if order.email else []
        letters = [(document_letters.late(order, one), one.name) for one in found]
        written = [(letter, await self.messages_of(letter), name) for letter, name in letters]
        async with self._work.begin() as tx:
            await attachment_store.have_documents(tx, message_id)
            for letter, messages, name in written:
                await self._post_document(tx, letter, messages, name)

    async def _post_document(self, tx: Transaction, letter: Letter, messages: Sequence[Message], name: str) -> None:
        """Unless it goes with another message. Of these the e-mail carries it."""
        carrier = next((one for one in messages if one.channel == "email"), None)
        if carrier is None or await attachment_store.attach(tx, carrier.id, letter.documents, name):
            await self.post(tx, letter, messages)

    async def messages_of(self, letter: Letter) -> list[Message]:
        """The letter in each way its reader wants it. What proves who has a mailbox goes there, and nowhere else."""
        wanted, account = await self._wanted(letter)
        messages = [self._dress(letter)] if wanted.email else []
        if wanted.sms or wanted.push:
            user = account or await self._users.holder_of(letter.recipient)
            linked = bool(letter.path) and letter.secret is None
            short = f"{letter.subject}. {self._url}{letter.path}" if linked else letter.subject
            if wanted.sms and user is not None and user.phone:
                messages.append(self._brief("sms", user.phone, letter.subject, short))
            if wanted.push and user is not None:
                messages.append(self._brief("push", user.id, letter.subject, short))
        return messages

    async def _wanted(self, letter: Letter) -> tuple[Channels, User | None]:
        """What the reader said of its topic, and whose message it is.

        An account whose address is not proved speaks for its own messages alone; the address itself may still refuse them.
        """
        stored = await store.preferences(self._work, topics.person(letter.recipient))
        at_address = topics.wishes(stored).topics[letter.topic]
        if not letter.account:
            return at_address, None
        try:
            account = await self._users.get(letter.account)
        except Missing:
            return at_address, None
        if account.verified:
            return at_address, account
        own = topics.wishes(await store.preferences(self._work, account.id)).topics[letter.topic]
        refused = not stored.get((letter.topic, "email"), True)
        return msgspec.structs.replace(own, email=own.email and not refused), account

    async def post(self, tx: Transaction, letter: Letter, messages: Sequence[Message]) -> None:
        """To be sent, unless its reader was written to so often that somebody else must be behind it: then staff may send it."""
        security = letter.topic == "account"
        for message in messages:
            lately = await store.written_lately(tx, message, security=security)
            if lately >= 2 * self._an_hour:
                watch.note("message dropped", channel=message.channel, message=message.id)
                continue
            held = f"Held back: {lately} messages went there within an hour." if lately >= self._an_hour else ""
            await store.insert(tx, message, letter, topics.person(letter.recipient), held=held)

    def _brief(self, channel: Channel, recipient: str, subject: str, text: str) -> Message:
        return Message(id=self._work.ids.new("msg"), channel=channel, recipient=recipient, subject=subject, text=text)

    def _dress(self, letter: Letter) -> Message:
        ending = "" if letter.topic in topics.REQUIRED else f"{self._url}/{ENDING}"
        given = {
            "subject": letter.subject,
            "heading": letter.heading,
            "lines": list(letter.lines),
            "link": self._url + letter.path if letter.path else "",
            "action": letter.action,
            "closing": CLOSING if letter.topic in topics.REQUIRED else ASKED_FOR,
            "unsubscribe": ending,
            "shop": self._shop,
            "url": self._url,
        }
        return Message(
            id=self._work.ids.new("msg"),
            channel="email",
            recipient=letter.recipient,
            subject=letter.subject,
            text=self._templates.render_template("base.txt", **given),
            html=self._inliner.inline(self._templates.render_template("base.html", **given)),
            unsubscribe=ending,
        )

    async def messages(self, *, text: str = "", after: str = "", limit: int = 50) -> list[MessageSummary]:
        return await store.search(self._work, text, after, limit)

    async def about_order(self, order_id: str, limit: int = 200) -> list[MessageSummary]:
        return await store.about_order(self._work, order_id, limit)

    async def message(self, message_id: str) -> MessageView:
        found = await store.get(self._work, message_id)
        if found is None:
            raise Missing("There is no such message.")
        found = msgspec.structs.replace(found, documents=await attachment_store.of_message(self._work, message_id))
        if not await self._work.is_demo():
            return found
        kept = await self._postboxes[found.summary.channel].kept(message_id)
        if kept is None:
            return found
        return msgspec.structs.replace(
            found, text=kept.text, html=kept.html, unsubscribe=kept.unsubscribe, links_work=True
        )

    async def written_to(self, email: str, account: str = "") -> list[MessageView]:
        return await store.written_to(self._work, topics.person(email), account)

    async def retry(self, message_id: str) -> None:
        await self.delivery.retry(message_id)

    async def resend(self, since: datetime, until: datetime | None = None) -> Resent:
        return await self.delivery.resend(since, until)

    async def delivery_report(self) -> DeliveryReport:
        return await self.delivery.report()
