/*
 * Watches: what they counted comes back in order, old rows go a little at a time, an incident is
 * there once.
 */
#include "tests/store/store_fixture.h"

#include "core/timefmt.h"
#include "store/watches.h"

#define STORM SLICE_LIT("storm")
#define M TIME_MINUTE_MS

static void
hit(struct fixture *f, struct slice watch, int64_t at_ms, int64_t post_no, uint64_t author)
{
	OK(store_watch_hit_put(f->st, &(struct watch_hit){watch, at_ms, post_no, author}, ERR));
}

/* What came back, as a text. */
struct heard {
	struct buf text;
	size_t limit; /* then it refuses */
};

static int
say(struct heard *h, struct err *err)
{
	if (h->limit == 0)
		return err_set(err, ERR_NOMEM, "enough");
	h->limit--;
	return 0;
}

static int
on_state(void *cookie, struct slice state, struct err *err)
{
	struct heard *h = cookie;

	buf_addf(&h->text, "state %zu:", state.len);
	for (size_t i = 0; i < state.len; i++)
		buf_addf(&h->text, "%02x", (unsigned char)state.ptr[i]);
	buf_add_char(&h->text, ';');
	return say(h, err);
}

static int
on_base(void *cookie, int64_t minute, int64_t n, struct err *err)
{
	struct heard *h = cookie;

	buf_addf(&h->text, " base %lld %lld;", (long long)minute, (long long)n);
	return say(h, err);
}

static int
on_hit(void *cookie, int64_t at_ms, uint64_t author, struct err *err)
{
	struct heard *h = cookie;

	buf_addf(&h->text, " hit %lld %llx;", (long long)at_ms, (unsigned long long)author);
	return say(h, err);
}

static void
assert_heard(struct fixture *f, int64_t since_ms, size_t max_hits, const char *expected)
{
	struct heard h = {.limit = 100};
	struct watch_visitor v = {&h, on_state, on_base, on_hit};

	buf_init(&h.text, 4096);
	OK(store_watch_load(f->st, STORM, since_ms, max_hits, &v, ERR));
	assert_string_equal(buf_str(&h.text), expected);
	buf_fini(&h.text);
}

static void
fill(struct fixture *f)
{
	OK(store_begin(f->st, ERR));
	hit(f, STORM, 3 * M, 12, UINT64_C(0xfedcba9876543210));
	hit(f, STORM, 1 * M, 10, 7);
	hit(f, STORM, 3 * M, 11, 0);
	hit(f, STORM, 3 * M, 11, 0); /* the same again */
	hit(f, SLICE_LIT("other"), 2 * M, 10, 7);
	OK(store_watch_base_add(f->st, STORM, 3, 5, ERR));
	OK(store_watch_base_add(f->st, STORM, 1, 2, ERR));
	OK(store_watch_base_add(f->st, STORM, 3, 4, ERR));
	OK(store_watch_state_put(f->st, STORM, slice_make("old", 3), 5, ERR));
	OK(store_watch_state_put(f->st, STORM, slice_make("\1\0\377", 3), 9, ERR));
	OK(store_commit(f->st, ERR));
}

static void
what_a_watch_counted_comes_back_in_order(void **state)
{
	struct fixture *f = *state;

	assert_heard(f, 0, 100, "");
	fill(f);
	assert_heard(f, 0, 100,
	    "state 3:0100ff; base 1 2; base 3 9; hit 60000 7; hit 180000 0; hit 180000 "
	    "fedcba9876543210;");
	assert_heard(
	    f, 2 * M, 100, "state 3:0100ff; base 3 9; hit 180000 0; hit 180000 fedcba9876543210;");
	assert_heard(f, 0, 1, "state 3:0100ff; base 1 2; base 3 9; hit 180000 fedcba9876543210;");
}

static void
who_listens_may_end_it(void **state)
{
	struct fixture *f = *state;

	fill(f);
	for (size_t limit = 0; limit < 6; limit++) {
		struct heard h = {.limit = limit};
		struct watch_visitor v = {&h, on_state, on_base, on_hit};

		buf_init(&h.text, 4096);
		assert_int_equal(store_watch_load(f->st, STORM, 0, 100, &v, ERR), -1);
		assert_string_equal(fixture_err.text, "enough");
		buf_fini(&h.text);
	}
}

static void
old_rows_go_a_little_at_a_time(void **state)
{
	struct fixture *f = *state;
	bool more;

	fill(f);
	OK(store_begin(f->st, ERR));
	OK(store_watch_tidy(f->st, STORM, 2 * M, 1, &more, ERR));
	assert_true(more);
	OK(store_watch_tidy(f->st, STORM, 2 * M, 10, &more, ERR));
	assert_false(more);
	OK(store_commit(f->st, ERR));
	assert_heard(
	    f, 0, 100, "state 3:0100ff; base 3 9; hit 180000 0; hit 180000 fedcba9876543210;");
}

static void
a_watch_that_is_gone_is_forgotten_a_little_at_a_time(void **state)
{
	struct fixture *f = *state;
	struct slice *ids;
	size_t count;
	bool more = true;
	int calls = 0;

	fill(f);
	OK(store_watches_stale(f->st, 9, 10, f->a, &ids, &count, ERR));
	assert_int_equal(count, 0);
	OK(store_watches_stale(f->st, 10, 10, f->a, &ids, &count, ERR));
	assert_int_equal(count, 1);
	assert_true(slice_eq(ids[0], STORM));
	OK(store_begin(f->st, ERR));
	for (; more; calls++)
		OK(store_watch_forget(f->st, STORM, 2, &more, ERR));
	OK(store_commit(f->st, ERR));
	assert_int_equal(calls, 3);
	assert_heard(f, 0, 100, "");
	assert_int_equal(ask_number(f->path, "SELECT count(*) FROM watch_hits"), 1);
}

static void
an_incident_begins_once_and_ends_once(void **state)
{
	struct fixture *f = *state;
	struct incident_row row = {.watch_id = STORM,
	    .rules_version = 4,
	    .started_at_ms = 100,
	    .reason = SLICE_LIT("count within 10 minutes is 25, at least 20")};
	struct incident_row *rows;
	size_t count;

	OK(store_begin(f->st, ERR));
	OK(store_incident_begin(f->st, &row, ERR));
	OK(store_commit(f->st, ERR));
	OK(store_incidents_open(f->st, 10, f->a, &rows, &count, ERR));
	assert_int_equal(count, 1);
	assert_int_equal(rows[0].incident_no, row.incident_no);
	assert_true(rows[0].ended_at_ms == TIME_UNKNOWN);
	assert_false(slice_is_set(rows[0].end_reason));

	OK(store_begin(f->st, ERR));
	assert_int_equal(store_incident_end(f->st, STORM, 900, SLICE_LIT("quiet"), 31, ERR), 1);
	assert_int_equal(store_incident_end(f->st, STORM, 950, SLICE_LIT("quiet"), 99, ERR), 0);
	row.started_at_ms = 2000;
	OK(store_incident_begin(f->st, &row, ERR));
	OK(store_commit(f->st, ERR));
	/* never two of the same watch at once */
	OK(store_begin(f->st, ERR));
	assert_int_equal(store_incident_begin(f->st, &row, ERR), 0);
	OK(store_commit(f->st, ERR));

	OK(store_incidents_list(f->st, STORM, 0, 10, f->a, &rows, &count, ERR));
	assert_int_equal(count, 2);
	assert_int_equal(rows[0].started_at_ms, 2000);
	assert_int_equal(rows[1].ended_at_ms, 900);
	assert_int_equal(rows[1].peak, 31);
	assert_true(slice_eq_str(rows[1].end_reason, "quiet"));
	OK(store_incidents_list(
	    f->st, SLICE_NONE, rows[0].incident_no, 10, f->a, &rows, &count, ERR));
	assert_int_equal(count, 1);
	assert_int_equal(rows[0].rules_version, 4);
	OK(store_incidents_list(f->st, SLICE_LIT("calm"), 0, 10, f->a, &rows, &count, ERR));
	assert_int_equal(count, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(what_a_watch_counted_comes_back_in_order),
	    TEST(who_listens_may_end_it),
	    TEST(old_rows_go_a_little_at_a_time),
	    TEST(a_watch_that_is_gone_is_forgotten_a_little_at_a_time),
	    TEST(an_incident_begins_once_and_ends_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
