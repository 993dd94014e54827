-- What was ordered with an address, however it was typed: `orders_email` found it in one spelling.
CREATE INDEX orders_address ON orders (lower(email), id) WHERE email <> '';
DROP INDEX orders_email;
