"""Scheduled jobs of the catalog."""

from datetime import timedelta

from shopwright.kit.data.events import ScheduledJob
from shopwright.services.catalog.service import CatalogService


def jobs(catalog: CatalogService) -> list[ScheduledJob]:
    """Return the jobs: publish scheduled products, write search words of older products, delete unfinished uploads."""
    return [
        ScheduledJob("catalog.publish", timedelta(seconds=10), catalog.publish_due),
        ScheduledJob("catalog.words", timedelta(seconds=10), catalog.write_words),
        ScheduledJob("catalog.uploads", timedelta(days=1), catalog.forget_uploads),
    ]
