"""Events: what became true, emitted in the transaction that made it true.

A service declares its events in its contract:

    class OrderPaid(Event, frozen=True, kw_only=True):
        SUBJECT: ClassVar[str] = "order_id"
        order_id: str
        total: Money

Event classes are found by name, which is therefore unique in the whole shop.
"""

import functools
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar

import msgspec

from shopwright.kit.data.compatibility import decode_tolerant
from shopwright.kit.personal import personal_fields

# The prefix of placeholders for capabilities.
OPAQUE = "opq_"
# The fields by which steps of an order are found in the logs.
IDS = ("order_id", "number", "payment_id", "shipment_id", "refund_id", "refund_key")


class Event(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The payload of an event. `SUBJECT` names the field with the id it is about.

    Fields that identify a person are `Personal`; `FORGETS` marks events after which no event about the subject may
    contain personal data. `CAPABILITIES` names fields that grant access: handlers get them, the event log does not.
    `LOGGED` names the fields in the event's log line, and () means none; by default events with an `order_id` are
    business steps and log their `IDS`. `PRIVATE` events are not in the event log, which its readers see whole. `COMMON`
    in a class itself marks a base class that is no event.
    """

    SUBJECT: ClassVar[str] = ""
    FORGETS: ClassVar[bool] = False
    CAPABILITIES: ClassVar[tuple[str, ...]] = ()
    LOGGED: ClassVar[tuple[str, ...] | None] = None
    PRIVATE: ClassVar[bool] = False
    COMMON: ClassVar[bool] = False
    types: ClassVar[dict[str, type["Event"]]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """Raise TypeError for an event whose `SUBJECT` is none of its fields."""
        super().__init_subclass__(**kwargs)
        if cls.__dict__.get("COMMON"):
            return
        if not any(cls.SUBJECT in vars(one).get("__annotations__", {}) for one in cls.__mro__):
            raise TypeError(
                f"{cls.__name__}: SUBJECT must name the field with the id it is about, not “{cls.SUBJECT}”."
            )
        Event.types[cls.__name__] = cls

    @classmethod
    @functools.cache
    def shown_in_log(cls) -> tuple[str, ...]:
        """The fields of the log line; none is personal or grants access."""
        fields = cls.__struct_fields__
        usual = tuple(name for name in IDS if name in fields) if "order_id" in fields else ()
        chosen = usual if cls.LOGGED is None else cls.LOGGED
        return tuple(name for name in chosen if name not in {*personal_fields(cls), *cls.CAPABILITIES})


class StoredEvent(msgspec.Struct, frozen=True, kw_only=True, gc=False):  # many wait, and none holds itself
    """An event with its id, time (UTC) and subject.

    `trace`: what it follows from; `request`: the id of its request or job run.
    """

    id: str
    type: str
    time: datetime
    subject: str
    data: Any
    trace: str = ""
    request: str = ""


def decode(event_type: str, data: str) -> Event:
    """Decode stored JSON; fields unknown to an older version take their defaults."""
    return decode_tolerant(data, Event.types[event_type])


def opaque(capability: str) -> str:
    """A placeholder for a capability: equal for equal ones, and useless."""
    if capability.startswith(OPAQUE):
        return capability
    return OPAQUE + hashlib.sha256(capability.encode()).hexdigest()[:24]


def without_capabilities(event: StoredEvent) -> StoredEvent:
    """The event as readers of the log see it."""
    kind = Event.types.get(event.type)
    if kind is None or not kind.CAPABILITIES:
        return event
    hidden = {name: opaque(getattr(event.data, name)) for name in kind.CAPABILITIES}
    subject = opaque(event.subject) if kind.SUBJECT in hidden else event.subject
    return msgspec.structs.replace(event, subject=subject, data=msgspec.structs.replace(event.data, **hidden))


class Delivery(msgspec.Struct, frozen=True, gc=False):
    """An event on its way to one handler. `key` identifies the pair, for `begin(dedup_key=…)`."""

    stored: StoredEvent
    handler: str

    @property
    def key(self) -> str:
        return f"{self.stored.id}/{self.handler}"

    @property
    def event(self) -> Any:
        return self.stored.data


class EventHandler(msgspec.Struct, frozen=True):
    """Calls `handler` for each `event`. It may be called again after a crash; `name` is the key for deduplication.

    `alone`: it changes more than its service's database; the others are run in batches in one transaction.
    """

    name: str
    event: type[Event]
    handler: Callable[[Delivery], Awaitable[None]]
    alone: bool = True

    @property
    def service(self) -> str:
        return self.name.partition(".")[0]


class ScheduledJob(msgspec.Struct, frozen=True):
    """Calls `handler` at an interval, in one process at a time."""

    name: str
    every: timedelta
    handler: Callable[[], Awaitable[None]]


class PendingEvents(msgspec.Struct, frozen=True, kw_only=True):
    """Events one handler has yet to handle. `subjects`: theirs, or None if only the number is known."""

    hearer: str
    count: int
    oldest_s: float
    subjects: frozenset[str] | None


class Subscriptions(msgspec.Struct):
    """Handler names by event name, set by app.py before the first transaction."""

    by_event: Mapping[str, tuple[str, ...]] = {}

    def of(self, event_type: str) -> tuple[str, ...]:
        return self.by_event.get(event_type, ())
