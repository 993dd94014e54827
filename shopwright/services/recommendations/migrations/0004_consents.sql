CREATE INDEX consents_since ON consents (since);
