"""Documents: `database:` keeps them as JSON in the service's own database."""

from shopwright.kit.ports import Documents
from shopwright.kit.settings import choose


def open_documents(url: str) -> Documents:
    """The document engine behind `url`. Raises Invalid for a scheme nobody knows."""
    return choose("documents", url, {"database": _in_database})()


def _in_database() -> Documents:
    from shopwright.engines.documents.database import DatabaseDocuments

    return DatabaseDocuments()
