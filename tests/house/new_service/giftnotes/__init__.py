"""Gift notes: what a buyer writes to whoever gets the parcel. A service that tests add to the shop."""

from shopwright.kit.manifest import Label

LABEL = Label(owns="notes", asks=("orders",), hears=("OrderPlaced",), tells=("GiftNoteWritten",))
