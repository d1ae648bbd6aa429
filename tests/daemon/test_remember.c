/* What rules remember of persons: timers, and one thing after another. */
#include "tests/daemon/days.h"

#include <sqlite3.h>

/* ---- timers ---- */

/* Nobody answered a complaint. */
static const char unanswered[] = BRAND "rule care \"Care\"\n"
				       "  when all of\n"
				       "    brand is acme\n"
				       "    text contains \"broken\"\n"
				       "  end\n"
				       "  unless answered within 2 hours\n"
				       "  then\n"
				       "    alert \"support\" as high\n"
				       "  end\n"
				       "end\n";

static void
complaints(struct world *w)
{
	post(w, NOW, "p1", "jane", "my acme is broken");
	assert_told(w, "care/p1=waiting ");
	post(w, NOW + MINUTE, "p2", "joe", "acme is broken again");
	post(w, NOW + 2 * MINUTE, "p3", "jim", "broken, acme");
	post(w, NOW + 3 * MINUTE, "p4", "acme", "is acme broken?");
	assert_told(w, "care/p2=waiting care/p3=waiting care/p4=held ");
	reply(w, NOW + HOUR, "p5", "acme", "p2");
	reply(w, NOW + HOUR, "p6", "jane", "p1"); /* not by us */
	until(w, NOW + HOUR + 1);
	say(w, &(struct saying){.id = "p3", .who = "jim", .text = "", .is_deleted = true});
	until(w, NOW + 2 * HOUR - 1);
	assert_told(w, "");
	until(w, NOW + 2 * HOUR);
	assert_told(w, "care/p1=alerted ");
	until(w, NOW + DAY);
	assert_told(w, "care/p2=held ");
	assert_int_equal(rows_of(w, "timers"), 0);
	assert_int_equal(rows_of(w, "alerts"), 1);
}

static void
a_complaint_nobody_answers_reaches_a_person(void **state)
{
	(void)state;
	for (int restarts = 0; restarts < 2; restarts++) {
		struct world w;

		begin_world(&w, unanswered, restarts);
		complaints(&w);
		assert_non_null(strstr(buf_str(&w.notes), "not answered within 2 hours; alert 1"));
		assert_non_null(strstr(buf_str(&w.notes), "answered at 2026-11-21T11:00:00Z"));
		end_world(&w);
	}
}

static void
what_fell_due_while_we_were_down_is_judged_at_the_start(void **state)
{
	struct world w;

	(void)state;
	begin_world(&w, unanswered, false);
	post(&w, NOW, "p1", "jane", "my acme is broken");
	post(&w, NOW + MINUTE, "p2", "joe", "my acme is broken");
	buf_clear(&w.told);
	/* down for an hour more: still within the time the rule acts */
	clock_virtual_set(&w.clock, NOW + 3 * HOUR);
	restart(&w);
	until(&w, NOW + 3 * HOUR);
	assert_told(&w, "care/p1=alerted care/p2=alerted ");
	post(&w, NOW + 4 * HOUR, "p3", "jane", "my acme is broken");
	clock_virtual_set(&w.clock, NOW + DAY);
	restart(&w);
	until(&w, NOW + DAY);
	assert_told(&w, "care/p3=waiting care/p3=held ");
	assert_non_null(strstr(buf_str(&w.notes), "older than 2 hours"));
	end_world(&w);
}

static void
the_live_rules_judge_a_timer(void **state)
{
	static const struct {
		const char *rules, *note;
	} cases[] = {
	    {BRAND "rule other \"Other\"\n  when text contains \"x\"\n  then\n"
		   "    tag author \"x\"\n  end\nend\n",
		"the rule is no longer in force"},
	    {BRAND "rule care \"Care\"\n  when text contains \"broken\"\n  then\n"
		   "    alert \"support\" as high\n  end\nend\n",
		"the rule was changed: it does not wait any more"},
	    {BRAND "rule care \"Care\"\n  off\n  when text contains \"broken\"\n"
		   "  unless answered within 2 hours\n  then\n"
		   "    alert \"support\" as high\n  end\nend\n",
		"the rule is switched off"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct world w;
		struct snapshot *next;

		begin_world(&w, unanswered, false);
		post(&w, NOW, "p1", "jane", "my acme is broken");
		next = make_snapshot(&w, cases[i].rules, 2);
		pipeline_swap(w.p, next);
		snapshot_unref(next);
		buf_clear(&w.told);
		until(&w, NOW + DAY);
		assert_told(&w, "care/p1=held ");
		if (strstr(buf_str(&w.notes), cases[i].note) == NULL)
			fail_msg("'%s' is not in '%s'", cases[i].note, buf_str(&w.notes));
		end_world(&w);
	}
}

/* More than one transaction takes. */
static void
many_timers_fall_due_a_part_at_a_time(void **state)
{
	struct world w;
	struct tick_result r;
	int64_t left = 600;

	(void)state;
	begin_world(&w, unanswered, false);
	for (int i = 0; i < 600; i++) {
		char id[16], who[16];

		snprintf(id, sizeof id, "p%d", i);
		snprintf(who, sizeof who, "u%d", i);
		post(&w, NOW, id, who, "my acme is broken");
	}
	assert_int_equal(rows_of(&w, "timers"), left);
	clock_virtual_set(&w.clock, NOW + 2 * HOUR);
	do {
		assert_int_equal(pipeline_tick(w.p, &r, &w.err), 0);
		assert_true(rows_of(&w, "timers") < left);
		left = rows_of(&w, "timers");
		assert_int_equal(r.more, left > 0);
		assert_true(r.queued > 0);
	} while (r.more);
	assert_int_equal(left, 0);
	assert_int_equal(rows_of(&w, "alerts"), 600);
	end_world(&w);
}

static void
a_timer_that_cannot_be_judged_holds_up_no_other(void **state)
{
	struct world w;
	sqlite3 *db;

	(void)state;
	begin_world(&w, unanswered, false);
	post(&w, NOW, "p1", "jane", "my acme is broken");
	post(&w, NOW + 1, "p2", "joe", "my acme is broken");
	post(&w, NOW + 2, "p3", "jim", "my acme is broken");
	buf_clear(&w.told);
	assert_int_equal(sqlite3_open(w.path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db,
			     "CREATE TRIGGER refuse BEFORE INSERT ON decisions "
			     "WHEN NEW.occurrence_kind = 1 AND NEW.occurrence_id IN ('p1', 'p2') "
			     "BEGIN SELECT RAISE(ABORT, 'refused by the test'); END",
			     NULL, NULL, NULL),
	    SQLITE_OK);
	sqlite3_close(db);
	restart(&w);
	until(&w, NOW + DAY);
	assert_told(&w, "care/p3=alerted ");
	assert_int_equal(rows_of(&w, "timers"), 0);
	end_world(&w);
}

/* The tick fails at each allocation in turn, and goes well at last. */
static void
a_tick_without_memory_is_tried_again(void **state)
{
	struct world w;
	unsigned failed = 0;

	(void)state;
	begin_world(&w, unanswered, false);
	post(&w, NOW, "p1", "jane", "my acme is broken");
	buf_clear(&w.told);
	clock_virtual_set(&w.clock, NOW + 2 * HOUR);
	for (unsigned nth = 1;; nth++) {
		struct tick_result r;
		int rc;

		assert_true(nth < 2000);
		mem_fault_arm(nth, false);
		rc = pipeline_tick(w.p, &r, &w.err);
		mem_fault_arm(0, false);
		if (rc == 0)
			break;
		failed++;
		assert_int_equal(w.err.kind, ERR_NOMEM);
		assert_int_equal(rows_of(&w, "timers"), 1);
		assert_int_equal(rows_of(&w, "alerts"), 0);
	}
	assert_true(failed > 0);
	assert_told(&w, "care/p1=alerted ");
	end_world(&w);
}

/* ---- sequences ---- */

static const char sequence[] = "rule seq \"First A, then B\"\n"
			       "  when text contains \"buy\"\n"
			       "  after a post within 3 days where text contains \"hello\"\n"
			       "  then\n"
			       "    tag author \"keen\"\n"
			       "  end\n"
			       "end\n"
			       "rule calm \"No thanks came\"\n"
			       "  when text contains \"refund\"\n"
			       "  unless a post within 3 days where text contains \"thanks\"\n"
			       "  then\n"
			       "    tag author \"angry\"\n"
			       "  end\n"
			       "end\n";

static void
first_one_thing_then_another(void **state)
{
	(void)state;
	for (int restarts = 0; restarts < 2; restarts++) {
		struct world w;

		begin_world(&w, sequence, restarts);
		post(&w, NOW, "p1", "jane", "buy it");
		post(&w, NOW + DAY, "p2", "jane", "hello");
		post(&w, NOW + 2 * DAY, "p3", "joe", "buy it");
		post(&w, NOW + 4 * DAY, "p4", "jane", "buy it");
		post(&w, NOW + 4 * DAY + 1, "p5", "jane", "buy it");
		assert_told(&w, "seq/p1=counted seq/p3=counted seq/p4=done seq/p5=counted ");
		post(&w, NOW + 5 * DAY, "p6", "jane", "hello, buy it");
		post(&w, NOW + 5 * DAY + 1, "p7", "jane", "buy it");
		assert_told(&w, "seq/p6=counted seq/p7=done ");
		end_world(&w);
	}
}

static void
a_post_makes_the_action_needless(void **state)
{
	(void)state;
	for (int restarts = 0; restarts < 2; restarts++) {
		struct world w;

		begin_world(&w, sequence, restarts);
		post(&w, NOW, "p1", "jane", "a refund, please; thanks");
		post(&w, NOW, "p2", "joe", "a refund, please");
		post(&w, NOW + DAY, "p3", "joe", "thanks");
		assert_told(&w, "calm/p1=waiting calm/p2=waiting ");
		until(&w, NOW + 9 * DAY);
		assert_told(&w, "calm/p1=done calm/p2=held ");
		end_world(&w);
	}
}

/* Messages that are due count as sent. */
static void
deliver(struct world *w)
{
	struct send_outcome done = {.result = SEND_DONE};
	struct message *list;
	enum message_state state;
	size_t count;

	assert_int_equal(store_begin(w->st, &w->err), 0);
	assert_int_equal(outbox_claim(w->st, &w->snapshot->config->actions, w->clock.at_ms, false,
			     NULL, 0, 100, w->a, &list, &count, &w->err),
	    0);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(outbox_record(w->st, &w->snapshot->config->actions, &w->rng,
				     w->clock.at_ms, S(list[i].id), &done, &state, &w->err),
		    0);
	assert_int_equal(store_commit(w->st, &w->err), 0);
}

static void
add_customer(struct world *w, const char *id, const char *handle)
{
	struct link_row link = {.customer_id = S(id),
	    .handle_key = S(handle),
	    .proof = S("imported handle"),
	    .linked_at_ms = NOW,
	    .unlinked_at_ms = TIME_UNKNOWN};
	bool created;

	assert_int_equal(store_begin(w->st, &w->err), 0);
	assert_int_equal(store_customer_put(w->st, S(id), SLICE_NONE, SLICE_NONE, SLICE_NONE, NOW,
			     "test", &created, &w->err),
	    0);
	assert_true(store_link_add(w->st, &link, &w->err) >= 0);
	assert_int_equal(store_commit(w->st, &w->err), 0);
}

static const char stayed[] = "rule sorry \"Say sorry\"\n"
			     "  when text contains \"awful\"\n"
			     "  then\n"
			     "    send \"sorry\" by log to customer\n"
			     "  end\n"
			     "  at most once every 30 days per customer\n"
			     "end\n"
			     "rule stayed \"It did not help\"\n"
			     "  when text contains \"awful\"\n"
			     "  after \"sorry\" was sent within 7 days\n"
			     "  then\n"
			     "    tag author \"lost\"\n"
			     "  end\n"
			     "end\n";

static void
who_was_sent_something_and_stayed_angry(void **state)
{
	(void)state;
	for (int restarts = 0; restarts < 2; restarts++) {
		struct world w;

		begin_world(&w, stayed, restarts);
		add_customer(&w, "17", "@jane@example.org");
		post(&w, NOW, "p1", "jane", "awful");
		assert_told(&w, "sorry/p1=queued stayed/p1=counted ");
		/* queued is not sent */
		post(&w, NOW + 1, "p2", "jane", "awful");
		assert_told(&w, "sorry/p2=held stayed/p2=counted ");
		until(&w, NOW + HOUR);
		deliver(&w);
		post(&w, NOW + DAY, "p3", "jane", "still awful");
		post(&w, NOW + DAY, "p4", "joe", "still awful");
		assert_told(&w, "sorry/p3=held stayed/p3=done sorry/p4=held stayed/p4=counted ");
		post(&w, NOW + 8 * DAY, "p5", "jane", "awful");
		assert_told(&w, "sorry/p5=held stayed/p5=counted ");
		end_world(&w);
	}
}

/* A reply to a reply belongs to the conversation, whoever says it. */
static void
a_thread_is_the_whole_conversation(void **state)
{
	static const char rule[] = BRAND "rule calm \"Calm\"\n  when text contains \"broken\"\n"
					 "  then alert \"support\" as low\n"
					 "  at most once every 1 day per thread\nend\n";
	static const struct {
		const char *id, *who, *reply_to, *expected;
	} cases[] = {{"p1", "jane", NULL, "calm/p1=alerted "}, {"p2", "joe", "p1", "calm/p2=held "},
	    {"p3", "jim", "p2", "calm/p3=held "}, {"p4", "ann", "unseen", "calm/p4=alerted "},
	    {"p5", "bob", "p4", "calm/p5=held "}, {"p6", "eve", "p5", "calm/p6=held "}};
	struct world w;

	(void)state;
	begin_world(&w, rule, false);
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		until(&w, NOW + (int64_t)i * MINUTE);
		say(&w,
		    &(struct saying){.id = cases[i].id,
			.who = cases[i].who,
			.text = "acme is broken",
			.reply_to = cases[i].reply_to});
		assert_told(&w, cases[i].expected);
	}
	end_world(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_thread_is_the_whole_conversation),
	    cmocka_unit_test(a_complaint_nobody_answers_reaches_a_person),
	    cmocka_unit_test(what_fell_due_while_we_were_down_is_judged_at_the_start),
	    cmocka_unit_test(the_live_rules_judge_a_timer),
	    cmocka_unit_test(many_timers_fall_due_a_part_at_a_time),
	    cmocka_unit_test(a_timer_that_cannot_be_judged_holds_up_no_other),
	    cmocka_unit_test(a_tick_without_memory_is_tried_again),
	    cmocka_unit_test(first_one_thing_then_another),
	    cmocka_unit_test(a_post_makes_the_action_needless),
	    cmocka_unit_test(who_was_sent_something_and_stayed_angry),
	};

	return cmocka_run_group_tests(tests, load_lexicon, free_lexicon);
}
