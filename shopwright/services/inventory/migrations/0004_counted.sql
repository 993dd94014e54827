-- What counts took away and have not found again: so many units of a variant, and what they were worth.
ALTER TABLE stock_values ADD COLUMN counted_units BIGINT NOT NULL DEFAULT 0;
ALTER TABLE stock_values ADD COLUMN counted_value BIGINT NOT NULL DEFAULT 0;
