"""Whatever is told, write it down."""

from datetime import timedelta

from shopwright.kit.data.events import Event, EventHandler, ScheduledJob
from shopwright.services.insights.service import AnalyticsService


def handlers(insights: AnalyticsService) -> list[EventHandler]:
    """One for every event there is, but for those that few may see."""
    return [
        EventHandler(f"insights.{name}", event, insights.on_event, alone=False)
        for name, event in sorted(Event.types.items())
        if event.SUBJECT and not event.PRIVATE
    ]


def jobs(insights: AnalyticsService) -> list[ScheduledJob]:
    """The log has an end, and so have the words strangers search for."""
    return [ScheduledJob("insights.trim", timedelta(hours=1), insights.trim)]
