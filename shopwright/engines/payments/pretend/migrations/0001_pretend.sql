CREATE TABLE intents (
    reference TEXT PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    status TEXT NOT NULL,
    amount BIGINT NOT NULL,
    currency TEXT NOT NULL,
    refunded BIGINT NOT NULL DEFAULT 0,
    token TEXT NOT NULL,
    return_url TEXT NOT NULL,
    reason TEXT NOT NULL DEFAULT '',
    settles_at BIGINT
);
CREATE INDEX intents_settling ON intents (settles_at);

CREATE TABLE intent_refunds (
    key TEXT PRIMARY KEY,
    reference TEXT NOT NULL,
    amount BIGINT NOT NULL
);

CREATE TABLE notices (
    id TEXT PRIMARY KEY,
    reference TEXT NOT NULL,
    due BIGINT NOT NULL,
    attempts BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX notices_due ON notices (due);

CREATE TABLE secrets (
    name TEXT PRIMARY KEY,
    secret TEXT NOT NULL
);
