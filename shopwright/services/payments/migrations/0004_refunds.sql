-- `state`: asked, settled or refused (`why`). `outside`: made at the provider, not asked by the shop. Times that are NULL are
-- not known: of refunds an earlier version wrote. `tried_at`: when the provider was last asked, `ask_at`: when it is again.
ALTER TABLE refunds ADD COLUMN why TEXT NOT NULL DEFAULT '';
ALTER TABLE refunds ADD COLUMN reference TEXT NOT NULL DEFAULT '';
ALTER TABLE refunds ADD COLUMN outside BIGINT NOT NULL DEFAULT 0;
ALTER TABLE refunds ADD COLUMN asked_at BIGINT;
ALTER TABLE refunds ADD COLUMN settled_at BIGINT;
ALTER TABLE refunds ADD COLUMN tried_at BIGINT;
ALTER TABLE refunds ADD COLUMN ask_at BIGINT;
