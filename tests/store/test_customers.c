/*
 * Customers with what belongs to them, tags, lists, links, and the history of changes.
 */
#include "tests/store/store_fixture.h"

#include <string.h>

#include "store/records.h"
#include "tests/support/faults.h"

static const struct slice id = {"c-1", 3};

static void
a_customer_is_created_once_and_keeps_what_is_not_given(void **state)
{
	struct fixture *f = *state;
	struct customer *c;
	bool created;

	OK(store_begin(f->st, ERR));
	assert_int_equal(store_customer_load(f->st, id, FIXTURE_NOW_MS, f->a, &c, ERR), 0);
	OK(store_customer_put(f->st, id, SLICE_LIT("Europe/Berlin"), SLICE_NONE, SLICE_LIT("DE"), 1,
	    "test", &created, ERR));
	assert_true(created);
	OK(store_customer_put(
	    f->st, id, SLICE_NONE, SLICE_LIT("de_DE"), SLICE_LIT("AT"), 2, "test", &created, ERR));
	assert_false(created);
	OK(store_commit(f->st, ERR));
	assert_int_equal(store_customer_load(f->st, id, FIXTURE_NOW_MS, f->a, &c, ERR), 1);
	assert_string_equal(c->timezone.ptr, "Europe/Berlin");
	assert_string_equal(c->locale.ptr, "de_DE");
	assert_string_equal(c->country.ptr, "AT");
	assert_int_equal(
	    c->attribute_count + c->endpoint_count + c->consent_count + c->tags.count, 0);
}

static void
attributes_are_lists_and_each_change_is_history(void **state)
{
	struct fixture *f = *state;
	struct slice two[] = {{"gold", 4}, {"since \"2020\"", 12}};
	struct slice_list values = {two, 2}, none = {NULL, 0};
	struct slice name = SLICE_LIT("tier"), decision = SLICE_LIT("d1");
	struct history_row *rows;
	struct customer *c;
	size_t count;
	bool created;

	OK(store_begin(f->st, ERR));
	OK(store_customer_put(
	    f->st, id, SLICE_NONE, SLICE_NONE, SLICE_NONE, 1, "test", &created, ERR));
	assert_int_equal(
	    store_customer_set(f->st, id, name, none, 1, "import", SLICE_NONE, ERR), 0);
	assert_int_equal(
	    store_customer_set(f->st, id, name, values, 2, "import", SLICE_NONE, ERR), 1);
	assert_int_equal(
	    store_customer_set(f->st, id, name, values, 3, "import", SLICE_NONE, ERR), 0);
	values.count = 1;
	assert_int_equal(
	    store_customer_set(f->st, id, name, values, 4, "rule vip", decision, ERR), 1);
	assert_int_equal(store_customer_load(f->st, id, FIXTURE_NOW_MS, f->a, &c, ERR), 1);
	assert_int_equal(c->attribute_count, 1);
	assert_string_equal(c->attributes[0].name.ptr, "tier");
	assert_int_equal(c->attributes[0].values.count, 1);
	assert_string_equal(c->attributes[0].values.items[0].ptr, "gold");
	assert_int_equal(store_customer_set(f->st, id, name, none, 5, "api", SLICE_NONE, ERR), 1);
	OK(store_commit(f->st, ERR));
	OK(store_history_list(f->st, id, 10, f->a, &rows, &count, ERR));
	assert_int_equal(count, 4); /* the first is that it was created */
	assert_string_equal(rows[0].old_value.ptr, "[\"gold\"]");
	assert_false(slice_is_set(rows[0].new_value));
	assert_string_equal(rows[1].field.ptr, "attribute:tier");
	assert_string_equal(rows[1].source.ptr, "rule vip");
	assert_string_equal(rows[1].decision_id.ptr, "d1");
	assert_string_equal(rows[1].old_value.ptr, "[\"gold\",\"since \\\"2020\\\"\"]");
	assert_false(slice_is_set(rows[2].old_value));
	assert_int_equal(rows[2].at_ms, 2);
	OK(store_history_list(f->st, id, 1, f->a, &rows, &count, ERR));
	assert_int_equal(count, 1);
}

static void
endpoints_change_move_and_go_out_of_use(void **state)
{
	struct fixture *f = *state;
	struct slice value = SLICE_LIT("weekly");
	struct attribute attribute = {SLICE_LIT("Newsletter"), {&value, 1}};
	struct endpoint e = {.id = SLICE_LIT("e-1"),
	    .channel = SLICE_LIT("email"),
	    .address = SLICE_LIT("a@example.org"),
	    .attributes = &attribute,
	    .attribute_count = 1};
	struct history_row *rows;
	struct customer *c;
	size_t count;
	bool created;

	OK(store_begin(f->st, ERR));
	OK(store_customer_put(
	    f->st, id, SLICE_NONE, SLICE_NONE, SLICE_NONE, 1, "test", &created, ERR));
	OK(store_customer_put(
	    f->st, SLICE_LIT("c-2"), SLICE_NONE, SLICE_NONE, SLICE_NONE, 1, "test", &created, ERR));
	assert_int_equal(
	    store_endpoint_put(f->st, id, &e, SLICE_LIT("{\"Cohort\":\"7\"}"), 1, "import", ERR),
	    1);
	assert_int_equal(
	    store_endpoint_put(f->st, id, &e, SLICE_LIT("{\"Cohort\":\"7\"}"), 2, "import", ERR),
	    0);
	assert_int_equal(store_endpoint_put(f->st, id, &e, SLICE_NONE, 3, "import", ERR), 0);
	e.is_opted_out = true;
	assert_int_equal(store_endpoint_put(f->st, id, &e, SLICE_NONE, 4, "import", ERR), 1);
	assert_int_equal(store_endpoint_deactivate(f->st, e.id, 5, "hard bounce", ERR), 1);
	assert_int_equal(store_endpoint_deactivate(f->st, e.id, 6, "hard bounce", ERR), 0);
	assert_int_equal(store_endpoint_deactivate(f->st, SLICE_LIT("nobody"), 6, "x", ERR), 0);
	OK(store_commit(f->st, ERR));
	assert_int_equal(store_customer_load(f->st, id, FIXTURE_NOW_MS, f->a, &c, ERR), 1);
	assert_int_equal(c->endpoint_count, 1);
	assert_true(c->endpoints[0].is_opted_out && c->endpoints[0].is_inactive);
	assert_string_equal(c->endpoints[0].attributes[0].values.items[0].ptr, "weekly");
	assert_int_equal(
	    ask_number(f->path, "SELECT count(*) FROM endpoints WHERE extra LIKE '%Cohort%'"), 1);
	OK(store_history_list(f->st, id, 10, f->a, &rows, &count, ERR));
	assert_int_equal(count, 4); /* the first is that it was created */
	assert_string_equal(rows[0].source.ptr, "hard bounce");
	assert_string_equal(rows[1].old_value.ptr,
	    "{\"id\":\"e-1\",\"channel\":\"email\",\"address\":\"a@example.org\","
	    "\"attributes\":{\"Newsletter\":[\"weekly\"]},\"extra\":{\"Cohort\":\"7\"}}");
	assert_string_equal(rows[1].new_value.ptr,
	    "{\"id\":\"e-1\",\"channel\":\"email\",\"address\":\"a@example.org\",\"opted_out\":"
	    "true,"
	    "\"attributes\":{\"Newsletter\":[\"weekly\"]},\"extra\":{\"Cohort\":\"7\"}}");
	/* The import knows that it belongs to somebody else now. */
	OK(store_begin(f->st, ERR));
	assert_int_equal(
	    store_endpoint_put(f->st, SLICE_LIT("c-2"), &e, SLICE_NONE, 7, "import", ERR), 1);
	OK(store_commit(f->st, ERR));
	assert_int_equal(store_customer_load(f->st, id, FIXTURE_NOW_MS, f->a, &c, ERR), 1);
	assert_int_equal(c->endpoint_count, 0);
	assert_int_equal(
	    store_customer_load(f->st, SLICE_LIT("c-2"), FIXTURE_NOW_MS, f->a, &c, ERR), 1);
	assert_int_equal(c->endpoint_count, 1);
}

static void
consent_is_given_withdrawn_and_remembered(void **state)
{
	struct fixture *f = *state;
	struct consent k = {
	    .channel = SLICE_LIT("email"), .purpose = PURPOSE_MARKETING, .is_given = true};
	struct history_row *rows;
	struct customer *c;
	size_t count;
	bool created;

	OK(store_begin(f->st, ERR));
	OK(store_customer_put(
	    f->st, id, SLICE_NONE, SLICE_NONE, SLICE_NONE, 1, "test", &created, ERR));
	assert_int_equal(store_consent_put(f->st, id, &k, 1, "pinpoint import", ERR), 1);
	assert_int_equal(store_consent_put(f->st, id, &k, 2, "pinpoint import", ERR), 0);
	k.purpose = PURPOSE_SERVICE;
	assert_int_equal(store_consent_put(f->st, id, &k, 3, "web form", ERR), 1);
	k.purpose = PURPOSE_MARKETING;
	k.is_given = false;
	assert_int_equal(store_consent_put(f->st, id, &k, 4, "unsubscribe", ERR), 1);
	OK(store_commit(f->st, ERR));
	assert_int_equal(store_customer_load(f->st, id, FIXTURE_NOW_MS, f->a, &c, ERR), 1);
	assert_int_equal(c->consent_count, 2);
	assert_true(c->consents[0].purpose == PURPOSE_SERVICE && c->consents[0].is_given);
	assert_true(c->consents[1].purpose == PURPOSE_MARKETING && !c->consents[1].is_given);
	OK(store_history_list(f->st, id, 10, f->a, &rows, &count, ERR));
	assert_int_equal(count, 4); /* the first is that it was created */
	assert_string_equal(rows[0].field.ptr, "consent:email:marketing");
	assert_string_equal(rows[0].old_value.ptr,
	    "{\"channel\":\"email\",\"purpose\":\"marketing\",\"given\":true,"
	    "\"source\":\"pinpoint import\",\"at\":\"1970-01-01T00:00:00.001Z\"}");
	assert_string_equal(rows[0].new_value.ptr,
	    "{\"channel\":\"email\",\"purpose\":\"marketing\",\"given\":false,"
	    "\"source\":\"unsubscribe\",\"at\":\"1970-01-01T00:00:00.004Z\"}");
}

static void
tags_expire_and_can_be_renewed(void **state)
{
	struct fixture *f = *state;
	struct slice who = SLICE_LIT("c:c-1");
	struct slice_list tags;
	struct customer *c;
	bool created;

	OK(store_begin(f->st, ERR));
	OK(store_tags_load(
	    f->st, who, 1000, f->a, &tags, ERR)); /* nothing: remembered as nothing */
	assert_int_equal(tags.count, 0);
	OK(store_tag_put(f->st, who, SLICE_LIT("vip"), 1000, TIME_UNKNOWN, ERR));
	OK(store_tag_put(f->st, who, SLICE_LIT("advocate"), 1000, 2000, ERR));
	OK(store_tags_load(f->st, who, 1999, f->a, &tags, ERR));
	assert_int_equal(tags.count, 2);
	assert_string_equal(tags.items[0].ptr, "advocate");
	OK(store_tags_load(f->st, who, 2000, f->a, &tags, ERR));
	assert_int_equal(tags.count, 1);
	OK(store_tag_put(f->st, who, SLICE_LIT("advocate"), 2000, 3000, ERR));
	OK(store_customer_put(
	    f->st, id, SLICE_NONE, SLICE_NONE, SLICE_NONE, 1, "test", &created, ERR));
	OK(store_commit(f->st, ERR));
	assert_int_equal(store_customer_load(f->st, id, 2500, f->a, &c, ERR), 1);
	assert_int_equal(c->tags.count, 2);
	/* Rolled back, the first tag of somebody is gone from memory too. */
	OK(store_begin(f->st, ERR));
	OK(store_tag_put(f->st, SLICE_LIT("a:x"), SLICE_LIT("t"), 1, TIME_UNKNOWN, ERR));
	store_rollback(f->st);
	OK(store_tags_load(f->st, SLICE_LIT("a:x"), 1, f->a, &tags, ERR));
	assert_int_equal(tags.count, 0);
}

static void
lists_know_their_members(void **state)
{
	struct fixture *f = *state;
	struct slice staff = SLICE_LIT("staff"), who = SLICE_LIT("a:x");

	OK(store_begin(f->st, ERR));
	assert_int_equal(store_list_has(f->st, staff, who, ERR), 0);
	OK(store_list_add(f->st, staff, who, 1, ERR));
	OK(store_list_add(f->st, staff, who, 2, ERR));
	assert_int_equal(store_list_has(f->st, staff, who, ERR), 1);
	assert_int_equal(store_list_has(f->st, SLICE_LIT("press"), who, ERR), 0);
	assert_int_equal(store_list_has(f->st, staff, SLICE_LIT("a:y"), ERR), 0);
	OK(store_commit(f->st, ERR));
	assert_int_equal(store_list_has(f->st, staff, who, ERR), 1);
}

static void
links_are_found_by_account_and_handle_until_they_end(void **state)
{
	struct fixture *f = *state;
	struct link_row link = {.customer_id = id,
			    .handle_key = SLICE_LIT("@x@example.org"),
			    .proof = SLICE_LIT("imported handle"),
			    .linked_at_ms = 5,
			    .unlinked_at_ms = TIME_UNKNOWN},
			row, *rows;
	struct slice account = SLICE_LIT("https://example.org/users/x");
	size_t count;

	OK(store_begin(f->st, ERR));
	OK(store_links_by_handle(f->st, link.handle_key, f->a, &rows, &count, ERR));
	assert_int_equal(count, 0);
	assert_int_equal(store_link_by_author(f->st, account, f->a, &row, ERR), 0);
	OK(store_link_add(f->st, &link, ERR));
	OK(store_links_by_handle(f->st, link.handle_key, f->a, &rows, &count, ERR));
	assert_int_equal(count, 1);
	assert_false(slice_is_set(rows[0].author_id));
	assert_true(rows[0].unlinked_at_ms == TIME_UNKNOWN);
	assert_int_equal(store_link_by_author(f->st, account, f->a, &row, ERR), 0);
	OK(store_link_bind(f->st, rows[0].link_no, account, ERR));
	assert_int_equal(store_link_by_author(f->st, account, f->a, &row, ERR), 1);
	assert_string_equal(row.customer_id.ptr, "c-1");
	OK(store_commit(f->st, ERR));
	assert_int_equal(store_link_by_author(f->st, account, f->a, &row, ERR), 1);

	OK(store_begin(f->st, ERR));
	OK(store_link_end(f->st, row.link_no, 9, "the handle has another account now", ERR));
	assert_int_equal(store_link_by_author(f->st, account, f->a, &row, ERR), 0);
	OK(store_links_by_handle(f->st, link.handle_key, f->a, &rows, &count, ERR));
	assert_int_equal(count, 0);
	store_rollback(f->st); /* in force again */
	assert_int_equal(store_link_by_author(f->st, account, f->a, &row, ERR), 1);
	OK(store_links_by_handle(f->st, link.handle_key, f->a, &rows, &count, ERR));
	assert_int_equal(count, 1);

	OK(store_begin(f->st, ERR));
	OK(store_link_end(f->st, row.link_no, 9, "the handle has another account now", ERR));
	OK(store_commit(f->st, ERR));
	assert_int_equal(store_link_by_author(f->st, account, f->a, &row, ERR), 0);
	OK(store_links_of_customer(f->st, id, f->a, &rows, &count, ERR));
	assert_int_equal(count, 1);
	assert_int_equal(rows[0].unlinked_at_ms, 9);
	assert_string_equal(rows[0].unlink_reason.ptr, "the handle has another account now");
}

/* Random link changes, commits and rollbacks: what is cached answers as the table does. */
static void
cached_links_never_differ_from_the_table(void **state)
{
	struct fixture *f = *state;
	struct rng r;

	rng_init(&r, 3);
	for (int round = 0; round < 120; round++) {
		OK(store_begin(f->st, ERR));
		for (int i = 0; i < 20; i++) {
			char handle[16], account[16];
			struct link_row row, *rows;
			size_t count;
			struct link_row link = {.customer_id = id,
			    .proof = SLICE_LIT("p"),
			    .linked_at_ms = 1,
			    .unlinked_at_ms = TIME_UNKNOWN};

			snprintf(handle, sizeof handle, "@h%d", (int)rng_below(&r, 6));
			snprintf(account, sizeof account, "a%d", (int)rng_below(&r, 6));
			link.handle_key = slice_of(handle);
			OK(store_links_by_handle(f->st, link.handle_key, f->a, &rows, &count, ERR));
			switch (rng_below(&r, 5)) {
			case 0: OK(store_link_add(f->st, &link, ERR)); break;
			case 1:
				if (count > 0)
					OK(store_link_bind(
					    f->st, rows[0].link_no, slice_of(account), ERR));
				break;
			case 2:
				if (count > 0)
					OK(store_link_end(f->st, rows[0].link_no, 2, "x", ERR));
				break;
			default: {
				char sql[128];
				int found =
				    store_link_by_author(f->st, slice_of(account), f->a, &row, ERR);

				OK(found);
				if (i > 0)
					break; /* only before changes does the file hold what we see */
				snprintf(sql, sizeof sql,
				    "SELECT count(*) > 0 FROM links WHERE author_id = '%s' AND "
				    "unlinked_at_ms IS NULL",
				    account);
				assert_int_equal(ask_number(f->path, sql), found);
				snprintf(sql, sizeof sql,
				    "SELECT count(*) FROM links WHERE handle_key = '%s' AND "
				    "unlinked_at_ms IS NULL",
				    handle);
				assert_int_equal(ask_number(f->path, sql), count);
			}
			}
		}
		if (rng_below(&r, 2) == 0)
			store_rollback(f->st);
		else
			OK(store_commit(f->st, ERR));
		arena_reset(f->a);
	}
}

static void
customers_are_listed_in_pages(void **state)
{
	struct fixture *f = *state;
	struct customer **list;
	size_t count;
	bool created;
	struct slice value = SLICE_LIT("v");

	OK(store_begin(f->st, ERR));
	for (int i = 0; i < 5; i++) {
		char name[16];

		snprintf(name, sizeof name, "c-%d", i);
		OK(store_customer_put(f->st, slice_of(name), SLICE_NONE, SLICE_NONE, SLICE_NONE, 1,
		    "test", &created, ERR));
		OK(store_customer_set(f->st, slice_of(name), SLICE_LIT("k"),
		    (struct slice_list){&value, 1}, 1, "import", SLICE_NONE, ERR));
	}
	OK(store_commit(f->st, ERR));
	OK(store_customers_list(f->st, SLICE_NONE, 3, 1, f->a, &list, &count, ERR));
	assert_int_equal(count, 3);
	assert_string_equal(list[2]->id.ptr, "c-2");
	assert_int_equal(list[2]->attribute_count, 1);
	OK(store_customers_list(f->st, list[2]->id, 3, 1, f->a, &list, &count, ERR));
	assert_int_equal(count, 2);
	assert_string_equal(list[1]->id.ptr, "c-4");
}

static int
change_everything(void *cookie)
{
	struct fixture *f = cookie;
	struct arena *a = arena_new(1 << 20);
	struct slice value = SLICE_LIT("v"), value2 = SLICE_LIT("w");
	struct endpoint e = {.id = SLICE_LIT("e"),
	    .channel = SLICE_LIT("email"),
	    .address = SLICE_LIT("a@example.org")};
	struct consent k = {
	    .channel = SLICE_LIT("email"), .purpose = PURPOSE_SERVICE, .is_given = true};
	struct customer *c;
	bool created;
	int rc = -1;

	if (a == NULL)
		return -1;
	if (store_begin(f->st, ERR) == 0 &&
	    store_customer_put(f->st, id, value, value, value, 1, "test", &created, ERR) == 0 &&
	    store_customer_set(f->st, id, SLICE_LIT("k"), (struct slice_list){&value, 1}, 1, "x",
		SLICE_NONE, ERR) == 1 &&
	    store_customer_set(f->st, id, SLICE_LIT("k"), (struct slice_list){&value2, 1}, 1, "x",
		SLICE_NONE, ERR) == 1 &&
	    store_endpoint_put(f->st, id, &e, SLICE_NONE, 1, "x", ERR) == 1 &&
	    store_consent_put(f->st, id, &k, 1, "x", ERR) == 1 &&
	    store_tag_put(f->st, SLICE_LIT("c:c-1"), SLICE_LIT("t"), 1, TIME_UNKNOWN, ERR) == 0 &&
	    store_customer_load(f->st, id, 1, a, &c, ERR) == 1) {
		assert_int_equal(
		    c->attribute_count + c->endpoint_count + c->consent_count + c->tags.count, 4);
		rc = 0;
	}
	store_rollback(f->st);
	arena_free(a);
	return rc;
}

static void
short_memory_is_reported(void **state)
{
	assert_true(faults_run(change_everything, *state, false) > 10);
}

/* A case: endpoints there and those a record brings, a letter each: e and p are e-mail and push in use, E and
 * P are not; a record's "." is one that is as it was, in the place of the one there. */
static void
records_with_too_many_endpoints_are_refused_or_make_room(void **state)
{
	static const struct {
		const char *there, *record, *after; /* after NULL: refused */
	} cases[] = {
	    {"", "eeeeeeeeeeeeeee", "eeeeeeeeeeeeeee"},
	    {"", "eeeeeeeeeeeeeeee", NULL},
	    {"", "eeeeeeeeeeeeeeep", NULL},
	    {"", "eeeeeeeeeeeeeeepp", NULL},
	    {"", "peeeeeeeeeeeeeee", "Peeeeeeeeeeeeeee"},
	    {"", "eeeeeeeeeeeeeeeP", "eeeeeeeeeeeeeeeP"},
	    {"epeeeeeeeeeeeep", "...............e", "ePeeeeeeeeeeeepe"},
	    {"epeeeeeeeeeeeep", "...............ee", "ePeeeeeeeeeeeePee"},
	    {"epeeeeeeeeeeeep", "...............eee", NULL},
	    {"Eeeeeeeeeeeeeeee", "e..............p", NULL},
	    {"eeeeeeeeeeeeeeeepe", "..................", "eeeeeeeeeeeeeeeepe"},
	    {"eeeeeeeeeeeeeeeepe", "..................e", "eeeeeeeeeeeeeeeePee"},
	    {"eeeeeeeeeeeeeeee", "................e", NULL},
	    {"eeeeeeeeeeeeeee", "e", "e"},
	};
	static const struct slice ids[] = {{"a", 1}, {"b", 1}, {"c", 1}, {"d", 1}, {"e", 1},
	    {"f", 1}, {"g", 1}, {"h", 1}, {"i", 1}, {"j", 1}, {"k", 1}, {"l", 1}, {"m", 1},
	    {"n", 1}, {"o", 1}, {"p", 1}, {"q", 1}, {"r", 1}, {"s", 1}, {"t", 1}};

	(void)state;
	for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
		struct endpoint was[20] = {0}, now[20] = {0};
		struct customer before = {.endpoints = was};
		const char *there = cases[k].there, *record = cases[k].record;
		struct err err = {ERR_NONE, ""};
		size_t n = strlen(record);
		int rc;

		before.endpoint_count = strlen(there);
		for (size_t i = 0; there[i] != '\0'; i++)
			was[i] = (struct endpoint){.id = ids[i],
			    .channel = slice_of(strchr("pP", there[i]) != NULL ? "gcm" : "email"),
			    .is_inactive = there[i] < 'a',
			    .at_ms = 100 + (int64_t)i};
		for (size_t i = 0; i < n; i++)
			now[i] = record[i] == '.'
			    ? was[i]
			    : (struct endpoint){.id = ids[i],
				  .channel =
				      slice_of(strchr("pP", record[i]) != NULL ? "push" : "email"),
				  .is_inactive = record[i] < 'a'};
		rc = store_endpoints_fit(&before, now, n, &err);
		if ((rc == 0) != (cases[k].after != NULL))
			fail_msg("%s + %s: %s", there, record, err.text);
		for (size_t i = 0; rc == 0 && i < n; i++)
			if (now[i].is_inactive != (cases[k].after[i] < 'a'))
				fail_msg("%s + %s: %zu", there, record, i);
		if (rc < 0)
			assert_int_equal(err.kind, ERR_LIMIT);
	}
}

static void
a_record_with_sixteen_endpoints_is_not_written(void **state)
{
	struct fixture *f = *state;
	struct endpoint list[16] = {0};
	struct customer_record r = {.c = {.id = id, .endpoints = list, .endpoint_count = 16}};
	struct customer_record none = {.c = {.id = id}}, *there = NULL;
	struct err err = {ERR_NONE, ""};
	int64_t rows;

	for (size_t i = 0; i < 16; i++)
		list[i] = (struct endpoint){.id = slice_of(arena_printf(f->a, "e-%zu", i)),
		    .channel = SLICE_LIT("email"),
		    .address = SLICE_LIT("a@b.example")};
	OK(store_begin(f->st, ERR));
	assert_int_equal(store_record_create(f->st, &r, 1, "test", &err), -1);
	assert_int_equal(err.kind, ERR_LIMIT);
	OK(store_record_create(f->st, &none, 1, "test", ERR));
	assert_int_equal(store_record_load(f->st, id, 1, f->a, &there, ERR), 1);
	assert_int_equal(store_record_update(f->st, there, &r, 2, "test", &err), -1);
	assert_int_equal(err.kind, ERR_LIMIT);
	OK(store_count(f->st, "endpoints", &rows, ERR));
	assert_int_equal(rows, 0);
	r.c.endpoint_count = 15;
	assert_int_equal(store_record_update(f->st, there, &r, 2, "test", ERR), 1);
	OK(store_commit(f->st, ERR));
}

#define T(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(a_customer_is_created_once_and_keeps_what_is_not_given),
	    T(attributes_are_lists_and_each_change_is_history),
	    T(endpoints_change_move_and_go_out_of_use),
	    T(consent_is_given_withdrawn_and_remembered),
	    T(tags_expire_and_can_be_renewed),
	    T(lists_know_their_members),
	    T(links_are_found_by_account_and_handle_until_they_end),
	    T(cached_links_never_differ_from_the_table),
	    T(customers_are_listed_in_pages),
	    T(short_memory_is_reported),
	    T(records_with_too_many_endpoints_are_refused_or_make_room),
	    T(a_record_with_sixteen_endpoints_is_not_written),
	};

	fixture_use_memory_files();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
