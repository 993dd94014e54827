"""Gift notes: what a buyer writes to whoever gets the parcel. A service that tests add to the shop."""

from shopwright.kit.manifest import ServiceManifest

MANIFEST = ServiceManifest(owns="notes", asks=("orders",), handles=("OrderPlaced",), emits=("GiftNoteWritten",))
