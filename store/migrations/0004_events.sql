-- 0004: events: what customers do in apps, shops and support systems.

CREATE TABLE events (
	event_no INTEGER PRIMARY KEY,
	id TEXT NOT NULL UNIQUE,	-- the sender's: sent again, it is the same event
	customer_id TEXT NOT NULL,	-- as it was named: they may have been merged since
	name TEXT NOT NULL,
	source TEXT NOT NULL,		-- 'api', 'segment', or what the sender calls itself
	at_ms INTEGER NOT NULL,		-- event time: min(as said, received)
	received_at_ms INTEGER NOT NULL,
	properties TEXT,		-- JSON object of arrays of texts
	inert TEXT,			-- why it decides nothing; NULL: it may
	rules_version INTEGER NOT NULL,	-- what it was evaluated with; 0: nothing
	customer_json TEXT,		-- the customer as seen then
	is_expired INTEGER NOT NULL DEFAULT 0	-- only the id is left
);
CREATE INDEX events_by_customer ON events (customer_id) WHERE is_expired = 0;	-- and event_no, as in every index
CREATE INDEX events_by_time ON events (at_ms) WHERE is_expired = 0;
CREATE INDEX events_expired ON events (received_at_ms) WHERE is_expired = 1;

-- Rules wait for what must not follow an event as well: post_no is 0 then.
CREATE TABLE timers_of_all (
	timer_no INTEGER PRIMARY KEY,
	due_at_ms INTEGER NOT NULL,
	rule_id TEXT NOT NULL,
	post_no INTEGER NOT NULL,
	event_no INTEGER NOT NULL DEFAULT 0,
	subject TEXT,
	started_at_ms INTEGER NOT NULL,	-- event time of the post or event
	UNIQUE (rule_id, post_no, event_no)
);
INSERT INTO timers_of_all (timer_no, due_at_ms, rule_id, post_no, subject, started_at_ms)
	SELECT timer_no, due_at_ms, rule_id, post_no, subject, started_at_ms FROM timers;
DROP TABLE timers;
ALTER TABLE timers_of_all RENAME TO timers;
CREATE INDEX timers_due ON timers (due_at_ms);
CREATE INDEX timers_by_subject ON timers (subject) WHERE subject IS NOT NULL;
