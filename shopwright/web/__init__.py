"""What people and programs see. It uses contracts only and owns no data."""
