CREATE TABLE locations (
    id TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    position BIGINT NOT NULL
);
INSERT INTO locations (id, title, position) VALUES ('main', 'Main', 0);

-- What may be ordered although it is not there: at most `backorder` units, `promised` of them already.
CREATE TABLE stock_rules (
    variant_id TEXT PRIMARY KEY,
    backorder BIGINT NOT NULL CHECK (backorder >= 0),
    promised BIGINT NOT NULL DEFAULT 0 CHECK (promised >= 0),
    low_at BIGINT NOT NULL CHECK (low_at >= 0)
);

-- Units of paid orders that wait for goods, first come first served.
CREATE TABLE owed (
    order_id TEXT NOT NULL,
    variant_id TEXT NOT NULL,
    quantity BIGINT NOT NULL CHECK (quantity > 0),
    since BIGINT NOT NULL,
    PRIMARY KEY (order_id, variant_id)
);
CREATE INDEX owed_variant ON owed (variant_id, since);
