"""The services of the shop: one folder each, all of the same shape. Requests go up the river, events come down."""

SOURCES = ("users", "catalog", "inventory", "pricing", "payments", "giftcards")
FLOW = ("carts", "orders")
READERS = ("reviews", "search", "recommendations", "books", "notifications", "insights")
RIVER = SOURCES + FLOW + READERS
