"""Northlight, the demo shop: everyday things, well made; drawn, not photographed."""
