-- What staff find a product by, also one that nobody else sees: folded words, SKUs and barcodes, each after a blank.
CREATE TABLE product_words (
    product_id TEXT PRIMARY KEY,
    status TEXT NOT NULL,
    words TEXT NOT NULL
);
-- Up to which product those of the version before have their words.
CREATE TABLE words_written (
    name TEXT PRIMARY KEY,
    until TEXT NOT NULL
);
