/* Links are made with a proof, strengthened, displaced and ended, and the history knows it all. */
#include "people/links.h"

#include "core/rng.h"
#include "people/influence.h"
#include "people/merge.h"
#include "store/outbox.h"
#include "store/times.h"
#include "tests/people/people_world.h"

static void
put_customer(struct people_world *w, const char *id)
{
	struct err err = {0};
	bool created;

	assert_int_equal(store_begin(w->st, &err), 0);
	if (store_customer_put(w->st, slice_of(id), SLICE_NONE, SLICE_NONE, SLICE_NONE, NOW, "test",
		&created, &err) < 0 ||
	    store_commit(w->st, &err) < 0)
		fail_msg("%s", err.text);
}

static struct people_world
two_customers(void)
{
	struct people_world w = world_open();

	put_customer(&w, "ann");
	put_customer(&w, "bob");
	return w;
}

static int
try_link(
    struct people_world *w, const struct link_wish *wish, struct link_result *r, struct err *err)
{
	int rc = store_begin(w->st, err);

	if (rc == 0)
		rc = links_make(w->st, wish, w->now_ms, w->a, r, err);
	if (rc == 0)
		return store_commit(w->st, err);
	store_rollback(w->st);
	return rc;
}

static struct link_result
link_to(struct people_world *w, const char *customer, const char *author, const char *handle,
    enum link_proof proof)
{
	struct link_wish wish = {.customer_id = slice_of(customer),
	    .author_id = slice_of(author),
	    .handle_key = slice_of(handle),
	    .proof = proof,
	    .basis = SLICE_LIT("a basis"),
	    .made_by = SLICE_LIT("mira")};
	struct link_result r;
	struct err err = {0};

	if (try_link(w, &wish, &r, &err) < 0)
		fail_msg("%s", err.text);
	return r;
}

static void
end_link(struct people_world *w, const struct link_row *link)
{
	struct err err = {0};

	assert_int_equal(store_begin(w->st, &err), 0);
	if (links_end(w->st, link, SLICE_LIT("mira"), "not hers", w->now_ms, w->a, &err) < 0 ||
	    store_commit(w->st, &err) < 0)
		fail_msg("%s", err.text);
}

static struct person_seen
see(struct people_world *w, const char *id, const char *handle)
{
	struct person_seen seen;
	struct err err = {0};
	struct post p;

	post_init(&p);
	p.author.id = slice_of(id);
	p.author.handle = slice_of(handle);
	assert_int_equal(store_begin(w->st, &err), 0);
	if (people_see(w->st, &p, &influence_weights_default, w->now_ms, true, w->a, &seen, &err) <
		0 ||
	    store_commit(w->st, &err) < 0)
		fail_msg("%s", err.text);
	return seen;
}

static const struct history_row *
newest_change(struct people_world *w, const char *customer)
{
	struct history_row *rows;
	struct err err = {0};
	size_t count;

	assert_int_equal(
	    store_history_list(w->st, slice_of(customer), 1, w->a, &rows, &count, &err), 0);
	return count == 0 ? NULL : rows;
}

static void
assert_has(struct slice text, const char *words)
{
	char whole[4096];

	snprintf(whole, sizeof whole, "%.*s", SLICE_ARG(text));
	if (strstr(whole, words) == NULL)
		fail_msg("'%s' is not in: %s", words, whole);
}

static void
a_link_says_how_it_is_known_and_so_does_the_customer_of_a_post(void **state)
{
	struct people_world w = two_customers();
	struct link_result r = link_to(&w, "ann", "id-1", "@ann@x.example", LINK_AGENT);
	struct person_seen seen = see(&w, "id-1", "@ann@x.example");

	(void)state;
	assert_int_equal(r.answer, LINK_MADE);
	assert_int_equal(r.link.confidence, 90);
	assert_non_null(seen.customer);
	assert_true(slice_eq_str(seen.subject, "c:ann"));
	assert_true(slice_eq_str(seen.customer->link.proof, "agent"));
	assert_true(slice_eq_str(seen.customer->link.basis, "a basis"));
	assert_int_equal(seen.customer->link.confidence, 90);
	assert_true(slice_eq_str(newest_change(&w, "ann")->field, "link:@ann@x.example"));
	assert_true(slice_eq_str(newest_change(&w, "ann")->source, "mira"));
	assert_has(newest_change(&w, "ann")->new_value, "\"proof\":\"agent\",\"confidence\":90");
	world_close(&w);
}

/* Of an account that is linked already: what a second link does. */
static void
the_better_proof_wins_and_an_agent_always(void **state)
{
	static const struct {
		enum link_proof was, is;
		bool wins;
	} cases[] = {
	    {LINK_AGENT, LINK_AGENT, true},
	    {LINK_AGENT, LINK_CODE, true},
	    {LINK_AGENT, LINK_SIGNED_IN, true},
	    {LINK_CODE, LINK_AGENT, true},
	    {LINK_CODE, LINK_CODE, true},
	    {LINK_CODE, LINK_SIGNED_IN, true},
	    {LINK_SIGNED_IN, LINK_AGENT, true},
	    {LINK_SIGNED_IN, LINK_CODE, false},
	    {LINK_SIGNED_IN, LINK_SIGNED_IN, true},
	    {LINK_IMPORTED, LINK_IMPORTED, false},
	    {LINK_IMPORTED, LINK_AGENT, true},
	    {LINK_AGENT, LINK_IMPORTED, false},
	    {LINK_CODE, LINK_IMPORTED, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct people_world w = two_customers();
		struct link_result r;

		link_to(&w, "ann", "id-1", "@a@x.example", cases[i].was);
		r = link_to(&w, "bob", "id-1", "@a@x.example", cases[i].is);
		if ((r.answer == LINK_MADE) != cases[i].wins)
			fail_msg("case %zu: answer %d", i, (int)r.answer);
		assert_true(slice_eq_str(
		    see(&w, "id-1", "@a@x.example").subject, cases[i].wins ? "c:bob" : "c:ann"));
		assert_string_equal(world_links(&w, "ann"),
		    cases[i].wins ? "(@a@x.example=id-1)" : "@a@x.example=id-1");
		assert_true(slice_is_set(r.why));
		if (cases[i].wins)
			assert_has(newest_change(&w, "ann")->source, "customer 'bob'");
		world_close(&w);
	}
}

static void
the_same_customer_again_keeps_the_better_proof(void **state)
{
	struct people_world w = two_customers();
	struct link_row first = link_to(&w, "ann", "id-1", NULL, LINK_AGENT).link;
	struct link_result r = link_to(&w, "ann", "id-1", NULL, LINK_AGENT);

	(void)state;
	assert_int_equal(r.answer, LINK_WAS_THERE);
	r = link_to(&w, "ann", "id-1", NULL, LINK_SIGNED_IN);
	assert_int_equal(r.answer, LINK_STRENGTHENED);
	assert_int_equal(r.link.link_no, first.link_no);
	assert_has(newest_change(&w, "ann")->old_value, "\"proof\":\"agent\"");
	assert_has(newest_change(&w, "ann")->new_value, "\"proof\":\"signed in\"");
	assert_int_equal(link_to(&w, "ann", "id-1", NULL, LINK_CODE).answer, LINK_WAS_THERE);
	assert_int_equal(see(&w, "id-1", NULL).customer->link.confidence, 100);
	assert_int_equal(world_count(&w, "links"), 1);
	world_close(&w);
}

static void
a_handle_that_was_never_heard_waits_for_its_account(void **state)
{
	struct people_world w = two_customers();
	struct link_result r = link_to(&w, "ann", NULL, "@a@x.example", LINK_AGENT);

	(void)state;
	assert_int_equal(r.answer, LINK_MADE);
	assert_string_equal(world_links(&w, "ann"), "@a@x.example");
	assert_true(slice_eq_str(see(&w, "id-1", "@A@x.example").subject, "c:ann"));
	assert_string_equal(world_links(&w, "ann"), "@a@x.example=id-1");
	assert_has(newest_change(&w, "ann")->old_value, "\"author_id\":null");
	assert_has(newest_change(&w, "ann")->new_value, "\"author_id\":\"id-1\"");
	world_close(&w);
}

static void
an_imported_handle_is_strengthened_when_its_account_signs_in(void **state)
{
	struct people_world w = world_open();
	struct import_report report;
	struct link_result r;

	(void)state;
	world_import(
	    &w, "User.UserId,User.UserAttributes.SocialHandle\nann,@a@x.example\n", &report);
	assert_has(newest_change(&w, "ann")->new_value, "\"proof\":\"imported handle\"");
	r = link_to(&w, "ann", "id-1", "@a@x.example", LINK_SIGNED_IN);
	assert_int_equal(r.answer, LINK_STRENGTHENED);
	assert_string_equal(world_links(&w, "ann"), "@a@x.example=id-1");
	world_close(&w);
}

static void
what_is_unlinked_stays_unlinked(void **state)
{
	struct people_world w = world_open();
	struct import_report report;
	struct link_row *rows;
	struct err err = {0};
	size_t count;

	(void)state;
	world_import(
	    &w, "User.UserId,User.UserAttributes.SocialHandle\nann,@a@x.example\n", &report);
	see(&w, "id-1", "@a@x.example");
	assert_int_equal(
	    store_links_of_customer(w.st, SLICE_LIT("ann"), w.a, &rows, &count, &err), 0);
	end_link(&w, &rows[0]);
	assert_true(slice_eq_str(see(&w, "id-1", "@a@x.example").subject, "a:id-1"));
	assert_true(slice_eq_str(newest_change(&w, "ann")->source, "mira: not hers"));
	assert_has(newest_change(&w, "ann")->old_value, "\"author_id\":\"id-1\"");
	assert_false(slice_is_set(newest_change(&w, "ann")->new_value));
	world_import(
	    &w, "User.UserId,User.UserAttributes.SocialHandle\nann,@a@x.example\n", &report);
	assert_null(see(&w, "id-1", "@a@x.example").customer);
	/* ended is ended */
	assert_int_equal(
	    store_links_of_customer(w.st, SLICE_LIT("ann"), w.a, &rows, &count, &err), 0);
	assert_int_equal(store_begin(w.st, &err), 0);
	assert_int_equal(
	    links_end(w.st, &rows[0], SLICE_LIT("mira"), "again", w.now_ms, w.a, &err), -1);
	assert_int_equal(err.kind, ERR_CONFLICT);
	store_rollback(w.st);
	world_close(&w);
}

static void
who_does_not_exist_is_not_linked(void **state)
{
	struct people_world w = world_open();
	struct link_wish wish = {.customer_id = SLICE_LIT("nobody"),
	    .author_id = SLICE_LIT("id-1"),
	    .proof = LINK_AGENT,
	    .made_by = SLICE_LIT("mira")};
	struct link_result r;
	struct err err = {0};

	(void)state;
	assert_int_equal(try_link(&w, &wish, &r, &err), -1);
	assert_int_equal(err.kind, ERR_NOT_FOUND);
	assert_int_equal(world_count(&w, "links"), 0);
	world_close(&w);
}

/* ---- counters --------------------------------------------------------------- */

static void
count(struct people_world *w, const char *who, int64_t by, int64_t at_ms)
{
	struct rule_counter c;
	struct err err = {0};

	assert_int_equal(store_begin(w->st, &err), 0);
	if (store_counter_get(w->st, SLICE_LIT("r"), STATE_COOLDOWN, slice_of(who), &c, &err) < 0)
		fail_msg("%s", err.text);
	c.count += by;
	c.last_at_ms = c.last_at_ms > at_ms ? c.last_at_ms : at_ms;
	if (store_counter_put(w->st, SLICE_LIT("r"), STATE_COOLDOWN, slice_of(who), &c, &err) < 0 ||
	    store_commit(w->st, &err) < 0)
		fail_msg("%s", err.text);
}

static int64_t
counted(struct people_world *w, const char *who)
{
	struct rule_counter c;
	struct err err = {0};

	assert_true(
	    store_counter_get(w->st, SLICE_LIT("r"), STATE_COOLDOWN, slice_of(who), &c, &err) >= 0);
	return c.count;
}

static void
linking_joins_what_was_counted(void **state)
{
	struct people_world w = two_customers();

	(void)state;
	count(&w, "a:id-1", 3, NOW - 5);
	count(&w, "c:ann", 4, NOW - 9);
	link_to(&w, "ann", "id-1", NULL, LINK_AGENT);
	assert_int_equal(counted(&w, "c:ann"), 7);
	assert_int_equal(counted(&w, "a:id-1"), 0);
	world_close(&w);
}

static const char *const everybody[] = {"a:id-1", "a:id-2", "c:ann", "c:bob"};
#define EVERYBODY (sizeof everybody / sizeof *everybody)

/* Counters and event times of everybody, in a line. */
static const char *
all_counted(struct people_world *w)
{
	const char *text = "";

	for (size_t i = 0; i < EVERYBODY; i++) {
		struct rule_times t;
		struct err err = {0};

		assert_true(store_times_get(w->st, SLICE_LIT("r"), TIMES_WINDOW,
				slice_of(everybody[i]), &t, &err) >= 0);
		text = arena_printf(w->a, "%s %s=%lld,%zu,%lld", text, everybody[i],
		    (long long)counted(w, everybody[i]), t.count,
		    (long long)(t.count > 0 ? t.at_ms[t.count - 1] - NOW : 0));
	}
	return text;
}

static void
happen(struct people_world *w, const char *who, int64_t at_ms)
{
	struct rule_times t;
	struct err err = {0};

	count(w, who, 1, at_ms);
	assert_int_equal(store_begin(w->st, &err), 0);
	assert_true(
	    store_times_get(w->st, SLICE_LIT("r"), TIMES_WINDOW, slice_of(who), &t, &err) >= 0);
	rule_times_add(&t, at_ms);
	if (store_times_put(w->st, SLICE_LIT("r"), TIMES_WINDOW, slice_of(who), &t, &err) < 0 ||
	    store_commit(w->st, &err) < 0)
		fail_msg("%s", err.text);
}

/* Law: to link and to unlink changes nothing of what was counted, whatever was linked and counted before. */
static void
linking_and_unlinking_is_the_identity_on_counters(void **state)
{
	static const char *const accounts[] = {"id-1", "id-2"}, *const customers[] = {"ann", "bob"};
	struct rng rng;

	(void)state;
	for (uint64_t seed = 1; seed <= 40; seed++) {
		struct people_world w = two_customers();
		bool is_other_linked = seed % 2 == 0;
		struct link_row link;
		const char *before;

		rng_init(&rng, seed);
		for (int i = 0; i < 20; i++)
			happen(&w, everybody[rng_below(&rng, EVERYBODY)],
			    NOW - (int64_t)rng_below(&rng, 100000));
		if (is_other_linked) {
			link_to(&w, customers[rng_below(&rng, 2)], "id-2", NULL, LINK_CODE);
			happen(&w, "c:ann", NOW);
		}
		before = all_counted(&w);
		link = link_to(&w, customers[rng_below(&rng, 2)], accounts[0], NULL,
		    (enum link_proof)(LINK_AGENT + rng_below(&rng, 3)))
			   .link;
		assert_int_equal(counted(&w, "a:id-1"), 0);
		end_link(&w, &link);
		if (strcmp(all_counted(&w), before) != 0)
			fail_msg("seed %llu:\n%s\n%s", (unsigned long long)seed, before,
			    all_counted(&w));
		world_close(&w);
	}
}

/* ... and what is counted in between both keep, so that no cap is exceeded by it. */
static void
what_was_counted_while_they_were_one_both_keep(void **state)
{
	struct people_world w = two_customers();
	struct link_row link;

	(void)state;
	count(&w, "a:id-1", 3, NOW - 5);
	count(&w, "c:ann", 4, NOW - 9);
	link = link_to(&w, "ann", "id-1", NULL, LINK_AGENT).link;
	count(&w, "c:ann", 2, NOW);
	end_link(&w, &link);
	assert_int_equal(counted(&w, "a:id-1"), 5);
	assert_int_equal(counted(&w, "c:ann"), 6);
	world_close(&w);
}

static void
a_reassigned_handle_takes_the_counters_apart(void **state)
{
	struct people_world w = world_open();
	struct import_report report;

	(void)state;
	world_import(
	    &w, "User.UserId,User.UserAttributes.SocialHandle\nann,@a@x.example\n", &report);
	count(&w, "a:id-1", 3, NOW - 5);
	see(&w, "id-1", "@a@x.example");
	assert_int_equal(counted(&w, "c:ann"), 3);
	assert_true(slice_is_set(see(&w, "id-2", "@a@x.example").unlinked));
	assert_int_equal(counted(&w, "c:ann"), 0);
	assert_int_equal(counted(&w, "a:id-1"), 3);
	world_close(&w);
}

static void
a_link_of_a_merged_customer_is_of_the_one_they_are(void **state)
{
	struct people_world w = two_customers();
	struct merge_wish merge = {.id = SLICE_LIT("bob"),
	    .into = SLICE_LIT("ann"),
	    .by = SLICE_LIT("mira"),
	    .reason = SLICE_LIT("the same")};
	struct link_row *rows, link;
	struct err err = {0};
	struct slice from;
	size_t n;

	(void)state;
	count(&w, "a:id-1", 3, NOW);
	link_to(&w, "bob", "id-2", NULL, LINK_AGENT);
	assert_int_equal(store_begin(w.st, &err), 0);
	if (customer_merge(w.st, &merge, NOW, w.a, &err) < 0 || store_commit(w.st, &err) < 0)
		fail_msg("%s", err.text);
	assert_true(slice_eq_str(see(&w, "id-2", NULL).subject, "c:ann"));
	/* with whichever of the two an account is linked, it is linked */
	link = link_to(&w, "ann", "id-1", NULL, LINK_CODE).link;
	assert_int_equal(link_to(&w, "bob", "id-1", NULL, LINK_AGENT).answer, LINK_WAS_THERE);
	assert_int_equal(counted(&w, "c:ann"), 3);
	assert_int_equal(links_of_customer(w.st, SLICE_LIT("bob"), w.a, &rows, &n, &err), 0);
	assert_int_equal(n, 2);
	assert_true(slice_eq_str(rows[0].customer_id, "bob"));
	end_link(&w, &link);
	assert_int_equal(store_begin(w.st, &err), 0);
	if (customer_unmerge(w.st, &merge, NOW, w.a, &from, &err) < 0 ||
	    store_commit(w.st, &err) < 0)
		fail_msg("%s", err.text);
	assert_true(slice_eq_str(see(&w, "id-2", NULL).subject, "c:bob"));
	assert_int_equal(counted(&w, "a:id-1"), 3);
	assert_int_equal(counted(&w, "c:ann"), 0);
	world_close(&w);
}

static void
a_failed_allocation_leaves_no_half_a_link(void **state)
{
	(void)state;
	for (int sticky = 0; sticky <= 1; sticky++) {
		for (unsigned nth = 1;; nth++) {
			struct people_world w = two_customers();
			struct link_wish wish = {.customer_id = SLICE_LIT("bob"),
			    .author_id = SLICE_LIT("id-1"),
			    .handle_key = SLICE_LIT("@a@x.example"),
			    .proof = LINK_SIGNED_IN,
			    .made_by = SLICE_LIT("shop")};
			struct link_result r;
			struct err err = {0};
			bool hit;
			int rc;

			link_to(&w, "ann", "id-1", "@a@x.example", LINK_AGENT);
			mem_fault_arm(nth, sticky != 0);
			rc = try_link(&w, &wish, &r, &err);
			hit = mem_fault_hit();
			mem_fault_arm(0, false);
			assert_true(slice_eq_str(
			    see(&w, "id-1", "@a@x.example").subject, rc == 0 ? "c:bob" : "c:ann"));
			assert_int_equal(world_count(&w, "links"), rc == 0 ? 2 : 1);
			world_close(&w);
			if (!hit) {
				assert_int_equal(rc, 0);
				break;
			}
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_link_says_how_it_is_known_and_so_does_the_customer_of_a_post),
	    cmocka_unit_test(the_better_proof_wins_and_an_agent_always),
	    cmocka_unit_test(the_same_customer_again_keeps_the_better_proof),
	    cmocka_unit_test(a_handle_that_was_never_heard_waits_for_its_account),
	    cmocka_unit_test(an_imported_handle_is_strengthened_when_its_account_signs_in),
	    cmocka_unit_test(what_is_unlinked_stays_unlinked),
	    cmocka_unit_test(who_does_not_exist_is_not_linked),
	    cmocka_unit_test(linking_joins_what_was_counted),
	    cmocka_unit_test(linking_and_unlinking_is_the_identity_on_counters),
	    cmocka_unit_test(what_was_counted_while_they_were_one_both_keep),
	    cmocka_unit_test(a_reassigned_handle_takes_the_counters_apart),
	    cmocka_unit_test(a_link_of_a_merged_customer_is_of_the_one_they_are),
	    cmocka_unit_test(a_failed_allocation_leaves_no_half_a_link),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
