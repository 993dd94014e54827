"""Shared context of the parts of this service: database, documents and the memo of recent reads."""

from shopwright.kit.caching.memo import Memo
from shopwright.kit.data.unit_of_work import ServiceDatabase
from shopwright.kit.ports import DocumentStore
from shopwright.services.catalog.store import CatalogStore


class CatalogContext:
    """Shared context, given to each part."""

    def __init__(self, work: ServiceDatabase, documents: DocumentStore) -> None:
        self.work = work
        self.store = CatalogStore(documents)
        self.memo = Memo(work)
