-- Which card took the place of one whose code was lost: what goes back to that goes to this one.
ALTER TABLE cards ADD COLUMN successor TEXT NOT NULL DEFAULT '';
