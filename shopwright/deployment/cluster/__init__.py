"""A split shop on one machine, for development and tests. supervisord starts and watches its processes."""
