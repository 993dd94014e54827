"""Deployment targets of a split shop: compose, systemd, and monitoring, from one description of the system."""
