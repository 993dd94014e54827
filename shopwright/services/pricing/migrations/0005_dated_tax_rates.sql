-- Rates with their time; what has applied is never changed. The table of before stays for the version that reads it.
CREATE TABLE dated_tax_rates (
    id TEXT PRIMARY KEY,
    country TEXT NOT NULL,
    region TEXT NOT NULL,
    postcodes TEXT NOT NULL,
    tax_class TEXT NOT NULL,
    authority TEXT NOT NULL,
    rate_ppm BIGINT NOT NULL CHECK (rate_ppm >= 0),
    title TEXT NOT NULL,
    category TEXT NOT NULL,
    reason TEXT NOT NULL,
    valid_from BIGINT NOT NULL,
    valid_to BIGINT,
    who TEXT NOT NULL,
    why TEXT NOT NULL,
    created BIGINT NOT NULL,
    ended_by TEXT NOT NULL DEFAULT '',
    ended_why TEXT NOT NULL DEFAULT ''
);
CREATE INDEX dated_tax_rates_country ON dated_tax_rates (country, valid_from);

-- Its one row orders those who change rates at the same time.
CREATE TABLE tax_changes (
    id BIGINT PRIMARY KEY,
    count BIGINT NOT NULL
);
INSERT INTO tax_changes (id, count) VALUES (1, 0);

INSERT INTO dated_tax_rates (id, country, region, postcodes, tax_class, authority, rate_ppm, title, category, reason,
    valid_from, valid_to, who, why, created)
SELECT 'txr_' || CAST(row_number() OVER (ORDER BY country, region, tax_class) AS TEXT), country, region, '', tax_class, '',
    rate * 100, title, CASE WHEN rate = 0 THEN 'Z' ELSE 'S' END, '', 0, NULL, '', 'set before changes were recorded', 0
FROM tax_rates;
