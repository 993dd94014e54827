"""Our own small vocabulary. The kit knows no service and no engine."""
