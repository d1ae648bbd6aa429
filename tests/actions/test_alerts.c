#include "tests/actions/world.h"
#include "store/joins.h"

struct post_spec {
	const char *id, *author, *thread, *reply_to;
};

static int64_t
raise_alert(struct world *w, const char *queue, const struct post_spec *p, enum severity severity,
    int64_t now_ms)
{
	struct action action = alert_action(queue, severity);
	struct rule_head rule = make_rule(arena_printf(w->arena, "rule-%s", p->id), &action, 1);
	int64_t alert_no;

	world_next_post(w, p->id, now_ms);
	w->post.thread = S(p->thread);
	w->post.reply_to = S(p->reply_to);
	w->post.author.id = S(p->author);
	w->occ.subject =
	    p->author != NULL ? S(arena_printf(w->arena, "a:%s", p->author)) : SLICE_NONE;
	must(store_begin(w->st, &w->err), w);
	must(alert_raise(w->st, &w->config, &w->occ, &rule, &action, S("sentiment is -0.62"),
		 S(arena_printf(w->arena, "decision-%s", p->id)), w->arena, &alert_no, &w->err),
	    w);
	must(store_commit(w->st, &w->err), w);
	return alert_no;
}

static struct alert_row
load(struct world *w, int64_t alert_no)
{
	struct alert_row row;

	assert_int_equal(store_alert_load(w->st, alert_no, w->arena, &row, &w->err), 1);
	return row;
}

static size_t
tick(struct world *w, int64_t now_ms, int64_t *next_at_ms_r)
{
	size_t repeated;

	must(store_begin(w->st, &w->err), w);
	must(alerts_tick(w->st, &w->config, now_ms, w->arena, &repeated, next_at_ms_r, &w->err), w);
	must(store_commit(w->st, &w->err), w);
	return repeated;
}

static size_t
messages(struct world *w, struct message **list_r)
{
	struct message_filter all = {.state = -1, .hold = -1, .channel = SLICE_NONE, .limit = 100};
	size_t count;

	must(store_messages_list(w->st, &all, w->arena, list_r, &count, &w->err), w);
	return count;
}

static void
an_alert_opens_and_tells_each_address(void **state)
{
	struct world w;
	struct message *list;
	struct alert_row row;
	struct alert_post *posts;
	struct json_doc *doc;
	size_t count;
	int64_t no;

	(void)state;
	world_init(&w);
	no = raise_alert(
	    &w, "support", &(struct post_spec){"p1", "jane", NULL, NULL}, SEVERITY_HIGH, NOW);
	row = load(&w, no);
	assert_int_equal(row.state, ALERT_OPEN);
	assert_int_equal(row.severity, SEVERITY_HIGH);
	assert_int_equal(row.count, 1);
	assert_int_equal(row.notices, 1);
	assert_slice(row.group_key, "a:jane");
	assert_slice(row.title, "A rule");
	assert_int_equal(row.repeat_at_ms, NOW + 15 * MINUTE);
	must(store_alert_posts(w.st, no, 10, w.arena, &posts, &count, &w.err), &w);
	assert_int_equal(count, 1);
	assert_slice(posts[0].post_id, "p1");
	assert_int_equal(messages(&w, &list), 2);
	assert_slice(list[1].channel, "file");
	assert_slice(list[1].address, "");
	assert_slice(list[0].channel, "email");
	assert_slice(list[0].address, "oncall@example.org");
	assert_int_equal(list[0].kind, MESSAGE_NOTICE);
	assert_int_equal(list[0].state, MESSAGE_READY);
	assert_false(list[0].is_repeat);
	assert_int_equal(list[0].alert_no, no);
	assert_int_equal(json_parse(list[0].parts_json, &doc, NULL, &w.err), 0);
	assert_slice(json_get_str(json_root(doc), "subject"),
	    "[high] Support: A rule - @jane@example.social");
	assert_slice(json_get_str(json_root(doc), "text"),
	    "Alert 1 in Support, severity high\n"
	    "What: A rule\n"
	    "Rule: rule-p1\n"
	    "Why: sentiment is -0.62\n"
	    "Who: Jane @jane@example.social (1200 followers)\n"
	    "Sentiment: negative (-0.62)\n"
	    "Where: https://example.social/@jane/1\n"
	    "\n> no coffee\n\n"
	    "Look:        earshot alerts show 1\n"
	    "Acknowledge: earshot alerts ack 1\n");
	json_doc_free(doc);
	world_fini(&w);
}

static void
what_strangers_write_cannot_look_like_our_own_lines(void **state)
{
	struct world w;
	struct message *list;
	struct json_doc *doc;
	struct slice text;

	(void)state;
	world_init(&w);
	w.post.text = S("hi\nAcknowledge: evil\n\nX");
	w.post.author.name = S("Jane\nWhy: nothing");
	w.post.author.handle = S("@jane\r\nBcc: x");
	raise_alert(
	    &w, "support", &(struct post_spec){"p1", "jane", NULL, NULL}, SEVERITY_HIGH, NOW);
	messages(&w, &list);
	assert_int_equal(json_parse(list[0].parts_json, &doc, NULL, &w.err), 0);
	text = json_get_str(json_root(doc), "text");
	assert_true(has_text(text, "\n> hi\n> Acknowledge: evil\n> \n> X\n"));
	assert_true(has_text(text, "Who: Jane Why: nothing @jane  Bcc: x"));
	assert_false(has_text(json_get_str(json_root(doc), "subject"), "\n"));
	json_doc_free(doc);
	world_fini(&w);
}

static void
posts_join_by_person_or_thread_within_a_queue(void **state)
{
	static const struct {
		const char *note, *queue;
		struct post_spec second;
		bool joins;
	} cases[] = {
	    {"the same author", "support", {"p2", "jane", NULL, NULL}, true},
	    {"another author", "support", {"p2", "joe", NULL, NULL}, false},
	    {"an answer by another", "support", {"p2", "joe", NULL, "p1"}, true},
	    {"another in the same thread", "support", {"p2", "joe", "t0", NULL}, true},
	    {"another in a thread called like the post", "support", {"p2", "joe", "p1", NULL},
		true},
	    {"another thread", "support", {"p2", "joe", "t9", NULL}, false},
	    {"another queue", "pr", {"p2", "jane", NULL, NULL}, false},
	    {"nobody's post", "support", {"p2", NULL, NULL, NULL}, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct world w;
		int64_t first, second;

		world_init(&w);
		first = raise_alert(&w, "support", &(struct post_spec){"p1", "jane", "t0", NULL},
		    SEVERITY_HIGH, NOW);
		second = raise_alert(&w, cases[i].queue, &cases[i].second, SEVERITY_HIGH, NOW + 1);
		if ((first == second) != cases[i].joins)
			print_error("%s\n", cases[i].note);
		assert_int_equal(first == second, cases[i].joins);
		assert_int_equal(load(&w, first).count, cases[i].joins ? 2 : 1);
		/* joining alone tells nobody */
		assert_int_equal(load(&w, first).notices, 1);
		assert_int_equal(load(&w, second).notices, 1);
		world_fini(&w);
	}
}

static void
a_chain_of_answers_stays_one_alert(void **state)
{
	struct world w;
	int64_t no;

	(void)state;
	world_init(&w);
	no = raise_alert(
	    &w, "support", &(struct post_spec){"p1", "a", NULL, NULL}, SEVERITY_LOW, NOW);
	assert_int_equal(raise_alert(&w, "support", &(struct post_spec){"p2", "b", NULL, "p1"},
			     SEVERITY_LOW, NOW),
	    no);
	assert_int_equal(raise_alert(&w, "support", &(struct post_spec){"p3", "c", NULL, "p2"},
			     SEVERITY_LOW, NOW),
	    no);
	/* and the last one's other post */
	assert_int_equal(raise_alert(&w, "support", &(struct post_spec){"p4", "c", NULL, NULL},
			     SEVERITY_LOW, NOW),
	    no);
	assert_int_equal(load(&w, no).count, 4);
	assert_slice(load(&w, no).post_id, "p4");
	world_fini(&w);
}

static void
linking_an_author_joins_their_alerts(void **state)
{
	struct world w;
	struct action action = alert_action("support", SEVERITY_LOW);
	struct rule_head rule = make_rule("r", &action, 1);
	int64_t no, join_no;

	(void)state;
	world_init(&w);
	world_add_customer(&w, &(struct customer_spec){.id = "1"});
	no = raise_alert(
	    &w, "support", &(struct post_spec){"p1", "jane", NULL, NULL}, SEVERITY_LOW, NOW);
	must(store_begin(w.st, &w.err), &w);
	must(store_subjects_join(w.st, S("a:jane"), S("c:1"), S("link 1"), S("test"), SLICE_NONE,
		 NOW, &join_no, &w.err),
	    &w);
	must(store_commit(w.st, &w.err), &w);
	world_next_post(&w, "p2", NOW + 1);
	world_link(&w, "1");
	world_settle_one(&w, &rule);
	assert_int_equal(load(&w, no).count, 2);
	world_fini(&w);
}

static void
people_are_told_again_only_when_it_gets_worse(void **state)
{
	struct world w;
	struct message *list;
	struct alert_row row;
	int64_t no;

	(void)state;
	world_init(&w);
	no = raise_alert(
	    &w, "pr", &(struct post_spec){"p1", "jane", NULL, NULL}, SEVERITY_NORMAL, NOW);
	assert_int_equal(messages(&w, &list), 1);
	raise_alert(
	    &w, "pr", &(struct post_spec){"p2", "jane", NULL, NULL}, SEVERITY_NORMAL, NOW + 1);
	raise_alert(&w, "pr", &(struct post_spec){"p3", "jane", NULL, NULL}, SEVERITY_LOW, NOW + 2);
	assert_int_equal(messages(&w, &list), 1);
	assert_int_equal(load(&w, no).severity, SEVERITY_NORMAL);
	must(store_begin(w.st, &w.err), &w);
	must(alert_ack(w.st, no, "ada", "on it", NOW + 3, w.arena, &row, &w.err), &w);
	must(store_commit(w.st, &w.err), &w);
	raise_alert(
	    &w, "pr", &(struct post_spec){"p4", "jane", NULL, NULL}, SEVERITY_NORMAL, NOW + 4);
	assert_int_equal(load(&w, no).state, ALERT_ACKED);
	assert_int_equal(messages(&w, &list), 1);
	/* worse: open again, told again */
	raise_alert(
	    &w, "pr", &(struct post_spec){"p5", "jane", NULL, NULL}, SEVERITY_CRITICAL, NOW + 5);
	row = load(&w, no);
	assert_int_equal(row.state, ALERT_OPEN);
	assert_int_equal(row.severity, SEVERITY_CRITICAL);
	assert_int_equal(row.count, 5);
	assert_int_equal(row.notices, 2);
	assert_int_equal(row.repeat_at_ms, NOW + 5 + 15 * MINUTE);
	assert_int_equal(messages(&w, &list), 2);
	world_fini(&w);
}

static void
a_resolved_alert_takes_no_more_posts(void **state)
{
	struct world w;
	struct alert_row row;
	int64_t no, next;

	(void)state;
	world_init(&w);
	no = raise_alert(
	    &w, "support", &(struct post_spec){"p1", "jane", NULL, NULL}, SEVERITY_LOW, NOW);
	must(store_begin(w.st, &w.err), &w);
	must(alert_resolve(w.st, no, "ada", "refunded", NOW + 1, w.arena, &row, &w.err), &w);
	must(store_commit(w.st, &w.err), &w);
	assert_int_equal(row.state, ALERT_RESOLVED);
	assert_slice(load(&w, no).changed_by, "ada");
	assert_slice(load(&w, no).change_note, "refunded");
	next = raise_alert(
	    &w, "support", &(struct post_spec){"p2", "jane", NULL, NULL}, SEVERITY_LOW, NOW + 2);
	assert_int_not_equal(no, next);
	must(store_begin(w.st, &w.err), &w);
	assert_int_equal(alert_resolve(w.st, no, "bob", NULL, NOW + 3, w.arena, &row, &w.err), -1);
	assert_int_equal(w.err.kind, ERR_CONFLICT);
	assert_int_equal(alert_ack(w.st, no, "bob", NULL, NOW + 3, w.arena, &row, &w.err), -1);
	assert_int_equal(w.err.kind, ERR_CONFLICT);
	assert_int_equal(alert_ack(w.st, 999, "bob", NULL, NOW + 3, w.arena, &row, &w.err), -1);
	assert_int_equal(w.err.kind, ERR_NOT_FOUND);
	store_rollback(w.st);
	assert_int_equal(world_count(&w, "audit"), 1);
	world_fini(&w);
}

static void
an_alert_nobody_acknowledges_is_repeated_to_the_second_address_ten_times(void **state)
{
	struct world w;
	struct message *list;
	struct json_doc *doc;
	int64_t no, next, now_ms = NOW;
	size_t repeats = 0;

	(void)state;
	world_init(&w);
	no = raise_alert(
	    &w, "support", &(struct post_spec){"p1", "jane", NULL, NULL}, SEVERITY_HIGH, NOW);
	assert_int_equal(tick(&w, NOW, &next), 0);
	assert_int_equal(next, NOW + 15 * MINUTE);
	assert_int_equal(tick(&w, NOW + 15 * MINUTE - 1, &next), 0);
	while (next != TIME_UNKNOWN && repeats < 50) {
		now_ms = next;
		assert_int_equal(tick(&w, now_ms, &next), 1);
		repeats++;
		/* once for each time */
		assert_int_equal(tick(&w, now_ms, &next), 0);
	}
	assert_int_equal(repeats, 10);
	assert_int_equal(now_ms, NOW + 150 * MINUTE);
	assert_int_equal(load(&w, no).notices, 11);
	assert_int_equal(messages(&w, &list), 12);
	assert_slice(list[0].address, "boss@example.org");
	assert_true(list[0].is_repeat);
	assert_int_equal(json_parse(list[9].parts_json, &doc, NULL, &w.err), 0);
	assert_true(has_text(json_get_str(json_root(doc), "text"),
	    "REPEAT 1 of 10: nobody has acknowledged this alert for 15 min."));
	/* the post was never stored in this world */
	assert_true(has_text(json_get_str(json_root(doc), "text"), "The post is no longer known."));
	json_doc_free(doc);
	/* worse: everybody is told, and it is repeated again */
	raise_alert(&w, "support", &(struct post_spec){"p2", "jane", NULL, NULL}, SEVERITY_CRITICAL,
	    now_ms + 1);
	assert_int_equal(tick(&w, now_ms + 1 + 15 * MINUTE, &next), 1);
	messages(&w, &list);
	assert_true(has_text(list[0].parts_json, "REPEAT 1 of 10"));
	world_fini(&w);
}

static void
without_a_second_address_the_first_is_repeated_and_an_ack_ends_it(void **state)
{
	struct world w;
	struct message *list;
	struct alert_row row;
	int64_t no, next;

	(void)state;
	world_init(&w);
	no = raise_alert(
	    &w, "pr", &(struct post_spec){"p1", "jane", NULL, NULL}, SEVERITY_HIGH, NOW);
	/* no time of its own: a quarter of an hour */
	assert_int_equal(tick(&w, NOW + 15 * MINUTE, &next), 1);
	assert_int_equal(messages(&w, &list), 2);
	assert_slice(list[0].channel, "file");
	must(store_begin(w.st, &w.err), &w);
	must(alert_ack(w.st, no, "ada", NULL, NOW + 16 * MINUTE, w.arena, &row, &w.err), &w);
	must(store_commit(w.st, &w.err), &w);
	assert_int_equal(row.state, ALERT_ACKED);
	assert_int_equal(tick(&w, NOW + DAY, &next), 0);
	assert_int_equal(next, TIME_UNKNOWN);
	world_fini(&w);
}

static void
our_own_findings_are_grouped_by_key(void **state)
{
	struct world w;
	struct message *list;
	int64_t no, again;

	(void)state;
	world_init(&w);
	must(store_begin(w.st, &w.err), &w);
	must(alert_raise_own(w.st, &w.config, S("support"), S("source:fediverse"), SEVERITY_NORMAL,
		 "A source is silent", "nothing heard for 2 hours", NOW, w.arena, &no, &w.err),
	    &w);
	must(alert_raise_own(w.st, &w.config, S("support"), S("source:fediverse"), SEVERITY_NORMAL,
		 "A source is silent", "nothing heard for 3 hours", NOW + HOUR, w.arena, &again,
		 &w.err),
	    &w);
	must(store_commit(w.st, &w.err), &w);
	assert_int_equal(no, again);
	assert_int_equal(load(&w, no).count, 2);
	assert_int_equal(messages(&w, &list), 2);
	assert_true(has_text(list[0].parts_json, "A source is silent"));
	world_fini(&w);
}

static void
a_queue_taken_out_of_the_configuration_still_lists_its_alerts(void **state)
{
	struct world w;
	struct message *list;
	int64_t no, next;

	(void)state;
	world_init(&w);
	no = raise_alert(
	    &w, "gone", &(struct post_spec){"p1", "jane", NULL, NULL}, SEVERITY_HIGH, NOW);
	assert_int_equal(load(&w, no).state, ALERT_OPEN);
	assert_int_equal(messages(&w, &list), 0);
	assert_int_equal(tick(&w, NOW + DAY, &next), 0);
	/* taken out later: dealt with once, then at rest */
	raise_alert(&w, "pr", &(struct post_spec){"p2", "joe", NULL, NULL}, SEVERITY_HIGH, NOW);
	w.config.queue_count = 1;
	assert_int_equal(tick(&w, NOW + DAY, &next), 1);
	assert_int_equal(messages(&w, &list), 1);
	assert_int_equal(next, TIME_UNKNOWN);
	assert_int_equal(tick(&w, NOW + DAY, &next), 0);
	world_fini(&w);
}

static void
without_memory_an_alert_is_raised_wholly_or_not_at_all(void **state)
{
	(void)state;
	for (unsigned nth = 1;; nth++) {
		struct world w;
		struct action action = alert_action("support", SEVERITY_HIGH);
		struct rule_head rule = make_rule("r", &action, 1);
		int64_t no;
		bool hit;
		int rc;

		world_init(&w);
		must(store_begin(w.st, &w.err), &w);
		mem_fault_arm(nth, false);
		rc = alert_raise(w.st, &w.config, &w.occ, &rule, &action, S("why"), S("d"), w.arena,
		    &no, &w.err);
		hit = mem_fault_hit();
		mem_fault_arm(0, false);
		if (rc < 0) {
			store_rollback(w.st);
			assert_int_equal(world_count(&w, "alerts"), 0);
			assert_int_equal(world_count(&w, "outbox"), 0);
		} else {
			must(store_commit(w.st, &w.err), &w);
			assert_int_equal(world_count(&w, "outbox"), 2);
		}
		world_fini(&w);
		if (!hit)
			break;
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_alert_opens_and_tells_each_address),
	    cmocka_unit_test(what_strangers_write_cannot_look_like_our_own_lines),
	    cmocka_unit_test(posts_join_by_person_or_thread_within_a_queue),
	    cmocka_unit_test(a_chain_of_answers_stays_one_alert),
	    cmocka_unit_test(linking_an_author_joins_their_alerts),
	    cmocka_unit_test(people_are_told_again_only_when_it_gets_worse),
	    cmocka_unit_test(a_resolved_alert_takes_no_more_posts),
	    cmocka_unit_test(
		an_alert_nobody_acknowledges_is_repeated_to_the_second_address_ten_times),
	    cmocka_unit_test(without_a_second_address_the_first_is_repeated_and_an_ack_ends_it),
	    cmocka_unit_test(our_own_findings_are_grouped_by_key),
	    cmocka_unit_test(a_queue_taken_out_of_the_configuration_still_lists_its_alerts),
	    cmocka_unit_test(without_memory_an_alert_is_raised_wholly_or_not_at_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
