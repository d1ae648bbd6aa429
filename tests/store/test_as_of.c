/*
 * A customer as of an instant is what a snapshot of that instant was.
 */
#include "tests/store/store_fixture.h"

#include <string.h>

#include "store/as_of.h"
#include "store/links.h"
#include "store/records.h"
#include "store/store_internal.h"

static const struct slice id = {"c-1", 3};
static const char *const names[] = {"tier", "city", "\xc3\xbc"};

static void
random_change(struct fixture *f, struct rng *r, int64_t now_ms)
{
	struct slice name = slice_of(names[rng_below(r, 3)]);
	struct slice value = slice_of(arena_printf(f->a, "v%d", (int)rng_below(r, 3)));
	struct consent k = {.channel = rng_below(r, 2) == 0 ? SLICE_LIT("email") : SLICE_LIT("sms"),
	    .purpose = (enum purpose)rng_below(r, 2),
	    .is_given = rng_below(r, 2) == 0,
	    .text_version = rng_below(r, 2) == 0 ? SLICE_LIT("v2") : SLICE_NONE};
	struct endpoint e = {.id = slice_of(arena_printf(f->a, "e%d", (int)rng_below(r, 3))),
	    .channel = SLICE_LIT("email"),
	    .address = value,
	    .is_opted_out = rng_below(r, 2) == 0};
	struct slice owner = rng_below(r, 4) == 0 ? SLICE_LIT("c-2") : id;
	bool created;

	switch (rng_below(r, 10)) {
	case 0:
		OK(store_customer_put(
		    f->st, id, SLICE_NONE, value, name, now_ms, "test", &created, ERR));
		break;
	case 1:
		OK(store_customer_set(f->st, id, name, (struct slice_list){&value, rng_below(r, 2)},
		    now_ms, "test", SLICE_NONE, ERR));
		break;
	case 2:
		OK(store_customer_metric_set(f->st, id, name,
		    rng_below(r, 3) == 0 ? SLICE_NONE : SLICE_LIT("2.5"), now_ms, "test", ERR));
		break;
	case 3: OK(store_consent_put(f->st, id, &k, now_ms, "test", ERR)); break;
	case 4: OK(store_endpoint_put(f->st, owner, &e, SLICE_NONE, now_ms, "test", ERR)); break;
	case 5: OK(store_endpoint_deactivate(f->st, e.id, now_ms, "bounced", ERR)); break;
	case 6:
		OK(store_customer_tag(f->st, id, name, now_ms,
		    rng_below(r, 2) == 0 ? TIME_UNKNOWN : now_ms + (int64_t)rng_below(r, 20) + 1,
		    "test", SLICE_NONE, ERR));
		break;
	case 7: OK(store_customer_untag(f->st, id, name, now_ms, "test", ERR)); break;
	case 8: OK(store_customer_list_remove(f->st, id, name, now_ms, "test", ERR)); break;
	default:
		OK(store_customer_list_add(f->st, id, name, now_ms, "test", SLICE_NONE, ERR));
		break;
	}
}

static char *
snapshot(struct fixture *f, int64_t now_ms)
{
	struct customer_record *r;
	struct buf b;

	buf_init(&b, 1024 * 1024);
	assert_int_equal(store_record_load(f->st, id, now_ms, f->a, &r, ERR), 1);
	store_record_json(r, &b);
	return buf_detach(&b, NULL);
}

static char *
as_of(struct fixture *f, int64_t at_ms)
{
	struct buf b;

	buf_init(&b, 1024 * 1024);
	assert_int_equal(store_record_as_of(f->st, id, at_ms, f->a, &b, ERR), 1);
	return buf_detach(&b, NULL);
}

#define STEPS 80

static void
as_of_an_instant_is_the_snapshot_of_that_instant(void **state)
{
	struct fixture *f = *state;

	for (uint64_t seed = 1; seed <= 15; seed++) {
		char *then[STEPS];
		struct rng r;
		bool created, more;

		fixture_close(f);
		unlink(f->path);
		OK(fixture_open(f->path, STORE_WRITER, NULL, &f->st));
		rng_init(&r, seed);
		OK(store_begin(f->st, ERR));
		OK(store_customer_put(
		    f->st, id, SLICE_NONE, SLICE_NONE, SLICE_NONE, 1000, "test", &created, ERR));
		OK(store_customer_put(f->st, SLICE_LIT("c-2"), SLICE_NONE, SLICE_NONE, SLICE_NONE,
		    1000, "test", &created, ERR));
		for (int i = 0; i < STEPS; i++) {
			for (uint64_t n = rng_below(&r, 3); n > 0; n--)
				random_change(f, &r, 1000 + i);
			then[i] = snapshot(f, 1000 + i);
		}
		/* tags that are over are gone from the rows */
		OK(store_tidy(f->st, 1000 + STEPS, TIME_DAY_MS, TIME_DAY_MS, 1000, &more, ERR));
		for (int i = 0; i < STEPS; i++) {
			char *now = as_of(f, 1000 + i);

			assert_string_equal(now, then[i]);
			mem_free(now);
			mem_free(then[i]);
		}
		OK(store_commit(f->st, ERR));
		arena_reset(f->a);
	}
}

static void
nobody_was_there_before_they_came(void **state)
{
	struct fixture *f = *state;
	struct buf b;
	bool created;

	buf_init(&b, 1024);
	OK(store_begin(f->st, ERR));
	OK(store_customer_put(
	    f->st, id, SLICE_NONE, SLICE_NONE, SLICE_NONE, 1000, "test", &created, ERR));
	assert_int_equal(store_record_as_of(f->st, id, 999, f->a, &b, ERR), 0);
	assert_int_equal(store_record_as_of(f->st, SLICE_LIT("nobody"), 999, f->a, &b, ERR), 0);
	assert_int_equal(store_record_as_of(f->st, id, 1000, f->a, &b, ERR), 1);
	assert_string_equal(buf_str(&b), "{\"id\":\"c-1\",\"links\":[]}");
	OK(store_commit(f->st, ERR));
	buf_fini(&b);
}

static void
words_of_an_older_release_are_told_as_they_are(void **state)
{
	struct fixture *f = *state;
	struct history_row row = {.at_ms = 1500,
	    .field = SLICE_LIT("consent:email:marketing"),
	    .new_value = SLICE_LIT("given"),
	    .source = SLICE_LIT("import")};
	char *text;
	bool created;

	OK(store_begin(f->st, ERR));
	OK(store_customer_put(
	    f->st, id, SLICE_NONE, SLICE_NONE, SLICE_NONE, 1000, "test", &created, ERR));
	OK(store_history_add(f->st, id, &row, ERR));
	text = as_of(f, 2000);
	assert_string_equal(text, "{\"id\":\"c-1\",\"consents\":[\"given\"],\"links\":[]}");
	mem_free(text);
	/* such a mark may stand before a whole document alone */
	row.new_value = SLICE_LIT("\xef\xbb\xbf{}");
	OK(store_history_add(f->st, id, &row, ERR));
	text = as_of(f, 2000);
	assert_string_equal(
	    text, "{\"id\":\"c-1\",\"consents\":[\"\xef\xbb\xbf{}\"],\"links\":[]}");
	mem_free(text);
	OK(store_commit(f->st, ERR));
}

/* ---- who an account was ---------------------------------------------------------- */

static void
link_for(
    struct fixture *f, const char *author, const char *customer, int64_t from_ms, int64_t to_ms)
{
	struct link_row row = {.customer_id = slice_of(customer),
	    .handle_key = SLICE_LIT(""),
	    .author_id = slice_of(author),
	    .proof = SLICE_LIT("agent"),
	    .linked_at_ms = from_ms,
	    .unlinked_at_ms = TIME_UNKNOWN};

	OK(store_link_add(f->st, &row, ERR));
	if (to_ms != TIME_UNKNOWN)
		OK(store_link_end(f->st, row.link_no, to_ms, "a test", ERR));
}

static void
assert_was(struct fixture *f, const char *subject, int64_t at_ms, const char *expected)
{
	struct slice who;

	OK(store_subject_as_of(f->st, slice_of(subject), at_ms, f->a, &who, ERR));
	if (!slice_eq_str(who, expected))
		fail_msg("%s at %d was %.*s, expected %s", subject, (int)at_ms, SLICE_ARG(who),
		    expected);
}

/* A backtest asks for each account that ever fired: links of others are not looked at. */
static void
an_account_was_whom_it_was_linked_to_then(void **state)
{
	struct fixture *f = *state;
	sqlite3_stmt *s = NULL;

	OK(store_begin(f->st, ERR));
	for (int i = 0; i < 200; i++)
		link_for(
		    f, arena_printf(f->a, "other-%d", i), "c-9", 1, i % 2 == 0 ? TIME_UNKNOWN : 5);
	link_for(f, "x", "c-1", 100, 200);
	link_for(f, "x", "c-2", 200, 300);
	link_for(f, "x", "c-3", 400, TIME_UNKNOWN);
	assert_was(f, "a:x", 99, "a:x");
	assert_was(f, "a:x", 100, "c:c-1");
	assert_was(f, "a:x", 199, "c:c-1");
	assert_was(f, "a:x", 200, "c:c-2");
	assert_was(f, "a:x", 300, "a:x");
	assert_was(f, "a:x", 400, "c:c-3");
	assert_was(f, "a:x", 4000, "c:c-3");
	assert_was(f, "a:nobody", 4000, "a:nobody");
	assert_was(f, "c:c-1", 4000, "c:c-1");
	while ((s = sqlite3_next_stmt(f->st->db, s)) != NULL)
		if (sqlite3_stmt_status(s, SQLITE_STMTSTATUS_FULLSCAN_STEP, 0) >= 100)
			fail_msg("reads a whole table: %s", sqlite3_sql(s));
	OK(store_commit(f->st, ERR));
}

#define T(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(as_of_an_instant_is_the_snapshot_of_that_instant),
	    T(nobody_was_there_before_they_came),
	    T(an_account_was_whom_it_was_linked_to_then),
	    T(words_of_an_older_release_are_told_as_they_are),
	};

	fixture_use_memory_files();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
