-- 0007: who is in which segment, as of the last change of each customer.

CREATE TABLE segment_members (
	segment TEXT NOT NULL,
	customer_id TEXT NOT NULL,	-- as merged; of an imported segment as it was imported
	since_ms INTEGER NOT NULL,
	PRIMARY KEY (segment, customer_id)
) WITHOUT ROWID;
CREATE INDEX segment_members_by_customer ON segment_members (customer_id);
CREATE TABLE segments (
	id TEXT PRIMARY KEY,
	content_hash TEXT NOT NULL,	-- of its conditions: others are judged anew for everybody
	members INTEGER NOT NULL,
	is_imported INTEGER NOT NULL DEFAULT 0,
	is_gone INTEGER NOT NULL DEFAULT 0,	-- no longer among the rules
	live_at_ms INTEGER NOT NULL,	-- since when these conditions hold
	updated_at_ms INTEGER NOT NULL,	-- its members changed
	-- While everybody is judged anew: customers up to this id have been; NULL: all have.
	judged_to TEXT,
	judged INTEGER NOT NULL DEFAULT 0,
	to_judge INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE INDEX segments_unfinished ON segments (judged_to) WHERE judged_to IS NOT NULL;
-- Customers to be judged: now because something of theirs changed, or when time alone may change it.
CREATE TABLE segment_queue (
	customer_id TEXT PRIMARY KEY,
	due_at_ms INTEGER NOT NULL	-- 0: now
) WITHOUT ROWID;
CREATE INDEX segment_queue_due ON segment_queue (due_at_ms);
