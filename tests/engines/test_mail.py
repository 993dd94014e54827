"""E-mail to a real server: contents, refusals and authentication."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from email import message_from_bytes, policy
from pathlib import Path

import msgspec
import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from shopwright.app import Shop
from shopwright.engines.messaging.smtp import Smtp
from shopwright.kit.errors import Invalid, Refused, Unavailable
from shopwright.kit.ports import Attachment, Message
from tests.builders.server import free_port

SENDER = "Northlight & Søn <shop@northlight.example>"
MESSAGE = Message(
    id="msg_1", channel="email", recipient="ada@example.com", subject="Your order\r\nBcc: all@example.com",
    text="Thank you – Ada", html="<p>Thank you – Ada</p>", unsubscribe="https://northlight.example/u/1",
)  # fmt: skip


class Inbox:
    """The handler of a mail server."""

    def __init__(self) -> None:
        self.messages: list[bytes] = []
        self.sessions: set[int] = set()

    async def handle_RCPT(self, _server, session, envelope, address: str, _options) -> str:  # noqa: N802 -- its name
        self.sessions.add(id(session))
        answers = {"gone@example.com": "550 no such user", "busy@example.com": "451 later"}
        if address in answers:
            return answers[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server, _session, envelope) -> str:  # noqa: N802
        self.messages.append(envelope.content)
        return "250 OK"


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> tuple[ssl.SSLContext, Path]:
    authority = trustme.CA()
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return context, path


@pytest.fixture
async def connect() -> AsyncIterator[Callable[[str], Smtp]]:
    opened: list[Smtp] = []

    def to(url: str, **how) -> Smtp:
        opened.append(Smtp(url, SENDER, **how))
        return opened[-1]

    yield to
    for one in opened:
        await one.close()


@pytest.fixture
def serve() -> Iterator[Callable[..., int]]:
    started: list[Controller] = []

    def start(inbox: Inbox, **how) -> int:
        port = free_port()
        controller = Controller(inbox, hostname="127.0.0.1", port=port, **how)
        controller.start()
        started.append(controller)
        return port

    yield start
    for one in started:
        one.stop()


def knows(user: str, password: str):
    def check(_server, _session, _envelope, _mechanism, credentials: LoginPassword) -> AuthResult:
        good = (credentials.login, credentials.password) == (user.encode(), password.encode())
        return AuthResult(success=good, handled=False)

    return check


async def test_an_email_has_both_forms_one_id_and_one_click_unsubscribe(serve, connect) -> None:
    inbox = Inbox()
    post = connect(f"smtp://127.0.0.1:{serve(inbox)}?starttls=never")
    await post.deliver(MESSAGE)
    await post.deliver(MESSAGE)
    assert len(inbox.messages) == 2
    assert len(inbox.sessions) == 1  # over one connection
    one, two = (message_from_bytes(message, policy=policy.default) for message in inbox.messages)
    assert one["Message-ID"] == two["Message-ID"] == "<msg_1@northlight.example>"
    assert one["Subject"] == "Your order Bcc: all@example.com"
    assert one["Bcc"] is None
    assert one["From"].addresses[0].display_name == "Northlight & Søn"
    assert one["List-Unsubscribe"] == "<https://northlight.example/u/1>"
    assert one["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert one.get_body(("plain",)).get_content().strip() == "Thank you – Ada"
    assert one.get_body(("html",)).get_content().strip() == "<p>Thank you – Ada</p>"


async def test_attachments_follow_both_forms(serve, connect) -> None:
    inbox = Inbox()
    files = (
        Attachment("CN-1.pdf", "application/pdf", b"%PDF-\r\n\x00\xff"),
        Attachment("Größe.xml", "application/xml", b"<a/>"),
    )
    post = connect(f"smtp://127.0.0.1:{serve(inbox)}?starttls=never")
    await post.deliver(msgspec.structs.replace(MESSAGE, attachments=files))
    [message] = (message_from_bytes(one, policy=policy.default) for one in inbox.messages)
    found = [(part.get_filename(), part.get_content_type(), part.get_content()) for part in message.iter_attachments()]
    assert found == [(one.name, one.media_type, one.content) for one in files]
    assert message.get_body(("plain",)).get_content().strip() == "Thank you – Ada"
    assert message.get_body(("html",)).get_content().strip() == "<p>Thank you – Ada</p>"


async def test_an_unknown_recipient_fails_for_good_and_a_busy_one_is_retried(serve, connect) -> None:
    inbox = Inbox()
    post = connect(f"smtp://127.0.0.1:{serve(inbox)}?starttls=never")

    def to(recipient: str) -> Message:
        return Message(id="msg_2", channel="email", recipient=recipient, subject="Hello", text="Hello")

    with pytest.raises(Refused) as error:
        await post.deliver(to("gone@example.com"))
    assert "gone@" not in error.value.detail
    with pytest.raises(Unavailable):
        await post.deliver(to("busy@example.com"))
    for odd in ("", "ada@example.com\nBcc: all@example.com"):
        with pytest.raises(Refused):
            await post.deliver(to(odd))
    await post.deliver(to("ada@example.com"))
    assert len(inbox.messages) == 1


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")  # TLS from the start
@pytest.mark.parametrize("scheme", ["smtp", "smtps"])
async def test_tls_and_a_password_are_required_and_used(serve, connect, certificates, scheme: str) -> None:
    context, authority = certificates
    inbox = Inbox()
    secure = (
        {"ssl_context": context, "auth_require_tls": False}  # TLS from the start
        if scheme == "smtps"
        else {"tls_context": context, "require_starttls": True}
    )
    port = serve(inbox, auth_required=True, authenticator=knows("shop", "p@ss"), **secure)
    trusted = f"{scheme}://shop:p%40ss@127.0.0.1:{port}?ca={authority}"
    await connect(trusted).deliver(MESSAGE)
    assert len(inbox.messages) == 1
    for url in (trusted.replace("p%40ss", "wrong"), trusted.partition("?")[0]):  # an unknown authority
        with pytest.raises(Unavailable) as error:
            await connect(url).deliver(MESSAGE)
        assert "p@ss" not in error.value.detail
    assert len(inbox.messages) == 1


async def test_a_server_without_tls_receives_mail_only_if_configured(serve, connect) -> None:
    inbox = Inbox()
    port = serve(inbox)
    with pytest.raises(Unavailable):
        await connect(f"smtp://127.0.0.1:{port}").deliver(MESSAGE)
    assert inbox.messages == []


async def test_a_server_that_went_away_and_came_back_is_connected_again(serve, connect) -> None:
    inbox = Inbox()
    post = connect(f"smtp://127.0.0.1:{free_port()}?starttls=never")
    with pytest.raises(Unavailable):
        await post.deliver(MESSAGE)
    port = serve(inbox, timeout=0.3)
    post = connect(f"smtp://127.0.0.1:{port}?starttls=never", idle_s=0.1)
    await post.deliver(MESSAGE)
    await asyncio.sleep(0.8)  # the server closed the pooled connection
    await post.deliver(MESSAGE)
    assert len(inbox.messages) == 2


@pytest.mark.parametrize(
    ("url", "sender", "words"),
    [
        ("smtp://one?starttls=maybe", SENDER, "always or never"),
        ("smtp://u:p@one?starttls=never", SENDER, "in the clear"),
        ("smtp://one", "nobody", "MAIL_FROM"),
        ("smtp://one?tls=1", SENDER, "“tls”"),
    ],
)
def test_a_wrong_setting_is_refused_with_a_valid_example(url: str, sender: str, words: str) -> None:
    with pytest.raises(Invalid, match=words):
        Smtp(url, sender)


async def test_the_viewer_stores_a_message_once(shop: Shop) -> None:
    message = Message(id="msg_1", channel="email", recipient="ada@example.com", subject="Hello", text="Hello")
    for _ in range(3):
        await shop.transports["email"].deliver(message)
    rows = await shop.databases["notifications"].fetch("SELECT * FROM viewer WHERE id = 'msg_1'")
    assert [row["subject"] for row in rows] == ["Hello"]
