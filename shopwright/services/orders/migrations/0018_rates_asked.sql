-- When the rates of tax of a parcel's day were last asked for: those that were asked for longest ago come first.
ALTER TABLE shipments ADD COLUMN rates_asked BIGINT NOT NULL DEFAULT 0;
DROP INDEX shipments_rates_due;
CREATE INDEX shipments_rates_asked ON shipments (rates_asked, id) WHERE rates_due = 1;
