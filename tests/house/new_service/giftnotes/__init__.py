"""Gift notes: a text of the buyer for the recipient. A service that tests add to the shop."""

from shopwright.kit.manifest import ServiceManifest

MANIFEST = ServiceManifest(owns="notes", asks=("orders",), handles=("OrderPlaced",), emits=("GiftNoteWritten",))
