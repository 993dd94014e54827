-- The keys that connect the shop to a provider: JSON, encrypted with a key outside the database.
CREATE TABLE provider_keys (
    provider TEXT PRIMARY KEY,
    keys TEXT NOT NULL,
    connected_at BIGINT NOT NULL,
    connected_by TEXT NOT NULL
);
-- Notices that were handled. Whatever comes twice is answered at once.
CREATE TABLE notices (
    provider TEXT NOT NULL,
    id TEXT NOT NULL,
    kind TEXT NOT NULL,
    payment_id TEXT NOT NULL,
    handled_at BIGINT NOT NULL,
    PRIMARY KEY (provider, id)
);
CREATE INDEX notices_handled ON notices (handled_at);
