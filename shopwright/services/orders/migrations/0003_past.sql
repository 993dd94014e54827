-- Where an order of an earlier shop came from; '' for our own. Its money was paid there.
ALTER TABLE orders ADD COLUMN source TEXT NOT NULL DEFAULT '';
CREATE UNIQUE INDEX orders_source ON orders (source) WHERE source <> '';
