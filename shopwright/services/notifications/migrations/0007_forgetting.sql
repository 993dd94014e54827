CREATE INDEX messages_forget ON messages (forget_at);
CREATE INDEX stock_alerts_unconfirmed ON stock_alerts (confirmed, created_at);
CREATE INDEX alert_tokens_expires ON alert_tokens (expires_at);
