-- Whether a coupon applies beside other discounts, and where it stands among those of its kind.
ALTER TABLE coupons ADD COLUMN combinable BIGINT NOT NULL DEFAULT 1;
ALTER TABLE coupons ADD COLUMN position BIGINT NOT NULL DEFAULT 0;
