-- `documents`: which documents of its order go with a message: a kind, or one by its id; "" for none.
ALTER TABLE messages ADD COLUMN documents TEXT NOT NULL DEFAULT '';
-- Each document goes out once, with the message that was first.
CREATE TABLE attached_documents (
    id TEXT PRIMARY KEY,
    message_id TEXT NOT NULL,
    name TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
CREATE INDEX attached_documents_message ON attached_documents (message_id);
CREATE INDEX attached_documents_created ON attached_documents (created_at);
