-- The cart in which what was in this one goes on after it was closed.
ALTER TABLE carts ADD COLUMN next_id TEXT NOT NULL DEFAULT '';
