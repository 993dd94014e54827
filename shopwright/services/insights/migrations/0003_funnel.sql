-- How many came how far, by day; and what was looked at and searched for.
CREATE TABLE funnel (
    day BIGINT NOT NULL,
    step TEXT NOT NULL,
    count BIGINT NOT NULL,
    PRIMARY KEY (day, step)
);

CREATE TABLE searches (
    day BIGINT NOT NULL,
    words TEXT NOT NULL,
    count BIGINT NOT NULL,
    PRIMARY KEY (day, words)
);

CREATE TABLE product_views (
    day BIGINT NOT NULL,
    product_id TEXT NOT NULL,
    count BIGINT NOT NULL,
    PRIMARY KEY (day, product_id)
);
