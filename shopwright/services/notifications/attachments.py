"""Documents attached to messages, fetched from the books when a message is sent and never stored with it."""

import logging
from collections.abc import Sequence
from datetime import timedelta

from shopwright.kit.clock import from_micros
from shopwright.kit.data.unit_of_work import ServiceDatabase
from shopwright.kit.errors import Missing, Refused
from shopwright.kit.ports import Attachment
from shopwright.kit.translation import gettext as _
from shopwright.services.books.contract import Books
from shopwright.services.books.contract.documents import Document
from shopwright.services.books.contract.forms import FORMS
from shopwright.services.notifications import attachment_store
from shopwright.services.notifications.delivery_store import PendingMessage

log = logging.getLogger("shopwright.notifications")

MOST_BYTES = 5_000_000  # of all files of a message: mail servers take 10 MB, in base64
# Messages about parcels and refunds wait this long while the books are unavailable; their documents follow later.
PATIENCE = timedelta(hours=1)
DOCUMENT = "doc_"  # how the id of one begins


class Attachments:
    """Fetches the files of a message."""

    def __init__(self, work: ServiceDatabase, books: Books) -> None:
        self._work = work
        self._books = books

    async def of_message(self, pending: PendingMessage) -> tuple[Attachment, ...]:
        """Return the files of a message.

        Raises Refused if its document is sealed or deleted; any other error means try again.
        """
        if not pending.documents:
            return ()
        if pending.documents.startswith(DOCUMENT):
            return (await self._one(pending.documents),)
        try:
            return await self._of_order(pending)
        except Exception as error:
            if await self._may_wait(pending):
                raise
            log.warning("message %s is sent without its documents: %s", pending.message.id, error)
            return ()

    async def _may_wait(self, pending: PendingMessage) -> bool:
        """Whether to wait for unavailable documents."""
        if pending.documents_since:
            return self._work.now() - from_micros(pending.documents_since) < PATIENCE
        async with self._work.begin() as tx:
            await attachment_store.await_documents(tx, pending.message.id)
        return True

    async def _one(self, document_id: str) -> Attachment:
        try:
            document = await self._books.document(document_id)
        except Missing as error:
            raise Refused(_("Its document no longer exists.")) from error
        if document.sealed or document.body is None:
            raise Refused(_("The document is now restricted to the shop."))
        return await self._file(document)

    async def _of_order(self, pending: PendingMessage) -> tuple[Attachment, ...]:
        message_id = pending.message.id
        chosen = await self._within_bounds(await self.due(message_id, pending.order_id, pending.documents))
        async with self._work.begin() as tx:
            if pending.documents_since:
                await attachment_store.have_documents(tx, message_id)
            return tuple(
                [file for one, file in chosen if await attachment_store.attach(tx, message_id, one.id, one.name)]
            )

    async def due(self, message_id: str, order_id: str, kind: str) -> list[Document]:
        """Return current documents of an order and kind that no other message carried. Raises Unavailable."""
        issued = await self._books.issued_for(order_id)
        replaced = {one.refers_to for one in issued if one.kind == "correction"}
        wanted = [one for one in reversed(issued) if one.kind == kind]
        found = [one for one in wanted if not one.sealed and one.id not in replaced]
        others = await attachment_store.with_others(self._work, message_id, [one.id for one in found])
        return [one for one in found if one.id not in others]

    async def _within_bounds(self, documents: Sequence[Document]) -> list[tuple[Document, Attachment]]:
        """As many files as one message may carry; the others are on the order's page."""
        found: list[tuple[Document, Attachment]] = []
        size = 0
        for one in documents:
            file = await self._file(one)
            size += len(file.content)
            if size > MOST_BYTES:
                log.warning("document %s is too large to attach to a message", one.id)
                break
            found.append((one, file))
        return found

    async def _file(self, document: Document) -> Attachment:
        content = await self._books.rendered(document.id, "pdf")
        return Attachment(FORMS["pdf"].file_of(document.name), FORMS["pdf"].media_type, content)
