/*
 * rule_ids.c - the ids of rules and watches: which live, and which were dropped.
 *
 * What becomes of an id with a change may be written long before the change goes live; so an id has a row for
 * each change that did something to it, and the newest holds whose stage a version names.
 */
#include "store/store_internal.h"

#define COUNTS                                                                                     \
	"(s.stage_no = 0 OR "                                                                      \
	"EXISTS (SELECT 1 FROM rules_versions v WHERE v.stage_no = s.stage_no))"
/* last_version is 0 while an id lives, or rests in a version that was rolled away. */
#define STATE_OF(columns)                                                                          \
	"SELECT " columns " FROM rule_id_states s WHERE s.id = ?1 AND " COUNTS                     \
	" ORDER BY s.stage_no DESC LIMIT 1"
/* Parts of the text that one call removes: they are some 64 KB each, and what is removed is overwritten. */
#define TIDY_PARTS 4

int
store_rule_ids_alive(struct store *st, int (*take)(void *cookie, struct slice id, struct err *err),
    void *cookie, struct err *err)
{
	struct query q;
	int rc;

	/* The other columns are those of the row with the maximum. */
	if (query_open(&q, st,
		"SELECT id, last_version, max(stage_no) FROM rule_id_states s WHERE " COUNTS
		" GROUP BY id",
		err) < 0)
		return -1;
	while ((rc = query_step(&q, err)) > 0) {
		struct slice id = query_peek(&q, 0);

		if ((rc = query_check(&q, err)) < 0 ||
		    (query_int(&q, 1) == 0 && (rc = take(cookie, id, err)) < 0))
			break;
	}
	query_close(&q);
	return rc < 0 ? -1 : 0;
}

int
store_rule_id_versions(
    struct store *st, struct slice id, int64_t *first_r, int64_t *last_r, struct err *err)
{
	struct query q;
	int rc;

	if (query_open(&q, st, STATE_OF("first_version, last_version"), err) < 0)
		return -1;
	query_bind_text(&q, id);
	rc = query_step(&q, err);
	if (rc > 0) {
		*first_r = query_int(&q, 0);
		*last_r = query_int(&q, 1);
	}
	query_close(&q);
	return rc;
}

int
store_rule_id_was_dropped(struct store *st, struct slice id, struct err *err)
{
	int64_t first, last = 0;
	int rc = store_rule_id_versions(st, id, &first, &last, err);

	return rc < 0 ? -1 : last > 0;
}

static int
put_state(struct store *st, const char *sql, struct slice id, int64_t stage_no, int64_t version,
    struct err *err)
{
	struct query q;

	if (query_open(&q, st, sql, err) < 0)
		return -1;
	query_bind_text(&q, id);
	query_bind_int(&q, stage_no);
	query_bind_int(&q, version);
	return query_run(&q, err);
}

int
store_rule_id_begin(
    struct store *st, int64_t stage_no, struct slice id, int64_t version, struct err *err)
{
	return put_state(st,
	    "INSERT OR REPLACE INTO rule_id_states (id, stage_no, first_version, last_version) "
	    "VALUES (?1, ?2, coalesce((" STATE_OF("first_version") "), ?3), 0)",
	    id, stage_no, version, err);
}

int
store_rule_id_end(
    struct store *st, int64_t stage_no, struct slice id, int64_t last_version, struct err *err)
{
	return put_state(st,
	    "INSERT OR REPLACE INTO rule_id_states (id, stage_no, first_version, last_version) "
	    "SELECT ?1, ?2, first_version, ?3 FROM (" STATE_OF("first_version") ")",
	    id, stage_no, last_version, err);
}

/* ---- changes that were given up ------------------------------------------------ */

static int
delete_some(struct store *st, const char *sql, int64_t stage_no, int64_t limit, struct err *err)
{
	struct query q;

	if (query_open(&q, st, sql, err) < 0)
		return -1;
	query_bind_int(&q, stage_no);
	query_bind_int(&q, limit);
	return query_run(&q, err) < 0 ? -1 : sqlite3_changes(st->db);
}

/* Something else went live over them: what they were made ready against is no longer live, so they never
 * will.  Those begun after the newest version may still; if they were given up, they go with the next one.
 * Each has parts: ids without are written in the transaction that puts their version. */
static int
find_given_up(struct store *st, int64_t *stage_no_r, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"SELECT p.stage_no FROM rules_parts p WHERE p.stage_no < (SELECT max(stage_no) "
		"FROM "
		"rules_versions) AND NOT EXISTS (SELECT 1 FROM rules_versions v WHERE v.stage_no = "
		"p.stage_no) LIMIT 1",
		err) < 0)
		return -1;
	return query_number(&q, stage_no_r, err);
}

int
store_rules_tidy(struct store *st, int64_t max_rows, bool *more_r, struct err *err)
{
	int64_t stage_no = 0;
	int rc = find_given_up(st, &stage_no, err);

	*more_r = rc > 0;
	if (rc <= 0)
		return rc;
	/* The parts stay until its ids are gone: they say that there is something to do. */
	rc = delete_some(st,
	    "DELETE FROM rule_id_states WHERE (id, stage_no) IN (SELECT id, stage_no FROM "
	    "rule_id_states WHERE stage_no = ?1 LIMIT ?2)",
	    stage_no, max_rows, err);
	if (rc == 0)
		rc = delete_some(st,
		    "DELETE FROM rules_parts WHERE (stage_no, part) IN (SELECT stage_no, part FROM "
		    "rules_parts WHERE stage_no = ?1 LIMIT ?2)",
		    stage_no, TIDY_PARTS, err);
	return rc < 0 ? -1 : 0;
}
