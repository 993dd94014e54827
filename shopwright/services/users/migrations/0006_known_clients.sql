-- Browsers and addresses an account has signed in from, by hash: wrong guesses of others do not lock them out.
CREATE TABLE known_clients (
    user_id TEXT NOT NULL,
    name TEXT NOT NULL,
    seen_at BIGINT NOT NULL,
    PRIMARY KEY (user_id, name)
);
CREATE INDEX failures_last ON failures (last);
