/*
 * Events: stored once by id, listed, walked as they came, and after retention only their ids.
 */
#include "tests/store/store_fixture.h"

#include "core/timefmt.h"
#include "store/events.h"
#include "store/persons.h"
#include "store/timers.h"

#define FIXTURE_TEST(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

static int
put(struct fixture *f, const char *id, const char *customer_id, int64_t at_ms)
{
	static const struct slice values[] = {{"24.5", 4}, {"x", 1}};
	static const struct attribute properties[] = {{{"total", 5}, {values, 2}}};
	struct customer customer = {.id = slice_of(customer_id), .country = SLICE_LIT("DE")};
	struct stored_event e = {.event = {.id = slice_of(id),
				     .name = SLICE_LIT("order cancelled"),
				     .source = SLICE_LIT("shop"),
				     .properties = properties,
				     .property_count = 1},
	    .customer_id = slice_of(customer_id),
	    .customer = &customer,
	    .at_ms = at_ms,
	    .received_at_ms = at_ms + 5,
	    .rules_version = 3};
	int rc = store_event_insert(f->st, &e, ERR);

	OK(rc);
	assert_int_equal(rc, e.event_no > 0);
	return rc;
}

static void
an_event_is_stored_once_as_it_was(void **state)
{
	struct fixture *f = *state;
	struct stored_event *e;
	struct slice id;

	OK(store_begin(f->st, ERR));
	assert_int_equal(store_event_exists(f->st, SLICE_LIT("o1"), ERR), 0);
	assert_int_equal(put(f, "o1", "7", FIXTURE_NOW_MS), 1);
	assert_int_equal(put(f, "o1", "8", FIXTURE_NOW_MS + 1), 0);
	OK(store_commit(f->st, ERR));
	assert_int_equal(store_event_exists(f->st, SLICE_LIT("o1"), ERR), 1);
	assert_int_equal(store_event_load(f->st, SLICE_LIT("o1"), f->a, &e, ERR), 1);
	assert_true(slice_eq_str(e->event.name, "order cancelled") &&
	    slice_eq_str(e->event.source, "shop") && slice_eq_str(e->customer_id, "7"));
	assert_true(slice_eq_str(e->subject, "c:7") && slice_eq_str(e->customer->country, "DE"));
	assert_int_equal(e->event.property_count, 1);
	assert_true(slice_eq_str(e->event.properties[0].values.items[1], "x"));
	assert_true(e->at_ms == FIXTURE_NOW_MS && e->received_at_ms == FIXTURE_NOW_MS + 5);
	assert_true(e->rules_version == 3 && !e->is_expired && e->inert == NULL);
	assert_int_equal(store_event_load_no(f->st, e->event_no, f->a, &e, ERR), 1);
	assert_int_equal(store_event_load(f->st, SLICE_LIT("o2"), f->a, &e, ERR), 0);
	assert_true(event_id_of_occurrence(event_occurrence_id(f->a, e->event.id), &id));
	assert_true(slice_eq(id, e->event.id));
	assert_false(event_id_of_occurrence(SLICE_LIT("https://x"), &id));
}

static void
lists_begin_with_the_newest_and_walks_with_the_oldest(void **state)
{
	struct fixture *f = *state;
	struct stored_event **list;
	int64_t after, last;
	size_t count;

	OK(store_begin(f->st, ERR));
	for (int i = 0; i < 9; i++) {
		char id[16];

		snprintf(id, sizeof id, "o%d", i);
		assert_int_equal(
		    put(f, id, i % 3 == 0 ? "7" : "8", FIXTURE_NOW_MS + i * TIME_HOUR_MS), 1);
	}
	OK(store_commit(f->st, ERR));
	OK(store_events_list(f->st, SLICE_LIT("7"), 0, 2, f->a, &list, &count, ERR));
	assert_int_equal(count, 2);
	assert_true(slice_eq_str(list[0]->event.id, "o6") && slice_eq_str(list[1]->event.id, "o3"));
	OK(store_events_list(
	    f->st, SLICE_LIT("7"), list[1]->event_no, 9, f->a, &list, &count, ERR));
	assert_true(count == 1 && slice_eq_str(list[0]->event.id, "o0"));
	/* from each hour on, as many as came since */
	for (int i = 0; i <= 9; i++) {
		OK(store_events_scan_begin(
		    f->st, FIXTURE_NOW_MS + i * TIME_HOUR_MS + 5, &after, ERR));
		OK(store_events_scan(f->st, after, INT64_MAX, 99, f->a, &list, &count, &last, ERR));
		assert_int_equal(count, 9 - i);
		assert_int_equal(last, i == 9 ? after : 9);
	}
	OK(store_events_scan(
	    f->st, 0, FIXTURE_NOW_MS + 2 * TIME_HOUR_MS, 99, f->a, &list, &count, &last, ERR));
	assert_int_equal(count, 2);
}

static void
after_retention_the_id_is_left_and_then_nothing(void **state)
{
	struct fixture *f = *state;
	struct stored_event *e;
	bool more;

	OK(store_begin(f->st, ERR));
	put(f, "old", "7", FIXTURE_NOW_MS - 40 * TIME_DAY_MS);
	put(f, "new", "7", FIXTURE_NOW_MS);
	OK(store_tidy(f->st, FIXTURE_NOW_MS, 30 * TIME_DAY_MS, 60 * TIME_DAY_MS, 1000, &more, ERR));
	assert_int_equal(store_event_load(f->st, SLICE_LIT("old"), f->a, &e, ERR), 1);
	assert_true(e->is_expired && e->event.property_count == 0 && e->customer == NULL);
	assert_int_equal(e->event.name.len, 0);
	assert_int_equal(put(f, "old", "7", FIXTURE_NOW_MS), 0);
	OK(store_tidy(f->st, FIXTURE_NOW_MS + 30 * TIME_DAY_MS, 30 * TIME_DAY_MS, 60 * TIME_DAY_MS,
	    1000, &more, ERR));
	assert_int_equal(store_event_exists(f->st, SLICE_LIT("old"), ERR), 0);
	assert_int_equal(store_event_exists(f->st, SLICE_LIT("new"), ERR), 1);
	OK(store_commit(f->st, ERR));
}

static void
a_rule_waits_for_a_post_and_for_an_event_of_the_same_number(void **state)
{
	struct fixture *f = *state;
	struct timer_row post = {.due_at_ms = 5, .rule_id = SLICE_LIT("r"), .post_no = 1};
	struct timer_row event = {.due_at_ms = 7, .rule_id = SLICE_LIT("r"), .event_no = 1};
	struct timer_row *rows;
	int64_t due;
	size_t count;

	OK(store_begin(f->st, ERR));
	assert_int_equal(store_timer_put(f->st, &post, ERR), 1);
	assert_int_equal(store_timer_put(f->st, &event, ERR), 1);
	assert_int_equal(store_timer_put(f->st, &event, ERR), 0);
	assert_int_equal(store_timer_find(f->st, post.rule_id, 0, 1, &due, ERR), 1);
	assert_int_equal(due, 7);
	OK(store_timers_take(f->st, 9, 9, f->a, &rows, &count, ERR));
	assert_true(count == 2 && rows[0].post_no == 1 && rows[0].event_no == 0);
	assert_true(rows[1].post_no == 0 && rows[1].event_no == 1);
	OK(store_commit(f->st, ERR));
}

static void
an_address_leads_to_its_customer_unless_two_have_it(void **state)
{
	struct fixture *f = *state;
	struct slice id = SLICE_NONE;
	bool created;

	OK(store_begin(f->st, ERR));
	for (int i = 0; i < 2; i++) {
		struct slice customer = i == 0 ? SLICE_LIT("7") : SLICE_LIT("8");
		struct endpoint e = {.id = i == 0 ? SLICE_LIT("e7") : SLICE_LIT("e8"),
		    .channel = SLICE_LIT("email"),
		    .address = SLICE_LIT("a@b.example")};

		assert_int_equal(
		    store_address_owner(f->st, e.channel, e.address, f->a, &id, ERR), i);
		OK(store_customer_put(f->st, customer, SLICE_NONE, SLICE_NONE, SLICE_NONE,
		    FIXTURE_NOW_MS, "test", &created, ERR));
		OK(store_endpoint_put(
		    f->st, customer, &e, SLICE_LIT("{}"), FIXTURE_NOW_MS, "test", ERR));
	}
	assert_true(slice_eq_str(id, "7"));
	assert_int_equal(store_address_owner(
			     f->st, SLICE_LIT("email"), SLICE_LIT("a@b.example"), f->a, &id, ERR),
	    2);
	OK(store_commit(f->st, ERR));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    FIXTURE_TEST(an_event_is_stored_once_as_it_was),
	    FIXTURE_TEST(lists_begin_with_the_newest_and_walks_with_the_oldest),
	    FIXTURE_TEST(after_retention_the_id_is_left_and_then_nothing),
	    FIXTURE_TEST(a_rule_waits_for_a_post_and_for_an_event_of_the_same_number),
	    FIXTURE_TEST(an_address_leads_to_its_customer_unless_two_have_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
