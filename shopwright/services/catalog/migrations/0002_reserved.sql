-- Which ids variants of an import have that is not finished: they get prices and stock before their product is written.
CREATE TABLE reserved_variants (
    source TEXT NOT NULL,
    options TEXT NOT NULL,
    variant_id TEXT NOT NULL,
    PRIMARY KEY (source, options)
);
