"""Notifications: a fact becomes a letter (once), a letter is handed over (until it was).

What people want to be told, and how, is in `preferences.py`.
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path

import css_inline
import minijinja
import msgspec

from shopwright.kit.clock import to_micros
from shopwright.kit.errors import Conflict, Missing, Refused, ShopError
from shopwright.kit.facts import ERASED, Heard
from shopwright.kit.ports import Message, Postbox
from shopwright.kit.work import Transaction, Work
from shopwright.services.catalog.contract import Catalog
from shopwright.services.notifications import model, store
from shopwright.services.notifications.contract import Channel, MessageSummary, MessageView, State
from shopwright.services.users.contract import Users

log = logging.getLogger("shopwright.notifications")

BATCH = 50
ATTEMPTS = 10
FIRST_RETRY = timedelta(seconds=5)
TEMPLATES = Path(__file__).parent / "templates"
CLOSING = "You receive this message because of your order or account with us."
ASKED_FOR = "You receive this message because you wanted to hear of this."


class Desk:
    """The verbs of `contract.Notifications`."""

    def __init__(
        self, work: Work, postboxes: Mapping[str, Postbox], *, users: Users, catalog: Catalog, shop: str, url: str
    ) -> None:
        self._work = work
        self._postboxes = postboxes
        self._users = users
        self._catalog = catalog
        self._shop = shop
        self._url = url
        self._templates = minijinja.Environment(loader=lambda name: (TEMPLATES / name).read_text(encoding="utf-8"))
        self._inliner = css_inline.CSSInliner(keep_style_tags=False, load_remote_stylesheets=False)

    async def hear(self, heard: Heard) -> None:
        """Any fact there is a letter for."""
        letter = model.LETTERS[type(heard.event)](heard.event)
        if letter.recipient in {"", ERASED}:
            return
        if letter.purpose is not None:
            try:
                token = await self._users.letter_token(heard.event.user_id, letter.purpose)
            except Missing:
                return  # the account is gone
            letter = msgspec.structs.replace(letter, path=letter.path + token)
        messages = await self.messages_of(letter)
        async with self._work.begin(once=heard.key) as tx:
            await self.post(tx, letter, messages)

    async def messages_of(self, letter: model.Letter) -> list[Message]:
        """The letter in each way its reader wants it."""
        person = model.person(letter.recipient)
        wanted = model.wishes(await store.preferences(self._work, person)).topics[letter.topic]
        messages = [self._dress(letter)] if wanted.email else []
        if wanted.sms or wanted.push:
            user = await self._users.by_email(letter.recipient)
            short = f"{letter.subject}. {self._url}{letter.path}" if letter.path else letter.subject
            if wanted.sms and user is not None and user.phone:
                messages.append(self._brief("sms", user.phone, letter.subject, short))
            if wanted.push and user is not None:
                messages.append(self._brief("push", user.id, letter.subject, short))
        return messages

    async def post(self, tx: Transaction, letter: model.Letter, messages: Sequence[Message]) -> None:
        """To be sent; what can be unsubscribed from carries the right to do so."""
        for message in messages:
            if message.unsubscribe:
                token = message.unsubscribe.rpartition("=")[2]
                await store.add_unsubscribe(tx, token, model.person(letter.recipient), letter.topic)
            await store.insert(tx, message, model.person(letter.recipient))

    def _brief(self, channel: Channel, recipient: str, subject: str, text: str) -> Message:
        return Message(id=self._work.ids.new("msg"), channel=channel, recipient=recipient, subject=subject, text=text)

    def _dress(self, letter: model.Letter) -> Message:
        ending = "" if letter.topic in model.REQUIRED else f"{self._url}/unsubscribe?token={self._work.ids.secret(16)}"
        given = {
            "subject": letter.subject,
            "heading": letter.heading,
            "lines": list(letter.lines),
            "link": self._url + letter.path if letter.path else "",
            "action": letter.action,
            "closing": CLOSING if letter.topic in model.REQUIRED else ASKED_FOR,
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

    async def send(self) -> None:
        """A timer: hand over what is due."""
        while await store.due(self._work):
            async with self._work.begin() as tx:
                claimed = await store.claim(tx, BATCH)
            for message, attempts in claimed:
                await self._hand_over(message, attempts)

    async def _hand_over(self, message: Message, attempts: int) -> None:
        state: State = "sent"
        problem = ""
        try:
            await self._postboxes[message.channel].deliver(message)
        except ShopError as error:
            over = isinstance(error, Refused) or attempts >= ATTEMPTS
            state, problem = "failed" if over else "waiting", error.detail
            log.warning("message %s: %s", message.id, error.detail)
        async with self._work.begin() as tx:
            later = to_micros(tx.now + FIRST_RETRY * 2 ** min(attempts, 10))
            await store.finish(tx, message.id, state, problem, later)

    async def messages(self, *, text: str = "", after: str = "", limit: int = 50) -> list[MessageSummary]:
        return await store.search(self._work, text, after, limit)

    async def message(self, message_id: str) -> MessageView:
        found = await store.get(self._work, message_id)
        if found is None:
            raise Missing("There is no such message.")
        return found

    async def written_to(self, email: str) -> list[MessageView]:
        return await store.written_to(self._work, model.person(email))

    async def retry(self, message_id: str) -> None:
        async with self._work.begin() as tx:
            if not await store.retry(tx, message_id):
                await self.message(message_id)
                raise Conflict("Only a message that failed can be sent again.")
