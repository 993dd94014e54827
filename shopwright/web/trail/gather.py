"""Every step of an order in one list: its events, its payments' events, and messages about it."""

from collections.abc import Awaitable
from datetime import datetime
from typing import Protocol, TypeVar

import msgspec

from shopwright.kit.data.events import Event
from shopwright.kit.errors import Unavailable
from shopwright.services.insights.contract import Insights, Logged
from shopwright.services.notifications.contract import MessageSummary, Notifications, Outcome, State
from shopwright.services.payments.contract import Payments

T = TypeVar("T")
MESSAGES: dict[State | Outcome, str] = {
    "sent": "MessageSent", "kept": "MessageKept", "failed": "MessageGivenUp", "held": "MessageHeld",
    "waiting": "MessageWaiting", "retrying": "MessageWaiting",
}  # fmt: skip
# How to find an order in the logs, by the tool that stores them.
SEARCHES = (
    ("systemd", "journalctl -u 'shopwright*' -o cat | grep {}"),
    ("Docker Compose", "docker compose logs --no-log-prefix | grep {}"),
    ("Kubernetes", "kubectl logs -l app.kubernetes.io/part-of=shopwright --max-log-requests=50 --tail=-1 | grep {}"),
)


class TrailSources(Protocol):
    """The contracts used."""

    @property
    def insights(self) -> Insights: ...

    @property
    def payments(self) -> Payments: ...

    @property
    def notifications(self) -> Notifications: ...


class TrailStep(msgspec.Struct, frozen=True, kw_only=True):
    """A step. `what`: the type of an event, or MessageSent, -Kept, -DeadDelivery, -Held, -Waiting.

    `id`: of the event or message; `about`: further ids it names; `detail`: the subject of a message. `request_id`: the
    request or job run it comes from, or "".
    """

    time: datetime
    what: str
    id: str
    about: dict[str, str] = {}
    detail: str = ""
    request_id: str = ""
    trace_id: str = ""


class OrderTrail(msgspec.Struct, frozen=True):
    """The steps of an order, oldest first. `missing`: sources (payments, events, messages) that were unavailable."""

    items: list[TrailStep]
    missing: tuple[str, ...] = ()


async def trail_of(shop: TrailSources, order_id: str, *, messages: bool) -> OrderTrail:
    """Return the trail of an order; `messages`: including messages."""
    missing: list[str] = []
    payments = await _asked("payments", shop.payments.of_order(order_id), missing)
    subjects = [order_id, *(one.id for one in payments)]
    steps = [_event(one) for one in await _asked("events", shop.insights.about(subjects), missing)]
    if messages:
        steps += [_message(one) for one in await _asked("messages", shop.notifications.about_order(order_id), missing)]
    return OrderTrail(sorted(steps, key=lambda one: one.time), tuple(missing))


async def _asked(name: str, answer: Awaitable[list[T]], missing: list[str]) -> list[T]:
    try:
        return await answer
    except Unavailable:
        missing.append(name)
        return []


def _event(one: Logged) -> TrailStep:
    kind = Event.types.get(one.type)
    names = kind.shown_in_log() if kind is not None else ()
    data = msgspec.json.decode(one.data)
    about = {name: str(data[name]) for name in names if name not in {"order_id", "number"} and data.get(name)}
    return TrailStep(
        time=one.time, what=one.type, id=one.id, about=about, request_id=one.request_id, trace_id=one.trace_id
    )


def _message(one: MessageSummary) -> TrailStep:
    return TrailStep(
        time=one.ended_at or one.created_at,
        what=MESSAGES[one.outcome or one.state],
        id=one.id,
        about={"channel": one.channel},
        detail=one.subject,
        request_id=one.request_id,
        trace_id=one.trace_id,
    )


def searches(order_id: str) -> list[dict[str, str]]:
    """The commands that find an order in the logs."""
    return [{"where": where, "command": command.format(order_id)} for where, command in SEARCHES]
