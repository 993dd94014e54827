-- What the buyer wants to find on the invoice.
ALTER TABLE carts ADD COLUMN reference TEXT NOT NULL DEFAULT '';
