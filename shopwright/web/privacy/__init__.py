"""What the shop knows of a person, gathered from the services that each know a part of it."""
