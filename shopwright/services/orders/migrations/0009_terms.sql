-- What staff find an order by: words of names and places, and numbers without punctuation. `personal`: goes with the person.
CREATE TABLE order_terms (
    term TEXT NOT NULL,
    order_id TEXT NOT NULL,
    personal BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (term, order_id)
);
CREATE INDEX order_terms_order ON order_terms (order_id);
-- 0: it was written by a version that knew no terms; a timer writes them.
ALTER TABLE orders ADD COLUMN termed BIGINT NOT NULL DEFAULT 0;
CREATE INDEX orders_untermed ON orders (id) WHERE termed = 0;
