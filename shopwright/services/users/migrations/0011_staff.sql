-- An account that may not be signed in to any more.
ALTER TABLE users ADD COLUMN disabled_at BIGINT;
