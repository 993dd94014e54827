-- What staff did. Entries are only ever added; each carries a code over itself and the one before, so that one that is
-- changed or missing is found.
CREATE TABLE audit (
    seq BIGINT PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    time BIGINT NOT NULL,
    user_id TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    body TEXT NOT NULL,
    mac TEXT NOT NULL
);
CREATE INDEX audit_user ON audit (user_id, seq);
CREATE INDEX audit_action ON audit (action, seq);
CREATE INDEX audit_subject ON audit (subject, seq);
CREATE INDEX audit_time ON audit (time, seq);

-- Acts that have begun and are not over.
CREATE TABLE audit_open (
    id TEXT PRIMARY KEY,
    time BIGINT NOT NULL,
    body TEXT NOT NULL
);

-- The last entry: whoever adds one holds this row.
CREATE TABLE audit_head (
    id BIGINT PRIMARY KEY,
    seq BIGINT NOT NULL,
    mac TEXT NOT NULL
);
INSERT INTO audit_head (id, seq, mac) VALUES (1, 0, '');
