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
ALTER TABLE customers ADD COLUMN sums BLOB;	-- of the last 7, 30 and 90 days (store/day_sums.h); NULL: to be added up

-- Two subjects became one (a link, a merge): in force these make trees, and what is counted is kept under a tree's root.
CREATE TABLE subject_joins (
	join_no INTEGER PRIMARY KEY,
	from_subject TEXT NOT NULL,	-- 'a:...' or 'c:...'
	to_subject TEXT NOT NULL,	-- as named: its own tree may have another root
	cause TEXT NOT NULL,		-- 'link 12', 'merge'
	source TEXT NOT NULL,		-- who or what
	reason TEXT,
	at_ms INTEGER NOT NULL,
	undone_at_ms INTEGER,		-- NULL: in force
	undone_by TEXT
);
CREATE UNIQUE INDEX subject_joins_in_force ON subject_joins (from_subject) WHERE undone_at_ms IS NULL;
CREATE INDEX subject_joins_to ON subject_joins (to_subject) WHERE undone_at_ms IS NULL;

-- A spell is a time in which some subjects were one; what was counted in it belongs to each of them. A tree counts the sum over the
-- spells of all its subjects, each spell once. Spells are written only when trees change.
CREATE TABLE subject_spells (
	spell_no INTEGER PRIMARY KEY,
	ended_at_ms INTEGER NOT NULL
);
CREATE TABLE spell_subjects (
	subject TEXT NOT NULL,
	spell_no INTEGER NOT NULL,
	PRIMARY KEY (subject, spell_no)
) WITHOUT ROWID;
CREATE INDEX spell_subjects_by_spell ON spell_subjects (spell_no);
CREATE TABLE spell_counts (
	spell_no INTEGER NOT NULL,
	what INTEGER NOT NULL,		-- 0 rule_state, 1 rule_times, 2 offer_codes
	rule_id TEXT NOT NULL,		-- or the offer
	kind INTEGER NOT NULL,		-- enum state_kind, enum times_part
	rest TEXT NOT NULL,		-- of the key behind the subject; or the code
	count INTEGER NOT NULL,		-- what came to it; less than 0: what went
	last_at_ms INTEGER,
	came BLOB, went BLOB,		-- event times, as in rule_times
	PRIMARY KEY (spell_no, what, rule_id, kind, rest)
) WITHOUT ROWID;
CREATE INDEX spell_counts_over ON spell_counts (last_at_ms) WHERE what = 0 AND (kind = 3 OR kind >= 6);
CREATE INDEX offer_codes_by_person ON offer_codes (person) WHERE person IS NOT NULL;
CREATE INDEX timers_by_subject ON timers (subject) WHERE subject IS NOT NULL;

-- All posts of one person.
CREATE INDEX posts_by_author ON posts (author_no, event_at_ms) WHERE author_no IS NOT NULL;
ALTER TABLE posts ADD COLUMN is_complaint INTEGER NOT NULL DEFAULT 0;	-- stays when the words go
