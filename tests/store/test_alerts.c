/*
 * Offers, alerts, rule versions as rows.
 */
#include "tests/store/store_fixture.h"

#include <string.h>

static void
a_code_goes_to_one_person_and_a_person_gets_one(void **state)
{
	struct fixture *f = *state;
	struct slice ten = SLICE_LIT("ten"), code, first;
	int64_t free_count, taken;

	OK(store_begin(f->st, ERR));
	assert_int_equal(store_offer_import(f->st, ten, SLICE_LIT("B"), ERR), 1);
	assert_int_equal(store_offer_import(f->st, ten, SLICE_LIT("A"), ERR), 1);
	assert_int_equal(store_offer_import(f->st, ten, SLICE_LIT("A"), ERR), 0);
	assert_int_equal(store_offer_import(f->st, SLICE_LIT("other"), SLICE_LIT("A"), ERR), 1);
	assert_int_equal(
	    store_offer_take(f->st, ten, SLICE_LIT("c:1"), SLICE_LIT("d1"), 5, f->a, &first, ERR),
	    1);
	assert_int_equal(
	    store_offer_take(f->st, ten, SLICE_LIT("c:1"), SLICE_LIT("d2"), 6, f->a, &code, ERR),
	    2);
	assert_string_equal(code.ptr, first.ptr);
	assert_int_equal(
	    store_offer_take(f->st, ten, SLICE_LIT("c:2"), SLICE_LIT("d3"), 6, f->a, &code, ERR),
	    1);
	assert_string_not_equal(code.ptr, first.ptr);
	assert_int_equal(
	    store_offer_take(f->st, ten, SLICE_LIT("c:3"), SLICE_LIT("d4"), 6, f->a, &code, ERR),
	    0);
	assert_int_equal(store_offer_take(f->st, SLICE_LIT("other"), SLICE_LIT("c:1"),
			     SLICE_LIT("d5"), 6, f->a, &code, ERR),
	    1);
	assert_int_equal(store_offer_take(f->st, SLICE_LIT("none"), SLICE_LIT("c:1"),
			     SLICE_LIT("d6"), 6, f->a, &code, ERR),
	    0);
	OK(store_offer_count(f->st, ten, &free_count, &taken, ERR));
	assert_int_equal(free_count, 0);
	assert_int_equal(taken, 2);
	OK(store_commit(f->st, ERR));
	assert_int_equal(ask_number(f->path,
			     "SELECT count(*) FROM offer_codes WHERE offer = 'ten' AND "
			     "decision_id IN ('d1', 'd3')"),
	    2);
}

static struct alert_row
alert(const char *queue, const char *group, int64_t repeat_at_ms)
{
	return (struct alert_row){.queue = slice_of(queue),
	    .group_key = slice_of(group),
	    .severity = SEVERITY_HIGH,
	    .title = SLICE_LIT("Help before they ask"),
	    .rule_id = SLICE_LIT("support-issue"),
	    .reason = SLICE_LIT("intent is support"),
	    .post_id = SLICE_LIT("p1"),
	    .count = 1,
	    .opened_at_ms = 10,
	    .last_at_ms = 10,
	    .repeat_at_ms = repeat_at_ms,
	    .changed_at_ms = TIME_UNKNOWN};
}

static void
alerts_open_join_and_resolve(void **state)
{
	struct fixture *f = *state;
	struct alert_row row = alert("support", "a:x", 100), got, *rows;
	struct alert_post *posts;
	size_t count;

	OK(store_begin(f->st, ERR));
	assert_int_equal(
	    store_alert_find_open(f->st, row.queue, row.group_key, f->a, &got, ERR), 0);
	OK(store_alert_insert(f->st, &row, ERR));
	assert_int_equal(
	    store_alert_find_open(f->st, row.queue, row.group_key, f->a, &got, ERR), 1);
	assert_int_equal(got.alert_no, row.alert_no);
	assert_int_equal(
	    store_alert_find_open(f->st, SLICE_LIT("pr"), row.group_key, f->a, &got, ERR), 0);
	OK(store_alert_add_post(f->st, row.alert_no, SLICE_LIT("d1"), SLICE_LIT("p1"), 10, ERR));
	OK(store_alert_add_post(f->st, row.alert_no, SLICE_LIT("d1"), SLICE_LIT("p1"), 10, ERR));
	OK(store_alert_add_post(f->st, row.alert_no, SLICE_LIT("d2"), SLICE_LIT("p2"), 5, ERR));
	got = row;
	got.state = ALERT_ACKED;
	got.severity = SEVERITY_CRITICAL;
	got.count = 2;
	got.changed_by = SLICE_LIT("kim");
	got.change_note = SLICE_LIT("on it");
	got.changed_at_ms = 50;
	got.repeat_at_ms = TIME_UNKNOWN;
	OK(store_alert_update(f->st, &got, ERR));
	OK(store_commit(f->st, ERR));
	assert_int_equal(store_alert_load(f->st, row.alert_no, f->a, &got, ERR), 1);
	assert_int_equal(got.count, 2);
	assert_int_equal(got.severity, SEVERITY_CRITICAL);
	assert_string_equal(got.changed_by.ptr, "kim");
	assert_string_equal(got.title.ptr, row.title.ptr);
	assert_true(got.repeat_at_ms == TIME_UNKNOWN);
	assert_int_equal(got.opened_at_ms, 10);
	assert_string_equal(alert_state_name(got.state), "acknowledged");
	OK(store_alert_posts(f->st, row.alert_no, 10, f->a, &posts, &count, ERR));
	assert_int_equal(count, 2);
	assert_string_equal(posts[0].post_id.ptr, "p2");
	/* Acknowledged still joins; resolved does not. */
	assert_int_equal(
	    store_alert_find_open(f->st, row.queue, row.group_key, f->a, &got, ERR), 1);
	OK(store_begin(f->st, ERR));
	got.state = ALERT_RESOLVED;
	OK(store_alert_update(f->st, &got, ERR));
	OK(store_commit(f->st, ERR));
	assert_int_equal(
	    store_alert_find_open(f->st, row.queue, row.group_key, f->a, &got, ERR), 0);
	OK(store_alerts_list(f->st, -1, SLICE_NONE, 0, 10, f->a, &rows, &count, ERR));
	assert_int_equal(count, 0);
	OK(store_alerts_list(
	    f->st, ALERT_RESOLVED, SLICE_LIT("support"), 0, 10, f->a, &rows, &count, ERR));
	assert_int_equal(count, 1);
	assert_int_equal(store_alert_load(f->st, 99, f->a, &got, ERR), 0);
}

static void
open_alerts_are_listed_and_come_due(void **state)
{
	struct fixture *f = *state;
	struct alert_row *rows;
	size_t count;

	OK(store_begin(f->st, ERR));
	for (int i = 1; i <= 6; i++) {
		struct alert_row row = alert(i % 2 == 0 ? "pr" : "support",
		    arena_printf(f->a, "p:%d", i), i == 6 ? TIME_UNKNOWN : 700 - i * 100);

		row.state = i == 5 ? ALERT_ACKED : ALERT_OPEN;
		OK(store_alert_insert(f->st, &row, ERR));
	}
	OK(store_commit(f->st, ERR));
	OK(store_alerts_list(f->st, -1, SLICE_LIT("support"), 0, 2, f->a, &rows, &count, ERR));
	assert_int_equal(count, 2);
	assert_int_equal(rows[0].alert_no, 5);
	OK(store_alerts_list(
	    f->st, -1, SLICE_NONE, rows[1].alert_no, 10, f->a, &rows, &count, ERR));
	assert_int_equal(count, 2);
	OK(store_alerts_due(f->st, 500, 10, f->a, &rows, &count, ERR));
	assert_int_equal(count, 3); /* 4, 3, 2: 5 is acknowledged, 1 not yet due, 6 never */
	assert_int_equal(rows[0].alert_no, 4);
	assert_int_equal(rows[2].alert_no, 2);
}

static void
the_newest_rule_set_is_live_and_all_are_kept(void **state)
{
	struct fixture *f = *state;
	struct rules_version v = {.applied_at_ms = 1,
				 .author = SLICE_LIT("kim"),
				 .reason = SLICE_LIT("launch"),
				 .content_hash = SLICE_LIT("h1"),
				 .bundle_json = SLICE_LIT("{\"rules\":{}}")},
			     got, *list;
	size_t count;

	assert_int_equal(store_rules_live(f->st, f->a, &got, ERR), 0);
	OK(store_begin(f->st, ERR));
	OK(store_rules_put(f->st, &v, ERR));
	assert_int_equal(v.version, 1);
	v.content_hash = SLICE_LIT("h2");
	OK(store_rules_put(f->st, &v, ERR));
	assert_int_equal(v.version, 2);
	OK(store_commit(f->st, ERR));
	assert_int_equal(store_rules_live(f->st, f->a, &got, ERR), 1);
	assert_string_equal(got.content_hash.ptr, "h2");
	assert_string_equal(got.bundle_json.ptr, "{\"rules\":{}}");
	assert_int_equal(store_rules_load(f->st, 1, f->a, &got, ERR), 1);
	assert_string_equal(got.content_hash.ptr, "h1");
	assert_int_equal(store_rules_load(f->st, 3, f->a, &got, ERR), 0);
	OK(store_rules_list(f->st, 10, f->a, &list, &count, ERR));
	assert_int_equal(count, 2);
	assert_int_equal(list[0].version, 2);
	assert_false(slice_is_set(list[0].bundle_json));
}

static int
only_a(void *cookie, struct slice id, struct err *err)
{
	(void)cookie;
	(void)err;
	assert_true(slice_eq_str(id, "a"));
	return 0;
}

static void
a_rule_id_that_was_dropped_does_not_come_back(void **state)
{
	struct fixture *f = *state;
	struct slice a = SLICE_LIT("a"), b = SLICE_LIT("b");

	OK(store_begin(f->st, ERR));
	assert_int_equal(store_rule_id_was_dropped(f->st, a, ERR), 0);
	OK(store_rule_id_begin(f->st, 0, a, 1, ERR));
	OK(store_rule_id_begin(f->st, 0, b, 1, ERR));
	assert_int_equal(store_rule_id_was_dropped(f->st, b, ERR), 0);
	OK(store_rule_id_end(f->st, 0, b, 1, ERR));
	assert_int_equal(store_rule_id_was_dropped(f->st, b, ERR), 1);
	OK(store_rule_ids_alive(f->st, only_a, NULL, ERR));
	OK(store_rule_id_begin(f->st, 0, b, 3, ERR)); /* by going back */
	assert_int_equal(store_rule_id_was_dropped(f->st, b, ERR), 0);
	OK(store_commit(f->st, ERR));
}

#define T(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(a_code_goes_to_one_person_and_a_person_gets_one),
	    T(alerts_open_join_and_resolve),
	    T(open_alerts_are_listed_and_come_due),
	    T(the_newest_rule_set_is_live_and_all_are_kept),
	    T(a_rule_id_that_was_dropped_does_not_come_back),
	};

	fixture_use_memory_files();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
