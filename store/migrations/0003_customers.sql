-- 0003: customers as people are: numbers, merges, what they did by the day.

-- Merged customers keep their own rows; who is merged points at the one it belongs to (a tree: that one may be merged again).  Taking it
-- back is emptying this column.
ALTER TABLE customers ADD COLUMN merged_into TEXT;	-- NULL: stands on its own
CREATE INDEX customers_merged ON customers (merged_into) WHERE merged_into IS NOT NULL;

-- The newest change of an attribute wins where several customers are one.
ALTER TABLE customer_attributes ADD COLUMN at_ms INTEGER NOT NULL DEFAULT 0;
CREATE TABLE customer_metrics (
	customer_id TEXT NOT NULL,
	name TEXT NOT NULL,
	value TEXT NOT NULL,		-- a decimal number as it was given: '12.5'
	at_ms INTEGER NOT NULL,
	PRIMARY KEY (customer_id, name)
) WITHOUT ROWID;

ALTER TABLE endpoints ADD COLUMN metrics TEXT NOT NULL DEFAULT '{}';	-- JSON object of numbers
ALTER TABLE endpoints ADD COLUMN at_ms INTEGER NOT NULL DEFAULT 0;	-- last change: the oldest push endpoint goes first
ALTER TABLE consents ADD COLUMN text_version TEXT;	-- of the words the person agreed to

-- What a customer did, and what we did to them, by day (UTC): computed attributes are sums over it.
CREATE TABLE customer_days (
	customer_id TEXT NOT NULL,
	day INTEGER NOT NULL,		-- event time / 86,400,000
	posts INTEGER NOT NULL,
	score_sum_milli INTEGER NOT NULL,
	complaints INTEGER NOT NULL,
	contacts INTEGER NOT NULL,	-- messages sent to them
	events INTEGER NOT NULL,
	PRIMARY KEY (customer_id, day)
) WITHOUT ROWID;
CREATE INDEX customer_days_by_day ON customer_days (day);
ALTER TABLE customers ADD COLUMN last_post_at_ms INTEGER;
ALTER TABLE customers ADD COLUMN last_contact_at_ms INTEGER;
ALTER TABLE customers ADD COLUMN last_event_at_ms INTEGER;

-- Two subjects became one (a link, a merge): what was counted before, so that it can be taken apart again.
CREATE TABLE subject_joins (
	join_no INTEGER PRIMARY KEY,
	from_subject TEXT NOT NULL,	-- 'a:...' or 'c:...'
	to_subject TEXT NOT NULL,
	cause TEXT NOT NULL,		-- 'link 12', 'merge 3'
	source TEXT NOT NULL,		-- who or what
	reason TEXT,
	at_ms INTEGER NOT NULL,
	before TEXT NOT NULL,		-- JSON: the rows of both, and of them together
	undone_at_ms INTEGER,
	undone_by TEXT
);
CREATE INDEX subject_joins_by_from ON subject_joins (from_subject);
CREATE INDEX subject_joins_by_to ON subject_joins (to_subject);

-- All posts of one person.
CREATE INDEX posts_by_author ON posts (author_no) WHERE author_no IS NOT NULL;
