-- An alert somebody asked for waits until who has the address confirms it; those of earlier versions count as they did.
ALTER TABLE stock_alerts ADD COLUMN confirmed BIGINT NOT NULL DEFAULT 1;

-- What confirms an alert, by hash.
CREATE TABLE alert_tokens (
    hash TEXT PRIMARY KEY,
    person TEXT NOT NULL,
    variant_id TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX alert_tokens_person ON alert_tokens (person);
