-- 0001: the road a post travels. Times are milliseconds since 1970 UTC; NULL is "unknown".

CREATE TABLE meta (
	key TEXT PRIMARY KEY,		-- live_rules, sending_stopped, created_at_ms, hash_seed ...
	value TEXT NOT NULL
) WITHOUT ROWID;

-- A post is kept with what was known about it and its author at that moment. After retention the texts go and the row stays
-- as a seen id (is_expired = 1), so that a re-fetched post is not new.
CREATE TABLE posts (
	post_no INTEGER PRIMARY KEY,
	id TEXT NOT NULL UNIQUE,	-- the network's global name
	feed TEXT NOT NULL,		-- name of the configured source it first came through
	source TEXT NOT NULL,		-- kind of network
	author_no INTEGER,		-- authors; NULL: anonymous
	subject TEXT,			-- 'c:<customer>' or 'a:<author id>'
	event_at_ms INTEGER NOT NULL,
	created_at_ms INTEGER,
	fetched_at_ms INTEGER NOT NULL,
	text TEXT,
	text_hash INTEGER NOT NULL,	-- of the text, to tell an edit from a repeat
	lang TEXT,			-- as found
	label INTEGER NOT NULL,		-- enum sentiment_label
	score_milli INTEGER NOT NULL,
	brands TEXT,			-- ids joined by ','; NULL: none
	likes INTEGER, replies INTEGER, reposts INTEGER,	-- as last seen
	inert TEXT,			-- why it decides nothing; NULL: it may decide
	rules_version INTEGER NOT NULL,	-- what it was evaluated with; 0: nothing
	revision INTEGER NOT NULL DEFAULT 0,
	is_deleted INTEGER NOT NULL DEFAULT 0,
	is_expired INTEGER NOT NULL DEFAULT 0,
	post_json TEXT,			-- the rest of the post, author as seen, reply handle
	score_json TEXT			-- probabilities, intents, lexicon, reasons
);
-- Posts by time while they have their texts; retention walks it, and what is expired has left it.
CREATE INDEX posts_by_event ON posts (event_at_ms) WHERE is_expired = 0;
CREATE INDEX posts_expired ON posts (fetched_at_ms) WHERE is_expired = 1;

-- The customer as seen when the post was decided on; only for posts of linked authors.
CREATE TABLE post_customers (
	post_no INTEGER PRIMARY KEY,
	customer_json TEXT NOT NULL
);

CREATE TABLE authors (
	author_no INTEGER PRIMARY KEY,
	id TEXT NOT NULL UNIQUE,
	handle TEXT,			-- as written
	handle_key TEXT,		-- lower case, for links
	name TEXT, bio TEXT, url TEXT,
	followers INTEGER, following INTEGER, posts INTEGER, listed INTEGER,
	is_verified INTEGER, is_bot INTEGER,
	objects_to_profiling INTEGER NOT NULL DEFAULT 0,
	created_at_ms INTEGER,
	first_seen_at_ms INTEGER NOT NULL,
	last_seen_at_ms INTEGER NOT NULL,
	posts_seen INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX authors_by_handle ON authors (handle_key) WHERE handle_key IS NOT NULL;

CREATE TABLE customers (
	id TEXT PRIMARY KEY,
	timezone TEXT, locale TEXT, country TEXT,
	created_at_ms INTEGER NOT NULL,
	updated_at_ms INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE customer_attributes (
	customer_id TEXT NOT NULL,
	name TEXT NOT NULL,
	value_list TEXT NOT NULL,	-- JSON array of strings
	PRIMARY KEY (customer_id, name)
) WITHOUT ROWID;

CREATE TABLE endpoints (
	id TEXT PRIMARY KEY,
	customer_id TEXT NOT NULL,
	channel TEXT NOT NULL,		-- lower case
	address TEXT NOT NULL,
	is_opted_out INTEGER NOT NULL DEFAULT 0,
	is_inactive INTEGER NOT NULL DEFAULT 0,
	timezone TEXT, locale TEXT, country TEXT,
	attributes TEXT NOT NULL DEFAULT '{}',	-- JSON object of arrays
	extra TEXT NOT NULL DEFAULT '{}'	-- other imported columns, kept for the export
) WITHOUT ROWID;
CREATE INDEX endpoints_by_customer ON endpoints (customer_id);
CREATE INDEX endpoints_by_address ON endpoints (channel, address);

CREATE TABLE consents (
	customer_id TEXT NOT NULL,
	channel TEXT NOT NULL,
	purpose INTEGER NOT NULL,	-- enum purpose
	is_given INTEGER NOT NULL,
	source TEXT NOT NULL,		-- where it was given: 'pinpoint import', ...
	at_ms INTEGER NOT NULL,
	PRIMARY KEY (customer_id, channel, purpose)
) WITHOUT ROWID;

-- Every change of a customer, with who or what made it.
CREATE TABLE customer_history (
	history_no INTEGER PRIMARY KEY,
	customer_id TEXT NOT NULL,
	at_ms INTEGER NOT NULL,
	field TEXT NOT NULL,		-- 'attribute:care_priority', 'endpoint:...', 'consent:email:marketing', 'tag:...', 'link:...'
	old TEXT, new TEXT,
	source TEXT NOT NULL,		-- 'import', 'rule <id>', 'api'
	decision_id TEXT
);
CREATE INDEX customer_history_by_customer ON customer_history (customer_id);

-- who: 'a:<author id>' or 'c:<customer id>'
CREATE TABLE tags (
	who TEXT NOT NULL,
	tag TEXT NOT NULL,
	expires_at_ms INTEGER,		-- NULL: never
	at_ms INTEGER NOT NULL,
	PRIMARY KEY (who, tag)
) WITHOUT ROWID;
CREATE INDEX tags_by_expiry ON tags (expires_at_ms) WHERE expires_at_ms IS NOT NULL;

CREATE TABLE list_members (
	who TEXT NOT NULL,		-- as in tags
	list TEXT NOT NULL,
	at_ms INTEGER NOT NULL,
	PRIMARY KEY (who, list)
) WITHOUT ROWID;

CREATE TABLE links (
	link_no INTEGER PRIMARY KEY,
	customer_id TEXT NOT NULL,
	handle_key TEXT NOT NULL,	-- lower case
	author_id TEXT,			-- the stable account; NULL until first seen
	proof TEXT NOT NULL,		-- 'imported handle'
	linked_at_ms INTEGER NOT NULL,
	unlinked_at_ms INTEGER,		-- NULL: in force
	unlink_reason TEXT
);
CREATE INDEX links_by_handle ON links (handle_key) WHERE unlinked_at_ms IS NULL;
CREATE INDEX links_by_author ON links (author_id) WHERE unlinked_at_ms IS NULL;
CREATE INDEX links_by_customer ON links (customer_id);

-- Cool-downs, totals and caps; key is a subject, an author, a thread, a day.
CREATE TABLE rule_state (
	rule_id TEXT NOT NULL,		-- '' for what spans all rules
	kind INTEGER NOT NULL,		-- enum state_kind
	key TEXT NOT NULL,
	last_at_ms INTEGER,		-- NULL: never
	count INTEGER NOT NULL,
	PRIMARY KEY (rule_id, kind, key)
) WITHOUT ROWID;
CREATE INDEX rule_state_by_key ON rule_state (key);

CREATE TABLE decisions (
	decision_no INTEGER PRIMARY KEY,
	id TEXT NOT NULL UNIQUE,	-- 32 hex digits of a hash over rule, occurrence, action, subject
	rule_id TEXT NOT NULL,
	rules_version INTEGER NOT NULL,
	occurrence_kind INTEGER NOT NULL,
	occurrence_id TEXT NOT NULL,
	post_no INTEGER,
	subject TEXT,
	action TEXT NOT NULL,		-- canonical line
	verb INTEGER NOT NULL,		-- enum action_verb
	outcome INTEGER NOT NULL,	-- enum decision_outcome
	reason TEXT NOT NULL,		-- why the rule fired
	note TEXT,			-- what became of it, or what held it back
	at_ms INTEGER NOT NULL,
	event_at_ms INTEGER NOT NULL
);
CREATE INDEX decisions_by_occurrence ON decisions (occurrence_id, rule_id);
CREATE INDEX decisions_by_rule ON decisions (rule_id);	-- and decision_no, as in every index

CREATE TABLE outbox (
	message_no INTEGER PRIMARY KEY,
	id TEXT NOT NULL UNIQUE,	-- the decision's id; for notices a hash of alert, channel and count
	kind INTEGER NOT NULL,		-- enum message_kind
	decision_id TEXT,
	alert_no INTEGER,
	channel TEXT NOT NULL,		-- name in the configuration
	address TEXT NOT NULL,
	purpose INTEGER NOT NULL,
	customer_id TEXT,
	endpoint_id TEXT,
	template TEXT,
	parts TEXT NOT NULL,		-- JSON object: subject, text, html, ...
	reply_handle TEXT,		-- where a reply goes, as the collector wrote it
	offer TEXT, offer_code TEXT,
	team TEXT,			-- drafts: who approves
	state INTEGER NOT NULL,		-- enum message_state
	hold INTEGER NOT NULL DEFAULT 0,	-- enum message_hold
	reason TEXT,			-- why it is in this state, in words
	attempts INTEGER NOT NULL DEFAULT 0,
	next_at_ms INTEGER NOT NULL,
	claimed_at_ms INTEGER,
	expires_at_ms INTEGER,
	provider_id TEXT,
	is_repeat INTEGER NOT NULL DEFAULT 0,
	created_at_ms INTEGER NOT NULL,
	updated_at_ms INTEGER NOT NULL
);
-- What waits for a channel (states ready and later), in the order it is due.
CREATE INDEX outbox_due ON outbox (channel, next_at_ms) WHERE state IN (1, 4);
CREATE INDEX outbox_by_state ON outbox (state);
CREATE INDEX outbox_by_decision ON outbox (decision_id);
CREATE INDEX outbox_by_customer ON outbox (customer_id) WHERE customer_id IS NOT NULL;

CREATE TABLE offer_codes (
	offer TEXT NOT NULL,
	code TEXT NOT NULL,
	person TEXT,			-- subject that got it; NULL: free
	decision_id TEXT,
	taken_at_ms INTEGER,
	PRIMARY KEY (offer, code)
) WITHOUT ROWID;
CREATE UNIQUE INDEX offer_one_per_person ON offer_codes (offer, person) WHERE person IS NOT NULL;
CREATE INDEX offer_free ON offer_codes (offer, code) WHERE person IS NULL;

CREATE TABLE alerts (
	alert_no INTEGER PRIMARY KEY,
	queue TEXT NOT NULL,
	group_key TEXT NOT NULL,	-- 't:<thread>' or 'a:<author id>' or 'p:<post>'
	severity INTEGER NOT NULL,
	state INTEGER NOT NULL,		-- enum alert_state
	title TEXT NOT NULL,
	rule_id TEXT NOT NULL,
	reason TEXT NOT NULL,
	post_id TEXT NOT NULL,		-- the newest post
	count INTEGER NOT NULL,
	opened_at_ms INTEGER NOT NULL,
	last_at_ms INTEGER NOT NULL,
	notices INTEGER NOT NULL DEFAULT 0,
	repeat_at_ms INTEGER,		-- when an unacknowledged one is repeated; NULL: not
	changed_by TEXT, changed_at_ms INTEGER, change_note TEXT
);
CREATE INDEX alerts_open ON alerts (queue, group_key) WHERE state < 2;
CREATE INDEX alerts_by_state ON alerts (state);
CREATE INDEX alerts_repeat ON alerts (repeat_at_ms) WHERE repeat_at_ms IS NOT NULL;
CREATE TABLE alert_posts (
	alert_no INTEGER NOT NULL,
	decision_id TEXT NOT NULL,
	post_id TEXT NOT NULL,
	at_ms INTEGER NOT NULL,
	PRIMARY KEY (alert_no, decision_id)
) WITHOUT ROWID;

CREATE TABLE rules_versions (
	version INTEGER PRIMARY KEY,
	applied_at_ms INTEGER NOT NULL,
	author TEXT NOT NULL,
	reason TEXT NOT NULL,
	content_hash TEXT NOT NULL,
	bundle TEXT NOT NULL		-- JSON: {"rules":{file:text},"templates":{id:{file:text}}}
);
-- Rule ids are never reused for another rule.
CREATE TABLE rule_ids (
	id TEXT PRIMARY KEY,
	first_version INTEGER NOT NULL,
	last_version INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE sources (
	name TEXT PRIMARY KEY,
	cursor TEXT,
	has_fetched INTEGER NOT NULL DEFAULT 0,	-- the first fetch is behind us
	posts INTEGER NOT NULL DEFAULT 0,
	last_post_at_ms INTEGER
) WITHOUT ROWID;

CREATE TABLE rejects (
	reject_no INTEGER PRIMARY KEY,
	at_ms INTEGER NOT NULL,
	feed TEXT NOT NULL,
	reason TEXT NOT NULL,
	excerpt TEXT NOT NULL
);

CREATE TABLE idempotency (
	key TEXT PRIMARY KEY,
	at_ms INTEGER NOT NULL,
	request_hash TEXT NOT NULL,
	status INTEGER NOT NULL,
	body TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX idempotency_by_time ON idempotency (at_ms);

CREATE TABLE audit (
	audit_no INTEGER PRIMARY KEY,
	at_ms INTEGER NOT NULL,
	who TEXT NOT NULL,
	what TEXT NOT NULL		-- 'rules.apply version=3', 'outbox.approve id=...', 'sending.stop'
);
