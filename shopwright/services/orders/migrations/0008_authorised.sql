-- The money for an order that is placed is set aside at the provider, to be captured later.
ALTER TABLE orders ADD COLUMN authorised BIGINT NOT NULL DEFAULT 0;
