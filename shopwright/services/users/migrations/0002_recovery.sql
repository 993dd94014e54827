ALTER TABLE users ADD COLUMN verified_at BIGINT;

-- What a letter lets its reader do once: by hash, each for one purpose, until it expires.
CREATE TABLE mail_tokens (
    hash TEXT PRIMARY KEY,
    user_id TEXT NOT NULL,
    purpose TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX mail_tokens_user ON mail_tokens (user_id, purpose);
