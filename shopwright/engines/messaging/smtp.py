"""E-mail by SMTP (RFC 5321) through aiosmtplib; MIME by the standard library.

    smtp://user:password@mail.example:587                STARTTLS required
    smtps://user:password@mail.example:465               TLS from the first byte (RFC 8314)
    smtp://127.0.0.1:25?starttls=never                   a relay on this machine

`ca` names a file of certificates to trust instead of the system's.
"""

import ssl
import time
from collections.abc import Sequence
from contextlib import suppress
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, localtime, parseaddr

import aiosmtplib

from shopwright.kit.errors import Invalid, Refused, ShopError, Unavailable
from shopwright.kit.observability.health import Health
from shopwright.kit.ports import Deferred, Message
from shopwright.kit.settings import take_apart
from shopwright.kit.translation import gettext as _

PORTS = {"smtp": 587, "smtps": 465}
PATIENCE_S = 20
# A connection idle for longer is tested before use.
IDLE_S = 5.0
KEPT = 4
FOR_GOOD = 500
GOING_AWAY = 421  # RFC 5321, 3.8: the server closes the connection
# About us or the protocol, not the recipient (RFC 5321, 4.2; RFC 4954, 6).
ABOUT_US = {500, 501, 502, 503, 504, 530, 534, 535, 538}


class Smtp:
    """Sends messages over persistent connections."""

    sends = True

    def __init__(self, url: str, sender: str, idle_s: float = IDLE_S) -> None:
        self._url = take_apart("mail", url, ("starttls", "ca"))
        starttls = self._url.options.get("starttls", "always")
        if starttls not in {"always", "never"}:
            raise Invalid(_("SHOPWRIGHT_MAIL has starttls={starttls}; it is always or never.", starttls=starttls))
        if self._url.user and starttls == "never" and self._url.scheme == "smtp":
            raise Invalid(
                _("SHOPWRIGHT_MAIL would send a password in the clear: leave out starttls=never, or use smtps:.")
            )
        name, address = parseaddr(sender)
        if "@" not in address:
            raise Invalid(_("SHOPWRIGHT_MAIL_FROM is an address such as Northlight <shop@example.com>."))
        self._starttls = self._url.scheme == "smtp" and starttls == "always"
        self._sender = Address(name, addr_spec=address)
        self._idle_s = idle_s
        self._free: list[tuple[float, aiosmtplib.SMTP]] = []

    async def deliver(self, message: Message) -> None:
        try:
            mime = self._mime(message)
        except ValueError as error:
            raise Refused(_("This message has an address that no mail server would take.")) from error
        connection = await self._connected()
        in_step = False  # whether the connection is ready for the next message
        try:
            await connection.send_message(mime)
            in_step = True
        except aiosmtplib.SMTPException as error:
            in_step = isinstance(error, aiosmtplib.SMTPResponseException | aiosmtplib.SMTPRecipientsRefused)
            raise _as_shop_error(error) from error
        except (OSError, TimeoutError) as error:
            raise Unavailable(_("The mail server does not answer ({error}).", error=type(error).__name__)) from error
        finally:
            if in_step and connection.is_connected and len(self._free) < KEPT:
                self._free.append((time.monotonic(), connection))
            else:
                connection.close()

    async def kept(self, message_id: str) -> Message | None:  # noqa: ARG002 -- what was sent is with its reader
        return None

    async def forget(self, message_ids: Sequence[str]) -> None:
        """Sent messages cannot be deleted."""

    async def examine(self) -> Health:
        connection = await self._connected()
        self._free.append((time.monotonic(), connection))
        return Health(_("a mail server that accepts our sign-in"))

    async def close(self) -> None:
        while self._free:
            _, kept = self._free.pop()
            with suppress(aiosmtplib.SMTPException, OSError, TimeoutError):
                await kept.quit()
            kept.close()

    async def _connected(self) -> aiosmtplib.SMTP:
        while self._free:
            since, kept = self._free.pop()
            if time.monotonic() - since < self._idle_s:
                return kept
            try:
                await kept.noop()
            except (aiosmtplib.SMTPException, OSError, TimeoutError):
                kept.close()
            else:
                return kept
        return await self._connect()

    async def _connect(self) -> aiosmtplib.SMTP:
        host, port = self._url.hosts[0]
        connection = aiosmtplib.SMTP(
            hostname=host,
            port=port or PORTS[self._url.scheme],
            username=self._url.user or None,
            password=self._url.password or None,
            timeout=PATIENCE_S,
            use_tls=self._url.scheme == "smtps",
            start_tls=self._starttls,
            tls_context=ssl.create_default_context(cafile=self._url.options.get("ca")),
        )
        try:
            await connection.connect()
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            # Errors from here on are not about the message: wrong password, no TLS, too many connections.
            connection.close()
            raise Unavailable(
                _("The mail server refuses the sign-in ({error}).", error=type(error).__name__)
            ) from error
        return connection

    def _mime(self, message: Message) -> EmailMessage:
        """The message as RFC 5322 with text, HTML and attachments; its Message-ID is stable across retries."""
        made = EmailMessage()
        made["From"] = self._sender
        made["To"] = message.recipient
        if not made["To"].addresses:
            raise ValueError(message.recipient)
        made["Subject"] = " ".join(message.subject.split())
        made["Date"] = format_datetime(localtime())
        made["Message-ID"] = f"<{message.id}@{self._sender.domain}>"
        if message.unsubscribe:
            made["List-Unsubscribe"] = f"<{message.unsubscribe}>"
            made["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        made.set_content(message.text)
        if message.html:
            made.add_alternative(message.html, subtype="html")
        for one in message.attachments:
            main, _, sub = one.media_type.partition("/")
            made.add_attachment(one.content, maintype=main, subtype=sub, filename=one.name)
        return made


def _as_shop_error(error: aiosmtplib.SMTPException) -> ShopError:
    """The error for an SMTP failure: Refused or Deferred for the message or recipient, else Unavailable.

    The server's text may contain addresses, so it is not repeated.
    """
    codes = [error.code] if isinstance(error, aiosmtplib.SMTPResponseException) else []
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        codes = [one.code for one in error.recipients]
    refused = isinstance(error, aiosmtplib.SMTPSenderRefused | aiosmtplib.SMTPAuthenticationError)
    if not codes or refused or GOING_AWAY in codes or ABOUT_US & set(codes):
        return Unavailable(_("The mail server did not take this message ({error}).", error=type(error).__name__))
    if min(codes) >= FOR_GOOD:
        return Refused(_("The mail server refused this message for good ({codes}).", codes=codes[0]))
    return Deferred(_("The mail server asked to send this message later ({codes}).", codes=codes[0]))
