/*
 * What customers did by day: counted as it happens, counted anew, and what a customer shows of it.
 */
#include "tests/store/store_fixture.h"

#include "store/days.h"
#include "store/erasure.h"
#include "store/links.h"
#include "store/merges.h"

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

/* ---- the law: sums that follow the days are what the days say ---------------------- */

#define WHO 4
#define TOLD_MAX 4000

static const struct slice who[WHO] = {
    SLICE_INIT("a"), SLICE_INIT("a|b"), SLICE_INIT("c:a"), SLICE_INIT("d")};

/* Everything that was said of anybody, as a list. */
struct told {
	size_t count;
	struct {
		int whose;
		struct day_entry e;
	} list[TOLD_MAX];
	int into[WHO]; /* whom they are merged into; -1 */
	bool is_gone[WHO];
};

static int
root_of(const struct told *t, int i)
{
	while (t->into[i] >= 0)
		i = t->into[i];
	return i;
}

static void
count_told(const struct told *t, int root, int64_t today, struct customer_stats *s)
{
	static const int64_t spans[STATS_SPAN_COUNT] = {7, 30, 90};

	memset(s, 0, sizeof *s);
	for (size_t k = 0; k < t->count; k++) {
		const struct day_entry *e = &t->list[k].e;
		int64_t day = e->at_ms / DAY;

		if (root_of(t, t->list[k].whose) != root)
			continue;
		for (size_t i = 0; i < STATS_SPAN_COUNT; i++) {
			if (day > today || day <= today - spans[i])
				continue;
			s->posts[i] += e->what == DAY_POST;
			s->sentiment_milli[i] += e->what == DAY_POST ? e->score_milli : 0;
			s->complaints[i] += e->what == DAY_POST && e->is_complaint;
			s->contacts[i] += e->what == DAY_CONTACT;
			s->events[i] += e->what == DAY_EVENT;
		}
	}
	for (size_t i = 0; i < STATS_SPAN_COUNT; i++)
		if (s->posts[i] > 0)
			s->sentiment_milli[i] /= s->posts[i];
}

static void
compare_all(struct fixture *f, const struct told *t, int64_t now_ms, uint64_t seed, int step)
{
	for (int i = 0; i < WHO; i++) {
		struct customer_stats want;
		struct customer *c = NULL;
		int rc = store_customer_load(f->st, who[i], now_ms, f->a, &c, ERR);

		OK(rc);
		assert_int_equal(rc, !t->is_gone[i]);
		if (rc == 0)
			continue;
		count_told(t, root_of(t, i), now_ms / DAY, &want);
		if (memcmp(&want, c->stats, offsetof(struct customer_stats, last_post_at_ms)) != 0)
			fail_msg("seed %llu, step %d, customer %d: posts %lld %lld %lld, want %lld "
				 "%lld %lld",
			    (unsigned long long)seed, step, i, (long long)c->stats->posts[0],
			    (long long)c->stats->posts[1], (long long)c->stats->posts[2],
			    (long long)want.posts[0], (long long)want.posts[1],
			    (long long)want.posts[2]);
	}
}

/* Days come late, or of tomorrow when a clock was ahead. */
static void
say(struct fixture *f, struct told *t, struct rng *r, int i, int64_t now_ms)
{
	static const int64_t ages[] = {0, 0, 0, 1, 2, 6, 7, 8, 29, 30, 31, 88, 89, 90, 95, 120};
	struct day_entry e = {.what = (enum day_thing)rng_below(r, 3),
	    .at_ms = now_ms - ages[rng_below(r, 16)] * DAY,
	    .score_milli = (int32_t)rng_below(r, 2001) - 1000,
	    .is_complaint = rng_below(r, 3) == 0};

	if (e.what != DAY_POST && rng_below(r, 8) == 0)
		e.at_ms = now_ms + (int64_t)(1 + rng_below(r, 9)) * DAY;
	OK(store_day_add(f->st, who[i], &e, now_ms, ERR));
	if (t->is_gone[i] || e.at_ms / DAY < now_ms / DAY - 89)
		return; /* nobody; or too old */
	assert_true(t->count < TOLD_MAX);
	t->list[t->count].whose = i;
	t->list[t->count++].e = e;
}

/* There are no posts in the store: none is left of those that count. */
static void
count_anew(struct fixture *f, struct told *t, int i, int64_t now_ms)
{
	size_t kept = 0;

	if (t->is_gone[i])
		return;
	OK(store_days_rebuild(f->st, who[i], now_ms, ERR));
	for (size_t k = 0; k < t->count; k++) {
		int64_t day = t->list[k].e.at_ms / DAY;

		if (t->list[k].whose != i || t->list[k].e.what != DAY_POST ||
		    day < now_ms / DAY - 89 || day > now_ms / DAY)
			t->list[kept++] = t->list[k];
	}
	t->count = kept;
}

/* The tree of i with another, or out of it. */
static void
merge_some(struct fixture *f, struct told *t, struct rng *r, int i, int64_t now_ms)
{
	int into = (int)rng_below(r, WHO);

	if (t->is_gone[i] || t->is_gone[into])
		return;
	if (t->into[i] >= 0)
		t->into[i] = -1;
	else if (root_of(t, into) != i)
		t->into[i] = into;
	else
		return;
	OK(store_customer_point(
	    f->st, who[i], t->into[i] < 0 ? SLICE_NONE : who[t->into[i]], now_ms, ERR));
}

/* One who stands alone, so that nobody else goes with them. */
static void
erase_one(struct fixture *f, struct told *t, int i)
{
	struct slice gone = who[i];
	struct person p = {.customers = &gone, .customer_count = 1};
	struct erased erased;
	size_t kept = 0;

	for (int k = 0; k < WHO; k++)
		if (t->into[k] == i)
			return;
	if (t->into[i] >= 0 || t->is_gone[i])
		return;
	OK(store_erase(f->st, &p, 1, FIXTURE_NOW_MS, f->a, &erased, ERR));
	t->is_gone[i] = true;
	for (size_t k = 0; k < t->count; k++)
		if (t->list[k].whose != i)
			t->list[kept++] = t->list[k];
	t->count = kept;
}

static void
some_hash(void *cookie, enum erasure_kind kind, struct slice key, char hash_r[ERASURE_HASH_SIZE])
{
	(void)cookie;
	snprintf(hash_r, ERASURE_HASH_SIZE, "%c%.*s", (char)kind, SLICE_ARG(key));
}

static void
sums_that_follow_the_days_are_what_the_days_say(void **state)
{
	static const int64_t nights[] = {0, 0, 0, 0, 0, 0, 1, 1, 1, 2, 6, 7, 8, 25, 100};
	static const struct erasure_book book = {NULL, some_hash, NULL};
	static struct told t;
	struct fixture *f = *state;

	for (uint64_t seed = 1; seed <= 30; seed++) {
		int64_t now_ms = FIXTURE_NOW_MS;
		struct rng r;
		bool more;

		fixture_close(f);
		unlink(f->path);
		OK(fixture_open(f->path, STORE_WRITER, NULL, &f->st));
		store_set_book(f->st, &book);
		memset(&t, 0, sizeof t);
		rng_init(&r, seed);
		OK(store_begin(f->st, ERR));
		for (int i = 0; i < WHO; i++) {
			make(f, who[i]);
			t.into[i] = -1;
		}
		for (int step = 0; step < 250; step++) {
			int i = (int)rng_below(&r, WHO);

			switch (rng_below(&r, 16)) {
			case 0: now_ms += nights[rng_below(&r, 15)] * DAY; break;
			case 1: merge_some(f, &t, &r, i, now_ms); break;
			case 2: count_anew(f, &t, i, now_ms); break;
			case 3:
				OK(store_tidy(f->st, now_ms, 90 * DAY, 90 * DAY, 1000, &more, ERR));
				break;
			case 4:
				if (step > 200)
					erase_one(f, &t, i);
				break;
			default: say(f, &t, &r, i, now_ms); break;
			}
			/* Asked on the next days as well, without anything being written. */
			compare_all(
			    f, &t, now_ms + (int64_t)rng_below(&r, 10) / 8 * DAY, seed, step);
			arena_reset(f->a);
		}
		OK(store_commit(f->st, ERR));
	}
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
	    T(sums_that_follow_the_days_are_what_the_days_say),
	};

	fixture_use_memory_files();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
