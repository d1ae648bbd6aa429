#include "tests/actions/world.h"

#include "actions/incidents.h"
#include "store/pauses.h"

static const struct action actions[] = {
    {.verb = ACTION_ALERT,
	.text = {"alert \"pr\" as critical", 22},
	.queue = {"pr", 2},
	.severity = SEVERITY_CRITICAL},
    {.verb = ACTION_PAUSE_PROMOTIONS, .text = {"pause promotions", 16}},
    {.verb = ACTION_ALERT,
	.text = {"alert \"pr\" as critical", 22},
	.queue = {"pr", 2},
	.severity = SEVERITY_CRITICAL},
    {.verb = ACTION_TAG, .text = {"tag", 3}, .name = {"tag", 3}},
};
static const struct rule_head storm = {.id = {"storm", 5},
    .title = {"A crowd", 7},
    .version = 3,
    .actions = actions,
    .action_count = sizeof actions / sizeof *actions};

static struct settled
begin(struct world *w, const struct rule_head *watch, int64_t since_ms, const char *reason)
{
	struct incident in = {watch, since_ms, since_ms + MINUTE, S(reason)};
	struct settled settled;

	must(store_begin(w->st, &w->err), w);
	must(actions_settle_incident(w->st, &w->config, &in, w->arena, &settled, &w->err), w);
	must(store_commit(w->st, &w->err), w);
	return settled;
}

static size_t
end(struct world *w, int64_t now_ms, const char *reason)
{
	size_t told;

	must(store_begin(w->st, &w->err), w);
	must(actions_end_incident(
		 w->st, &w->config, storm.id, S(reason), now_ms, w->arena, &told, &w->err),
	    w);
	must(store_commit(w->st, &w->err), w);
	return told;
}

static struct alert_row
only_alert(struct world *w)
{
	struct alert_row *rows;
	size_t count;

	must(store_alerts_list(w->st, -1, SLICE_NONE, 0, 10, w->arena, &rows, &count, &w->err), w);
	assert_int_equal(count, 1);
	return rows[0];
}

static bool
is_paused(struct world *w)
{
	struct pause_row row;
	int rc =
	    store_pause_get(w->st, SLICE_LIT(PAUSE_PROMOTIONS), NOW + DAY, w->arena, &row, &w->err);

	must(rc, w);
	return rc == 1;
}

static void
a_crowd_is_one_alert_and_a_pause_until_it_is_over(void **state)
{
	struct world w;
	struct settled s;
	struct alert_row alert;
	int64_t notices;

	(void)state;
	world_init(&w);
	s = begin(&w, &storm, NOW, "count within 10 minutes is 25, at least 20");
	assert_int_equal(s.count, 3); /* the repeated line is one action */
	assert_int_equal(s.fired, 1);
	assert_int_equal(s.alerted, 1);
	assert_int_equal(s.rows[0].outcome, DECISION_ALERTED);
	assert_int_equal(s.rows[0].occurrence_kind, OCCURRENCE_INCIDENT);
	assert_slice(s.rows[0].occurrence_id, "w:storm:1795255200000");
	assert_int_equal(s.rows[1].outcome, DECISION_DONE);
	assert_int_equal(s.rows[2].outcome, DECISION_SUPPRESSED);
	assert_int_equal(world_count(&w, "decisions"), 3);
	alert = only_alert(&w);
	assert_slice(alert.group_key, "w:storm");
	assert_slice(alert.reason, "count within 10 minutes is 25, at least 20");
	assert_true(is_paused(&w));
	notices = world_count(&w, "outbox");
	assert_int_equal(notices, 1);
	/* the same incident again, as after a batch that was tried twice */
	assert_int_equal(begin(&w, &storm, NOW, "other").count, 0);

	assert_int_equal(end(&w, NOW + HOUR, "quiet for 30 minutes"), 1);
	alert = only_alert(&w);
	assert_slice(alert.reason, "it is over: quiet for 30 minutes");
	assert_int_equal(world_count(&w, "outbox"), notices + 1);
	assert_false(is_paused(&w));
	world_fini(&w);
}

static void
the_next_crowd_opens_an_acknowledged_alert_again(void **state)
{
	struct world w;
	struct alert_row alert;

	(void)state;
	world_init(&w);
	begin(&w, &storm, NOW, "first");
	alert = only_alert(&w);
	must(store_begin(w.st, &w.err), &w);
	must(alert_ack(w.st, alert.alert_no, "ann", "looking", NOW, w.arena, &alert, &w.err), &w);
	must(store_commit(w.st, &w.err), &w);
	end(&w, NOW + HOUR, "quiet");
	assert_int_equal(only_alert(&w).state, ALERT_ACKED);
	begin(&w, &storm, NOW + DAY, "second");
	alert = only_alert(&w);
	assert_int_equal(alert.state, ALERT_OPEN);
	assert_int_equal(alert.count, 2);
	assert_int_equal(alert.notices, 3);
	world_fini(&w);
}

static void
a_resolved_alert_is_told_nothing(void **state)
{
	struct world w;
	struct alert_row alert;

	(void)state;
	world_init(&w);
	begin(&w, &storm, NOW, "first");
	alert = only_alert(&w);
	must(store_begin(w.st, &w.err), &w);
	must(alert_resolve(w.st, alert.alert_no, "ann", "done", NOW, w.arena, &alert, &w.err), &w);
	must(store_commit(w.st, &w.err), &w);
	assert_int_equal(end(&w, NOW + HOUR, "quiet"), 0);
	assert_int_equal(world_count(&w, "outbox"), 1);
	world_fini(&w);
}

static void
a_shadow_watch_does_nothing(void **state)
{
	struct world w;
	struct rule_head shadow = storm;
	struct settled s;

	(void)state;
	world_init(&w);
	shadow.is_shadow = true;
	s = begin(&w, &shadow, NOW, "first");
	assert_int_equal(s.count, 3);
	assert_int_equal(s.rows[0].outcome, DECISION_SHADOW);
	assert_int_equal(s.rows[1].outcome, DECISION_SHADOW);
	assert_int_equal(world_count(&w, "alerts"), 0);
	assert_false(is_paused(&w));
	assert_int_equal(end(&w, NOW + HOUR, "quiet"), 0);
	world_fini(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_crowd_is_one_alert_and_a_pause_until_it_is_over),
	    cmocka_unit_test(the_next_crowd_opens_an_acknowledged_alert_again),
	    cmocka_unit_test(a_resolved_alert_is_told_nothing),
	    cmocka_unit_test(a_shadow_watch_does_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
