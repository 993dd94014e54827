-- Refunds of nothing: goods that cost nothing and came back. `order_refunds` holds none, as its amounts are more than 0.
CREATE TABLE order_returns (
    id TEXT PRIMARY KEY,
    order_id TEXT NOT NULL,
    key TEXT NOT NULL UNIQUE,
    fingerprint TEXT NOT NULL,
    status TEXT NOT NULL,
    body JSONB NOT NULL
);
CREATE INDEX order_returns_order ON order_returns (order_id, id);
CREATE INDEX order_returns_asked ON order_returns (id) WHERE status = 'asked';
