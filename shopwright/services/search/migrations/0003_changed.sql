-- What waits to be indexed is found without looking at all there is.
CREATE INDEX entries_changed ON entries (product_id) WHERE changed <> indexed;
