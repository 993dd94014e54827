-- Keyed hashes of who tried to pay and with what, for as long as tries are counted; '' where that is not known.
ALTER TABLE payments ADD COLUMN email_hash TEXT NOT NULL DEFAULT '';
ALTER TABLE payments ADD COLUMN address_hash TEXT NOT NULL DEFAULT '';
ALTER TABLE payments ADD COLUMN card_hash TEXT NOT NULL DEFAULT '';
CREATE INDEX payments_email_hash ON payments (email_hash, created_at) WHERE email_hash <> '';
CREATE INDEX payments_address_hash ON payments (address_hash, created_at) WHERE address_hash <> '';
CREATE INDEX payments_card_hash ON payments (card_hash, created_at) WHERE card_hash <> '';
CREATE INDEX payments_tried ON payments (created_at) WHERE email_hash <> '';
