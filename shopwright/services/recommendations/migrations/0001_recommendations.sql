CREATE TABLE pairs (
    product_id TEXT NOT NULL,
    other_id TEXT NOT NULL,
    count BIGINT NOT NULL,
    PRIMARY KEY (product_id, other_id)
);

CREATE TABLE sold (
    product_id TEXT NOT NULL,
    day BIGINT NOT NULL,
    orders BIGINT NOT NULL,
    PRIMARY KEY (product_id, day)
);
CREATE INDEX sold_day ON sold (day);

CREATE TABLE bought (
    user_id TEXT NOT NULL,
    product_id TEXT NOT NULL,
    time BIGINT NOT NULL,
    PRIMARY KEY (user_id, product_id)
);

-- What a product is like: category:…, brand:…, tag:…, attr:…; rarer features weigh more.
CREATE TABLE features (
    product_id TEXT NOT NULL,
    feature TEXT NOT NULL,
    PRIMARY KEY (product_id, feature)
);
CREATE INDEX features_feature ON features (feature, product_id);
