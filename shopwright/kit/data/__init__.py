"""Data: database, unit of work, events and retention."""
