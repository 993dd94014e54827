-- What is set aside and not paid for, by whoever holds it: hashes of a client address, an e-mail address and a cart.
-- The row of a holder is what two orders of one holder wait for.
CREATE TABLE holders (
    holder TEXT PRIMARY KEY,
    touched BIGINT NOT NULL
);
CREATE INDEX holders_touched ON holders (touched);
CREATE TABLE holds (
    order_id TEXT NOT NULL,
    holder TEXT NOT NULL,
    units BIGINT NOT NULL,
    value BIGINT NOT NULL,
    PRIMARY KEY (order_id, holder)
);
CREATE INDEX holds_holder ON holds (holder);
CREATE TABLE held_lines (
    order_id TEXT NOT NULL,
    variant_id TEXT NOT NULL,
    quantity BIGINT NOT NULL,
    PRIMARY KEY (order_id, variant_id)
);
