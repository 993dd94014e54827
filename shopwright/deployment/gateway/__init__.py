"""Gateways: configuration generated from the code's routes."""
