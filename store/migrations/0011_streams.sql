-- 0011: how far each stream of posts and events has come, by their own times: what is behind that by more than the
-- allowed lateness counts in no window.
CREATE TABLE streams (
	name TEXT PRIMARY KEY,		-- a source, or a part of one that is read for itself
	newest_at_ms INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO streams (name, newest_at_ms) SELECT name, last_post_at_ms FROM sources WHERE last_post_at_ms IS NOT NULL;
ALTER TABLE posts ADD COLUMN behind_ms INTEGER;	-- its stream was so far ahead of it when it came; NULL: it was not
ALTER TABLE events ADD COLUMN behind_ms INTEGER;
