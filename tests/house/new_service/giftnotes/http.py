"""REST routes of gift notes."""

from litestar import get
from litestar.params import FromPath
from shopwright.services.giftnotes.contract import GiftNote, GiftNotes

from shopwright.kit.auth import staff
from shopwright.kit.http.access import allow
from shopwright.kit.http.dependency import Dependency
from shopwright.kit.http.routes import Routes

Service = Dependency[GiftNotes]


@get("/v1/gift-notes/{order_id:str}", opt=allow(staff("orders.read")), tags=["giftnotes"], operation_id="get_gift_note")
async def get_gift_note(giftnotes: Service, order_id: FromPath[str]) -> GiftNote:
    """The note of an order."""
    return await giftnotes.of_order(order_id)


def routes() -> Routes:
    """All routes of this service."""
    return Routes("/", route_handlers=[get_gift_note])
