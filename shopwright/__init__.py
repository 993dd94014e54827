"""Shopwright: a whole shop on nothing but Python, which grows into separately scaled services."""

__version__ = "0.2.0"
