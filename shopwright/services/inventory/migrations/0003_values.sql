-- What stock is worth: of the units of a variant, so many have a cost, in minor units together. The average is what it last was.
CREATE TABLE stock_values (
    variant_id TEXT PRIMARY KEY,
    currency TEXT NOT NULL,
    units BIGINT NOT NULL CHECK (units >= 0),
    value BIGINT NOT NULL CHECK (value >= 0),
    average_units BIGINT NOT NULL,
    average_value BIGINT NOT NULL
);

-- What left for an order and has not come back, at the value at which it left.
CREATE TABLE order_costs (
    order_id TEXT NOT NULL,
    variant_id TEXT NOT NULL,
    currency TEXT NOT NULL,
    units BIGINT NOT NULL CHECK (units >= 0),
    value BIGINT NOT NULL CHECK (value >= 0),
    since BIGINT NOT NULL,
    PRIMARY KEY (order_id, variant_id)
);
CREATE INDEX order_costs_since ON order_costs (since);

ALTER TABLE movements ADD COLUMN valued BIGINT NOT NULL DEFAULT 0;
ALTER TABLE movements ADD COLUMN value BIGINT NOT NULL DEFAULT 0;
ALTER TABLE movements ADD COLUMN currency TEXT NOT NULL DEFAULT '';
