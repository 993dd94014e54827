-- When the last message to somebody who was erased is forgotten, too; 0 for all others.
ALTER TABLE messages ADD COLUMN forget_at BIGINT NOT NULL DEFAULT 0;
