-- 0006: what others think of an author: endorsements, topics, who was there early.

CREATE TABLE author_standing (
	author_no INTEGER PRIMARY KEY,
	state BLOB NOT NULL,		-- people/standing.h
	updated_at_ms INTEGER NOT NULL
);
-- Per topic (a brand 'b:acme', a tag '#coffee'): bounded for each topic and in all.
CREATE TABLE topic_standing (
	topic TEXT NOT NULL,
	author_no INTEGER NOT NULL,
	state BLOB NOT NULL,
	weight_milli INTEGER NOT NULL,	-- as of updated_at_ms: who has least makes room
	updated_at_ms INTEGER NOT NULL,
	PRIMARY KEY (topic, author_no)
) WITHOUT ROWID;
CREATE INDEX topic_standing_by_author ON topic_standing (author_no);

-- Things that may come into fashion (a tag, a link, a word of a list), and who came with them in which order.
CREATE TABLE items (
	item_no INTEGER PRIMARY KEY,
	name TEXT NOT NULL UNIQUE,	-- '#acmelaunch', 'https://...', 'list:word'
	first_at_ms INTEGER NOT NULL,
	last_at_ms INTEGER NOT NULL,
	authors INTEGER NOT NULL,	-- distinct
	state INTEGER NOT NULL		-- people/adopters.h
);
CREATE INDEX items_by_last ON items (last_at_ms);
CREATE TABLE item_authors (
	item_no INTEGER NOT NULL,
	author_no INTEGER NOT NULL,
	place INTEGER NOT NULL,		-- 1: the first
	at_ms INTEGER NOT NULL,
	PRIMARY KEY (item_no, author_no)
) WITHOUT ROWID;
CREATE INDEX item_authors_by_author ON item_authors (author_no);
CREATE TABLE adoptions (
	author_no INTEGER PRIMARY KEY,
	items INTEGER NOT NULL,		-- that came into fashion and that they mentioned at all
	credited INTEGER NOT NULL,	-- of them, those they were early on
	credit_milli INTEGER NOT NULL,
	updated_at_ms INTEGER NOT NULL
);
