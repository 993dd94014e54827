"""Event handlers and scheduled jobs of analytics."""

from datetime import timedelta

from shopwright.kit.data.events import Event, EventHandler, ScheduledJob
from shopwright.services.insights.service import AnalyticsService


def handlers(insights: AnalyticsService) -> list[EventHandler]:
    """Return one handler for every event type except private ones."""
    return [
        EventHandler(f"insights.{name}", event, insights.on_event, alone=False)
        for name, event in sorted(Event.types.items())
        if event.SUBJECT and not event.PRIVATE
    ]


def jobs(insights: AnalyticsService) -> list[ScheduledJob]:
    """Return the job that trims the log and rare search texts."""
    return [ScheduledJob("insights.trim", timedelta(hours=1), insights.trim)]
