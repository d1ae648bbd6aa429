-- 0004: events: what customers do in apps, shops and support systems.

CREATE TABLE events (
	event_no INTEGER PRIMARY KEY,
	id TEXT NOT NULL UNIQUE,	-- the sender's: sent again, it is the same event
	customer_id TEXT NOT NULL,
	name TEXT NOT NULL,
	source TEXT NOT NULL,		-- 'api', 'segment', or what the sender calls itself
	at_ms INTEGER NOT NULL,		-- event time: min(as said, received)
	received_at_ms INTEGER NOT NULL,
	properties TEXT NOT NULL,	-- JSON object of arrays of texts
	inert TEXT,			-- why it decides nothing; NULL: it may
	rules_version INTEGER NOT NULL,
	customer_json TEXT,		-- the customer as seen then
	is_expired INTEGER NOT NULL DEFAULT 0	-- only the id is left
);
CREATE INDEX events_by_customer ON events (customer_id, at_ms);
CREATE INDEX events_by_time ON events (at_ms) WHERE is_expired = 0;
CREATE INDEX events_expired ON events (received_at_ms) WHERE is_expired = 1;
