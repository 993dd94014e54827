-- Which cart a hold is for, as a keyed hash: when that is ordered again, what is held for it is free for it.
ALTER TABLE holds ADD COLUMN cart TEXT NOT NULL DEFAULT '';
CREATE INDEX holds_cart ON holds (cart, state);
CREATE INDEX codes_until ON codes (until);
CREATE INDEX guesses_since ON guesses (since);
