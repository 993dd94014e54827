"""What happened to an order, gathered from the services that each know a part of it."""
