-- Kinds of goods that are taxed alike, and how countries tax beside their rates.
CREATE TABLE tax_classes (
    name TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    position BIGINT NOT NULL
);
INSERT INTO tax_classes (name, title, position) VALUES ('standard', 'Standard rate', 0), ('reduced', 'Reduced rate', 1),
    ('zero', 'Zero rate', 2);

CREATE TABLE tax_rules (
    id TEXT PRIMARY KEY,
    country TEXT NOT NULL,
    rule TEXT NOT NULL,
    value TEXT NOT NULL,
    valid_from BIGINT NOT NULL,
    valid_to BIGINT,
    who TEXT NOT NULL,
    why TEXT NOT NULL,
    created BIGINT NOT NULL,
    ended_by TEXT NOT NULL DEFAULT '',
    ended_why TEXT NOT NULL DEFAULT ''
);
