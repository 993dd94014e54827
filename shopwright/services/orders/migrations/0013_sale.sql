-- The circumstances of sales, each once: an order names its own. A row is never changed.
CREATE TABLE sale_contexts (
    id BIGINT PRIMARY KEY,
    body TEXT NOT NULL
);
ALTER TABLE orders ADD COLUMN sale_id BIGINT;
-- The tax id of a buyer who is a business, and what its check answered.
ALTER TABLE orders ADD COLUMN tax_id TEXT;
