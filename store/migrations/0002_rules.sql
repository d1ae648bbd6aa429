-- 0002: what rules remember between posts.

-- The last event times, oldest first, at which something held: windows (part 0), `after` (1) and `unless` (2) of a rule by the key
-- it counts per; under rule_id '' what we did: messages sent (3) by subject and template, answers (4) by post or thread.
CREATE TABLE rule_times (
	rule_id TEXT NOT NULL,
	part INTEGER NOT NULL,		-- enum times_part
	key TEXT NOT NULL,
	last_at_ms INTEGER NOT NULL,	-- the newest of them, for tidying
	times BLOB NOT NULL,		-- 8 bytes each, little-endian
	PRIMARY KEY (rule_id, part, key)
) WITHOUT ROWID;
CREATE INDEX rule_times_by_key ON rule_times (key);
CREATE INDEX rule_times_by_last ON rule_times (last_at_ms);

-- Occurrences to come: a rule that waits for what does not happen.
CREATE TABLE timers (
	timer_no INTEGER PRIMARY KEY,
	due_at_ms INTEGER NOT NULL,
	rule_id TEXT NOT NULL,
	post_no INTEGER NOT NULL,
	subject TEXT,
	started_at_ms INTEGER NOT NULL,	-- event time of the post
	UNIQUE (rule_id, post_no)
);
CREATE INDEX timers_due ON timers (due_at_ms);

-- Crowds: the posts a watch counted, as long as its windows reach; how many it could have counted, by the minute.
CREATE TABLE watch_hits (
	watch_id TEXT NOT NULL,
	at_ms INTEGER NOT NULL,		-- event time
	post_no INTEGER NOT NULL,
	author INTEGER NOT NULL,	-- hash of the author's id; 0: anonymous
	PRIMARY KEY (watch_id, at_ms, post_no)
) WITHOUT ROWID;
CREATE TABLE watch_base (
	watch_id TEXT NOT NULL,
	minute INTEGER NOT NULL,	-- event time / 60,000
	count INTEGER NOT NULL,
	PRIMARY KEY (watch_id, minute)
) WITHOUT ROWID;
CREATE TABLE watch_state (
	watch_id TEXT PRIMARY KEY,
	state BLOB NOT NULL,		-- incident and detector, versioned
	updated_at_ms INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE incidents (
	incident_no INTEGER PRIMARY KEY,
	watch_id TEXT NOT NULL,
	rules_version INTEGER NOT NULL,
	started_at_ms INTEGER NOT NULL,
	ended_at_ms INTEGER,		-- NULL: under way
	reason TEXT NOT NULL,
	end_reason TEXT,
	peak INTEGER NOT NULL		-- most posts counted in its widest window
);
CREATE INDEX incidents_by_watch ON incidents (watch_id);
CREATE UNIQUE INDEX incidents_open ON incidents (watch_id) WHERE ended_at_ms IS NULL;

-- What is paused: 'promotions' (messages for marketing), 'rule:<id>'.
CREATE TABLE pauses (
	what TEXT NOT NULL,
	cause TEXT NOT NULL,		-- 'watch <id>', or who did it: each lifts its own
	reason TEXT NOT NULL,
	at_ms INTEGER NOT NULL,
	until_ms INTEGER,		-- NULL: until it is lifted
	PRIMARY KEY (what, cause)
) WITHOUT ROWID;

-- Messages that hours hold back: the lines of their rule, judged again when they are claimed, and the first time these allow.
ALTER TABLE outbox ADD COLUMN hours TEXT;	-- JSON; NULL: none
ALTER TABLE outbox ADD COLUMN not_before_ms INTEGER;

-- Caps of periods that are over are tidied (kinds of enum state_kind from 6 on).
CREATE INDEX rule_state_over ON rule_state (kind, last_at_ms) WHERE kind >= 6;

-- An id's last_version is 0 while it lives: a new version then touches only the ids that come or go.
UPDATE rule_ids SET last_version = 0
	WHERE last_version >= (SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'live_rules');
