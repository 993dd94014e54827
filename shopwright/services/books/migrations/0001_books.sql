-- What is numbered without gaps, each with the hash of the one before: the last number and hash. Its row orders those who write.
CREATE TABLE chains (
    name TEXT PRIMARY KEY,
    last BIGINT NOT NULL,
    sha256 TEXT NOT NULL
);
INSERT INTO chains (name, last, sha256) VALUES ('ledger', 0, '');

-- Entries are never changed. `day`: of the event, counted from 1970 in the shop's zone; `period`: the month it counts in, 202611.
-- `paper`: 1 where a document is issued for it, 0 where it has one elsewhere.
CREATE TABLE entries (
    seq BIGINT PRIMARY KEY,
    kind TEXT NOT NULL,
    text TEXT NOT NULL,
    order_id TEXT NOT NULL,
    number TEXT NOT NULL,
    booked BIGINT NOT NULL,
    day BIGINT NOT NULL,
    period BIGINT NOT NULL,
    who TEXT NOT NULL,
    paper BIGINT NOT NULL,
    sha256 TEXT NOT NULL
);
CREATE INDEX entries_order ON entries (order_id, seq);
CREATE INDEX entries_day ON entries (day, seq);
CREATE INDEX entries_period ON entries (period, seq);

-- The sums of an entry's postings are 0: debits above it, credits below. `base`: what a tax is of.
CREATE TABLE postings (
    seq BIGINT NOT NULL,
    line BIGINT NOT NULL,
    account TEXT NOT NULL,
    provider TEXT NOT NULL,
    currency TEXT NOT NULL,
    amount BIGINT NOT NULL,
    tax_kind BIGINT,
    base BIGINT,
    PRIMARY KEY (seq, line)
);
CREATE INDEX postings_account ON postings (account, seq);

-- What the postings of one tax have in common, as JSON.
CREATE TABLE tax_kinds (
    id BIGINT PRIMARY KEY,
    kind TEXT NOT NULL UNIQUE
);

-- Each account by day and period, and each tax by period: what statements are made of.
CREATE TABLE day_sums (
    period BIGINT NOT NULL,
    day BIGINT NOT NULL,
    account TEXT NOT NULL,
    provider TEXT NOT NULL,
    currency TEXT NOT NULL,
    debit BIGINT NOT NULL,
    credit BIGINT NOT NULL,
    PRIMARY KEY (period, day, account, provider, currency)
);
CREATE INDEX day_sums_day ON day_sums (day);
CREATE TABLE tax_sums (
    period BIGINT NOT NULL,
    tax_kind BIGINT NOT NULL,
    currency TEXT NOT NULL,
    base BIGINT NOT NULL,
    tax BIGINT NOT NULL,
    sales BIGINT NOT NULL,
    PRIMARY KEY (period, tax_kind, currency)
);

CREATE TABLE closed_periods (
    period BIGINT PRIMARY KEY,
    closed BIGINT NOT NULL,
    who TEXT NOT NULL,
    last BIGINT NOT NULL,
    sha256 TEXT NOT NULL
);

-- Each time the books have looked at an order: who looked before another wrote looks again.
CREATE TABLE followed_orders (
    order_id TEXT PRIMARY KEY,
    turn BIGINT NOT NULL
);

-- How far orders of before the books have been taken in.
CREATE TABLE progress (
    name TEXT PRIMARY KEY,
    place TEXT NOT NULL
);

-- Documents are never changed; at `keep_until` the body goes, and the row stays for the chain.
-- `sealed`: who bought was erased, and the body is encrypted in a table of its own.
CREATE TABLE issued_documents (
    id TEXT PRIMARY KEY,
    series TEXT NOT NULL,
    number BIGINT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    entry BIGINT,
    refers_to TEXT NOT NULL,
    order_id TEXT NOT NULL,
    customer_id TEXT NOT NULL,
    issued BIGINT NOT NULL,
    keep_until BIGINT NOT NULL,
    sealed BIGINT NOT NULL,
    body TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    before TEXT NOT NULL,
    UNIQUE (series, number),
    UNIQUE (entry)
);
CREATE INDEX issued_documents_order ON issued_documents (order_id, id);
CREATE INDEX issued_documents_until ON issued_documents (keep_until) WHERE body <> '';
-- Orders whose buyer was erased: what is issued for them later is shut off, too.
CREATE TABLE erased_orders (
    order_id TEXT PRIMARY KEY
);
CREATE TABLE sealed_documents (
    id TEXT PRIMARY KEY,
    keep_until BIGINT NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX sealed_documents_until ON sealed_documents (keep_until);
-- Numbers that a chart of accounts gives to what is booked here.
CREATE TABLE account_numbers (
    name TEXT PRIMARY KEY,
    number TEXT NOT NULL
);
