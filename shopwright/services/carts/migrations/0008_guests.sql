-- Carts that were filled under an address without an account: few, as they end.
CREATE INDEX carts_guests ON carts (lower(email)) WHERE customer_id IS NULL AND email <> '';
