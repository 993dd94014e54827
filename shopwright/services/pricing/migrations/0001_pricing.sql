CREATE TABLE prices (
    variant_id TEXT NOT NULL,
    currency TEXT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount >= 0),
    compare_at BIGINT,
    PRIMARY KEY (variant_id, currency)
);

CREATE TABLE price_changes (
    id TEXT PRIMARY KEY,
    variant_id TEXT NOT NULL,
    currency TEXT NOT NULL,
    amount BIGINT NOT NULL,
    time BIGINT NOT NULL
);
CREATE INDEX price_changes_variant ON price_changes (variant_id, currency, time);

CREATE TABLE coupons (
    code TEXT PRIMARY KEY,
    kind TEXT NOT NULL,
    value BIGINT NOT NULL,
    currency TEXT NOT NULL,
    minimum BIGINT NOT NULL,
    starts_at BIGINT,
    ends_at BIGINT,
    limit_total BIGINT NOT NULL,
    limit_per_customer BIGINT NOT NULL,
    used BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE coupon_uses (
    order_id TEXT NOT NULL,
    code TEXT NOT NULL,
    customer TEXT NOT NULL,
    time BIGINT NOT NULL,
    PRIMARY KEY (order_id, code)
);
CREATE INDEX coupon_uses_customer ON coupon_uses (code, customer);

CREATE TABLE tax_rates (
    country TEXT NOT NULL,
    region TEXT NOT NULL,
    tax_class TEXT NOT NULL,
    rate BIGINT NOT NULL CHECK (rate >= 0),
    title TEXT NOT NULL,
    PRIMARY KEY (country, region, tax_class)
);

CREATE TABLE shipping_rates (
    id TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    currency TEXT NOT NULL,
    price BIGINT NOT NULL CHECK (price >= 0),
    countries TEXT NOT NULL,
    min_subtotal BIGINT NOT NULL,
    max_weight BIGINT NOT NULL,
    free_over BIGINT NOT NULL,
    days_min BIGINT NOT NULL,
    days_max BIGINT NOT NULL,
    position BIGINT NOT NULL
);
