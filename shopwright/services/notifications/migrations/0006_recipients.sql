CREATE INDEX messages_recipient ON messages (recipient, created_at);
