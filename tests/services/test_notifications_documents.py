"""Invoices and credit notes are attached to e-mails of the parcel or refund, or sent by themselves afterwards."""

from collections.abc import AsyncIterator, Iterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

import httpx
import pytest

from shopwright.app import Shop
from shopwright.kit.clock import HandClock
from shopwright.services.orders.contract import LineQuantity
from tests.builders.documents import documents, erasure, names, shipped, written
from tests.builders.mail_server import MailServer
from tests.builders.messages import send_all
from tests.builders.orders import kettles
from tests.builders.refunds import refunded
from tests.builders.sellers import NORTHLIGHT
from tests.builders.shops import OWNER, QUICK, make_settings

PDF = "application/pdf"


class Inbox(MailServer):
    """A mail server that keeps accepted messages."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[EmailMessage] = []

    async def handle_DATA(self, _server, _session, envelope) -> str:  # noqa: N802 -- its name
        self.found.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"

    def attached(self, subject: str) -> list[list[str]]:
        """The names of the attachments of each message with this subject."""
        return [
            [str(part.get_filename()) for part in one.iter_attachments()]
            for one in self.found
            if subject in str(one["Subject"])
        ]


@pytest.fixture
def mail() -> Iterator[Inbox]:
    made = Inbox()
    made.start()
    yield made
    made.stop()


@pytest.fixture
async def posting(data: tuple[Path, str], clock: HandClock, mail: Inbox) -> AsyncIterator[Shop]:
    """A shop that sends its mail to that server."""
    url = f"smtp://127.0.0.1:{mail.port}?starttls=never"
    made = Shop(make_settings(*data, mail=url, mail_from="Shop <shop@example.com>"), clock=clock, hasher=QUICK)
    async with made.running(deliver=False):
        yield made


async def test_the_invoice_is_attached_to_the_message_of_the_first_parcel(posting: Shop, mail: Inbox) -> None:
    await posting.pricing.set_seller(NORTHLIGHT)
    order = await kettles(posting)
    await send_all(posting)
    await shipped(posting, order, 1)
    await shipped(posting, order, 1)
    assert mail.attached("has shipped") == [["INV-2026-000001.pdf"], []]
    assert mail.attached("Payment received") == [[]]
    [message] = [one for one in mail.found if list(one.iter_attachments())]
    [file] = message.iter_attachments()
    assert isinstance(file, EmailMessage)
    assert (file.get_content_type(), file.get_content()[:5]) == (PDF, b"%PDF-")
    html = message.get_body(("html",))
    assert html is not None
    assert "parcel" in html.get_content()
    assert mail.attached("invoice") == []


async def test_a_credit_note_is_attached_to_the_message_of_the_refund(posting: Shop, mail: Inbox) -> None:
    await posting.pricing.set_seller(NORTHLIGHT)
    order = await kettles(posting)
    await posting.bus.settle()
    for _ in range(2):
        await refunded(posting, order, lines=(LineQuantity(order.lines[0].id, 1),))
        await send_all(posting)
    assert mail.attached("Refund") == [["CN-2026-000001.pdf"], ["CN-2026-000002.pdf"]]
    assert mail.attached("credit note") == []


async def test_a_document_issued_after_its_message_is_sent_by_itself(shop: Shop, clock: HandClock) -> None:
    order = await kettles(shop)
    await send_all(shop)
    waiting = await kettles(shop)
    await shipped(shop, order)
    assert names(await written(shop, "has shipped")) == [[]]
    await shop.pricing.set_seller(NORTHLIGHT)
    clock.move(minutes=1)
    assert len(await documents(shop)) == 2
    await send_all(shop)
    [own] = await written(shop, "Your invoice")
    assert (own.summary.subject, names([own])) == (
        f"Your invoice INV-2026-000001 for order {order.number}",
        [["INV-2026-000001"]],
    )
    await shipped(shop, waiting)
    assert names(await written(shop, "has shipped")) == [[], ["INV-2026-000002"]]
    assert len(await written(shop, "Your invoice")) == 1


async def test_a_restricted_document_is_not_sent(local_shop: Shop) -> None:
    await local_shop.pricing.set_seller(NORTHLIGHT)
    order = await kettles(local_shop)
    await documents(local_shop)
    await local_shop.books.on_erased(erasure(order.id))
    await shipped(local_shop, order)
    assert names(await written(local_shop, "has shipped")) == [[]]


async def test_a_message_names_its_attachments(shop: Shop, api: httpx.AsyncClient) -> None:
    await shop.pricing.set_seller(NORTHLIGHT)
    order = await kettles(shop)
    await shop.bus.settle()
    await shipped(shop, order)
    [message] = await written(shop, "has shipped")
    api.cookies.set("session", await shop.users.open_session(*OWNER))
    page = (await api.get(f"/office/messages/{message.summary.id}")).text
    assert f'<a href="/office/books/documents/{message.documents[0].id}">INV-2026-000001.pdf</a>' in page


async def make_unreadable(shop: Shop, name: str) -> str:
    """Make a document unreadable; returns its content."""
    async with shop.databases["books"].begin() as tx:
        row = await tx.one("SELECT body FROM issued_documents WHERE name = :name", name=name)
        assert row is not None
        await tx.run("UPDATE issued_documents SET body = '{' WHERE name = :name", name=name)
    return str(row["body"])


async def make_readable(shop: Shop, name: str, body: str) -> None:
    async with shop.databases["books"].begin() as tx:
        await tx.run("UPDATE issued_documents SET body = :body WHERE name = :name", name=name, body=body)


async def pass_hours(shop: Shop, clock: HandClock, hours: int) -> None:
    for _ in range(hours):
        clock.move(hours=1)
        await send_all(shop)


async def test_a_message_waits_an_hour_for_a_missing_document_which_then_follows_by_itself(
    shop: Shop, clock: HandClock
) -> None:
    await shop.pricing.set_seller(NORTHLIGHT)
    order = await kettles(shop)
    await documents(shop)
    body = await make_unreadable(shop, "INV-2026-000001")
    await shipped(shop, order)
    [message] = await written(shop, "has shipped")
    assert message.summary.state == "waiting"
    await pass_hours(shop, clock, 2)
    [message] = await written(shop, "has shipped")
    assert (message.summary.state, message.documents) == ("sent", ())
    await make_readable(shop, "INV-2026-000001", body)
    await pass_hours(shop, clock, 2)
    [own] = await written(shop, "Your invoice")
    assert (own.summary.state, names([own])) == ("sent", [["INV-2026-000001"]])


async def test_a_document_that_can_never_be_typeset_is_given_up(shop: Shop, clock: HandClock) -> None:
    await shop.pricing.set_seller(NORTHLIGHT)
    order = await kettles(shop)
    await documents(shop)
    await make_unreadable(shop, "INV-2026-000001")
    await shipped(shop, order)
    await pass_hours(shop, clock, 3)
    clock.move(days=3)
    await pass_hours(shop, clock, 1)
    [own] = await written(shop, "Your invoice")
    assert (own.summary.state, own.summary.problem) == ("failed", "It could not be completed (DecodeError).")
    assert [one.summary.state for one in await written(shop, "has shipped")] == ["sent"]


async def test_an_old_message_waits_for_its_documents_like_any(posting: Shop, clock: HandClock, mail: Inbox) -> None:
    await posting.pricing.set_seller(NORTHLIGHT)
    order = await kettles(posting)
    await send_all(posting)
    mail.stop()
    await shipped(posting, order)
    clock.move(hours=2)
    body = await make_unreadable(posting, "INV-2026-000001")
    mail.start()
    await send_all(posting)
    assert mail.attached("has shipped") == []
    await make_readable(posting, "INV-2026-000001", body)
    await pass_hours(posting, clock, 1)
    assert mail.attached("has shipped") == [["INV-2026-000001.pdf"]]
    assert mail.attached("Your invoice") == []


async def test_a_document_whose_message_failed_is_sent_by_itself(posting: Shop, clock: HandClock, mail: Inbox) -> None:
    order = await kettles(posting)
    await send_all(posting)
    mail.answers[order.email] = "550 No such mailbox"
    await shipped(posting, order)
    mail.answers.clear()
    await posting.pricing.set_seller(NORTHLIGHT)
    clock.move(minutes=1)
    await documents(posting)
    await send_all(posting)
    assert mail.attached("Your invoice") == [["INV-2026-000001.pdf"]]
