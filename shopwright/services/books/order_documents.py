"""Documents issued on request: corrected invoices, delivery notes, pro forma invoices."""

from shopwright.kit.data.unit_of_work import ServiceDatabase
from shopwright.kit.errors import Conflict, Missing
from shopwright.kit.translation import gettext as _
from shopwright.services.books import papers
from shopwright.services.books.contract.documents import Document, InvoiceCorrection
from shopwright.services.books.issuing import DocumentIssuer
from shopwright.services.orders.contract import Orders


class OrderDocuments:
    """Issues documents on request."""

    def __init__(self, work: ServiceDatabase, orders: Orders, documents: DocumentIssuer) -> None:
        self._work = work
        self._orders = orders
        self._documents = documents

    async def correct(self, document_id: str, correction: InvoiceCorrection) -> Document:
        document = await self._documents.get(document_id)
        if document.kind != "invoice":
            raise Conflict(_("Only an invoice is corrected; what replaced it is named by it."))
        return await self._documents.correct(await self._orders.get(document.order_id), document_id, correction)

    async def delivery_note(self, order_id: str, shipment_id: str) -> Document:
        order = await self._orders.get(order_id)
        parcel = next((one for one in order.shipments if one.id == shipment_id), None)
        if parcel is None:
            raise Missing(_("This order has no such parcel."))
        body = papers.delivery_note(order, parcel, await self._documents.seller_of(order), self._work.zone)
        return await self._documents.issue_once(order, "delivery_note", body, parcel.id)

    async def pro_forma(self, order_id: str) -> Document:
        order = await self._orders.get(order_id)
        if order.status != "placed":
            raise Conflict(_("A pro forma invoice is for an unpaid order; a paid order has an invoice."))
        body = papers.pro_forma(order, await self._documents.seller_of(order), self._work.zone)
        return await self._documents.issue_once(order, "pro_forma", body)
