-- One use counts for each name its customer is known by: their account, its e-mail address, the address of the order.
CREATE TABLE coupon_users (
    code TEXT NOT NULL,
    customer TEXT NOT NULL,
    order_id TEXT NOT NULL,
    PRIMARY KEY (code, customer, order_id)
);
CREATE INDEX coupon_users_order ON coupon_users (order_id);
