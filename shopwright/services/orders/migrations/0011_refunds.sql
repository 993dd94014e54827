-- `status`: asked, settled or refused (`why`). `ask_at`: when payments are asked again how one stands; NULL: at once.
ALTER TABLE order_refunds ADD COLUMN why TEXT NOT NULL DEFAULT '';
ALTER TABLE order_refunds ADD COLUMN reference TEXT NOT NULL DEFAULT '';
ALTER TABLE order_refunds ADD COLUMN settled_at BIGINT;
ALTER TABLE order_refunds ADD COLUMN ask_at BIGINT;
CREATE INDEX order_refunds_asked ON order_refunds (id) WHERE status = 'asked';
-- Why and by whom a paid order is being cancelled: first its money goes back, and meanwhile nothing else happens to it.
ALTER TABLE orders ADD COLUMN cancelling TEXT;
CREATE INDEX orders_cancelling ON orders (id) WHERE cancelling IS NOT NULL;
