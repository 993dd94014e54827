-- One for each order.
CREATE TABLE gift_notes (
    order_id TEXT PRIMARY KEY,
    text TEXT NOT NULL
);
