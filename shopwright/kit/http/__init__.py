"""Shared parts of all HTTP routes: access, errors, idempotency, limits, pagination and telemetry."""
