-- Who wants to be remembered: a customer, or a browser by the chance in its cookie.
CREATE TABLE consents (
    viewer TEXT PRIMARY KEY,
    since BIGINT NOT NULL
);

CREATE TABLE views (
    viewer TEXT NOT NULL,
    product_id TEXT NOT NULL,
    time BIGINT NOT NULL,
    PRIMARY KEY (viewer, product_id)
);
CREATE INDEX views_time ON views (time);
