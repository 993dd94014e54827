"""Document stores: `database:` as JSON in the service's database, `mongodb://…` in MongoDB."""

from shopwright.kit.ports import DocumentStore
from shopwright.kit.settings import choose, client_of


def open_documents(url: str) -> DocumentStore:
    """Open the document store at `url`. Raises Invalid for an unknown scheme."""
    known = {"database": _in_database, "mongodb": _mongodb, "mongodb+srv": _mongodb}
    return choose("documents", url, known)(url)


def _in_database(_url: str) -> DocumentStore:
    from shopwright.engines.documents.database import DatabaseDocuments

    return DatabaseDocuments()


def _mongodb(url: str) -> DocumentStore:
    with client_of("mongodb"):
        from shopwright.engines.documents.mongodb import MongoDocuments

    return MongoDocuments(url)
