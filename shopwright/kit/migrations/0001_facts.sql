-- What every service's database has, beside its own tables.

CREATE TABLE facts (
    id TEXT PRIMARY KEY,
    type TEXT NOT NULL,
    subject TEXT NOT NULL,
    time BIGINT NOT NULL,
    data JSONB NOT NULL
);

-- A row for each hearer that has not handled a fact yet; gone when it has.
CREATE TABLE deliveries (
    fact_id TEXT NOT NULL,
    hearer TEXT NOT NULL,
    subject TEXT NOT NULL,
    due BIGINT NOT NULL,
    attempts BIGINT NOT NULL DEFAULT 0,
    state TEXT NOT NULL DEFAULT 'waiting',
    problem TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (fact_id, hearer)
);
CREATE INDEX deliveries_due ON deliveries (state, due);
CREATE INDEX deliveries_subject ON deliveries (hearer, subject, fact_id);

-- What was done once and must not be done again.
CREATE TABLE inbox (
    key TEXT PRIMARY KEY,
    time BIGINT NOT NULL
);

-- Answers given to an Idempotency-Key.
CREATE TABLE idempotency (
    scope TEXT NOT NULL,
    key TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    status BIGINT NOT NULL,
    answer TEXT NOT NULL,
    time BIGINT NOT NULL,
    PRIMARY KEY (scope, key)
);

CREATE TABLE timers (
    name TEXT PRIMARY KEY,
    due BIGINT NOT NULL
);
