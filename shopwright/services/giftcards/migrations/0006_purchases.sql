-- Gift cards bought with an order: planned with it, issued when it is paid, closed when it is cancelled.
CREATE TABLE purchases (
    order_id TEXT PRIMARY KEY,
    state TEXT NOT NULL,
    buyer TEXT NOT NULL,
    buyer_key TEXT NOT NULL,
    customer_id TEXT NOT NULL,
    sender TEXT NOT NULL,
    recipient TEXT NOT NULL,
    recipient_key TEXT NOT NULL,
    message TEXT NOT NULL,
    send_at BIGINT,
    created_at BIGINT NOT NULL
);
CREATE INDEX purchases_buyer ON purchases (buyer_key);
CREATE INDEX purchases_customer ON purchases (customer_id);
CREATE INDEX purchases_recipient ON purchases (recipient_key);
CREATE INDEX purchases_message ON purchases (send_at) WHERE message <> '';

CREATE TABLE purchase_lines (
    order_id TEXT NOT NULL,
    variant_id TEXT NOT NULL,
    quantity BIGINT NOT NULL CHECK (quantity > 0),
    amount BIGINT NOT NULL CHECK (amount > 0),
    currency TEXT NOT NULL,
    PRIMARY KEY (order_id, variant_id)
);

-- Of a bought card: its variant, when its code is to be e-mailed, how often it was, and what withdrew it.
ALTER TABLE cards ADD COLUMN variant_id TEXT NOT NULL DEFAULT '';
ALTER TABLE cards ADD COLUMN send_at BIGINT;
ALTER TABLE cards ADD COLUMN sent BIGINT NOT NULL DEFAULT 0;
ALTER TABLE cards ADD COLUMN withdrawn TEXT NOT NULL DEFAULT '';
CREATE INDEX cards_order ON cards (order_id) WHERE order_id <> '';
CREATE INDEX cards_to_send ON cards (send_at) WHERE sent = 0 AND send_at IS NOT NULL;
