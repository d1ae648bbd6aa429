-- 0005: how we know that an account is a customer.

ALTER TABLE links ADD COLUMN confidence INTEGER NOT NULL DEFAULT 80;	-- percent; that of an imported handle
ALTER TABLE links ADD COLUMN basis TEXT;	-- in words: what was shown
ALTER TABLE links ADD COLUMN made_by TEXT NOT NULL DEFAULT 'import';	-- 'import', 'rule <id>', 'api', who
ALTER TABLE links ADD COLUMN join_no INTEGER;	-- subject_joins; NULL: nothing was joined

-- What may be a link, for a person to decide: never in force by itself.
CREATE TABLE link_suggestions (
	suggestion_no INTEGER PRIMARY KEY,
	customer_id TEXT NOT NULL,
	author_id TEXT NOT NULL,
	handle TEXT NOT NULL,
	confidence INTEGER NOT NULL,
	basis TEXT NOT NULL,
	decision_id TEXT,
	at_ms INTEGER NOT NULL,
	state INTEGER NOT NULL,		-- 0 open, 1 accepted, 2 dismissed
	changed_by TEXT, changed_at_ms INTEGER,
	UNIQUE (customer_id, author_id)
);
CREATE INDEX link_suggestions_open ON link_suggestions (suggestion_no) WHERE state = 0;
CREATE INDEX link_suggestions_aged ON link_suggestions (at_ms) WHERE state = 0;
CREATE INDEX link_suggestions_by_author ON link_suggestions (author_id);

-- One-time codes: whoever posts or messages it has shown to be the customer it was given to.
CREATE TABLE link_codes (
	code_hash TEXT PRIMARY KEY,	-- never the code itself
	customer_id TEXT NOT NULL,
	made_by TEXT NOT NULL,
	at_ms INTEGER NOT NULL,
	expires_at_ms INTEGER NOT NULL,
	used_at_ms INTEGER,
	author_id TEXT			-- who used it
) WITHOUT ROWID;
CREATE INDEX link_codes_by_customer ON link_codes (customer_id);
CREATE INDEX link_codes_by_expiry ON link_codes (expires_at_ms);
CREATE INDEX link_codes_open ON link_codes (expires_at_ms) WHERE used_at_ms IS NULL;
-- Wrong codes, so that nobody can guess.
CREATE TABLE link_tries (
	author_id TEXT PRIMARY KEY,
	since_ms INTEGER NOT NULL,	-- the first of them
	count INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX link_tries_by_time ON link_tries (since_ms);

-- Who may a stranger be?  Each of these holds only the rows that can be asked for: addresses that are not in lower case (the others have
-- endpoints_by_address), attributes that are a URL or a handle, and names.
CREATE INDEX endpoints_folded ON endpoints (lower(address)) WHERE address <> lower(address);
CREATE INDEX customer_profiles ON customer_attributes (lower(value_list)) WHERE substr(value_list, 1, 3) IN ('["h', '["H', '["@');
CREATE INDEX customer_names ON customer_attributes (lower(value_list))
	WHERE lower(name) IN ('lastname', 'last_name', 'surname', 'name', 'fullname', 'full_name');
