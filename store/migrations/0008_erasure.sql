-- 0008: persons who are not to come back.

-- Keyed hashes of the ids of erased persons; the same lines stand in the ledger beside the database.
CREATE TABLE erasures (
	hash TEXT PRIMARY KEY,
	at_ms INTEGER NOT NULL
) WITHOUT ROWID;
