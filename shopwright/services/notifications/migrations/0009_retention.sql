-- Links of earlier versions say 0, and are not ended.
ALTER TABLE unsubscribes ADD COLUMN created_at BIGINT NOT NULL DEFAULT 0;
CREATE INDEX unsubscribes_created ON unsubscribes (created_at);
