-- 0006: what others think of an author: endorsements, topics, who was there early.

-- One row of whom somebody endorsed, or who mentioned what came into fashion.
CREATE TABLE author_standing (
	author_no INTEGER PRIMARY KEY,
	state BLOB,			-- people/standing.h; NULL: nobody endorsed them
	items INTEGER NOT NULL,		-- that came into fashion and that they mentioned at all
	credited INTEGER NOT NULL,	-- of them, those they were early on
	credit_milli INTEGER NOT NULL,
	updated_at_ms INTEGER NOT NULL
);
CREATE INDEX author_standing_early ON author_standing (credit_milli) WHERE credited >= 3;

-- Per topic (a brand 'b:acme', a tag '#coffee'): bounded for each topic and in all.
CREATE TABLE topics (
	topic TEXT PRIMARY KEY,		-- '': of all
	members INTEGER NOT NULL,	-- rows of topic_standing; of '': topics
	updated_at_ms INTEGER NOT NULL
) WITHOUT ROWID;
CREATE TABLE topic_standing (
	topic TEXT NOT NULL,
	author_no INTEGER NOT NULL,
	state BLOB NOT NULL,		-- people/topics.h
	rank INTEGER NOT NULL,		-- who has least makes room; does not change as time goes by
	updated_at_ms INTEGER NOT NULL,
	PRIMARY KEY (topic, author_no)
) WITHOUT ROWID;
CREATE INDEX topic_standing_by_author ON topic_standing (author_no);

-- Things that may come into fashion (a tag, a link, a brand), and who came with them in which order.
CREATE TABLE items (
	item_no INTEGER PRIMARY KEY,
	name TEXT NOT NULL UNIQUE,	-- '#acmelaunch', 'https://...', 'b:acme'; 'f:...': a feed; '': of all
	first_at_ms INTEGER NOT NULL,
	last_at_ms INTEGER NOT NULL,	-- to the day
	authors INTEGER NOT NULL,	-- distinct; of '': items
	credited_authors INTEGER NOT NULL,	-- as many as there were when credit was last given
	state INTEGER NOT NULL		-- people/adopters.h
);
CREATE INDEX items_by_last ON items (last_at_ms);
CREATE INDEX items_growing ON items (first_at_ms) WHERE state = 1;
CREATE TABLE item_authors (
	item_no INTEGER NOT NULL,
	author_no INTEGER NOT NULL,
	place INTEGER NOT NULL,		-- 1: the first
	at_ms INTEGER NOT NULL,
	PRIMARY KEY (item_no, author_no)
) WITHOUT ROWID;
CREATE INDEX item_authors_by_author ON item_authors (author_no);
