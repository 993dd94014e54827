-- What facts that are no longer in the log have added: sums are made anew from these and from the log.
ALTER TABLE sales ADD COLUMN carried_orders BIGINT NOT NULL DEFAULT 0;
ALTER TABLE sales ADD COLUMN carried_revenue BIGINT NOT NULL DEFAULT 0;
ALTER TABLE products_sold ADD COLUMN carried_quantity BIGINT NOT NULL DEFAULT 0;
ALTER TABLE products_sold ADD COLUMN carried_revenue BIGINT NOT NULL DEFAULT 0;
