CREATE TABLE carts (
    id TEXT PRIMARY KEY,
    customer_id TEXT,
    currency TEXT NOT NULL,
    email TEXT NOT NULL DEFAULT '',
    shipping_address TEXT NOT NULL DEFAULT 'null',
    billing_address TEXT NOT NULL DEFAULT 'null',
    shipping_option_id TEXT,
    coupons TEXT NOT NULL DEFAULT '',
    closed BIGINT NOT NULL DEFAULT 0,
    version BIGINT NOT NULL DEFAULT 1,
    updated_at BIGINT NOT NULL
);
CREATE INDEX carts_customer ON carts (customer_id, closed);

CREATE TABLE cart_lines (
    id TEXT PRIMARY KEY,
    cart_id TEXT NOT NULL,
    product_id TEXT NOT NULL,
    variant_id TEXT NOT NULL,
    quantity BIGINT NOT NULL CHECK (quantity > 0),
    seen_amount BIGINT NOT NULL,
    UNIQUE (cart_id, variant_id)
);
