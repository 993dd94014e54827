CREATE INDEX sessions_expires ON sessions (expires_at);
CREATE INDEX mail_tokens_expires ON mail_tokens (expires_at);
CREATE INDEX half_signed_in_expires ON half_signed_in (expires_at);
