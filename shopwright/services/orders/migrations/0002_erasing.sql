-- 1: whose it was is forgotten, the address is needed until the parcel has left; 2: the address is forgotten, too.
ALTER TABLE orders ADD COLUMN erasing BIGINT NOT NULL DEFAULT 0;
CREATE INDEX orders_erasing ON orders (erasing) WHERE erasing = 1;
