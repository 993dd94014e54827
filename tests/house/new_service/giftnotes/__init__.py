"""Gift notes: a text of the buyer for the recipient. A service that tests add to the shop.

contract.py   Values, events and operations; all that other services import.
service.py    The operations.
spec.py       How the service is built and wired.
handlers.py   A note for each order that is placed.
http.py       REST routes of gift notes.
retention.py  How long the rows of each table are kept.
store.py      SQL for notes.
migrations/   The tables.
"""

from shopwright.kit.manifest import ServiceManifest

MANIFEST = ServiceManifest(owns="notes", asks=("orders",), handles=("OrderPlaced",), emits=("GiftNoteWritten",))
