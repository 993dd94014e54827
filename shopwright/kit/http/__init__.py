"""What all HTTP routes share: access, errors, idempotency, limits, pagination and telemetry."""
