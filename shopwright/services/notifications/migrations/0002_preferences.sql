-- `about` is the person a message was written to (their e-mail address in lower case), whatever the channel.
ALTER TABLE messages ADD COLUMN about TEXT NOT NULL DEFAULT '';
ALTER TABLE messages ADD COLUMN unsubscribe TEXT NOT NULL DEFAULT '';
UPDATE messages SET about = lower(recipient), channel = 'email' WHERE channel = 'mail';
CREATE INDEX messages_about ON messages (about, id);
UPDATE viewer SET channel = 'email' WHERE channel = 'mail';

-- What differs from how we would write by ourselves.
CREATE TABLE preferences (
    person TEXT NOT NULL,
    topic TEXT NOT NULL,
    channel TEXT NOT NULL,
    wanted BIGINT NOT NULL,
    PRIMARY KEY (person, topic, channel)
);

-- The right to end letters of a topic without signing in, by the hash of what the letter carries.
CREATE TABLE unsubscribes (
    hash TEXT PRIMARY KEY,
    person TEXT NOT NULL,
    topic TEXT NOT NULL
);
CREATE INDEX unsubscribes_person ON unsubscribes (person);

-- Who waits for what to be back.
CREATE TABLE stock_alerts (
    variant_id TEXT NOT NULL,
    person TEXT NOT NULL,
    email TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (variant_id, person)
);
CREATE INDEX stock_alerts_person ON stock_alerts (person);
