"""A whole shop that is apart, on one machine: for development and tests. supervisord starts and watches its processes."""
