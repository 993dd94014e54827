-- The tax id of a buyer who is a business, and what is known of it.
ALTER TABLE carts ADD COLUMN business TEXT;
