-- A refund is pending, settled or refused; `own`: made on the provider's page; `decides_at`: when a pending one is decided,
-- or a settled one sent back by the buyer's bank. `name`: what the provider calls it, '' for those of an earlier version.
ALTER TABLE intent_refunds ADD COLUMN status TEXT NOT NULL DEFAULT 'settled';
ALTER TABLE intent_refunds ADD COLUMN reason TEXT NOT NULL DEFAULT '';
ALTER TABLE intent_refunds ADD COLUMN name TEXT NOT NULL DEFAULT '';
ALTER TABLE intent_refunds ADD COLUMN own BIGINT NOT NULL DEFAULT 0;
ALTER TABLE intent_refunds ADD COLUMN decides_at BIGINT;
CREATE INDEX intent_refunds_payment ON intent_refunds (reference);
CREATE INDEX intent_refunds_deciding ON intent_refunds (decides_at) WHERE decides_at IS NOT NULL;
-- The buyer's objection at their bank: open, won (by the shop) or lost. `plays_at`: when the next scene of the token is played.
ALTER TABLE intents ADD COLUMN dispute TEXT NOT NULL DEFAULT '';
ALTER TABLE intents ADD COLUMN plays_at BIGINT;
CREATE INDEX intents_playing ON intents (plays_at) WHERE plays_at IS NOT NULL;
