-- All facts of the shop in one order. The head's row lock makes commits happen in the order of their numbers,
-- so that a reader behind a cursor misses nothing.
CREATE TABLE journal_head (
    name TEXT PRIMARY KEY,
    seq BIGINT NOT NULL
);
INSERT INTO journal_head (name, seq) VALUES ('journal', 0);

CREATE TABLE journal (
    seq BIGINT PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    type TEXT NOT NULL,
    subject TEXT NOT NULL,
    time BIGINT NOT NULL,
    data TEXT NOT NULL
);

CREATE TABLE sales (
    day BIGINT NOT NULL,
    currency TEXT NOT NULL,
    orders BIGINT NOT NULL,
    revenue BIGINT NOT NULL,
    PRIMARY KEY (day, currency)
);

CREATE TABLE products_sold (
    product_id TEXT NOT NULL,
    currency TEXT NOT NULL,
    title TEXT NOT NULL,
    quantity BIGINT NOT NULL,
    revenue BIGINT NOT NULL,
    PRIMARY KEY (product_id, currency)
);
