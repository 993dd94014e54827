-- A token is good for the address it was sent to.
ALTER TABLE mail_tokens ADD COLUMN email_key TEXT NOT NULL DEFAULT '';

-- How often messages were asked for, by the hash of the address: also of addresses nobody has an account with.
CREATE TABLE letters_asked (
    person TEXT NOT NULL,
    purpose TEXT NOT NULL,
    time BIGINT NOT NULL,
    PRIMARY KEY (person, purpose, time)
);
CREATE INDEX letters_asked_time ON letters_asked (time);
