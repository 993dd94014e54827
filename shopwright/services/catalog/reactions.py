"""When time passes, do this."""

from datetime import timedelta

from shopwright.kit.data.events import Timer
from shopwright.services.catalog.service import CatalogService


def timers(catalog: CatalogService) -> list[Timer]:
    """Scheduled products are published, words written of products of a version before, uploads nobody finished forgotten."""
    return [
        Timer("catalog.publish", timedelta(seconds=10), catalog.publish_due),
        Timer("catalog.words", timedelta(seconds=10), catalog.write_words),
        Timer("catalog.uploads", timedelta(days=1), catalog.forget_uploads),
    ]
