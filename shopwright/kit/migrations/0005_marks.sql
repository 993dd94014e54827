-- What a shop's data know of themselves wherever they are brought: 'demo'.
CREATE TABLE shop_marks (
    name TEXT PRIMARY KEY,
    time BIGINT NOT NULL
);
