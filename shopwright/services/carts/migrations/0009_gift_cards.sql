-- Ids of gift cards, never their codes.
ALTER TABLE carts ADD COLUMN gift_cards TEXT NOT NULL DEFAULT '';
