-- What of the total gift cards pay: the payment is of the rest.
ALTER TABLE orders ADD COLUMN gift_cards BIGINT NOT NULL DEFAULT 0;
