-- What an engine beside the database has not been told of yet (done = 0), and the last version of what was deleted (done = 1):
-- a document that is made again goes on counting from there, so that a version never means two things.
CREATE TABLE document_moves (
    collection TEXT NOT NULL,
    id TEXT NOT NULL,
    version BIGINT NOT NULL,
    done BIGINT NOT NULL DEFAULT 0,
    PRIMARY KEY (collection, id)
);
CREATE INDEX document_moves_waiting ON document_moves (collection, id) WHERE done = 0;
