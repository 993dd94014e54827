"""Facts: what became true, told in the transaction that made it true.

A service declares its events in its contract:

    class OrderPaid(Event, frozen=True, kw_only=True):
        SUBJECT: ClassVar[str] = "order_id"
        order_id: str
        total: Money

Event classes are looked up by their name, which is therefore unique in the whole shop.
"""

import functools
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Any, ClassVar

import msgspec

from shopwright.kit.data.compatibility import decode_tolerant
from shopwright.kit.personal import personal_fields

# How what stands for a capability begins.
OPAQUE = "opq_"
# The fields by which a step of an order is found in the logs.
IDS = ("order_id", "number", "payment_id", "shipment_id", "refund_id", "refund_key")


class Event(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The payload of a fact. `SUBJECT` names the field with the id it is about.

    Fields that tell who someone is are `Personal`; `FORGETS` is true of a fact after which no fact about its subject may say
    so any more. `CAPABILITIES` names the fields that open something for whoever knows them: handlers of the shop get them,
    the log of facts does not. `LOGGED` names the fields that the line of this event shows in the logs, and () keeps it out of
    them; where an event does not say, it is a step of business if it has an `order_id`, and shows its `IDS`.
    `PRIVATE`: the log of facts, which all who may read it read whole, does not have it.
    `COMMON`, in a class itself: it is what several events have in common, and no event.
    """

    SUBJECT: ClassVar[str] = ""
    FORGETS: ClassVar[bool] = False
    CAPABILITIES: ClassVar[tuple[str, ...]] = ()
    LOGGED: ClassVar[tuple[str, ...] | None] = None
    PRIVATE: ClassVar[bool] = False
    COMMON: ClassVar[bool] = False
    types: ClassVar[dict[str, type["Event"]]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if not cls.__dict__.get("COMMON"):
            Event.types[cls.__name__] = cls

    @classmethod
    @functools.cache
    def shown_in_log(cls) -> tuple[str, ...]:
        """The fields that stand in the line of this event: none says who someone is, or opens something."""
        fields = cls.__struct_fields__
        usual = tuple(name for name in IDS if name in fields) if "order_id" in fields else ()
        chosen = usual if cls.LOGGED is None else cls.LOGGED
        return tuple(name for name in chosen if name not in {*personal_fields(cls), *cls.CAPABILITIES})


class StoredEvent(msgspec.Struct, frozen=True, kw_only=True, gc=False):  # many wait, and none holds itself
    """An event that happened: with an id, a time (UTC) and the id it is about.

    `trace`: what it follows from (`kit.trace`); `request`: the id of the request it was told in, or of the run of a job.
    """

    id: str
    type: str
    time: datetime
    subject: str
    data: Any
    trace: str = ""
    request: str = ""


def decode(fact_type: str, data: str) -> Event:
    """Stored JSON back into its event. Fields an older version did not know take their defaults."""
    return decode_tolerant(data, Event.types[fact_type])


def opaque(capability: str) -> str:
    """Stands for a capability: the same for the same one, and opens nothing."""
    if capability.startswith(OPAQUE):
        return capability
    return OPAQUE + hashlib.sha256(capability.encode()).hexdigest()[:24]


def without_capabilities(fact: StoredEvent) -> StoredEvent:
    """The same fact for whoever reads the log."""
    kind = Event.types.get(fact.type)
    if kind is None or not kind.CAPABILITIES:
        return fact
    hidden = {name: opaque(getattr(fact.data, name)) for name in kind.CAPABILITIES}
    subject = opaque(fact.subject) if kind.SUBJECT in hidden else fact.subject
    return msgspec.structs.replace(fact, subject=subject, data=msgspec.structs.replace(fact.data, **hidden))


class Delivery(msgspec.Struct, frozen=True, gc=False):
    """A fact on its way to one hearer. `key` names this pair, for `Work.begin(dedup_key=…)`."""

    fact: StoredEvent
    hearer: str

    @property
    def key(self) -> str:
        return f"{self.fact.id}/{self.hearer}"

    @property
    def event(self) -> Any:
        return self.fact.data


class EventHandler(msgspec.Struct, frozen=True):
    """When `event` is told, do `handler`. It may be called again after a crash; `name` keeps it to once.

    `alone`: it changes other things than its own service's database; those that do not are handled several in one
    transaction where many wait.
    """

    name: str
    event: type[Event]
    handler: Callable[[Delivery], Awaitable[None]]
    alone: bool = True

    @property
    def service(self) -> str:
        return self.name.partition(".")[0]


class ScheduledJob(msgspec.Struct, frozen=True):
    """Every so often, in one process at a time, do `handler`."""

    name: str
    every: timedelta
    handler: Callable[[], Awaitable[None]]


class UnderWay(msgspec.Struct, frozen=True, kw_only=True):
    """Facts that one hearer has not handled yet. `subjects`: what they are about; None where only their number is known."""

    hearer: str
    count: int
    oldest_s: float
    subjects: frozenset[str] | None


class Subscriptions(msgspec.Struct):
    """Who hears what: event name → names of reactions. Filled by app.py before the first transaction."""

    by_event: Mapping[str, tuple[str, ...]] = {}

    def of(self, event_type: str) -> tuple[str, ...]:
        return self.by_event.get(event_type, ())
