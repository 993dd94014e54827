-- `order_id`: the order a message is about; `request`, `trace`: what it follows from. "" for those of earlier versions, and none.
ALTER TABLE messages ADD COLUMN order_id TEXT NOT NULL DEFAULT '';
ALTER TABLE messages ADD COLUMN request TEXT NOT NULL DEFAULT '';
ALTER TABLE messages ADD COLUMN trace TEXT NOT NULL DEFAULT '';
CREATE INDEX messages_order ON messages (order_id, id);
