-- Which key a code was hashed with, as a check value of it; "" of cards by an earlier version, until a migration says.
ALTER TABLE cards ADD COLUMN code_key TEXT NOT NULL DEFAULT '';
