-- 0009: the text of a rules version is written in parts before it goes live, so that posts do not wait for it.
CREATE TABLE rules_parts (
	stage_no INTEGER NOT NULL,
	part INTEGER NOT NULL,	-- 0, 1, ...
	bytes BLOB NOT NULL,
	PRIMARY KEY (stage_no, part)
);
ALTER TABLE rules_versions ADD COLUMN stage_no INTEGER;	-- its bundle is in these parts; NULL: it is in bundle
