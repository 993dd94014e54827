"""The front door: what leads requests to the services that answer them, written from the routes of the code."""
