"""How a shop is deployed: gateways, clusters, and files for systemd, compose and Kubernetes."""
