-- What staff find an order by: words of names and places, and numbers without punctuation. A row is short, as there are
-- several an order: it names the order by its number.
CREATE TABLE order_terms (
    term TEXT NOT NULL,
    number BIGINT NOT NULL,
    PRIMARY KEY (term, number)
);
-- Those of the person, between blanks: they go with the account. NULL: the order was written by a version that knew no terms.
ALTER TABLE orders ADD COLUMN personal_terms TEXT;
CREATE INDEX orders_untermed ON orders (id) WHERE personal_terms IS NULL;
