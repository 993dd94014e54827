-- What a cache in front of the shop has still to drop: a product, or ('') what lists show. `times` grows with each change.
CREATE TABLE purges (
    subject TEXT PRIMARY KEY,
    times BIGINT NOT NULL DEFAULT 1
);

-- What that cache shows of a product: its slug, and digests of what decides where lists show it, and how. '': of all categories.
CREATE TABLE purged (
    subject TEXT PRIMARY KEY,
    slug TEXT NOT NULL DEFAULT '',
    digest TEXT NOT NULL DEFAULT ''
);
