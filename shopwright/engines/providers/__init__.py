"""Payment providers. `pretend:` is one of our own that approves, declines, delays, asks 3-D Secure and forgets to call."""
