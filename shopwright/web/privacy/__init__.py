"""Personal data of a person, gathered from all services."""
