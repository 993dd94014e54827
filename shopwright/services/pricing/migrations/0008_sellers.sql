-- Who sells, from when on, and what currencies were worth; a row is never changed.
CREATE TABLE sellers (
    id TEXT PRIMARY KEY,
    valid_from BIGINT NOT NULL,
    body TEXT NOT NULL,
    who TEXT NOT NULL,
    why TEXT NOT NULL,
    created BIGINT NOT NULL
);

CREATE INDEX sellers_from ON sellers (valid_from, created, id);

CREATE TABLE exchange_rates (
    id TEXT PRIMARY KEY,
    from_currency TEXT NOT NULL,
    to_currency TEXT NOT NULL,
    day TEXT NOT NULL,
    rate TEXT NOT NULL,
    source TEXT NOT NULL,
    who TEXT NOT NULL,
    created BIGINT NOT NULL
);
CREATE INDEX exchange_rates_pair ON exchange_rates (from_currency, to_currency, day);
