"""Messages are sent in the end: a mail server may be away for hours, and failed messages are reported and sent again."""

import re
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from shopwright.app import Shop
from shopwright.cli import messages as command
from shopwright.kit.clock import HandClock, to_micros
from shopwright.kit.errors import Invalid
from shopwright.operations.doctor import look
from shopwright.operations.process_admin import LocalProcessAdmin
from shopwright.services.notifications.retries import LONGEST, is_useless, lifetime, pause, rest_s
from shopwright.web.storefront import status
from tests.builders.goods import sell
from tests.builders.mail_server import MailServer
from tests.builders.messages import send_all
from tests.builders.orders import place
from tests.builders.shops import OWNER, QUICK, make_settings

pytestmark = pytest.mark.slow

ADA = "ada@example.com"


@pytest.fixture
def mail() -> Iterator[MailServer]:
    made = MailServer()
    yield made
    made.stop()


@pytest.fixture
async def posting(data: tuple[Path, str], clock: HandClock, mail: MailServer) -> AsyncIterator[Shop]:
    """A shop that sends its mail to that server."""
    made = Shop(
        make_settings(*data, mail=f"smtp://127.0.0.1:{mail.port}?starttls=never", mail_from="Shop <shop@example.com>"),
        clock=clock,
        hasher=QUICK,
    )
    async with made.running(deliver=False):
        yield made


async def passes(shop: Shop, step_s: float = 60, **time: float) -> None:
    """Advance the clock while the shop works."""
    for _ in range(round(timedelta(**time).total_seconds() / step_s)):
        shop.clock.move(seconds=step_s)
        await shop.bus.settle()


async def order(shop: Shop) -> None:
    """Place and pay an order of Ada, which sends two e-mails."""
    await place(shop, await sell(shop))
    await shop.bus.settle()


async def drop_all(shop: Shop) -> None:
    """Send the messages to the owner of the shop first."""
    await shop.bus.settle()
    async with shop.databases["notifications"].begin() as tx:
        await tx.run("DELETE FROM messages")


async def states(shop: Shop, to: str = ADA) -> dict[str, str]:
    return {one.subject.split(" ")[0]: one.state for one in await shop.notifications.messages(text=to)}


async def test_a_mail_server_away_for_85_minutes_loses_no_message_and_is_reported(
    posting: Shop, mail: MailServer
) -> None:
    await order(posting)
    await passes(posting, minutes=20)
    report = await posting.notifications.delivery_report()
    assert (report.waiting, report.given_up) == (2, 0)
    assert report.late_s >= 19 * 60
    assert report.oldest_s > 19 * 60
    process_admin = LocalProcessAdmin(posting)
    condition = await process_admin.condition()
    assert "None has been sent for" in condition.warnings["notifications"]
    assert dict(status.states({"all": condition}))["E-mails and messages"] == "less"
    assert b'shopwright_messages{state="waiting"} 2.0' in await process_admin.metrics()
    assert any("None has been sent for" in sentence for finding in await look(posting) for sentence in finding.wrong)
    await passes(posting, minutes=65)
    await posting.users.register("bob@example.com", "harbour at seven", "Bob")
    await posting.bus.settle()
    mail.start()
    await passes(posting, minutes=1)
    assert (await states(posting, "bob@example.com")) == {"Your": "sent"}  # as soon as the server is back
    await passes(posting, minutes=15)
    assert (await states(posting)) == {"We": "sent", "Payment": "sent"}
    assert sorted(one.split(" ")[0] for one in mail.subjects) == ["Payment", "We", "Your"]
    report = await posting.notifications.delivery_report()
    assert (report.waiting, report.late_s, report.oldest_s, report.given_up) == (0, 0, 0, 0)
    assert (await process_admin.condition()).warnings == {}


async def test_a_missing_server_is_probed_by_one_message(posting: Shop, mail: MailServer) -> None:
    await drop_all(posting)
    for n in range(60):
        await posting.users.register(f"user{n}@example.com", "harbour at seven", "Ada")
    await passes(posting, step_s=10, minutes=10)
    found = await posting.notifications.messages(limit=100)
    assert len(found) == 60
    assert sum(one.attempts for one in found) <= 20
    mail.start()
    await passes(posting, minutes=16)
    assert len(mail.subjects) == 60


async def test_a_password_reset_is_retried_for_an_hour_and_an_order_message_for_three_days(posting: Shop) -> None:
    await posting.users.register(ADA, "harbour at seven", "Ada")
    await passes(posting, step_s=43200, days=4)  # other messages are sent first
    await drop_all(posting)
    await posting.users.ask_reset(ADA)
    await order(posting)
    await passes(posting, minutes=59)
    assert await states(posting) == {"Choose": "waiting", "We": "waiting", "Payment": "waiting"}
    await passes(posting, minutes=20)
    assert await states(posting) == {"Choose": "failed", "We": "waiting", "Payment": "waiting"}
    await passes(posting, step_s=7200, hours=70)
    assert (await states(posting))["We"] == "waiting"
    await passes(posting, step_s=1800, hours=4)
    assert (await states(posting))["We"] == "failed"
    assert (await posting.notifications.delivery_report()).given_up == 2  # of the last day


async def test_a_message_never_tried_is_sent_late_unless_it_is_useless(posting: Shop, mail: MailServer) -> None:
    await order(posting)
    await posting.users.register(ADA, "harbour at seven", "Ada")
    await posting.users.ask_reset(ADA)
    await posting.bus.settle()
    posting.clock.move(days=4)  # the shop stood still
    mail.start()
    await posting.bus.settle()
    assert sorted(one.split(" ")[0] for one in mail.subjects) == ["Payment", "We"]
    found = {one.subject.split(" ")[0]: one for one in await posting.notifications.messages(text=ADA)}
    assert "while it was of use" in found["Choose"].problem


async def test_a_refused_recipient_fails_at_once_and_a_deferred_one_delays_no_other(
    posting: Shop, mail: MailServer
) -> None:
    mail.start()
    mail.answers = {
        "gone@example.com": "550 no such user",
        "full@example.com": "452 mailbox full",
        "odd@example.com": "530 sign in first",
    }
    for email in ("gone@example.com", "full@example.com", "bob@example.com"):
        await posting.users.register(email, "harbour at seven", "Ada")
    await passes(posting, minutes=2)
    assert await states(posting, "gone@") == {"Your": "failed"}
    assert await states(posting, "full@") == {"Your": "waiting"}
    assert await states(posting, "bob@") == {"Your": "sent"}
    outcomes = {
        one.recipient.split("@")[0]: one.outcome
        for one in await posting.notifications.messages()
        if "owner" not in one.recipient
    }
    assert outcomes == {"gone": "failed", "full": "retrying", "bob": "sent"}
    assert (await posting.notifications.delivery_report()).kept == ("sms", "push")
    report = await posting.notifications.delivery_report()
    assert (report.waiting, report.refused, report.given_up) == (1, 1, 0)
    await passes(posting, minutes=30)
    report = await posting.notifications.delivery_report()
    assert report.late_s < 120, "one full mailbox wakes nobody"
    assert report.oldest_s > 1800
    mail.answers.pop("full@example.com")
    await passes(posting, minutes=16)
    assert await states(posting, "full@") == {"Your": "sent"}
    await posting.users.register("odd@example.com", "harbour at seven", "Ada")  # that is about us
    await passes(posting, minutes=2)
    assert await states(posting, "odd@") == {"Your": "waiting"}


async def test_all_failed_messages_of_a_period_are_sent_again_by_one_command(
    posting: Shop, mail: MailServer, capsys: pytest.CaptureFixture[str]
) -> None:
    await drop_all(posting)
    began = posting.clock.now()
    await order(posting)
    await posting.users.register("bob@example.com", "harbour at seven", "Bob")
    await posting.users.ask_reset("bob@example.com")
    await posting.bus.settle()
    await passes(posting, step_s=7200, hours=80)
    assert set((await states(posting, "")).values()) == {"failed"}
    mail.start()
    later = began + timedelta(hours=1)
    assert await command.resend(posting, later, None) == 1
    assert await command.resend(posting, began, later) == 0
    output = capsys.readouterr().out
    assert "Messages that are sent again: 0." in output
    assert "reset a password): 2." in output
    await passes(posting, minutes=1)
    assert await states(posting) == {"We": "sent", "Payment": "sent"}
    assert (await states(posting, "bob@"))["Choose"] == "failed"
    with pytest.raises(Invalid):
        await posting.notifications.resend(later, began)


async def test_a_held_message_is_sent_again_only_by_staff(posting: Shop) -> None:
    await posting.users.register(ADA, "harbour at seven", "Ada")
    await posting.bus.settle()
    async with posting.databases["notifications"].begin() as tx:
        await tx.run("UPDATE messages SET state = 'failed', attempts = 0, problem = 'Held back'")
    done = await posting.notifications.resend(posting.clock.now() - timedelta(days=1))
    assert done.count == 0


async def test_staff_send_all_again_with_one_click_and_it_is_in_the_audit_log(
    shop: Shop, api: httpx.AsyncClient, staff: dict[str, str]
) -> None:
    await drop_all(shop)
    await shop.users.register(ADA, "harbour at seven", "Ada")
    await send_all(shop)
    async with shop.databases["notifications"].begin() as tx:
        ends = to_micros(shop.clock.now())
        await tx.run("UPDATE messages SET state = 'failed', expires_at = :ends, due = :ends", ends=ends)
        await tx.run("DELETE FROM viewer")
    api.cookies.set("session", await shop.users.open_session(*OWNER))
    page = (await api.get("/office/messages")).text
    assert "Undeliverable messages within a day: 1." in page
    fields = {name: re.search(f'name="{name}" value="([^"]+)"', page)[1] for name in ("_csrf_token", "since")}
    refused = await api.post("/office/messages/resend", data={"since": fields["since"]})
    assert refused.status_code == 403
    done = await api.post("/office/messages/resend", data=fields)
    assert done.status_code == 303
    assert "Messages that are sent again: 1." in (await api.get(done.headers["location"])).text
    wrong = await api.post("/office/messages/resend", data={**fields, "since": "x"})
    assert "not+a+time" in wrong.headers["location"]
    await send_all(shop)
    assert await states(shop) == {"Your": "sent"}
    entries = (await api.get("/v1/audit", params={"action": "resend_messages"}, headers=staff)).json()["items"]
    assert entries[-1]["act"]["given"]["since"] == fields["since"]


def test_retry_delays_grow_to_a_limit() -> None:
    assert [pause(n).total_seconds() for n in (1, 2, 3, 8, 9, 99)] == [5, 10, 20, 640, 900, 900]
    assert [rest_s(n) for n in (1, 2, 7, 99)] == [1, 2, 60, 60]
    assert lifetime("account", "reset") == timedelta(hours=1)
    assert lifetime("orders", "order") == LONGEST
    assert is_useless("account", "reset", timedelta(hours=1))
    assert not is_useless("orders", "order", timedelta(days=30))
