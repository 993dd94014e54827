-- When a session was last used: one nobody uses ends before its time.
ALTER TABLE sessions ADD COLUMN seen_at BIGINT NOT NULL DEFAULT 0;
UPDATE sessions SET seen_at = created_at;

-- Codes of an authenticator (RFC 6238). `last_step`: no code works twice.
CREATE TABLE second_factors (
    user_id TEXT PRIMARY KEY,
    secret TEXT NOT NULL,
    confirmed BIGINT NOT NULL DEFAULT 0,
    last_step BIGINT NOT NULL DEFAULT 0
);

-- For who has lost it: each works once.
CREATE TABLE recovery_codes (
    hash TEXT PRIMARY KEY,
    user_id TEXT NOT NULL
);
CREATE INDEX recovery_codes_user ON recovery_codes (user_id);

-- The password was right, the code is still to come.
CREATE TABLE half_signed_in (
    hash TEXT PRIMARY KEY,
    user_id TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX half_signed_in_user ON half_signed_in (user_id);
