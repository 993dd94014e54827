CREATE TABLE stock (
    variant_id TEXT NOT NULL,
    location TEXT NOT NULL,
    on_hand BIGINT NOT NULL CHECK (on_hand >= 0),
    reserved BIGINT NOT NULL CHECK (reserved >= 0),
    PRIMARY KEY (variant_id, location),
    CHECK (reserved <= on_hand)
);

CREATE TABLE reservations (
    order_id TEXT PRIMARY KEY,
    state TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX reservations_open ON reservations (state, expires_at);

CREATE TABLE reservation_lines (
    order_id TEXT NOT NULL,
    variant_id TEXT NOT NULL,
    location TEXT NOT NULL,
    quantity BIGINT NOT NULL CHECK (quantity > 0),
    PRIMARY KEY (order_id, variant_id, location)
);

CREATE TABLE movements (
    id TEXT PRIMARY KEY,
    variant_id TEXT NOT NULL,
    location TEXT NOT NULL,
    delta BIGINT NOT NULL,
    reason TEXT NOT NULL,
    time BIGINT NOT NULL
);
CREATE INDEX movements_variant ON movements (variant_id, id);
