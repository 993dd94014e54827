"""The trail of an order, gathered from all services."""
