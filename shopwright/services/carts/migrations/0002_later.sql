ALTER TABLE carts ADD COLUMN reminded BIGINT NOT NULL DEFAULT 0;
CREATE INDEX carts_updated ON carts (updated_at) WHERE closed = 0 AND reminded = 0;

-- Saved for later: in the cart, but not to be bought now.
ALTER TABLE cart_lines ADD COLUMN saved BIGINT NOT NULL DEFAULT 0;

CREATE TABLE wishes (
    user_id TEXT NOT NULL,
    product_id TEXT NOT NULL,
    added_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, product_id)
);
