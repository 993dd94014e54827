CREATE TABLE promotions (
    id TEXT PRIMARY KEY,
    position BIGINT NOT NULL,
    body JSONB NOT NULL
);

ALTER TABLE shipping_rates ADD COLUMN regions TEXT NOT NULL DEFAULT '';
ALTER TABLE shipping_rates ADD COLUMN max_subtotal BIGINT NOT NULL DEFAULT 0;
ALTER TABLE shipping_rates ADD COLUMN min_weight BIGINT NOT NULL DEFAULT 0;
