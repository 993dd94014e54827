"""Whatever is told, write it down."""

from datetime import timedelta

from shopwright.kit.data.events import Event, Reaction, Timer
from shopwright.services.insights.service import Ledgerkeeper


def reactions(insights: Ledgerkeeper) -> list[Reaction]:
    """One for every event there is, but for those that few may see."""
    return [
        Reaction(f"insights.{name}", event, insights.hear, alone=False)
        for name, event in sorted(Event.types.items())
        if event.SUBJECT and not event.PRIVATE
    ]


def timers(insights: Ledgerkeeper) -> list[Timer]:
    """The log has an end, and so have the words strangers search for."""
    return [Timer("insights.trim", timedelta(hours=1), insights.trim)]
