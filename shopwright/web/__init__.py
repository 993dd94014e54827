"""Pages and API. It uses contracts only and owns no data."""
