ALTER TABLE intents ADD COLUMN capture TEXT NOT NULL DEFAULT 'automatic';
