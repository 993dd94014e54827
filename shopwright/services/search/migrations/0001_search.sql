-- A product as the index shows it. `changed` grows with each change; `indexed` is the value the index has.
CREATE TABLE entries (
    product_id TEXT PRIMARY KEY,
    body TEXT NOT NULL DEFAULT '',
    visible BIGINT NOT NULL DEFAULT 0,
    rating_sum BIGINT NOT NULL DEFAULT 0,
    rating_count BIGINT NOT NULL DEFAULT 0,
    sold BIGINT NOT NULL DEFAULT 0,
    changed BIGINT NOT NULL DEFAULT 1,
    indexed BIGINT NOT NULL DEFAULT 0
);

-- Prices and stock may be heard of before the product is.
CREATE TABLE offers (
    variant_id TEXT PRIMARY KEY,
    product_id TEXT NOT NULL DEFAULT '',
    amount BIGINT,
    compare_at BIGINT,
    currency TEXT NOT NULL DEFAULT '',
    available BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX offers_product ON offers (product_id);
CREATE INDEX entries_changed ON entries (changed) WHERE changed <> indexed;
