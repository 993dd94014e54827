"""Rendering: one message for each wanted channel."""

from pathlib import Path

import css_inline
import minijinja
import msgspec

from shopwright.kit.errors import Missing
from shopwright.kit.ports import Message
from shopwright.kit.translation import current_language, gettext_noop
from shopwright.kit.translation import gettext as _
from shopwright.services.notifications import store, topics
from shopwright.services.notifications.context import NotificationContext
from shopwright.services.notifications.contract import Channel, Channels
from shopwright.services.notifications.outgoing_message import ENDING, OutgoingMessage
from shopwright.services.users.contract import User

TEMPLATES = Path(__file__).parent / "templates"
CLOSING = gettext_noop("You receive this message because of your order or account with us.")
ASKED_FOR = gettext_noop("You receive this message because you wanted to hear of this.")


class MessageRenderer:
    """Renders messages by the shop's templates, with links to `url`."""

    def __init__(self, context: NotificationContext, shop: str, url: str) -> None:
        self._context = context
        self._work = context.work
        self._shop = shop
        self._url = url
        self._templates = minijinja.Environment(loader=lambda name: (TEMPLATES / name).read_text(encoding="utf-8"))
        self._inliner = css_inline.CSSInliner(keep_style_tags=False, load_remote_stylesheets=False)

    async def messages(self, outgoing: OutgoingMessage) -> list[Message]:
        """Return a message per wanted channel; links that prove mailbox ownership go by e-mail only."""
        wanted, account = await self._wanted(outgoing)
        messages = [self.render(outgoing)] if wanted.email else []
        if wanted.sms or wanted.push:
            user = account or await self._context.users.owner_of_email(outgoing.recipient)
            linked = bool(outgoing.path) and outgoing.secret is None
            short = f"{outgoing.subject}. {self._url}{outgoing.path}" if linked else outgoing.subject
            if wanted.sms and user is not None and user.phone:
                messages.append(self._brief("sms", user.phone, outgoing.subject, short))
            if wanted.push and user is not None:
                messages.append(self._brief("push", user.id, outgoing.subject, short))
        return messages

    async def _wanted(self, outgoing: OutgoingMessage) -> tuple[Channels, User | None]:
        """The wanted channels of the recipient, and the account.

        An account with an unverified address decides about its own messages only; the address itself may still decline
        them.
        """
        stored = await store.preferences(self._work, topics.person(outgoing.recipient))
        at_address = topics.wishes(stored).topics[outgoing.topic]
        if not outgoing.account:
            return at_address, None
        try:
            account = await self._context.users.get(outgoing.account)
        except Missing:
            return at_address, None
        if account.verified:
            return at_address, account
        own = topics.wishes(await store.preferences(self._work, account.id)).topics[outgoing.topic]
        refused = not stored.get((outgoing.topic, "email"), True)
        return msgspec.structs.replace(own, email=own.email and not refused), account

    def _brief(self, channel: Channel, recipient: str, subject: str, text: str) -> Message:
        return Message(id=self._work.ids.new("msg"), channel=channel, recipient=recipient, subject=subject, text=text)

    def render(self, outgoing: OutgoingMessage) -> Message:
        """Return an e-mail as text and HTML."""
        ending = "" if outgoing.topic in topics.REQUIRED else f"{self._url}/{ENDING}"
        values = {
            "subject": outgoing.subject,
            "heading": outgoing.heading,
            "lines": list(outgoing.lines),
            "link": self._url + outgoing.path if outgoing.path else "",
            "action": outgoing.action,
            "closing": _(CLOSING if outgoing.topic in topics.REQUIRED else ASKED_FOR),
            "ending": _("Unsubscribe"),
            "language": current_language(),
            "unsubscribe": ending,
            "shop": self._shop,
            "url": self._url,
        }
        return Message(
            id=self._work.ids.new("msg"),
            channel="email",
            recipient=outgoing.recipient,
            subject=outgoing.subject,
            text=self._templates.render_template("base.txt", **values),
            html=self._inliner.inline(self._templates.render_template("base.html", **values)),
            unsubscribe=ending,
        )
