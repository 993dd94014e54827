CREATE INDEX facts_subject ON facts (subject);
