CREATE INDEX facts_subject ON facts (subject, id);
CREATE INDEX deliveries_order ON deliveries (subject, fact_id);
