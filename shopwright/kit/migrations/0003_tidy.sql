-- What is forgotten after a while is found without looking at all there is.
CREATE INDEX idempotency_time ON idempotency (time);
CREATE INDEX facts_type ON facts (type, time);
