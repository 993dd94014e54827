CREATE INDEX known_clients_seen ON known_clients (seen_at);
