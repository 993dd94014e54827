-- How the buyer's objection at their bank stands: '' for none, open, won or lost (by the shop).
ALTER TABLE payments ADD COLUMN dispute TEXT NOT NULL DEFAULT '';
-- When the provider is asked again whether a payment was refunded or disputed there; 0: not any more; NULL: not decided yet,
-- or decided by an earlier version.
ALTER TABLE payments ADD COLUMN look_at BIGINT;
CREATE INDEX payments_look ON payments (look_at) WHERE look_at > 0;
CREATE INDEX payments_unlooked ON payments (created_at) WHERE look_at IS NULL;
