"""What every HTTP route shares: who may call it, how errors are told, idempotency, limits, pages of lists, what is seen from outside."""
