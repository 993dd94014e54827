-- Names and addresses of erased customers that tax law asks for (kept_buyers.py): encrypted, read by those who keep the books
-- alone, and deleted at `until`.
CREATE TABLE kept_buyers (
    order_id TEXT PRIMARY KEY,
    until BIGINT NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX kept_buyers_until ON kept_buyers (until);
