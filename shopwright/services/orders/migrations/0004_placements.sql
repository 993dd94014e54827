-- `written`: it has become an order. Those that have not are few, and looked at again and again.
ALTER TABLE placements ADD COLUMN written BIGINT NOT NULL DEFAULT 0;
CREATE INDEX placements_order ON placements (order_id);
CREATE INDEX placements_unwritten ON placements (order_id) WHERE written = 0;
