-- Purchases of orders that were not paid, which expire.
CREATE INDEX purchases_unpaid ON purchases (created_at) WHERE state <> 'issued';
