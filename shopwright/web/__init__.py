"""What people and programs see. Faces know contracts only and own no data."""
