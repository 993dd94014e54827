-- Fields that the buyer fills in at checkout (BuyerNotes), as JSON.
ALTER TABLE carts ADD COLUMN notes TEXT;
