/* Lists of more than a thousand rows, read page by page: every row once, in order, no gap. */
#include "tests/api/api_fixture.h"

#define ROWS 1203

static void
many_posts(struct fixture *f)
{
	OK(store_begin(f->st, ERR));
	for (int i = 0; i < ROWS; i++) {
		struct post p = fixture_post(
		    f, arena_printf(f->a, "u%d", i), i % 2 == 0 ? "acme is there" : "help, acme");

		fixture_take_in(f, &p, NULL);
	}
	OK(store_commit(f->st, ERR));
}

/* Walks a list by a number; returns how many there were. */
static size_t
walk(struct fixture *f, const char *resource, const char *number, int limit)
{
	char target[200];
	int64_t last = INT64_MAX, next = 0, n;
	size_t total = 0, pages = 0;

	snprintf(target, sizeof target, "%s%climit=%d", resource,
	    strchr(resource, '?') == NULL ? '?' : '&', limit);
	do {
		const struct json *page = fixture_get(f, target), *items = json_get(page, "items");

		if (++pages > 2000)
			fail_msg("%s does not end", resource);
		assert_true(json_count(items) <= (size_t)limit);
		for (size_t i = 0; i < json_count(items); i++, total++) {
			if (number == NULL)
				continue;
			assert_true(json_i64(json_get(json_at(items, i), number), &n));
			if (n >= last)
				fail_msg("%s: %lld behind %lld", resource, (long long)n,
				    (long long)last);
			last = n;
		}
		next = 0;
		if (json_i64(json_get(page, "next"), &next) && number != NULL)
			assert_int_equal(next, last);
		snprintf(target, sizeof target, "%s%climit=%d&before=%lld", resource,
		    strchr(resource, '?') == NULL ? '?' : '&', limit, (long long)next);
	} while (next > 0);
	return total;
}

static void
posts_and_decisions_are_read_without_gaps(void **state)
{
	struct fixture *f = *state;

	many_posts(f);
	assert_int_equal(walk(f, "/api/v1/posts", "no", 500), ROWS);
	assert_int_equal(walk(f, "/api/v1/posts", "no", 401), ROWS); /* 3 * 401 */
	assert_int_equal(walk(f, "/api/v1/posts", "no", 7), ROWS);
	/* Each post with the word has an alert's decision and a suppressed message's. */
	assert_int_equal(walk(f, "/api/v1/decisions", NULL, 100), ROWS / 2 * 2);
	assert_int_equal(walk(f, "/api/v1/decisions?rule=support-issue", NULL, 301), ROWS / 2 * 2);
	assert_int_equal(walk(f, "/api/v1/decisions?rule=nobody", NULL, 100), 0);
	assert_int_equal(walk(f, "/api/v1/alerts", "id", 50), ROWS / 2);
	assert_int_equal(walk(f, "/api/v1/alerts?queue=support&state=open", "id", 500), ROWS / 2);
	assert_int_equal(walk(f, "/api/v1/alerts?state=resolved", "id", 500), 0);
	/* One notice each. */
	assert_int_equal(walk(f, "/api/v1/outbox", "no", 99), ROWS / 2);
	assert_int_equal(walk(f, "/api/v1/outbox?state=ready&channel=social", "no", 500), ROWS / 2);
	assert_int_equal(walk(f, "/api/v1/outbox?state=sent", "no", 500), 0);
}

static void
the_status_counts_them_all(void **state)
{
	struct fixture *f = *state;
	const struct json *status;

	many_posts(f);
	status = fixture_get(f, "/api/v1/status");
	assert_number(json_get(status, "alerts"), "unresolved", ROWS / 2);
	assert_truth(json_get(status, "alerts"), "more", false);
	assert_number(json_at(json_get(json_get(status, "alerts"), "queues"), 0), "high", ROWS / 2);
	assert_number(json_get(status, "outbox"), "ready", ROWS / 2);
	assert_int_equal(json_count(json_get(status, "decisions")), 10);
}

static void
a_page_that_ends_the_list_has_no_next(void **state)
{
	struct fixture *f = *state;

	fixture_say(f, "ann", "one");
	fixture_say(f, "ann", "two");
	assert_int_equal(
	    json_type(json_get(fixture_get(f, "/api/v1/posts?limit=2"), "next")), JSON_NULL);
	assert_number(fixture_get(f, "/api/v1/posts?limit=1"), "next", 2);
	assert_int_equal(
	    json_count(json_get(fixture_get(f, "/api/v1/posts?before=1"), "items")), 0);
}

static void
customers_are_read_without_gaps_by_id(void **state)
{
	struct fixture *f = *state;
	char target[200] = "/api/v1/customers?limit=250", last[64] = "", id[64];
	size_t total = 0;
	bool created;

	OK(store_begin(f->st, ERR));
	for (int i = 0; i < ROWS; i++) {
		snprintf(id, sizeof id, "cust%c%05d", i % 3 == 0 ? '/' : '-', i);
		OK(store_customer_put(f->st, slice_of(id), SLICE_NONE, SLICE_LIT("de"), SLICE_NONE,
		    FIXTURE_NOW_MS, "test", &created, ERR));
	}
	OK(store_commit(f->st, ERR));
	while (target[0] != '\0') {
		const struct json *page = fixture_get(f, target), *items = json_get(page, "items");
		struct slice next = json_get_str(page, "next");

		for (size_t i = 0; i < json_count(items); i++, total++) {
			struct slice s = json_get_str(json_at(items, i), "id");

			snprintf(id, sizeof id, "%.*s", SLICE_ARG(s));
			assert_true(strcmp(id, last) > 0);
			snprintf(last, sizeof last, "%s", id);
		}
		target[0] = '\0';
		if (slice_is_set(next)) {
			assert_true(slice_eq_str(next, last));
			snprintf(target, sizeof target, "/api/v1/customers?limit=250&after=%.*s",
			    SLICE_ARG(next));
		}
	}
	assert_int_equal(total, ROWS);
}

static void
rejects_are_shown_with_reason_and_excerpt(void **state)
{
	struct fixture *f = *state;
	const struct json *items;

	OK(store_begin(f->st, ERR));
	for (int i = 0; i < 60; i++)
		OK(store_reject(f->st, FIXTURE_NOW_MS + i, SLICE_LIT("api"), "line 1: no \"text\"",
		    SLICE_LIT("{\"<b>\"}"), ERR));
	OK(store_commit(f->st, ERR));
	items = json_get(fixture_get(f, "/api/v1/rejects"), "items");
	assert_int_equal(json_count(items), 50);
	assert_text(json_at(items, 0), "reason", "line 1: no \"text\"");
	assert_text(json_at(items, 0), "excerpt", "{\"<b>\"}");
	assert_text(json_at(items, 0), "at", "2026-11-21T10:00:00.059Z");
	items = json_get(fixture_get(f, "/api/v1/rejects?limit=60"), "items");
	assert_int_equal(json_count(items), 60);
}

/* As all resources of the rules: nothing is there before something went live. */
static void
segments_without_live_rules_are_none(void **state)
{
	struct fixture *f = *state;

	struct rule_set *live = f->sets[f->version];
	size_t count;

	f->sets[f->version] = NULL;
	count = json_count(json_get(fixture_get(f, "/api/v1/segments"), "items"));
	fixture_refused(f, "GET", "/api/v1/segments/s", NULL, 404, "not-found");
	f->sets[f->version] = live;
	assert_int_equal(count, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(
		posts_and_decisions_are_read_without_gaps, fixture_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(
		the_status_counts_them_all, fixture_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(
		a_page_that_ends_the_list_has_no_next, fixture_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(
		customers_are_read_without_gaps_by_id, fixture_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(
		rejects_are_shown_with_reason_and_excerpt, fixture_setup, fixture_teardown),
	    cmocka_unit_test_setup_teardown(
		segments_without_live_rules_are_none, fixture_setup, fixture_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
