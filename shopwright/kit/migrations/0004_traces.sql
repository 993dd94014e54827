-- Where a fact began (W3C Trace Context), so that who hears it can be seen to follow from it.
ALTER TABLE facts ADD COLUMN trace TEXT NOT NULL DEFAULT '';
