-- How often a new index has taken the place of the old one: what was written to an old one counts for nothing.
CREATE TABLE generations (
    name TEXT PRIMARY KEY,
    number BIGINT NOT NULL
);
