"""Notifications: a fact becomes a letter (once), a letter is handed over (until it was)."""

import logging
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

import css_inline
import minijinja
import msgspec

from shopwright.kit.clock import to_micros
from shopwright.kit.errors import Missing, Refused, ShopError
from shopwright.kit.facts import Heard
from shopwright.kit.ports import Message, Postbox
from shopwright.kit.work import Work
from shopwright.services.notifications import model, store
from shopwright.services.notifications.contract import MessageSummary, MessageView, State
from shopwright.services.users.contract import Users

log = logging.getLogger("shopwright.notifications")

BATCH = 50
ATTEMPTS = 10
FIRST_RETRY = timedelta(seconds=5)
TEMPLATES = Path(__file__).parent / "templates"
CLOSING = "You receive this message because of your order or account with us."


class Desk:
    """The verbs of `contract.Notifications`."""

    def __init__(self, work: Work, postboxes: Mapping[str, Postbox], *, users: Users, shop: str, url: str) -> None:
        self._work = work
        self._postboxes = postboxes
        self._users = users
        self._shop = shop
        self._url = url
        self._templates = minijinja.Environment(loader=lambda name: (TEMPLATES / name).read_text(encoding="utf-8"))
        self._inliner = css_inline.CSSInliner(keep_style_tags=False, load_remote_stylesheets=False)

    async def hear(self, heard: Heard) -> None:
        """Any fact there is a letter for."""
        letter = model.LETTERS[type(heard.event)](heard.event)
        if letter.purpose is not None:
            try:
                token = await self._users.letter_token(heard.event.user_id, letter.purpose)
            except Missing:
                return  # the account is gone
            letter = msgspec.structs.replace(letter, path=letter.path + token)
        message = self._dress(letter)
        async with self._work.begin(once=heard.key) as tx:
            await store.insert(tx, message)

    def _dress(self, letter: model.Letter) -> Message:
        given = {
            "subject": letter.subject,
            "heading": letter.heading,
            "lines": list(letter.lines),
            "link": self._url + letter.path if letter.path else "",
            "action": letter.action,
            "closing": CLOSING,
            "shop": self._shop,
            "url": self._url,
        }
        return Message(
            id=self._work.ids.new("msg"),
            channel="mail",
            recipient=letter.recipient,
            subject=letter.subject,
            text=self._templates.render_template("base.txt", **given),
            html=self._inliner.inline(self._templates.render_template("base.html", **given)),
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
