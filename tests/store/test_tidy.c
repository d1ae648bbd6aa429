/*
 * What is over its time goes, a little in each call, and nothing else.
 */
#include "tests/store/store_fixture.h"

#include <string.h>

#include "store/link_codes.h"
#include "store/store_internal.h"
#include "store/suggestions.h"
#include "store/watches.h"

#define RETENTION_MS (90 * TIME_DAY_MS)
#define SEEN_MS (200 * TIME_DAY_MS)

static int
tidy_all(struct fixture *f, int64_t now_ms, size_t max_rows)
{
	bool more = true;
	int calls = 0;

	while (more) {
		OK(store_begin(f->st, ERR));
		OK(store_tidy(f->st, now_ms, RETENTION_MS, SEEN_MS, max_rows, &more, ERR));
		OK(store_commit(f->st, ERR));
		assert_true(++calls < 1000);
	}
	return calls;
}

static void
insert_post(struct fixture *f, const char *id, int64_t created_at_ms, int64_t fetched_at_ms)
{
	struct rng r;
	struct stored_post *sp;

	rng_init(&r, 3);
	sp = random_stored_post(&r, f->a);
	sp->post.id = slice_of(id);
	sp->post.text = SLICE_LIT("words of somebody");
	sp->post.created_at_ms = created_at_ms;
	sp->post.fetched_at_ms = fetched_at_ms;
	sp->customer = random_customer(&r, f->a);
	OK(store_post_insert(f->st, sp, ERR));
}

static void
texts_go_after_retention_and_ids_later(void **state)
{
	struct fixture *f = *state;
	int64_t day = TIME_DAY_MS, now = FIXTURE_NOW_MS;
	struct stored_post *sp;
	struct post_ref ref;

	OK(store_begin(f->st, ERR));
	insert_post(f, "ancient", now - 300 * day, now - 300 * day);
	insert_post(f, "old", now - 100 * day, now - 100 * day);
	insert_post(f, "written long ago, fetched now", now - 900 * day, now);
	insert_post(f, "young", now - 80 * day, now - 80 * day);
	OK(store_post_insert_deleted(
	    f->st, SLICE_LIT("deleted unseen"), SLICE_LIT("x"), now - 300 * day, ERR));
	insert_post(f, "newest", now, now);
	OK(store_commit(f->st, ERR));
	tidy_all(f, now, 100);
	assert_int_equal(store_post_find(f->st, SLICE_LIT("ancient"), &ref, ERR), 0);
	assert_int_equal(store_post_find(f->st, SLICE_LIT("deleted unseen"), &ref, ERR), 0);
	assert_int_equal(store_post_find(f->st, SLICE_LIT("old"), &ref, ERR), 1);
	assert_true(ref.is_expired);
	assert_int_equal(store_post_load(f->st, SLICE_LIT("old"), f->a, &sp, ERR), 1);
	assert_true(sp->is_expired);
	assert_false(slice_is_set(sp->post.text));
	assert_null(sp->customer);
	assert_int_equal(store_post_load(f->st, SLICE_LIT("young"), f->a, &sp, ERR), 1);
	assert_false(sp->is_expired);
	assert_non_null(sp->customer);
	assert_int_equal(
	    store_post_load(f->st, SLICE_LIT("written long ago, fetched now"), f->a, &sp, ERR), 1);
	assert_false(sp->is_expired);
	assert_int_equal(ask_number(f->path, "SELECT count(*) FROM post_customers"), 3);
}

static void
incident(struct fixture *f, const char *watch, int64_t from_ms, int64_t until_ms)
{
	struct incident_row row = {.watch_id = slice_of(watch),
	    .rules_version = 1,
	    .started_at_ms = from_ms,
	    .reason = SLICE_LIT("a crowd")};

	OK(store_incident_begin(f->st, &row, ERR) == 1 ? 0 : -1);
	if (until_ms != TIME_UNKNOWN)
		OK(store_incident_end(f->st, row.watch_id, until_ms, SLICE_LIT("quiet"), 9, ERR) ==
			    1
			? 0
			: -1);
}

static void
incidents_go_once_their_posts_are_forgotten(void **state)
{
	struct fixture *f = *state;
	int64_t day = TIME_DAY_MS, now = FIXTURE_NOW_MS;

	OK(store_begin(f->st, ERR));
	incident(f, "storm", now - 300 * day, now - 299 * day);
	incident(f, "long one", now - 300 * day, TIME_UNKNOWN);
	incident(f, "storm", now - 100 * day, now - 99 * day);
	OK(store_commit(f->st, ERR));
	tidy_all(f, now, 100);
	assert_int_equal(ask_number(f->path, "SELECT count(*) FROM incidents"), 2);
	assert_int_equal(
	    ask_number(f->path, "SELECT count(*) FROM incidents WHERE ended_at_ms IS NULL"), 1);
}

/* Numbers of posts are in decisions and cursors of lists: the newest row stays, whatever its age.
 */
static void
a_post_number_is_never_given_twice(void **state)
{
	struct fixture *f = *state;
	struct post_ref ref;

	OK(store_begin(f->st, ERR));
	insert_post(f, "one", 1000, 1000);
	insert_post(f, "two", 1000, 1000);
	OK(store_commit(f->st, ERR));
	tidy_all(f, FIXTURE_NOW_MS, 100);
	assert_int_equal(ask_number(f->path, "SELECT count(*) FROM posts"), 1);
	OK(store_begin(f->st, ERR));
	insert_post(f, "three", FIXTURE_NOW_MS, FIXTURE_NOW_MS);
	OK(store_commit(f->st, ERR));
	assert_int_equal(store_post_find(f->st, SLICE_LIT("three"), &ref, ERR), 1);
	assert_int_equal(ref.post_no, 3);
}

static void
a_call_takes_only_so_many_rows(void **state)
{
	struct fixture *f = *state;
	bool more;

	OK(store_begin(f->st, ERR));
	for (int i = 0; i < 50; i++)
		insert_post(f, arena_printf(f->a, "p%d", i), FIXTURE_NOW_MS - 100 * TIME_DAY_MS,
		    FIXTURE_NOW_MS - 100 * TIME_DAY_MS);
	OK(store_commit(f->st, ERR));
	OK(store_begin(f->st, ERR));
	OK(store_tidy(f->st, FIXTURE_NOW_MS, RETENTION_MS, SEEN_MS, 20, &more, ERR));
	OK(store_commit(f->st, ERR));
	assert_true(more);
	assert_int_equal(
	    ask_number(f->path, "SELECT count(*) FROM posts WHERE is_expired = 1"), 20);
	assert_true(tidy_all(f, FIXTURE_NOW_MS, 20) <= 3);
	assert_int_equal(
	    ask_number(f->path, "SELECT count(*) FROM posts WHERE is_expired = 1"), 50);
}

static void
answers_tags_rejects_and_days_past_go(void **state)
{
	struct fixture *f = *state;
	int64_t now = FIXTURE_NOW_MS;
	struct stored_answer answer = {SLICE_LIT("h"), 200, SLICE_LIT("{}")};
	struct rule_counter c;

	OK(store_begin(f->st, ERR));
	OK(store_answer_put(f->st, SLICE_LIT("old"), now - 2 * TIME_DAY_MS, &answer, ERR));
	OK(store_answer_put(f->st, SLICE_LIT("new"), now - TIME_HOUR_MS, &answer, ERR));
	OK(store_tag_put(f->st, SLICE_LIT("a:x"), SLICE_LIT("past"), 1, now - 1, ERR));
	OK(store_tag_put(f->st, SLICE_LIT("a:x"), SLICE_LIT("coming"), 1, now + 1, ERR));
	OK(store_tag_put(f->st, SLICE_LIT("a:x"), SLICE_LIT("for good"), 1, TIME_UNKNOWN, ERR));
	OK(store_counter_put(f->st, SLICE_LIT(""), STATE_PERSON_DAY, SLICE_LIT("c:1|2026-11-01"),
	    &(struct rule_counter){now - 20 * TIME_DAY_MS, 2}, ERR));
	OK(store_counter_put(f->st, SLICE_LIT(""), STATE_PERSON_DAY, SLICE_LIT("c:1|2026-11-21"),
	    &(struct rule_counter){now, 2}, ERR));
	OK(store_counter_put(f->st, SLICE_LIT("r"), STATE_COOLDOWN, SLICE_LIT("c:1"),
	    &(struct rule_counter){1, 2}, ERR));
	/* caps: of the periods that are over, and of those that are not, and totals */
	for (int kind = STATE_CAP_TOTAL; kind <= STATE_PERSON_WEEK; kind++) {
		OK(store_counter_put(f->st, SLICE_LIT("r"), (enum state_kind)kind,
		    SLICE_LIT("c:1|f1"), &(struct rule_counter){now - 40 * TIME_DAY_MS, 2}, ERR));
		OK(store_counter_put(f->st, SLICE_LIT("r"), (enum state_kind)kind,
		    SLICE_LIT("c:1|f2"), &(struct rule_counter){now - TIME_HOUR_MS, 2}, ERR));
	}
	for (int i = 0; i < 10050; i++)
		OK(store_reject(f->st, i, SLICE_LIT("api"), "no text", SLICE_NONE, ERR));
	OK(store_commit(f->st, ERR));
	tidy_all(f, now, 30);
	assert_int_equal(ask_number(f->path, "SELECT count(*) FROM idempotency"), 1);
	assert_int_equal(ask_number(f->path, "SELECT count(*) FROM tags"), 2);
	assert_int_equal(ask_number(f->path, "SELECT count(*) FROM rejects"), 10000);
	assert_int_equal(ask_number(f->path, "SELECT min(at_ms) FROM rejects"), 50);
	assert_int_equal(ask_number(f->path, "SELECT count(*) FROM rule_state"), 2 + 2 + 5);
	assert_int_equal(
	    store_counter_get(f->st, SLICE_LIT("r"), STATE_CAP_MONTH, SLICE_LIT("c:1|f1"), &c, ERR),
	    0);
	assert_int_equal(
	    store_counter_get(f->st, SLICE_LIT("r"), STATE_CAP_TOTAL, SLICE_LIT("c:1|f1"), &c, ERR),
	    1);
	assert_int_equal(store_counter_get(f->st, SLICE_LIT(""), STATE_PERSON_DAY,
			     SLICE_LIT("c:1|2026-11-01"), &c, ERR),
	    0);
	assert_int_equal(
	    store_counter_get(f->st, SLICE_LIT("r"), STATE_COOLDOWN, SLICE_LIT("c:1"), &c, ERR), 1);
}

static void
put_code(struct fixture *f, const char *hash, int64_t expires_at_ms)
{
	const struct link_code_row row = {.customer_id = SLICE_LIT("ann"),
	    .made_by = SLICE_LIT("mira"),
	    .at_ms = expires_at_ms - 1,
	    .expires_at_ms = expires_at_ms};

	OK(store_link_code_add(f->st, slice_of(hash), &row, ERR));
}

static int64_t
put_suggestion(struct fixture *f, const char *author, int64_t at_ms)
{
	const struct suggestion_row row = {.customer_id = SLICE_LIT("ann"),
	    .author_id = slice_of(author),
	    .confidence = 50,
	    .basis = SLICE_LIT("an address"),
	    .at_ms = at_ms};
	struct suggestion_row *rows;
	size_t count;

	assert_int_equal(store_suggestion_put(f->st, &row, ERR), 1);
	OK(store_suggestions_list(f->st, SUGGESTION_OPEN, 0, 1, f->a, &rows, &count, ERR));
	return rows[0].suggestion_no;
}

static void
codes_tries_and_suggestions_nobody_decided_go(void **state)
{
	struct fixture *f = *state;
	int64_t now = FIXTURE_NOW_MS, day = TIME_DAY_MS, dismissed;
	struct link_tries tries = {now - 2 * day, 5};
	struct link_code_row code;
	struct suggestion_row row;

	OK(store_begin(f->st, ERR));
	put_code(f, "old", now - 31 * day);
	put_code(f, "expired lately", now - 29 * day);
	put_code(f, "open", now + day);
	OK(store_link_tries_put(f->st, SLICE_LIT("bad"), &tries, ERR));
	tries.since_ms = now - 1;
	OK(store_link_tries_put(f->st, SLICE_LIT("worse"), &tries, ERR));
	dismissed = put_suggestion(f, "decided", now - 91 * day);
	OK(store_suggestion_decide(
	    f->st, dismissed, SUGGESTION_DISMISSED, SLICE_LIT("mira"), now - 90 * day, ERR));
	put_suggestion(f, "old", now - 91 * day);
	put_suggestion(f, "young", now - 89 * day);
	OK(store_commit(f->st, ERR));
	tidy_all(f, now, 1);
	assert_int_equal(store_link_code_load(f->st, SLICE_LIT("old"), f->a, &code, ERR), 0);
	assert_int_equal(
	    store_link_code_load(f->st, SLICE_LIT("expired lately"), f->a, &code, ERR), 1);
	assert_int_equal(store_link_codes_any(f->st, now, ERR), 1);
	OK(store_link_tries_get(f->st, SLICE_LIT("bad"), &tries, ERR));
	assert_int_equal(tries.count, 0);
	OK(store_link_tries_get(f->st, SLICE_LIT("worse"), &tries, ERR));
	assert_int_equal(tries.count, 5);
	assert_int_equal(store_suggestion_load(f->st, dismissed, f->a, &row, ERR), 1);
	assert_int_equal(store_suggestion_load(f->st, dismissed + 1, f->a, &row, ERR), 0);
	assert_int_equal(store_suggestion_load(f->st, dismissed + 2, f->a, &row, ERR), 1);
}

static void
tidying_rolled_back_removes_nothing(void **state)
{
	struct fixture *f = *state;
	struct rule_counter c;
	bool more;
	char *before, *after;

	OK(store_begin(f->st, ERR));
	insert_post(f, "old", 1000, 1000);
	OK(store_counter_put(f->st, SLICE_LIT(""), STATE_PERSON_DAY, SLICE_LIT("c:1|1970-01-01"),
	    &(struct rule_counter){1000, 2}, ERR));
	OK(store_commit(f->st, ERR));
	before = dump_all(f->path);
	OK(store_begin(f->st, ERR));
	OK(store_tidy(f->st, FIXTURE_NOW_MS, RETENTION_MS, SEEN_MS, 100, &more, ERR));
	assert_int_equal(store_counter_get(f->st, SLICE_LIT(""), STATE_PERSON_DAY,
			     SLICE_LIT("c:1|1970-01-01"), &c, ERR),
	    0);
	store_rollback(f->st);
	assert_int_equal(store_counter_get(f->st, SLICE_LIT(""), STATE_PERSON_DAY,
			     SLICE_LIT("c:1|1970-01-01"), &c, ERR),
	    1);
	after = dump_all(f->path);
	assert_string_equal(before, after);
	mem_free(before);
	mem_free(after);
}

/* Rows that are kept, as many as somebody would notice. */
#define KEPT_ROWS                                                                                  \
	"WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 300) "          \
	"INSERT INTO spell_counts (spell_no, what, rule_id, kind, rest, count, last_at_ms) "       \
	"SELECT n, 0, '', 3, 'x', 1, 9e15 FROM n UNION ALL "                                       \
	"SELECT n, 0, 'r', 5, '', 1, 1 FROM n UNION ALL SELECT n, 0, 'r', 11, '', 1, 1 FROM n;"    \
	"WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 300) "          \
	"INSERT INTO customer_days SELECT 'c-' || n, 1000000, 0, 0, 0, 0, 0 FROM n;"               \
	"WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 300) "          \
	"INSERT INTO rule_times (rule_id, part, key, times, last_at_ms) "                          \
	"SELECT 'r', 0, 'c:' || n, x'00', 9e15 FROM n"

/* It is called all day: what has nothing to do must not read through a table to know that. */
static void
no_table_is_read_whole(void **state)
{
	struct fixture *f = *state;
	sqlite3_stmt *s = NULL;

	assert_int_equal(sqlite3_exec(f->st->db, KEPT_ROWS, NULL, NULL, NULL), SQLITE_OK);
	tidy_all(f, FIXTURE_NOW_MS, 100);
	while ((s = sqlite3_next_stmt(f->st->db, s)) != NULL)
		if (sqlite3_stmt_status(s, SQLITE_STMTSTATUS_FULLSCAN_STEP, 0) >= 100)
			fail_msg("reads a whole table: %s", sqlite3_sql(s));
	assert_int_equal(ask_number(f->path, "SELECT count(*) FROM spell_counts"), 900);
}

#define T(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(texts_go_after_retention_and_ids_later),
	    T(incidents_go_once_their_posts_are_forgotten),
	    T(a_post_number_is_never_given_twice),
	    T(a_call_takes_only_so_many_rows),
	    T(answers_tags_rejects_and_days_past_go),
	    T(codes_tries_and_suggestions_nobody_decided_go),
	    T(tidying_rolled_back_removes_nothing),
	    T(no_table_is_read_whole),
	};

	fixture_use_memory_files();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
