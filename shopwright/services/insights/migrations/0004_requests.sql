-- In which request a fact was told, and in which trace.
ALTER TABLE journal ADD COLUMN request TEXT NOT NULL DEFAULT '';
ALTER TABLE journal ADD COLUMN trace TEXT NOT NULL DEFAULT '';
