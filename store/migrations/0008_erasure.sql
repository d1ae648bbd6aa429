-- 0008: persons who are not to come back, and the ways to everything that is theirs.

-- Keyed hashes of the ids of erased persons; the same lines stand in the ledger beside the database.
CREATE TABLE erasures (
	hash TEXT PRIMARY KEY,
	at_ms INTEGER NOT NULL
) WITHOUT ROWID;

-- A repost has the words of another: they go when the post they are of goes.
ALTER TABLE posts ADD COLUMN repost_of TEXT;	-- id of the post; NULL: no repost, or erased
UPDATE posts SET repost_of = json_extract(post_json, '$.repost_of') WHERE instr(post_json, '"repost_of"') > 0;
CREATE INDEX posts_by_repost ON posts (repost_of) WHERE repost_of IS NOT NULL;

CREATE INDEX decisions_by_subject ON decisions (subject) WHERE subject IS NOT NULL;
CREATE INDEX alert_posts_by_decision ON alert_posts (decision_id);
CREATE INDEX outbox_by_alert ON outbox (alert_no) WHERE alert_no IS NOT NULL;
CREATE INDEX links_ended_by_author ON links (author_id) WHERE unlinked_at_ms IS NOT NULL AND author_id IS NOT NULL;
CREATE INDEX links_ended_by_handle ON links (handle_key) WHERE unlinked_at_ms IS NOT NULL;
CREATE INDEX link_codes_by_author ON link_codes (author_id) WHERE author_id IS NOT NULL;
CREATE INDEX subject_joins_ended_from ON subject_joins (from_subject) WHERE undone_at_ms IS NOT NULL;
CREATE INDEX subject_joins_ended_to ON subject_joins (to_subject) WHERE undone_at_ms IS NOT NULL;

-- What was done is never undone in the record of it.
CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit is never changed'); END;
CREATE TRIGGER audit_is_not_emptied BEFORE DELETE ON audit
BEGIN SELECT RAISE(ABORT, 'the audit is never emptied'); END;
