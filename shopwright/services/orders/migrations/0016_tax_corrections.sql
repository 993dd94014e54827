-- A parcel has left, and the rates of tax of its day are still to be asked for (rerating.py): 1; parcels of versions before: 0.
ALTER TABLE shipments ADD COLUMN rates_due INTEGER NOT NULL DEFAULT 0;
CREATE INDEX shipments_rates_due ON shipments (id) WHERE rates_due = 1;
