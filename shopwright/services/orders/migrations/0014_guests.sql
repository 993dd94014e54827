-- What was ordered with an address and no account, however it was typed: `orders_email` was of use to nobody.
CREATE INDEX orders_guests ON orders (lower(email), id) WHERE customer_id IS NULL AND email <> '';
DROP INDEX orders_email;
