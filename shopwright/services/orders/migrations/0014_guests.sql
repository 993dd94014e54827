-- What was ordered with an address, however it was typed: `orders_email` found it in one spelling.
CREATE INDEX orders_address ON orders (lower(email), id) WHERE email <> '';
DROP INDEX orders_email;
-- Guests are forgotten in time, the oldest orders first.
CREATE INDEX orders_guests ON orders (placed_at) WHERE customer_id IS NULL AND erasing = 0;
