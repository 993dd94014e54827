CREATE TABLE documents (
    collection TEXT NOT NULL,
    id TEXT NOT NULL,
    version BIGINT NOT NULL,
    body JSONB NOT NULL,
    PRIMARY KEY (collection, id)
);

-- The value of every indexed field of every document: one way to look up for all fields and all databases.
CREATE TABLE document_index (
    collection TEXT NOT NULL,
    field TEXT NOT NULL,
    value TEXT NOT NULL,
    id TEXT NOT NULL,
    PRIMARY KEY (collection, field, value, id)
);
CREATE INDEX document_index_id ON document_index (collection, id);

CREATE TABLE document_unique (
    collection TEXT NOT NULL,
    field TEXT NOT NULL,
    value TEXT NOT NULL,
    id TEXT NOT NULL,
    PRIMARY KEY (collection, field, value)
);
CREATE INDEX document_unique_id ON document_unique (collection, id);
