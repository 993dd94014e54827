-- Carts nobody changes any more are ended, the oldest first.
CREATE INDEX carts_changed ON carts (updated_at);
