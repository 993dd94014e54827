-- Who gets the gift cards that are bought (GiftDelivery), as JSON.
ALTER TABLE carts ADD COLUMN gift_delivery TEXT;
