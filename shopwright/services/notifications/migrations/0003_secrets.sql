-- `account`: the account a message was written for, "" where it was for an address alone. `secret`, `secret_of`: what its link
-- lets its reader do, and with what; the link itself is made when the message is handed over, and stored nowhere.
ALTER TABLE messages ADD COLUMN account TEXT NOT NULL DEFAULT '';
ALTER TABLE messages ADD COLUMN topic TEXT NOT NULL DEFAULT '';
ALTER TABLE messages ADD COLUMN secret TEXT NOT NULL DEFAULT '';
ALTER TABLE messages ADD COLUMN secret_of TEXT NOT NULL DEFAULT '';
CREATE INDEX messages_account ON messages (account, id);
ALTER TABLE viewer ADD COLUMN unsubscribe TEXT NOT NULL DEFAULT '';
