/*
 * test_segments.c - who is in which segment: judged with the change, by the clock, and for everybody when
 * other rules go live; and whatever happened, the rows say what judging from nothing says.
 */
#include "tests/daemon/days.h"

#include "core/occurrence.h"
#include "people/people.h"
#include "rules/segments.h"
#include "store/days.h"
#include "store/links.h"
#include "store/segments.h"

#define GOLD "segment gold \"Gold\"\n  when customer.plan is \"gold\"\nend\n"
#define ACTIVE                                                                                     \
	"segment active \"Active\"\n  when customer.posts_7d is at least 3\nend\n"                 \
	"segment quiet \"Quiet\"\n  when customer.last_event is at least 5 days\nend\n"
#define RULES                                                                                      \
	BRAND GOLD "segment vip \"Vip\" imported\nend\n"                                           \
		   "segment tagged \"Tagged\"\n  when customer.tag is \"advocate\"\nend\n"         \
		   "segment old \"Linked long\"\n  when link.age is at least 7 days\nend\n" ACTIVE \
		   "segment best \"Best\"\n  when all of\n    customer is in segment gold\n"       \
		   "    customer is not in segment vip\n    customer allows email\n  end\nend\n"

static void
begin(struct world *w)
{
	assert_int_equal(store_begin(w->st, &w->err), 0);
}

static void
commit(struct world *w)
{
	if (store_commit(w->st, &w->err) < 0)
		fail_msg("%s", w->err.text);
}

static void
put_customer(struct world *w, const char *id)
{
	bool created;

	if (store_customer_put(w->st, S(id), SLICE_NONE, SLICE_NONE, S("DE"), w->clock.at_ms,
		"test", &created, &w->err) < 0)
		fail_msg("%s", w->err.text);
}

static void
set(struct world *w, const char *id, const char *name, const char *value)
{
	struct slice v = S(value == NULL ? "" : value);

	if (store_customer_set(w->st, S(id), S(name), (struct slice_list){&v, value != NULL},
		w->clock.at_ms, "test", SLICE_NONE, &w->err) < 0)
		fail_msg("%s", w->err.text);
}

static void
set_now(struct world *w, const char *id, const char *name, const char *value)
{
	begin(w);
	put_customer(w, id);
	set(w, id, name, value);
	commit(w);
}

/* "best gold " */
static const char *
segments_of(struct world *w, const char *id)
{
	struct customer *c;
	struct buf b;
	const char *text;

	arena_reset(w->a);
	assert_int_equal(store_customer_load(w->st, S(id), w->clock.at_ms, w->a, &c, &w->err), 1);
	buf_init(&b, 4096);
	for (size_t i = 0; i < c->segments.count; i++)
		buf_addf(&b, "%.*s ", SLICE_ARG(c->segments.items[i]));
	for (size_t i = 0; i < c->unsure_segments.count; i++)
		buf_addf(&b, "%.*s? ", SLICE_ARG(c->unsure_segments.items[i]));
	text = arena_strdup(w->a, buf_str(&b));
	buf_fini(&b);
	return text;
}

static void
a_change_and_its_membership_commit_together(void **state)
{
	struct world w;
	struct history_row *rows;
	struct segment_row row;
	size_t count;

	(void)state;
	begin_world(&w, RULES, false);
	until(&w, NOW);
	set_now(&w, "c-1", "plan", "gold");
	assert_string_equal(segments_of(&w, "c-1"), "gold ");
	assert_int_equal(store_history_list(w.st, S("c-1"), 10, w.a, &rows, &count, &w.err), 0);
	assert_true(slice_eq_str(rows[0].field, "segment:gold"));
	assert_true(slice_is_set(rows[0].new_value) && !slice_is_set(rows[0].old_value));
	assert_int_equal(store_segment_load(w.st, S("gold"), w.a, &row, &w.err), 1);
	assert_int_equal(row.members, 1);
	set_now(&w, "c-1", "plan", "basic");
	assert_string_equal(segments_of(&w, "c-1"), "");
	assert_int_equal(store_segment_load(w.st, S("gold"), w.a, &row, &w.err), 1);
	assert_int_equal(row.members, 0);
	/* and neither of both without the other */
	begin(&w);
	set(&w, "c-1", "plan", "gold");
	store_rollback(w.st);
	set_now(&w, "c-2", "plan", "basic");
	assert_string_equal(segments_of(&w, "c-1"), "");
	end_world(&w);
}

static void
a_rule_sees_the_segments_of_the_customer(void **state)
{
	struct world w;
	struct link_row link = {.customer_id = S("c-1"),
	    .handle_key = S("@anna@example.org"),
	    .proof = S("agent"),
	    .linked_at_ms = NOW,
	    .unlinked_at_ms = TIME_UNKNOWN};

	(void)state;
	begin_world(&w,
	    RULES "rule thanks \"Thanks\"\n  when customer is in segment gold\n  then\n"
		  "    tag customer \"seen\"\n  end\nend\n",
	    false);
	until(&w, NOW);
	begin(&w);
	put_customer(&w, "c-1");
	assert_int_equal(store_link_add(w.st, &link, &w.err), 0);
	commit(&w);
	post(&w, NOW + MINUTE, "p1", "anna", "acme is fine");
	assert_told(&w, "");
	set_now(&w, "c-1", "plan", "gold");
	post(&w, NOW + 2 * MINUTE, "p2", "anna", "acme is good");
	assert_told(&w, "thanks/p2=done ");
	end_world(&w);
}

static void
time_alone_changes_membership_when_it_is_due(void **state)
{
	struct world w;
	struct link_row link = {.customer_id = S("c-1"),
	    .handle_key = S("@anna@example.org"),
	    .proof = S("agent"),
	    .linked_at_ms = NOW,
	    .unlinked_at_ms = TIME_UNKNOWN};

	(void)state;
	begin_world(&w, RULES, true);
	until(&w, NOW);
	begin(&w);
	put_customer(&w, "c-1");
	set(&w, "c-1", "plan", "basic");
	assert_int_equal(
	    store_tag_put(w.st, S("c:c-1"), S("advocate"), NOW, NOW + 3 * DAY, &w.err), 0);
	assert_int_equal(store_link_add(w.st, &link, &w.err), 0);
	commit(&w);
	assert_string_equal(segments_of(&w, "c-1"), "tagged ");
	until(&w, NOW + 3 * DAY - 1);
	assert_string_equal(segments_of(&w, "c-1"), "tagged ");
	until(&w, NOW + 3 * DAY);
	assert_string_equal(segments_of(&w, "c-1"), "");
	until(&w, NOW + 7 * DAY - 1);
	assert_string_equal(segments_of(&w, "c-1"), "");
	until(&w, NOW + 7 * DAY);
	assert_string_equal(segments_of(&w, "c-1"), "old ");
	end_world(&w);
}

static void
what_they_do_moves_them_at_once_and_leaving_it_by_the_clock_alone(void **state)
{
	struct world w;
	struct link_row link = {.customer_id = S("c-1"),
	    .handle_key = S("@anna@example.org"),
	    .proof = S("agent"),
	    .linked_at_ms = NOW,
	    .unlinked_at_ms = TIME_UNKNOWN};
	int64_t midnight = NOW / DAY * DAY + 7 * DAY;

	(void)state;
	begin_world(&w, BRAND ACTIVE, true);
	until(&w, NOW);
	begin(&w);
	put_customer(&w, "c-1");
	assert_int_equal(store_link_add(w.st, &link, &w.err), 0);
	commit(&w);
	post(&w, NOW + MINUTE, "p1", "anna", "acme is fine");
	post(&w, NOW + 2 * MINUTE, "p2", "anna", "acme is good");
	assert_string_equal(segments_of(&w, "c-1"), "");
	post(&w, NOW + 3 * MINUTE, "p3", "anna", "acme is great");
	assert_string_equal(segments_of(&w, "c-1"), "active ");
	until(&w, midnight - 1);
	assert_string_equal(segments_of(&w, "c-1"), "active ");
	until(&w, midnight);
	assert_string_equal(segments_of(&w, "c-1"), "");
	/* an event begins a length of time, another one begins it anew */
	begin(&w);
	assert_int_equal(
	    store_day_add(w.st, S("c-1"), &(struct day_entry){.what = DAY_EVENT, .at_ms = midnight},
		midnight, &w.err),
	    0);
	commit(&w);
	until(&w, midnight + 5 * DAY - 1);
	assert_string_equal(segments_of(&w, "c-1"), "");
	until(&w, midnight + 5 * DAY);
	assert_string_equal(segments_of(&w, "c-1"), "quiet ");
	begin(&w);
	assert_int_equal(store_day_add(w.st, S("c-1"),
			     &(struct day_entry){.what = DAY_EVENT, .at_ms = w.clock.at_ms},
			     w.clock.at_ms, &w.err),
	    0);
	commit(&w);
	assert_string_equal(segments_of(&w, "c-1"), "");
	end_world(&w);
}

static void
go_live(struct world *w, const char *text, int64_t version)
{
	struct snapshot *s = make_snapshot(w, text, version);

	pipeline_swap(w->p, s);
	snapshot_unref(w->snapshot);
	w->snapshot = s;
}

static void
other_rules_judge_everybody_in_parts_and_unfinished_segments_are_unknown(void **state)
{
	struct world w;
	struct tick_result r = {.more = true};
	struct segment_row row;
	size_t ticks = 0;

	(void)state;
	begin_world(&w, BRAND, false);
	for (int i = 0; i < 2500; i++) {
		char id[16];

		if (i % 500 == 0)
			begin(&w);
		snprintf(id, sizeof id, "c-%04d", i);
		put_customer(&w, id);
		set(&w, id, "plan", i % 2 == 0 ? "gold" : "basic");
		if (i % 500 == 499)
			commit(&w);
	}
	go_live(&w, BRAND GOLD, 2);
	begin(&w);
	put_customer(&w, "c-0000");
	commit(&w);
	while (r.more) {
		assert_int_equal(pipeline_tick(w.p, &r, &w.err), 0);
		if (ticks++ > 0)
			continue;
		assert_string_equal(segments_of(&w, "c-0000"), "gold ");
		assert_string_equal(segments_of(&w, "c-2499"), "gold? ");
		assert_int_equal(store_segment_load(w.st, S("gold"), w.a, &row, &w.err), 1);
		assert_int_equal(row.judged, 1000);
		assert_int_equal(row.to_judge, 2500);
	}
	assert_true(ticks > 2 && ticks < 10);
	assert_string_equal(segments_of(&w, "c-2498"), "gold ");
	assert_string_equal(segments_of(&w, "c-2499"), "");
	assert_int_equal(store_segment_load(w.st, S("gold"), w.a, &row, &w.err), 1);
	assert_int_equal(row.members, 1250);
	assert_false(slice_is_set(row.judged_to));
	/* the same conditions again judge nobody; without the segment nobody is in it */
	go_live(&w, BRAND "# again\n" GOLD, 3);
	until(&w, w.clock.at_ms + MINUTE);
	assert_int_equal(store_segment_load(w.st, S("gold"), w.a, &row, &w.err), 1);
	assert_int_equal(row.live_at_ms, NOW);
	go_live(&w, BRAND, 4);
	until(&w, w.clock.at_ms);
	assert_string_equal(segments_of(&w, "c-0000"), "");
	assert_int_equal(store_segment_load(w.st, S("gold"), w.a, &row, &w.err), 0);
	end_world(&w);
}

/* ---- the past --------------------------------------------------------------- */

static void
count_rehearsed(void *cookie, const struct stored_post *sp, const struct stored_event *event,
    const struct decision_row *row)
{
	(void)sp;
	(void)event;
	(void)row;
	++*(size_t *)cookie;
}

/* How often `thanks` would have fired for the post as it is stored. */
static size_t
rehearse(struct world *w, const char *rules, int64_t version, struct stored_post *sp)
{
	struct store_options o = {.mode = STORE_MEMORY, .now_ms = NOW};
	struct clock_virtual clock;
	size_t fired = 0;
	struct pipeline_env env = {
	    .clock = &clock.base, .rehearsed = count_rehearsed, .cookie = &fired};
	struct snapshot *s = make_snapshot(w, rules, version);
	struct pipeline *p;

	clock_virtual_init(&clock, NOW);
	assert_int_equal(store_open(&o, &env.store, &w->err), 0);
	assert_int_equal(pipeline_new(&env, s, &p, &w->err), 0);
	if (pipeline_rehearse(p, &clock, &sp, 1, REHEARSE_DECIDE, &w->err) < 0)
		fail_msg("%s", w->err.text);
	pipeline_free(p);
	store_close(env.store);
	snapshot_unref(s);
	return fired;
}

#define THANKS(condition)                                                                          \
	"rule thanks \"Thanks\"\n  when " condition "\n  then\n    tag customer \"seen\"\n"        \
	"  end\nend\n"

static void
the_past_is_judged_by_the_draft_from_the_customer_as_seen_then(void **state)
{
	struct world w;
	struct stored_post *sp;
	struct link_row link = {.customer_id = S("c-1"),
	    .handle_key = S("@anna@example.org"),
	    .proof = S("agent"),
	    .linked_at_ms = NOW,
	    .unlinked_at_ms = TIME_UNKNOWN};

	(void)state;
	begin_world(&w, BRAND, false);
	set_now(&w, "c-1", "plan", "gold");
	begin(&w);
	assert_int_equal(store_link_add(w.st, &link, &w.err), 0);
	commit(&w);
	post(&w, NOW + MINUTE, "p1", "anna", "acme is fine");
	set_now(&w, "c-1", "plan", "basic"); /* later: the post knows better */
	arena_reset(w.a);
	assert_int_equal(store_post_load(w.st, S("p1"), w.a, &sp, &w.err), 1);
	assert_int_equal(rehearse(&w, BRAND GOLD THANKS("customer is in segment gold"), 2, sp), 1);
	assert_int_equal(
	    rehearse(&w, BRAND GOLD THANKS("customer is not in segment gold"), 2, sp), 0);
	/* the same version: as it was judged then, in nothing */
	assert_int_equal(
	    rehearse(&w, BRAND GOLD THANKS("customer is not in segment gold"), 1, sp), 1);
	end_world(&w);
}

/* ---- the law --------------------------------------------------------------- */

/* Judged from nothing: what the rows must say. */
static void
compare_customer(struct world *w, struct slice id, uint64_t seed, int64_t *members)
{
	const struct rule_set *rules = w->snapshot->rules;
	struct customer *c = NULL;
	struct segment_member *rows;
	enum tristate truth[8];
	int64_t due_ms;
	size_t count;

	assert_int_equal(people_customer(w->st, id, w->clock.at_ms, w->a, &c, &w->err), 1);
	struct occurrence occ = {.kind = OCCURRENCE_CUSTOMER,
	    .at_ms = w->clock.at_ms,
	    .now_ms = w->clock.at_ms,
	    .customer = c};
	assert_int_equal(
	    rule_set_judge_segments(rules, &occ, NULL, w->a, truth, &due_ms, &w->err), 0);
	assert_int_equal(store_segments_of(w->st, id, w->a, &rows, &count, &w->err), 0);
	for (size_t i = 0; i < rule_set_segment_count(rules); i++) {
		bool is_in = false;

		for (size_t k = 0; k < count; k++)
			is_in |= slice_eq(rows[k].segment, rule_set_segment(rules, i)->id);
		if (is_in != (truth[i] == TRI_YES))
			fail_msg("seed %llu: customer %.*s is%s in %.*s by the rows",
			    (unsigned long long)seed, SLICE_ARG(id), is_in ? "" : " not",
			    SLICE_ARG(rule_set_segment(rules, i)->id));
		members[i] += is_in;
	}
}

static void
compare_all(struct world *w, uint64_t seed)
{
	const struct rule_set *rules = w->snapshot->rules;
	int64_t members[8] = {0};
	struct segment_row row;
	struct slice *ids;
	size_t count;

	arena_reset(w->a);
	assert_int_equal(
	    store_customer_ids(w->st, SLICE_NONE, 1000, w->a, &ids, &count, &w->err), 0);
	for (size_t i = 0; i < count; i++)
		compare_customer(w, ids[i], seed, members);
	for (size_t i = 0; i < rule_set_segment_count(rules); i++) {
		assert_int_equal(
		    store_segment_load(w->st, rule_set_segment(rules, i)->id, w->a, &row, &w->err),
		    1);
		assert_int_equal(row.members, members[i]);
	}
}

static void
change_link(struct world *w, const char *id)
{
	struct link_row *rows,
	    link = {.customer_id = S(id),
		.handle_key = S(arena_printf(w->a, "@%s@example.org", id)),
		.proof = S("agent"),
		.linked_at_ms = w->clock.at_ms,
		.unlinked_at_ms = TIME_UNKNOWN};
	struct history_row row = {
	    .at_ms = w->clock.at_ms, .field = S("link:test"), .source = S("test")};
	size_t count;

	assert_int_equal(store_links_of_customer(w->st, S(id), w->a, &rows, &count, &w->err), 0);
	if (count > 0 && rows[count - 1].unlinked_at_ms == TIME_UNKNOWN)
		assert_int_equal(
		    store_link_end(w->st, rows[count - 1].link_no, w->clock.at_ms, "test", &w->err),
		    0);
	else
		assert_int_equal(store_link_add(w->st, &link, &w->err), 0);
	/* as people/links.c does with every change */
	assert_int_equal(store_history_add(w->st, S(id), &row, &w->err), 0);
}

static void
change_member(struct world *w, const char *id)
{
	int rc = store_segment_enter(w->st, S("vip"), S(id), w->clock.at_ms, "test", &w->err),
	    by = 1;

	if (rc == 0) {
		rc = store_segment_leave(w->st, S("vip"), S(id), w->clock.at_ms, "test", &w->err);
		by = -1;
	}
	assert_int_equal(rc, 1);
	assert_int_equal(store_segment_count_add(w->st, S("vip"), by, w->clock.at_ms, &w->err), 0);
	/* as the import does */
	assert_int_equal(store_segment_touch(w->st, S(id), &w->err), 0);
}

/* A post, a message or an event, some of them told late. */
static void
change_day(struct world *w, const char *id)
{
	const struct day_entry e = {.what = (enum day_thing)rng_below(&w->rng, 3),
	    .at_ms = w->clock.at_ms - (int64_t)rng_below(&w->rng, 10) * DAY,
	    .score_milli = (int32_t)rng_below(&w->rng, 2001) - 1000};

	assert_int_equal(store_day_add(w->st, S(id), &e, w->clock.at_ms, &w->err), 0);
}

static void
change(struct world *w)
{
	static const char *const plans[] = {"gold", "basic", NULL};
	char id[16];
	struct endpoint e = {.channel = S("email"), .address = S("a@example.org")};
	struct consent consent = {
	    .channel = S("email"), .purpose = PURPOSE_MARKETING, .source = S("test")};

	snprintf(id, sizeof id, "c-%d", (int)rng_below(&w->rng, 12));
	put_customer(w, id);
	switch (rng_below(&w->rng, 8)) {
	case 0: set(w, id, "plan", plans[rng_below(&w->rng, 3)]); break;
	case 1:
		assert_int_equal(
		    store_tag_put(w->st, S(arena_printf(w->a, "c:%s", id)), S("advocate"),
			w->clock.at_ms, w->clock.at_ms + (int64_t)rng_below(&w->rng, 10) * DAY + 1,
			&w->err),
		    0);
		break;
	case 2: change_link(w, id); break;
	case 3:
		e.id = S(id);
		e.is_opted_out = rng_below(&w->rng, 3) == 0;
		assert_true(store_endpoint_put(w->st, S(id), &e, SLICE_NONE, w->clock.at_ms, "test",
				&w->err) >= 0);
		break;
	case 4:
		consent.is_given = rng_below(&w->rng, 2) == 0;
		consent.at_ms = w->clock.at_ms;
		assert_true(store_consent_put(
				w->st, S(id), &consent, w->clock.at_ms, "test", &w->err) >= 0);
		break;
	case 5: change_member(w, id); break;
	default: change_day(w, id); break;
	}
}

static void
whatever_happens_the_rows_say_what_judging_from_nothing_says(void **state)
{
	static const char *const others[] = {RULES, RULES "# the same\n",
	    BRAND GOLD
	    "segment vip \"Vip\" imported\nend\nsegment tagged \"Tagged\"\n  when not "
	    "customer.tag is \"advocate\"\nend\nsegment old \"O\"\n  when all of\n"
	    "    customer is not in segment tagged\n    customer is in segment vip\n"
	    "  end\nend\n"
	    "segment active \"Sad\"\n  when any of\n    customer.sentiment_30d is below 0\n"
	    "    customer.contacts_7d is at least 2\n  end\nend\n"};

	(void)state;
	for (uint64_t seed = 1; seed <= 12; seed++) {
		struct world w;

		begin_world(&w, RULES, seed % 2 == 0);
		rng_init(&w.rng, seed);
		until(&w, NOW);
		for (int step = 0; step < 60; step++) {
			if (rng_below(&w.rng, 8) == 0)
				go_live(&w, others[rng_below(&w.rng, 3)], step + 2);
			until(&w, w.clock.at_ms + (int64_t)rng_below(&w.rng, 3) * DAY);
			begin(&w);
			for (uint64_t i = rng_below(&w.rng, 4); i > 0; i--)
				change(&w);
			if (rng_below(&w.rng, 5) == 0)
				store_rollback(w.st);
			else
				commit(&w);
			if (rng_below(&w.rng, 4) == 0)
				restart(&w);
			until(&w, w.clock.at_ms);
			compare_all(&w, seed);
		}
		end_world(&w);
	}
}

static void
judging_that_fails_refuses_the_commit_and_nothing_happened(void **state)
{
	struct world w;

	(void)state;
	begin_world(&w, RULES, false);
	until(&w, NOW);
	set_now(&w, "c-1", "plan", "basic");
	for (unsigned nth = 1;; nth++) {
		struct slice gold = S("gold");
		bool hit;
		int rc;

		assert_int_equal(store_begin(w.st, &w.err), 0);
		mem_fault_arm(nth, 0);
		rc = store_customer_set(w.st, S("c-1"), S("plan"), (struct slice_list){&gold, 1},
		    NOW, "test", SLICE_NONE, &w.err);
		if (rc >= 0)
			rc = store_commit(w.st, &w.err);
		else
			store_rollback(w.st);
		hit = mem_fault_hit();
		mem_fault_arm(0, 0);
		if (!hit) {
			assert_int_equal(rc, 0);
			break;
		}
		if (rc < 0)
			assert_string_equal(segments_of(&w, "c-1"), "");
		else
			set_now(&w, "c-1", "plan", "basic");
	}
	assert_string_equal(segments_of(&w, "c-1"), "gold ");
	compare_all(&w, 0);
	end_world(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_change_and_its_membership_commit_together),
	    cmocka_unit_test(a_rule_sees_the_segments_of_the_customer),
	    cmocka_unit_test(time_alone_changes_membership_when_it_is_due),
	    cmocka_unit_test(what_they_do_moves_them_at_once_and_leaving_it_by_the_clock_alone),
	    cmocka_unit_test(
		other_rules_judge_everybody_in_parts_and_unfinished_segments_are_unknown),
	    cmocka_unit_test(whatever_happens_the_rows_say_what_judging_from_nothing_says),
	    cmocka_unit_test(the_past_is_judged_by_the_draft_from_the_customer_as_seen_then),
	    cmocka_unit_test(judging_that_fails_refuses_the_commit_and_nothing_happened),
	};

	return cmocka_run_group_tests(tests, load_lexicon, free_lexicon);
}
