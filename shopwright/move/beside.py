"""What stands beside the database goes elsewhere while the database stays: documents and files."""

from collections.abc import Callable

import msgspec

from shopwright.app import KEEP_DOCUMENTS, Shop
from shopwright.kit.errors import Invalid
from shopwright.move.files import bring_files


class Beside(msgspec.Struct, frozen=True):
    """How many documents and files are at their new place."""

    documents: int
    files: int


async def move_beside(source: Shop, target: Shop, say: Callable[[str], None]) -> Beside:
    """Bring them, while the shop sells. Raises Invalid where nothing can be brought, Conflict, Unavailable.

    Whoever runs with the old settings goes on as before: documents are in the database as well until the first process
    with the new ones lets go of them, and files are never removed.
    """
    here, there = source.settings, target.settings
    if here.search != there.search:
        raise Invalid(
            "The search index is built anew wherever it is: start the shop with the new SHOPWRIGHT_SEARCH, no move is needed."
        )
    documents = 0
    if here.documents != there.documents or not here.documents.startswith("database:"):
        for name in KEEP_DOCUMENTS:
            say(f"documents of {name}")
            documents += (
                await source.documents.give_back(source.works[name]) if here.documents != there.documents else 0
            )
            documents += await target.documents.adopt(target.works[name])
    return Beside(documents, await bring_files(source, target) if here.files != there.files else 0)
