-- The request, or the run of a job, in which a fact was told: who hears it does what follows for the same one.
ALTER TABLE facts ADD COLUMN request TEXT NOT NULL DEFAULT '';
