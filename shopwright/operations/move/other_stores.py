"""Moving documents and files while the database stays."""

from collections.abc import Callable

import msgspec

from shopwright.app import Shop
from shopwright.event_handlers import keep_documents
from shopwright.kit.errors import Invalid
from shopwright.kit.translation import gettext as _
from shopwright.operations.move.files import copy_files


class MovedCounts(msgspec.Struct, frozen=True):
    """The numbers of moved documents and files."""

    documents: int
    files: int


async def move_beside(source: Shop, target: Shop, log: Callable[[str], None]) -> MovedCounts:
    """Move them while the shop sells. Raises Invalid if there is nothing to move, Conflict, Unavailable.

    Processes with the old settings continue: documents stay in the database until the first process with the new
    settings removes them, and files are never removed.
    """
    here, there = source.settings, target.settings
    if here.search != there.search:
        raise Invalid(
            _(
                "The search index is built again wherever it is: start the shop with the new SHOPWRIGHT_SEARCH, no move is needed."
            )
        )
    moved = here.documents != there.documents
    documents = 0
    for name in keep_documents() if moved or not here.documents.startswith("database:") else ():
        log(f"documents of {name}")
        if moved:
            documents += await source.documents.return_pending(source.databases[name])
        documents += await target.documents.claim_pending(target.databases[name])
    return MovedCounts(documents, await copy_files(source, target) if here.files != there.files else 0)
