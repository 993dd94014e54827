-- On which day an order counts: what is refunded or cancelled of it counts no more on that day.
CREATE TABLE sale_days (
    order_id TEXT PRIMARY KEY,
    day BIGINT NOT NULL
);
CREATE INDEX sale_days_day ON sale_days (day);
