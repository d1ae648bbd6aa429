/*
 * Subjects become one and are taken apart again: against a model that keeps every single thing counted
 * with those it was counted for, and as the identity on all rows.
 */
#include "tests/store/store_fixture.h"

#include <string.h>

#include "store/joins.h"
#include "store/times.h"
#include "store/timers.h"

static const struct slice rule = {"r1", 2};

static int64_t
join(struct fixture *f, const char *from, const char *to)
{
	int64_t join_no = -1;

	OK(store_subjects_join(f->st, slice_of(from), slice_of(to), SLICE_LIT("link 1"),
	    SLICE_LIT("test"), SLICE_NONE, FIXTURE_NOW_MS, &join_no, ERR));
	return join_no;
}

static void
split(struct fixture *f, int64_t join_no)
{
	assert_int_equal(
	    store_subjects_split(f->st, join_no, SLICE_LIT("test"), FIXTURE_NOW_MS, ERR), 1);
}

static struct slice
root(struct fixture *f, const char *subject)
{
	struct slice s = SLICE_NONE;

	OK(store_subject_root(f->st, slice_of(subject), f->a, &s, ERR));
	return s;
}

static void
count_one(struct fixture *f, struct slice subject, int64_t at_ms)
{
	struct slice day = slice_of(arena_printf(f->a, "%.*s|2026-11-21", SLICE_ARG(subject)));
	struct rule_counter c;
	struct rule_times t;

	OK(store_counter_get(f->st, SLICE_LIT(""), STATE_PERSON_DAY, day, &c, ERR));
	c.count++;
	c.last_at_ms = c.last_at_ms > at_ms ? c.last_at_ms : at_ms;
	OK(store_counter_put(f->st, SLICE_LIT(""), STATE_PERSON_DAY, day, &c, ERR));
	OK(store_times_get(f->st, rule, TIMES_WINDOW, subject, &t, ERR));
	(void)rule_times_add(&t, at_ms);
	OK(store_times_put(f->st, rule, TIMES_WINDOW, subject, &t, ERR));
}

static int64_t
counted(struct fixture *f, const char *subject)
{
	struct rule_counter c;

	OK(store_counter_get(f->st, SLICE_LIT(""), STATE_PERSON_DAY,
	    slice_of(arena_printf(f->a, "%s|2026-11-21", subject)), &c, ERR));
	return c.count;
}

static void
each_side_gets_its_own_and_both_what_they_shared(void **state)
{
	struct fixture *f = *state;
	int64_t no;

	OK(store_begin(f->st, ERR));
	count_one(f, SLICE_LIT("a:x"), 10);
	count_one(f, SLICE_LIT("c:1"), 20);
	count_one(f, SLICE_LIT("c:1"), 21);
	no = join(f, "a:x", "c:1");
	assert_int_equal(counted(f, "c:1"), 3);
	assert_int_equal(counted(f, "a:x"), 0);
	count_one(f, SLICE_LIT("c:1"), 30);
	split(f, no);
	assert_int_equal(counted(f, "a:x"), 2);
	assert_int_equal(counted(f, "c:1"), 3);
	assert_int_equal(
	    store_subjects_split(f->st, no, SLICE_LIT("test"), FIXTURE_NOW_MS, ERR), 0);
	(void)join(f, "a:x", "c:1"); /* what they shared counts once */
	assert_int_equal(counted(f, "c:1"), 4);
	OK(store_commit(f->st, ERR));
}

static void
a_subject_goes_to_one_other_at_a_time(void **state)
{
	struct fixture *f = *state;
	int64_t no;

	OK(store_begin(f->st, ERR));
	count_one(f, SLICE_LIT("a:x"), 10);
	count_one(f, SLICE_LIT("c:1"), 20);
	(void)join(f, "a:x", "c:1");
	(void)join(f, "a:x", "c:2");
	assert_int_equal(counted(f, "c:1"), 1);
	assert_int_equal(counted(f, "c:2"), 1);
	assert_int_equal(join(f, "c:2", "a:x"), 0); /* no circles */
	assert_int_equal(store_subject_join_of(f->st, SLICE_LIT("a:x"), &no, ERR), 1);
	split(f, no);
	assert_int_equal(store_subject_join_of(f->st, SLICE_LIT("a:x"), &no, ERR), 0);
	assert_int_equal(counted(f, "a:x"), 1);
	OK(store_commit(f->st, ERR));
}

/* ---- the model ---------------------------------------------------------- */

#define SUBJECTS 7
#define THINGS_MAX 400

struct model {
	int to[SUBJECTS]; /* -1: a root */
	int64_t join_no[SUBJECTS];
	unsigned held_by[THINGS_MAX]; /* for each thing counted: bits of subjects */
	int64_t at_ms[THINGS_MAX];
	size_t count;
};

static const char *const names[SUBJECTS] = {
    "a:x", "a:xy", "a:x}", "c:1", "c:2", "c:\xc3\xbc", "a:q}"};

static int
model_root(const struct model *m, int i)
{
	while (m->to[i] >= 0)
		i = m->to[i];
	return i;
}

static unsigned
model_tree(const struct model *m, int i)
{
	unsigned bits = 0;

	for (int k = 0; k < SUBJECTS; k++)
		if (model_root(m, k) == i)
			bits |= 1u << k;
	return bits;
}

static void
assert_subject(struct fixture *f, const struct model *m, int i)
{
	unsigned tree = model_root(m, i) == i ? model_tree(m, i) : 0;
	int64_t count = 0, last = TIME_UNKNOWN;
	struct rule_times want = {0}, t;
	struct rule_counter c;
	struct slice day = slice_of(arena_printf(f->a, "%s|2026-11-21", names[i]));

	for (size_t k = 0; k < m->count; k++)
		if ((m->held_by[k] & tree) != 0) {
			count++;
			last = last > m->at_ms[k] ? last : m->at_ms[k];
			(void)rule_times_add(&want, m->at_ms[k]);
		}
	OK(store_counter_get(f->st, SLICE_LIT(""), STATE_PERSON_DAY, day, &c, ERR));
	assert_int_equal(c.count, count);
	assert_true(c.last_at_ms == last);
	OK(store_times_get(f->st, rule, TIMES_WINDOW, slice_of(names[i]), &t, ERR));
	assert_int_equal(t.count, want.count);
	assert_memory_equal(t.at_ms, want.at_ms, want.count * sizeof want.at_ms[0]);
	assert_true(slice_eq_str(root(f, names[i]), names[model_root(m, i)]));
}

static void
model_join(struct fixture *f, struct model *m, int from, int to)
{
	int64_t no = join(f, names[from], names[to]);

	if (model_root(m, from) == model_root(m, to)) {
		assert_int_equal(no, 0);
		return;
	}
	m->to[from] = to;
	m->join_no[from] = no;
}

static void
model_count(struct fixture *f, struct model *m, int i, int64_t at_ms)
{
	int r = model_root(m, i);

	if (m->count == THINGS_MAX)
		return;
	count_one(f, slice_of(names[r]), at_ms);
	m->at_ms[m->count] = at_ms;
	m->held_by[m->count++] = model_tree(m, r);
}

/* Times differ, so that a row that was full loses the same ones as the model. */
static void
random_step(struct fixture *f, struct rng *r, struct model *m, int step)
{
	int i = (int)rng_below(r, SUBJECTS), k = (int)rng_below(r, SUBJECTS);

	switch (rng_below(r, 4)) {
	case 0: model_join(f, m, i, k); break;
	case 1:
		if (m->to[i] < 0)
			break;
		split(f, m->join_no[i]);
		m->to[i] = -1;
		break;
	default: model_count(f, m, i, 1000 + step); break;
	}
}

static void
random_joins_and_splits_count_what_each_was_there_for(void **state)
{
	struct fixture *f = *state;

	for (uint64_t seed = 1; seed <= 25; seed++) {
		struct rng r;
		struct model m = {.to = {-1, -1, -1, -1, -1, -1, -1}};

		fixture_close(f);
		unlink(f->path);
		OK(fixture_open(f->path, STORE_WRITER, NULL, &f->st));
		rng_init(&r, seed);
		OK(store_begin(f->st, ERR));
		for (int step = 0; step < 120; step++) {
			random_step(f, &r, &m, step);
			for (int i = 0; i < SUBJECTS; i++)
				assert_subject(f, &m, i);
			if (rng_below(&r, 5) == 0) {
				OK(store_commit(f->st, ERR));
				OK(store_begin(f->st, ERR));
			}
			arena_reset(f->a);
		}
		OK(store_commit(f->st, ERR));
	}
}

/* ---- the identity ------------------------------------------------------- */

static char *
rows_of_all(const char *path)
{
	static const char *const tables[] = {"SELECT * FROM rule_state ORDER BY 1, 2, 3",
	    "SELECT * FROM rule_times ORDER BY 1, 2, 3", "SELECT * FROM timers ORDER BY 1",
	    "SELECT * FROM offer_codes ORDER BY 1, 2"};
	struct buf out;
	sqlite3 *db;

	buf_init(&out, 64 * 1024 * 1024);
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
		dump_rows(db, tables[i], &out);
	sqlite3_close(db);
	return buf_detach(&out, NULL);
}

static const char *const rests[] = {"", "|f20778", "|s20778", "|sorry"};

static void
random_rows(struct fixture *f, struct rng *r, const char *subject)
{
	static const enum state_kind kinds[] = {
	    STATE_COOLDOWN, STATE_PERSON_DAY, STATE_ALERT_GROUP, STATE_CAP_TOTAL, STATE_CAP_DAY};

	for (int i = 0; i < 12; i++) {
		struct slice key =
		    slice_of(arena_printf(f->a, "%s%s", subject, rests[rng_below(r, 4)]));
		struct slice id = rng_below(r, 2) == 0 ? rule : SLICE_LIT("");
		struct rule_counter c = {random_time(r), (int64_t)rng_below(r, 5)};
		struct rule_times t = {0};

		OK(store_counter_put(f->st, id, kinds[rng_below(r, 5)], key, &c, ERR));
		for (size_t n = rng_below(r, 2) == 0 ? rng_below(r, 4) : rng_below(r, 64); n > 0;
		     n--)
			(void)rule_times_add(&t, (int64_t)rng_below(r, 40));
		OK(store_times_put(f->st, id, (enum times_part)rng_below(r, 3), key, &t, ERR));
	}
}

static void
joining_and_taking_apart_is_the_identity_in_any_order(void **state)
{
	struct fixture *f = *state;

	for (uint64_t seed = 1; seed <= 30; seed++) {
		struct rng r;
		int64_t nos[SUBJECTS] = {0};
		size_t count = 0;
		char *before, *after;

		fixture_close(f);
		unlink(f->path); /* a row's last time never goes back, as random ones would */
		OK(fixture_open(f->path, STORE_WRITER, NULL, &f->st));
		rng_init(&r, seed);
		OK(store_begin(f->st, ERR));
		for (int i = 0; i < SUBJECTS; i++)
			random_rows(f, &r, names[i]);
		OK(store_commit(f->st, ERR));
		before = rows_of_all(f->path);
		OK(store_begin(f->st, ERR));
		for (int i = 1; i < SUBJECTS; i++) /* each below an earlier one: no circle */
			nos[count++] = join(f, names[i], names[rng_below(&r, (uint64_t)i)]);
		while (count > 0) {
			size_t pick = rng_below(&r, count);

			split(f, nos[pick]);
			nos[pick] = nos[--count];
		}
		OK(store_commit(f->st, ERR));
		after = rows_of_all(f->path);
		assert_string_equal(before, after);
		mem_free(before);
		mem_free(after);
		arena_reset(f->a);
	}
}

/* An id may hold '|': "c:x|z" is nobody of "c:x", whatever their keys have in common. */
static void
an_id_that_begins_like_another_is_another(void **state)
{
	static const struct {
		enum state_kind kind;
		const char *key;
		bool is_x;
	} rows[] = {
	    {STATE_COOLDOWN, "c:x", true},
	    {STATE_PERSON_DAY, "c:x|2026-11-21", true},
	    {STATE_CAP_DAY, "c:x|f20000", true},
	    {STATE_COOLDOWN, "c:x|z", false},
	    {STATE_PERSON_DAY, "c:x|z|2026-11-21", false},
	    {STATE_CAP_DAY, "c:x|z|f20000", false},
	};
	struct fixture *f = *state;
	struct rule_counter c = {FIXTURE_NOW_MS, 3};

	OK(store_begin(f->st, ERR));
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		OK(store_counter_put(
		    f->st, SLICE_LIT("r"), rows[i].kind, slice_of(rows[i].key), &c, ERR));
	join(f, "c:x", "c:y");
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		OK(store_counter_get(
		    f->st, SLICE_LIT("r"), rows[i].kind, slice_of(rows[i].key), &c, ERR));
		if (c.count != (rows[i].is_x ? 0 : 3))
			fail_msg("%s: %d", rows[i].key, (int)c.count);
	}
	OK(store_commit(f->st, ERR));
}

/* ---- codes of offers ---------------------------------------------------- */

static int
take(struct fixture *f, const char *person, struct slice *code_r)
{
	int rc = store_offer_take(f->st, SLICE_LIT("ten"), slice_of(person), SLICE_LIT("d"),
	    FIXTURE_NOW_MS, f->a, code_r, ERR);

	OK(rc);
	return rc;
}

static void
who_shared_a_code_gets_no_second_one(void **state)
{
	struct fixture *f = *state;
	struct slice first, code;
	int64_t no;

	OK(store_begin(f->st, ERR));
	for (int i = 0; i < 5; i++)
		OK(store_offer_import(
		    f->st, SLICE_LIT("ten"), slice_of(arena_printf(f->a, "T%d", i)), ERR));
	assert_int_equal(take(f, "a:x", &first), 1);
	no = join(f, "a:x", "c:1");
	assert_int_equal(take(f, "c:1", &code), 2); /* had as a stranger */
	assert_true(slice_eq(code, first));
	split(f, no);
	assert_int_equal(take(f, "a:x", &code), 2);
	assert_int_equal(take(f, "c:1", &code), 1); /* never theirs */
	no = join(f, "a:y", "c:2");
	assert_int_equal(take(f, "c:2", &first), 1);
	split(f, no);
	assert_int_equal(take(f, "a:y", &code), 2); /* taken for both */
	assert_true(slice_eq(code, first));
	OK(store_commit(f->st, ERR));
}

/* ---- timers ------------------------------------------------------------- */

static int64_t
timer_of(struct fixture *f, struct rng *r, const char *author)
{
	struct stored_post *sp = random_stored_post(r, f->a);
	struct author_facts facts;

	sp->post.author.id = slice_of(author);
	OK(store_author_see(f->st, &sp->post.author, FIXTURE_NOW_MS, true, &facts, ERR));
	sp->author.author_no = facts.author_no;
	OK(store_post_insert(f->st, sp, ERR));
	OK(store_timer_put(f->st,
	    &(struct timer_row){.rule_id = rule,
		.post_no = sp->post_no,
		.subject = slice_of(arena_printf(f->a, "a:%s", author)),
		.due_at_ms = FIXTURE_NOW_MS,
		.started_at_ms = FIXTURE_NOW_MS},
	    ERR));
	return sp->post_no;
}

static void
assert_timer(struct fixture *f, int64_t post_no, const char *subject)
{
	OK(store_commit(f->st, ERR));
	assert_int_equal(
	    ask_number(f->path,
		arena_printf(f->a,
		    "SELECT count(*) FROM timers WHERE post_no = %lld AND subject = '%s'",
		    (long long)post_no, subject)),
	    1);
	OK(store_begin(f->st, ERR));
}

static void
timers_go_with_the_author_of_their_post(void **state)
{
	struct fixture *f = *state;
	struct rng r;
	int64_t x, y, no, merge_no;

	rng_init(&r, 5);
	OK(store_begin(f->st, ERR));
	x = timer_of(f, &r, "x");
	y = timer_of(f, &r, "y");
	no = join(f, "a:x", "c:1");
	(void)join(f, "a:y", "c:2");
	merge_no = join(f, "c:1", "c:2");
	assert_timer(f, x, "c:2");
	assert_timer(f, y, "c:2");
	split(f, merge_no);
	assert_timer(f, x, "c:1");
	assert_timer(f, y, "c:2");
	split(f, no);
	assert_timer(f, x, "a:x");
	OK(store_commit(f->st, ERR));
}

static void
without_memory_nothing_is_half_joined(void **state)
{
	struct fixture *f = *state;
	char *before, *after;

	OK(store_begin(f->st, ERR));
	for (int64_t i = 0; i < 20; i++) {
		count_one(f, SLICE_LIT("a:x"), i);
		count_one(f, SLICE_LIT("c:1"), 10 + i);
	}
	OK(store_commit(f->st, ERR));
	before = rows_of_all(f->path);
	for (unsigned nth = 1;; nth++) {
		int64_t join_no = 0;
		int rc;
		bool hit;

		fixture_close(f);
		OK(fixture_open(f->path, STORE_WRITER, NULL, &f->st));
		mem_fault_arm(nth, 0);
		rc = store_begin(f->st, ERR);
		if (rc == 0)
			rc = store_subjects_join(f->st, SLICE_LIT("a:x"), SLICE_LIT("c:1"),
			    SLICE_LIT("link 1"), SLICE_LIT("test"), SLICE_NONE, 0, &join_no, ERR);
		if (rc > 0)
			rc = store_subjects_split(f->st, join_no, SLICE_LIT("test"), 0, ERR);
		if (store_in_transaction(f->st))
			rc = store_commit(f->st, ERR) < 0 ? -1 : rc;
		hit = mem_fault_hit();
		mem_fault_arm(0, 0);
		after = rows_of_all(f->path);
		assert_string_equal(before, after);
		mem_free(after);
		if (!hit) {
			assert_int_equal(rc, 1);
			break;
		}
	}
	mem_free(before);
}

#define T(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(an_id_that_begins_like_another_is_another),
	    T(each_side_gets_its_own_and_both_what_they_shared),
	    T(a_subject_goes_to_one_other_at_a_time),
	    T(random_joins_and_splits_count_what_each_was_there_for),
	    T(joining_and_taking_apart_is_the_identity_in_any_order),
	    T(who_shared_a_code_gets_no_second_one),
	    T(timers_go_with_the_author_of_their_post),
	    T(without_memory_nothing_is_half_joined),
	};

	fixture_use_memory_files();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
