-- 'manual': the money is only set aside until someone captures it.
ALTER TABLE payments ADD COLUMN capture TEXT NOT NULL DEFAULT 'automatic';
