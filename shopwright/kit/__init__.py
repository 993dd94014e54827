"""The kit: shared building blocks. It knows no service and no engine."""
