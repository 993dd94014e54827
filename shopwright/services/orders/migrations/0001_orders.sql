CREATE TABLE orders (
    id TEXT PRIMARY KEY,
    number BIGINT NOT NULL UNIQUE,
    status TEXT NOT NULL,
    cart_id TEXT NOT NULL,
    cart_version BIGINT NOT NULL,
    customer_id TEXT,
    email TEXT NOT NULL,
    name TEXT NOT NULL,
    currency TEXT NOT NULL,
    total BIGINT NOT NULL,
    items BIGINT NOT NULL,
    body JSONB NOT NULL,
    payment_id TEXT,
    attempts BIGINT NOT NULL DEFAULT 1,
    version BIGINT NOT NULL DEFAULT 1,
    placed_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX orders_customer ON orders (customer_id, id);
CREATE INDEX orders_status ON orders (status, expires_at);
CREATE INDEX orders_email ON orders (email, id);
-- Two tabs paying one cart meet here: one cart, one living order.
CREATE UNIQUE INDEX orders_cart ON orders (cart_id) WHERE status NOT IN ('cancelled', 'expired');

-- The id an order will have, decided by its Idempotency-Key before anything else is done: whoever repeats the key
-- reserves, redeems and pays for the same order.
CREATE TABLE placements (
    key TEXT PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    order_id TEXT NOT NULL
);

CREATE TABLE order_lines (
    id TEXT PRIMARY KEY,
    order_id TEXT NOT NULL,
    position BIGINT NOT NULL,
    product_id TEXT NOT NULL,
    quantity BIGINT NOT NULL CHECK (quantity > 0),
    shipped BIGINT NOT NULL DEFAULT 0 CHECK (shipped >= 0 AND shipped <= quantity),
    refunded BIGINT NOT NULL DEFAULT 0 CHECK (refunded >= 0 AND refunded <= quantity),
    body JSONB NOT NULL
);
CREATE INDEX order_lines_order ON order_lines (order_id, position);
CREATE INDEX order_lines_product ON order_lines (product_id);

CREATE TABLE shipments (
    id TEXT PRIMARY KEY,
    order_id TEXT NOT NULL,
    status TEXT NOT NULL,
    body JSONB NOT NULL
);
CREATE INDEX shipments_order ON shipments (order_id, id);

CREATE TABLE order_refunds (
    id TEXT PRIMARY KEY,
    order_id TEXT NOT NULL,
    key TEXT NOT NULL UNIQUE,
    fingerprint TEXT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount > 0),
    status TEXT NOT NULL,
    body JSONB NOT NULL
);
CREATE INDEX order_refunds_order ON order_refunds (order_id, id);

CREATE TABLE timeline (
    id TEXT PRIMARY KEY,
    order_id TEXT NOT NULL,
    time BIGINT NOT NULL,
    what TEXT NOT NULL,
    who TEXT NOT NULL
);
CREATE INDEX timeline_order ON timeline (order_id, id);

CREATE TABLE counters (
    name TEXT PRIMARY KEY,
    value BIGINT NOT NULL
);
INSERT INTO counters (name, value) VALUES ('order_number', 1000);
