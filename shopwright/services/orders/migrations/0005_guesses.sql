-- How often somebody tried to open an order by an e-mail address: by order and by client address, for a quarter of an hour.
CREATE TABLE guesses (
    key TEXT PRIMARY KEY,
    count BIGINT NOT NULL,
    since BIGINT NOT NULL
);
CREATE INDEX guesses_since ON guesses (since);
