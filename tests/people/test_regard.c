#include "people/regard.h"

#include "core/rng.h"
#include "people/fixed.h"
#include "tests/people/regard_world.h"

static int64_t
got(struct people_world *w, int who, enum endorsement kind)
{
	struct standing s = standing_of(w, who);

	return standing_count_milli(&s, kind, STANDING_WEEKS, w->now_ms);
}

static int64_t
got_anything(struct people_world *w, int who)
{
	int64_t sum = 0;

	for (int kind = 0; kind < ENDORSE_KIND_COUNT; kind++)
		sum += got(w, who, (enum endorsement)kind);
	return sum;
}

static void
a_post_endorses_whom_it_speaks_of(void **state)
{
	struct people_world w = world_open();

	(void)state;
	SAY(&w, .id = "one", .who = 1);
	SAY(&w, .who = 2, .repost_of = "one");
	SAY(&w, .who = 3, .quote_of = "one");
	SAY(&w, .who = 4, .reply_to = "one");
	SAY(&w, .who = 5, .mentions = {"@a1@Social.example"});
	for (int kind = 0; kind < ENDORSE_KIND_COUNT; kind++)
		assert_int_equal(got(&w, 1, (enum endorsement)kind), 1000);
	/* Whoever is answered and mentioned is answered. */
	SAY(&w, .who = 6, .reply_to = "one", .mentions = {"@A1@social.example"});
	assert_int_equal(got(&w, 1, ENDORSE_REPLY), 2000);
	assert_int_equal(got(&w, 1, ENDORSE_MENTION), 1000);
	/* A repost speaks of nobody else. */
	SAY(&w, .who = 7, .repost_of = "one", .mentions = {"@a2@social.example"});
	assert_int_equal(got_anything(&w, 2), 0);
	assert_int_equal(world_count(&w, "author_standing"), 1);
	world_close(&w);
}

static void
who_does_not_count_gives_and_gets_nothing(void **state)
{
	struct people_world w = world_open();

	(void)state;
	SAY(&w, .id = "one", .who = 1);
	SAY(&w, .id = "shy", .who = 2, .objects = true);
	SAY(&w, .id = "ours", .who = 3, .is_own = true);
	SAY(&w, .who = 1, .reply_to = "one", .mentions = {"@a1@social.example"}); /* oneself */
	SAY(&w, .who = 2, .reply_to = "one", .objects = true);
	SAY(&w, .who = 3, .reply_to = "one", .is_own = true);
	SAY(&w, .who = 4, .reply_to = "one", .is_bot = true);
	SAY(&w, .who = 5, .reply_to = "shy", .mentions = {"@a2@social.example"});
	SAY(&w, .who = 5, .reply_to = "ours", .mentions = {OWN_HANDLE});
	SAY(&w, .who = 5, .reply_to = "never seen", .mentions = {"@nobody@social.example", "@@"});
	assert_int_equal(world_count(&w, "author_standing"), 0);
	/* They do count once somebody else says it. */
	SAY(&w, .who = 5, .reply_to = "one");
	assert_int_equal(got_anything(&w, 1), 1000);
	world_close(&w);
}

static void
standing_and_topics_show_with_the_next_post(void **state)
{
	struct people_world w = world_open();
	struct author_facts before, after, other;

	(void)state;
	SAY(&w, .id = "one", .who = 1);
	before = SAY(&w, .who = 1, .tags = {"Coffee"});
	assert_false(before.has_topic_influence);
	for (int i = 0; i < 30; i++)
		SAY(&w, .who = 10 + i, .reply_to = "one", .tags = {"coffee"}, .brand = "acme");
	after = SAY(&w, .who = 1, .tags = {"#COFFEE"});
	assert_true(after.influence.total_milli > before.influence.total_milli + 1000);
	assert_true(after.has_topic_influence);
	/* 50 * L(30) / L(300) + 50 * L(30) / L(3000) */
	assert_in_range(after.topic_influence, 49, 54);
	other = SAY(&w, .who = 1, .tags = {"tea"});
	assert_false(other.has_topic_influence);
	assert_int_equal(SAY(&w, .who = 1, .brand = "acme").topic_influence, after.topic_influence);
	world_close(&w);
}

static void
few_endorsers_say_nothing_of_a_topic_however_loud(void **state)
{
	struct people_world w = world_open();

	(void)state;
	SAY(&w, .id = "one", .who = 1);
	for (int i = 0; i < 60; i++)
		SAY(&w, .who = 10 + i % 3, .reply_to = "one", .tags = {"coffee"});
	assert_false(SAY(&w, .who = 1, .tags = {"coffee"}).has_topic_influence);
	world_close(&w);
}

#define CROWD 4

static void
crowd(struct people_world *w, struct saying list[CROWD])
{
	static const struct said posts[CROWD] = {
	    {.who = 1, .id = "x1", .tags = {"new"}},
	    {.who = 2, .reply_to = "one", .tags = {"new", "coffee"}, .brand = "acme"},
	    {.who = 3, .repost_of = "one", .mentions = {"@a2@social.example"}},
	    {.who = 1, .tags = {"coffee"}, .link = "https://x.example/a?utm_source=b"},
	};

	for (size_t i = 0; i < CROWD; i++)
		list[i] = saying_of(w, &posts[i]);
}

static int
crowded(struct people_world *w, const struct saying list[CROWD], struct err *err)
{
	if (store_begin(w->st, err) < 0)
		return -1;
	for (size_t i = 0; i < CROWD; i++) {
		list[i].sp->post_no = 0;
		if (said_take(w, &list[i], &adoption_config_default, NULL, err) < 0)
			return -1;
	}
	return store_commit(w->st, err);
}

static void
a_failed_batch_leaves_standing_as_the_rows_are(void **state)
{
	(void)state;
	for (int sticky = 0; sticky <= 1; sticky++)
		for (unsigned nth = 1;; nth++) {
			struct people_world w = world_open();
			struct saying list[CROWD];
			struct err err = {0};
			int64_t before;
			int rc;
			bool hit;

			SAY(&w, .id = "one", .who = 1);
			SAY(&w, .who = 9, .reply_to = "one", .tags = {"coffee"});
			before = got_anything(&w, 1);
			crowd(&w, list);
			mem_fault_arm(nth, sticky);
			rc = crowded(&w, list, &err);
			hit = mem_fault_hit();
			mem_fault_arm(0, 0);
			if (rc < 0) {
				store_rollback(w.st);
				assert_int_equal(got_anything(&w, 1), before);
				assert_int_equal(world_count(&w, "author_standing"), 1);
				assert_int_equal(world_count(&w, "topic_standing"), 1);
				/* Again, and it is counted once. */
				assert_int_equal(crowded(&w, list, &err), 0);
			}
			assert_int_equal(got_anything(&w, 1), before + 2000);
			assert_int_equal(world_count(&w, "topic_standing"), 3);
			world_close(&w);
			if (!hit)
				break;
		}
}

static void
a_topic_keeps_those_who_have_most(void **state)
{
	struct people_world w = world_open();
	struct err err = {0};
	struct topic_row row;

	(void)state;
	assert_int_equal(store_begin(w.st, &err), 0);
	for (int64_t i = 1; i <= 3 * STORE_TOPIC_AUTHORS_MAX; i++) {
		memset(&row, 0, sizeof row);
		row.state_len = 1;
		row.rank = i == 7 ? 1000000 : i % 11;
		row.updated_at_ms = NOW;
		assert_int_equal(store_topic_put(w.st, SLICE_LIT("#t"), i, &row, true, &err), 0);
	}
	assert_int_equal(store_topic_get(w.st, SLICE_LIT("#t"), 7, &row, &err), 1);
	for (int64_t i = 0; i < 2 * STORE_TOPICS_MAX; i++) {
		const char *name = arena_printf(w.a, "#t%d", (int)i);

		row.updated_at_ms = NOW + i;
		assert_int_equal(store_topic_put(w.st, slice_of(name), 1, &row, true, &err), 0);
	}
	assert_int_equal(store_topic_get(w.st, SLICE_LIT("#t"), 7, &row, &err), 0);
	assert_int_equal(store_commit(w.st, &err), 0);
	assert_in_range(world_count(&w, "topics"), STORE_TOPICS_MAX * 9 / 10, STORE_TOPICS_MAX + 1);
	assert_in_range(
	    world_count(&w, "topic_standing"), STORE_TOPICS_MAX * 9 / 10, STORE_TOPICS_MAX);
	world_close(&w);
}

static void
an_erased_author_has_no_standing_left(void **state)
{
	struct people_world w = world_open();
	struct err err = {0};
	int64_t no;

	(void)state;
	SAY(&w, .id = "one", .who = 1, .tags = {"new"});
	w.now_ms += 8 * TIME_DAY_MS;
	SAY(&w, .who = 1, .tags = {"newer"});
	SAY(&w, .who = 2, .reply_to = "one", .tags = {"coffee"});
	no = author_number(&w, 1);
	assert_int_equal(store_begin(w.st, &err), 0);
	assert_int_equal(store_standing_erase(w.st, no, &err), 0);
	assert_int_equal(store_commit(w.st, &err), 0);
	assert_int_equal(world_count(&w, "author_standing"), 0);
	assert_int_equal(world_count(&w, "topic_standing"), 0);
	assert_int_equal(got_anything(&w, 1), 0);
	world_close(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_post_endorses_whom_it_speaks_of),
	    cmocka_unit_test(who_does_not_count_gives_and_gets_nothing),
	    cmocka_unit_test(standing_and_topics_show_with_the_next_post),
	    cmocka_unit_test(few_endorsers_say_nothing_of_a_topic_however_loud),
	    cmocka_unit_test(a_failed_batch_leaves_standing_as_the_rows_are),
	    cmocka_unit_test(a_topic_keeps_those_who_have_most),
	    cmocka_unit_test(an_erased_author_has_no_standing_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
