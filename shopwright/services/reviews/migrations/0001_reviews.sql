CREATE TABLE purchases (
    user_id TEXT NOT NULL,
    product_id TEXT NOT NULL,
    PRIMARY KEY (user_id, product_id)
);

CREATE TABLE stars (
    product_id TEXT NOT NULL,
    rating BIGINT NOT NULL,
    count BIGINT NOT NULL,
    PRIMARY KEY (product_id, rating)
);

CREATE TABLE votes (
    review_id TEXT NOT NULL,
    user_id TEXT NOT NULL,
    PRIMARY KEY (review_id, user_id)
);
