-- Links of earlier versions say 0, and are not ended.
ALTER TABLE unsubscribes ADD COLUMN created_at BIGINT NOT NULL DEFAULT 0;
CREATE INDEX unsubscribes_created ON unsubscribes (created_at);
-- Only some messages wait, are about an account, or are forgotten at a time of their own: an index of those alone is small.
DROP INDEX messages_due;
CREATE INDEX messages_due ON messages (due) WHERE state = 'waiting';
CREATE INDEX messages_failed ON messages (due) WHERE state = 'failed';
DROP INDEX messages_account;
CREATE INDEX messages_account ON messages (account, id) WHERE account <> '';
DROP INDEX messages_forget;
CREATE INDEX messages_forget ON messages (forget_at) WHERE forget_at > 0;
