-- The tax of each line and of shipping in parts, as it was when the order was placed (orders/taxes.py, `Kept`).
-- NULL: the order was written by a version that knew sentences of a receipt alone; a timer reads them.
ALTER TABLE orders ADD COLUMN taxes JSONB;
CREATE INDEX orders_untaxed ON orders (id) WHERE taxes IS NULL;
