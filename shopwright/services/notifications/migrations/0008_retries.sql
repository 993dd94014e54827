-- `expires_at`: until when a message is tried; 0 in those of earlier versions, which are tried for as long as any.
-- `away_since`: since when nothing could be sent, as seen when this message was last tried; 0 where it could.
-- `due` of a message that failed is when it did.
ALTER TABLE messages ADD COLUMN expires_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE messages ADD COLUMN away_since BIGINT NOT NULL DEFAULT 0;
