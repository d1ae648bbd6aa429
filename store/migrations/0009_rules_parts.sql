-- 0009: what a version of the rules needs is written in parts before it goes live, so that posts do not wait for it: its text, and
-- what becomes of ids.  It counts from when a version names the stage.
CREATE TABLE rules_parts (
	stage_no INTEGER NOT NULL,
	part INTEGER NOT NULL,	-- 0, 1, ...
	bytes BLOB NOT NULL,
	PRIMARY KEY (stage_no, part)
);
ALTER TABLE rules_versions ADD COLUMN stage_no INTEGER;	-- its bundle is in these parts, unless it is in bundle
CREATE UNIQUE INDEX rules_versions_by_stage ON rules_versions (stage_no) WHERE stage_no IS NOT NULL;

-- The newest that counts is what holds for an id.
CREATE TABLE rule_id_states (
	id TEXT NOT NULL,
	stage_no INTEGER NOT NULL,	-- 0: counts
	first_version INTEGER NOT NULL,
	last_version INTEGER NOT NULL,	-- 0: it lives, or rests in a version that was rolled away
	PRIMARY KEY (id, stage_no)
) WITHOUT ROWID;
INSERT INTO rule_id_states SELECT id, 0, first_version, last_version FROM rule_ids;
DROP TABLE rule_ids;
