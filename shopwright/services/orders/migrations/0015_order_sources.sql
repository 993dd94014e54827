-- The rows of the file an order was imported from (order_sources.py): encrypted, and deleted when its buyer is forgotten.
CREATE TABLE order_sources (
    order_id TEXT PRIMARY KEY,
    body TEXT NOT NULL
);
