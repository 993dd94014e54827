CREATE TABLE messages (
    id TEXT PRIMARY KEY,
    channel TEXT NOT NULL,
    recipient TEXT NOT NULL,
    subject TEXT NOT NULL,
    text TEXT NOT NULL,
    html TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts BIGINT NOT NULL DEFAULT 0,
    problem TEXT NOT NULL DEFAULT '',
    due BIGINT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX messages_due ON messages (state, due);

-- What the viewer engine delivered: the shop's own post box.
CREATE TABLE viewer (
    id TEXT PRIMARY KEY,
    channel TEXT NOT NULL,
    recipient TEXT NOT NULL,
    subject TEXT NOT NULL,
    text TEXT NOT NULL,
    html TEXT NOT NULL,
    time BIGINT NOT NULL
);
