-- Units that were refunded before they left, and will not. NULL: of an order that was placed when they were not counted.
ALTER TABLE order_lines ADD COLUMN cancelled BIGINT;
