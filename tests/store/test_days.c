/*
 * What customers did by day: counted as it happens, counted anew, and what a customer shows of it.
 */
#include "tests/store/store_fixture.h"

#include "store/days.h"
#include "store/links.h"

#define DAY TIME_DAY_MS
#define TODAY (FIXTURE_NOW_MS / DAY * DAY)

static const struct slice id = {"c-1", 3};

static void
make(struct fixture *f, struct slice customer)
{
	bool created;

	OK(store_customer_put(
	    f->st, customer, SLICE_NONE, SLICE_NONE, SLICE_NONE, 1, "test", &created, ERR));
}

static void
add(struct fixture *f, struct slice customer, enum day_thing what, int64_t at_ms, int score,
    bool complaint)
{
	OK(store_day_add(f->st, customer,
	    &(struct day_entry){
		.what = what, .at_ms = at_ms, .score_milli = score, .is_complaint = complaint},
	    FIXTURE_NOW_MS, ERR));
}

static const struct customer_stats *
stats(struct fixture *f, struct slice customer, int64_t now_ms)
{
	struct customer *c = NULL;

	assert_int_equal(store_customer_load(f->st, customer, now_ms, f->a, &c, ERR), 1);
	assert_non_null(c->stats);
	return c->stats;
}

static void
spans_end_today_and_begin_where_they_should(void **state)
{
	struct fixture *f = *state;
	const struct customer_stats *s;

	OK(store_begin(f->st, ERR));
	make(f, id);
	s = stats(f, id, FIXTURE_NOW_MS);
	assert_true(s->posts[STATS_90_DAYS] == 0 && s->last_post_at_ms == TIME_UNKNOWN);
	add(f, id, DAY_POST, FIXTURE_NOW_MS, -400, true);
	add(f, id, DAY_POST, TODAY - 6 * DAY, 200, false);
	add(f, id, DAY_POST, TODAY - 6 * DAY - 1, 500, true);
	add(f, id, DAY_POST, TODAY - 29 * DAY, 100, false);
	add(f, id, DAY_POST, TODAY - 29 * DAY - 1, 0, false);
	add(f, id, DAY_POST, TODAY - 89 * DAY, 0, false);
	add(f, id, DAY_POST, TODAY - 89 * DAY - 1, 1000, true); /* too old to count */
	add(f, id, DAY_CONTACT, TODAY - 8 * DAY, 0, false);
	add(f, id, DAY_EVENT, TODAY, 0, false);
	add(f, SLICE_LIT("nobody"), DAY_EVENT, TODAY, 0, false);
	s = stats(f, id, FIXTURE_NOW_MS);
	assert_int_equal(s->posts[STATS_7_DAYS], 2);
	assert_int_equal(s->posts[STATS_30_DAYS], 4);
	assert_int_equal(s->posts[STATS_90_DAYS], 6);
	assert_int_equal(s->sentiment_milli[STATS_7_DAYS], -100);
	assert_int_equal(s->sentiment_milli[STATS_30_DAYS], 100);
	assert_int_equal(s->complaints[STATS_7_DAYS], 1);
	assert_int_equal(s->complaints[STATS_90_DAYS], 2);
	assert_int_equal(s->contacts[STATS_7_DAYS], 0);
	assert_int_equal(s->contacts[STATS_30_DAYS], 1);
	assert_int_equal(s->events[STATS_7_DAYS], 1);
	assert_int_equal(s->last_post_at_ms, FIXTURE_NOW_MS);
	assert_int_equal(s->last_contact_at_ms, TODAY - 8 * DAY);
	s = stats(f, id, FIXTURE_NOW_MS + 200 * DAY);
	assert_true(s->posts[STATS_90_DAYS] == 0 && s->last_post_at_ms == FIXTURE_NOW_MS);
	OK(store_commit(f->st, ERR));
	assert_int_equal(
	    ask_number(f->path, "SELECT count(*) FROM customer_days WHERE customer_id <> 'c-1'"),
	    0);
}

/* ---- the law: counted as it happens is counted anew ------------------------------- */

static int64_t
put_post(struct fixture *f, struct rng *r, const char *author)
{
	struct stored_post *sp = random_stored_post(r, f->a);
	struct author_facts facts;

	sp->post.author.id = slice_of(author);
	sp->post.created_at_ms = FIXTURE_NOW_MS - (int64_t)rng_below(r, 100) * DAY;
	sp->post.repost_of = rng_below(r, 4) == 0 ? SLICE_LIT("https://x/1") : SLICE_NONE;
	OK(store_author_see(f->st, &sp->post.author, FIXTURE_NOW_MS, true, &facts, ERR));
	sp->author.author_no = facts.author_no;
	OK(store_post_insert(f->st, sp, ERR));
	if (!slice_is_set(sp->post.repost_of))
		add(f, id, DAY_POST, sp->post.created_at_ms, sp->score.score_milli,
		    (sp->score.intents & (1u << INTENT_COMPLAINT)) != 0);
	return sp->post_no;
}

static char *
days_dump(const char *path)
{
	struct buf out;
	sqlite3 *db;

	buf_init(&out, 1024 * 1024);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	dump_rows(db, "SELECT * FROM customer_days ORDER BY 1, 2", &out);
	dump_rows(db, "SELECT id, last_post_at_ms FROM customers ORDER BY 1", &out);
	sqlite3_close(db);
	return buf_detach(&out, NULL);
}

static void
link_account(struct fixture *f, const char *author)
{
	struct link_row row = {.customer_id = id,
	    .handle_key = SLICE_LIT(""),
	    .author_id = slice_of(author),
	    .proof = SLICE_LIT("agent"),
	    .linked_at_ms = 1,
	    .unlinked_at_ms = TIME_UNKNOWN};

	OK(store_link_add(f->st, &row, ERR));
}

static void
counted_as_it_happens_is_counted_anew(void **state)
{
	struct fixture *f = *state;

	for (uint64_t seed = 1; seed <= 12; seed++) {
		int64_t posts[60];
		char *before, *after;
		struct rng r;

		fixture_close(f);
		unlink(f->path);
		OK(fixture_open(f->path, STORE_WRITER, NULL, &f->st));
		rng_init(&r, seed);
		OK(store_begin(f->st, ERR));
		make(f, id);
		link_account(f, "https://example.org/a");
		link_account(f, "https://example.org/b");
		for (int i = 0; i < 60; i++)
			posts[i] = put_post(f, &r,
			    rng_below(&r, 2) == 0 ? "https://example.org/a"
						  : "https://example.org/b");
		add(f, id, DAY_CONTACT, FIXTURE_NOW_MS, 0, false);
		for (int i = 0; i < 10; i++) {
			int64_t gone = posts[rng_below(&r, 60)];

			OK(store_post_delete(f->st, gone, ERR));
			OK(store_days_post_changed(f->st, gone, FIXTURE_NOW_MS, ERR));
		}
		OK(store_commit(f->st, ERR));
		before = days_dump(f->path);
		OK(store_begin(f->st, ERR));
		OK(store_days_rebuild(f->st, id, FIXTURE_NOW_MS, ERR));
		OK(store_commit(f->st, ERR));
		after = days_dump(f->path);
		assert_string_equal(before, after);
		mem_free(before);
		mem_free(after);
		arena_reset(f->a);
	}
}

static void
a_link_brings_its_posts_and_takes_them_along(void **state)
{
	struct fixture *f = *state;
	struct link_row row;
	struct rng r;
	int64_t posts = 0;

	rng_init(&r, 3);
	OK(store_begin(f->st, ERR));
	make(f, id);
	for (int i = 0; i < 20; i++)
		(void)put_post(f, &r, "https://example.org/a");
	OK(store_days_rebuild(f->st, id, FIXTURE_NOW_MS, ERR));
	assert_int_equal(stats(f, id, FIXTURE_NOW_MS)->posts[STATS_90_DAYS], 0);
	link_account(f, "https://example.org/a");
	OK(store_days_rebuild(f->st, id, FIXTURE_NOW_MS, ERR));
	posts = stats(f, id, FIXTURE_NOW_MS)->posts[STATS_90_DAYS];
	assert_true(posts > 5);
	assert_int_equal(
	    store_link_by_author(f->st, SLICE_LIT("https://example.org/a"), f->a, &row, ERR), 1);
	OK(store_link_end(f->st, row.link_no, 2, "a namesake", ERR));
	OK(store_days_rebuild(f->st, id, FIXTURE_NOW_MS, ERR));
	assert_int_equal(stats(f, id, FIXTURE_NOW_MS)->posts[STATS_90_DAYS], 0);
	assert_true(stats(f, id, FIXTURE_NOW_MS)->last_post_at_ms == TIME_UNKNOWN);
	OK(store_commit(f->st, ERR));
}

static void
days_past_are_tidied(void **state)
{
	struct fixture *f = *state;
	bool more;

	OK(store_begin(f->st, ERR));
	make(f, id);
	add(f, id, DAY_EVENT, TODAY, 0, false);
	add(f, id, DAY_EVENT, TODAY - 50 * DAY, 0, false);
	OK(store_tidy(f->st, FIXTURE_NOW_MS + 60 * DAY, 90 * DAY, 90 * DAY, 1000, &more, ERR));
	OK(store_commit(f->st, ERR));
	assert_int_equal(ask_number(f->path, "SELECT count(*) FROM customer_days"), 1);
}

#define T(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(spans_end_today_and_begin_where_they_should),
	    T(counted_as_it_happens_is_counted_anew),
	    T(a_link_brings_its_posts_and_takes_them_along),
	    T(days_past_are_tidied),
	};

	fixture_use_memory_files();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
