-- How many products have a feature, kept with each change: counting them anew takes longer the larger the shop.
CREATE TABLE feature_counts (
    feature TEXT PRIMARY KEY,
    having_it BIGINT NOT NULL
);
INSERT INTO feature_counts (feature, having_it) SELECT feature, count(*) FROM features GROUP BY feature;
