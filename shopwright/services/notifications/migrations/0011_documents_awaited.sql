-- `documents_since`: since when the documents that go with a message could not be had; 0 where they could. One that was sent so owes them.
ALTER TABLE messages ADD COLUMN documents_since BIGINT NOT NULL DEFAULT 0;
CREATE INDEX messages_documents_since ON messages (documents_since) WHERE documents_since > 0;
