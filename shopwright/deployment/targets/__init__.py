"""Where a shop that is apart is placed: Kubernetes, compose, systemd, all written from one description of the system."""
