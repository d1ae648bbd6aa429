/* Customers and authors: lists, one of them, the import. */
#include "store/days.h"
#include "tests/api/api_fixture.h"

static void
an_import_reports_what_it_did_and_may_be_repeated(void **state)
{
	struct fixture *f = *state;
	const struct json *r;

	r = fixture_call(f, "POST", "/api/v1/customers/import", fixture_csv, 200);
	assert_number(r, "rows", 2);
	assert_number(r, "created", 2);
	assert_number(r, "rejected", 0);
	assert_number(r, "links", 2);
	assert_truth(r, "dry_run", false);
	assert_int_equal(json_count(json_get(r, "findings")), 0);
	r = fixture_call(f, "POST", "/api/v1/customers/import", fixture_csv, 200);
	assert_number(r, "created", 0);
	assert_number(r, "unchanged", 2);
}

/* So many, and a row that is none. */
static struct buf
many_customers(size_t count)
{
	struct buf csv;

	buf_init(&csv, 4 * 1024 * 1024);
	buf_addf(&csv, "ChannelType,Address,User.UserId\n");
	for (size_t i = 0; i < count; i++)
		buf_addf(&csv, "EMAIL,c%zu@example.org,c-%zu\n", i, i);
	buf_addf(&csv, "PIGEON,roof,c-last\n");
	return csv;
}

static void
a_large_import_pauses_between_parts_and_tells_of_all(void **state)
{
	struct fixture *f = *state;
	struct buf csv = many_customers(3000);
	const struct json *r;
	int64_t count;

	r = fixture_call(f, "POST", "/api/v1/customers/import", buf_str(&csv), 200);
	assert_true(f->pauses > 3);
	assert_number(r, "rows", 3001);
	assert_number(r, "created", 3000);
	assert_number(r, "rejected", 1);
	assert_number(json_at(json_get(r, "findings"), 0), "line", 3002);
	OK(store_count(f->st, "customers", &count, ERR));
	assert_int_equal(count, 3000);
	OK(store_count(f->st, "audit", &count, ERR));
	assert_int_equal(count, 1);
	buf_fini(&csv);
}

/* Others write in between; rows near one another see one another all the same. */
static void
what_is_only_tried_pauses_as_well_and_leaves_nothing(void **state)
{
	struct fixture *f = *state;
	struct buf csv = many_customers(1600);
	const struct json *r;
	int64_t count;

	buf_addf(&csv, "EMAIL,again@example.org,c-1599\n");
	r = fixture_call(f, "POST", "/api/v1/customers/import?dry_run=1", buf_str(&csv), 200);
	assert_in_range(f->pauses, 2, 3);
	assert_number(r, "rows", 1602);
	assert_number(r, "created", 1600);
	assert_number(r, "updated", 1);
	assert_number(r, "rejected", 1);
	OK(store_count(f->st, "customers", &count, ERR));
	assert_int_equal(count, 0);
	OK(store_count(f->st, "customer_history", &count, ERR));
	assert_int_equal(count, 0);
	buf_fini(&csv);
}

static void
a_dry_run_writes_nothing(void **state)
{
	struct fixture *f = *state;
	int64_t count;

	assert_number(
	    fixture_call(f, "POST", "/api/v1/customers/import?dry_run=1", fixture_csv, 200), "rows",
	    2);
	assert_truth(json_root(f->doc), "dry_run", true);
	OK(store_count(f->st, "customers", &count, ERR));
	assert_int_equal(count, 0);
	OK(store_count(f->st, "audit", &count, ERR));
	assert_int_equal(count, 0);
	fixture_refused(
	    f, "POST", "/api/v1/customers/import?dry_run=maybe", fixture_csv, 400, "bad-parameter");
	assert_number(
	    fixture_call(f, "POST", "/api/v1/customers/import?dry_run=0", fixture_csv, 200),
	    "created", 2);
	OK(store_count(f->st, "audit", &count, ERR));
	assert_int_equal(count, 1);
}

static void
a_bad_row_is_a_finding_with_line_and_the_others_go_in(void **state)
{
	struct fixture *f = *state;
	const struct json *r, *finding;

	r = fixture_call(f, "POST", "/api/v1/customers/import?file=people.csv",
	    "ChannelType,Address,User.UserId\nEMAIL,a@example.org,u-1\nPIGEON,roof,u-2\nEMAIL,c@"
	    "example.org,u-3\n",
	    200);
	assert_number(r, "rows", 3);
	assert_number(r, "rejected", 1);
	assert_number(r, "created", 2);
	finding = json_at(json_get(r, "findings"), 0);
	assert_text(finding, "file", "people.csv");
	assert_number(finding, "line", 3);
}

static void
a_file_of_which_nothing_can_be_taken_is_refused(void **state)
{
	struct fixture *f = *state;

	fixture_refused(f, "POST", "/api/v1/customers/import",
	    "ChannelType,Address,User.UserId\nPIGEON,roof,u-2\n", 422, "findings");
	assert_int_equal(json_count(json_get(json_root(f->doc), "findings")), 1);
}

static void
handles_are_taken_from_the_attribute_that_is_named(void **state)
{
	struct fixture *f = *state;

	assert_number(fixture_call(f, "POST", "/api/v1/customers/import?handle_attribute=Fedi",
			  "ChannelType,Address,User.UserId,User.UserAttributes.Fedi\nEMAIL,a@"
			  "example.org,u-1,@ann@social.example\n",
			  200),
	    "links", 1);
	assert_text(json_at(json_get(fixture_get(f, "/api/v1/customers/u-1"), "links"), 0),
	    "handle", "@ann@social.example");
}

static void
a_customer_is_shown_whole(void **state)
{
	struct fixture *f = *state;
	const struct json *c;

	fixture_import(f);
	fixture_say(f, "ann", "acme please help");
	c = fixture_get(f, "/api/v1/customers/u-1");
	assert_text(json_at(json_get(c, "endpoints"), 0), "address", "ann@example.org");
	assert_int_equal(json_count(json_get(c, "consents")), 2);
	assert_true(slice_eq_str(
	    json_str(json_at(json_get(json_get(c, "attributes"), "FirstName"), 0)), "Ann"));
	assert_text(
	    json_at(json_get(c, "links"), 0), "author_id", "https://social.example/users/ann");
	assert_true(json_count(json_get(c, "history")) > 0);
	fixture_refused(f, "GET", "/api/v1/customers/nobody", NULL, 404, "not-found");
	fixture_refused(f, "GET", "/api/v1/customers/%22%3Cscript%3E", NULL, 404, "not-found");
	assert_int_equal(json_count(json_get(fixture_get(f, "/api/v1/customers"), "items")), 2);
}

static void
an_author_is_found_by_account_and_by_handle(void **state)
{
	static const char *const ways[] = {
	    "/api/v1/authors/https%3A%2F%2Fsocial.example%2Fusers%2Fann",
	    "/api/v1/authors/%40ann%40social.example", "/api/v1/authors/@ann@social.example",
	    "/api/v1/authors/@Ann@Social.Example"};
	struct fixture *f = *state;
	const struct json *a, *influence;
	int64_t points;

	fixture_import(f);
	fixture_say(f, "ann", "acme please help");
	fixture_say(f, "zoe", "hello");
	for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
		a = fixture_get(f, ways[i]);
		assert_text(a, "id", "https://social.example/users/ann");
		assert_number(a, "followers", 120);
		assert_number(a, "posts_seen", 1);
		assert_int_equal(json_type(json_get(a, "following")), JSON_NULL);
		assert_text(json_get(a, "link"), "customer_id", "u-1");
		influence = json_get(a, "influence");
		assert_true(json_i64(json_get(influence, "points"), &points) && points > 0);
		assert_int_equal(json_count(json_get(influence, "parts")), INFLUENCE_PART_COUNT);
		assert_true(json_count(json_get(influence, "assumed")) > 0);
	}
	a = fixture_get(f, "/api/v1/authors/@zoe@social.example");
	assert_int_equal(json_type(json_get(a, "link")), JSON_NULL);
	fixture_refused(f, "GET", "/api/v1/authors/@nobody@social.example", NULL, 404, "not-found");
	fixture_refused(f, "GET", "/api/v1/authors/%01%02", NULL, 404, "not-found");
}

static void
a_customer_is_changed_merged_and_shown_as_it_was(void **state)
{
	struct fixture *f = *state;
	const struct json *r;

	fixture_import(f);
	fixture_refused(f, "PATCH", "/api/v1/customers/nobody", "{}", 404, "not-found");
	r = fixture_call(f, "PUT", "/api/v1/customers/new",
	    "{\"timezone\":\"Europe/"
	    "Berlin\",\"attributes\":{\"plan\":\"gold\",\"seats\":[\"1\",\"2\"]},"
	    "\"metrics\":{\"orders\":3.5},\"tags\":{\"vip\":true},\"consents\":[{\"channel\":"
	    "\"email\","
	    "\"purpose\":\"marketing\",\"given\":true,\"source\":\"web "
	    "form\",\"text_version\":\"v2\"}],"
	    "\"endpoints\":[{\"id\":\"n-1\",\"channel\":\"email\",\"address\":\"n@example.org\"}]}",
	    200);
	assert_text(r, "timezone", "Europe/Berlin");
	assert_text(json_at(json_get(r, "consents"), 0), "text_version", "v2");
	assert_int_equal(json_count(json_get(r, "endpoints")), 1);
	r = fixture_call(f, "PATCH", "/api/v1/customers/new",
	    "{\"attributes\":{\"plan\":null},\"tags\":{\"vip\":null}}", 200);
	assert_int_equal(json_count(json_get(r, "attributes")), 1);
	assert_int_equal(json_count(json_get(r, "tags")), 0);
	fixture_refused(
	    f, "PATCH", "/api/v1/customers/new", "{\"metrics\":{\"a\":\"b\"}}", 400, "bad-member");
	fixture_refused(f, "PATCH", "/api/v1/customers/new",
	    "{\"consents\":[{\"channel\":\"email\",\"purpose\":\"fun\",\"given\":true}]}", 400,
	    "bad-member");
	fixture_refused(
	    f, "PATCH", "/api/v1/customers/new", "{\"attribute\":{}}", 400, "unknown-member");
	r = fixture_call(f, "POST", "/api/v1/customers/u-1/merge",
	    "{\"other\":\"new\",\"reason\":\"same\"}", 200);
	assert_text(r, "id", "u-1");
	assert_int_equal(json_count(json_get(r, "merged")), 1);
	fixture_refused(
	    f, "POST", "/api/v1/customers/u-1/merge", "{\"other\":\"new\"}", 409, "conflict");
	fixture_refused(f, "POST", "/api/v1/customers/u-1/merge", "{}", 400, "bad-member");
	assert_text(fixture_get(f, "/api/v1/customers/new"), "id", "u-1");
	r = fixture_call(f, "POST", "/api/v1/customers/new/unmerge", "{}", 200);
	assert_text(r, "id", "new");
	fixture_refused(f, "POST", "/api/v1/customers/new/unmerge", "{}", 409, "conflict");
	fixture_refused(
	    f, "GET", "/api/v1/customers/new?at=2001-01-01T00:00:00Z", NULL, 404, "not-found");
	fixture_refused(f, "GET", "/api/v1/customers/new?at=now", NULL, 400, "bad-parameter");
	r = fixture_get(f, "/api/v1/customers/new?at=2099-01-01T00:00:00Z");
	assert_text(json_get(r, "customer"), "id", "new");
}

static void
a_change_that_would_count_for_nothing_is_refused(void **state)
{
	static const struct {
		const char *body;
		int status;
		const char *code;
	} cases[] = {
	    {"{\"consents\":[{\"channel\":\"fax\",\"purpose\":\"service\",\"given\":false}]}", 400,
		"bad-member"},
	    {"{\"consents\":[{\"channel\":\"sms\",\"purpose\":\"service\",\"give\":false}]}", 400,
		"bad-member"},
	    {"{\"consents\":[{\"channel\":\"sms\",\"purpose\":\"service\",\"given\":true,"
	     "\"source\":7}]}",
		400, "bad-member"},
	    {"{\"consents\":[\"email\"]}", 400, "bad-member"},
	    {"{\"endpoints\":[{\"id\":\"e\",\"channel\":\"fax\",\"address\":\"1\"}]}", 400,
		"bad-member"},
	    {"{\"endpoints\":[{\"id\":\"e\",\"channel\":\"email\",\"address\":\"a\"}]}", 400,
		"bad-member"},
	    {"{\"endpoints\":[{\"id\":\"e\",\"channel\":\"push\",\"address\":\"a\","
	     "\"opted_out\":\"yes\"}]}",
		400, "bad-member"},
	    {"{\"endpoints\":[{\"id\":\"e\",\"channel\":\"push\",\"address\":\"a\","
	     "\"optout\":true}]}",
		400, "bad-member"},
	    {"{\"endpoints\":[{\"id\":\"e\\n\",\"channel\":\"push\",\"address\":\"a\"}]}", 400,
		"bad-member"},
	    /* which of the two is meant? */
	    {"{\"endpoints\":[{\"id\":\"e\",\"channel\":\"push\",\"address\":\"a\"},"
	     "{\"id\":\"e\",\"channel\":\"push\",\"address\":\"b\"}]}",
		400, "bad-member"},
	    {"{\"timezone\":\"Europe/Berlln\"}", 400, "bad-member"},
	};
	struct fixture *f = *state;
	const struct json *r;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		fixture_refused(f, "PUT", "/api/v1/customers/hasty", cases[i].body, cases[i].status,
		    cases[i].code);
	fixture_refused(f, "GET", "/api/v1/customers/hasty", NULL, 404, "not-found");
	fixture_refused(f, "PUT", "/api/v1/customers/a%0Ab", "{}", 400, "bad-path");
	r = fixture_call(f, "PUT", "/api/v1/customers/hasty",
	    "{\"consents\":[{\"channel\":\"SMS\",\"purpose\":\"service\",\"given\":false}]}", 200);
	assert_text(json_at(json_get(r, "consents"), 0), "channel", "sms");
}

static void
who_saw_another_state_changes_nothing(void **state)
{
	static const struct {
		const char *method, *path, *body;
	} calls[] = {
	    {"PATCH", "/api/v1/customers/u-1", "{\"attributes\":{\"plan\":\"lead\"}}"},
	    {"PUT", "/api/v1/customers/u-1", "{\"locale\":\"de_AT\"}"},
	    {"POST", "/api/v1/customers/u-1/merge", "{\"other\":\"u-2\"}"},
	    {"POST", "/api/v1/customers/u-2/unmerge", "{}"},
	};
	struct fixture *f = *state;
	char seen[API_ETAG_SIZE], next[API_ETAG_SIZE + 20];

	fixture_import(f);
	fixture_get(f, "/api/v1/customers/u-1");
	snprintf(seen, sizeof seen, "%s", f->reply.etag);
	assert_int_equal(strlen(seen), 34);
	OK(store_begin(f->st, ERR)); /* what they do makes nobody's edit fail */
	OK(store_day_add(f->st, SLICE_LIT("u-1"),
	    &(struct day_entry){.what = DAY_EVENT, .at_ms = FIXTURE_NOW_MS}, FIXTURE_NOW_MS, ERR));
	OK(store_commit(f->st, ERR));
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
		f->if_match = i == 0 ? "\"00\"" : next;
		snprintf(next, sizeof next, "W/%s", seen);
		fixture_refused(
		    f, calls[i].method, calls[i].path, calls[i].body, 412, "changed-meanwhile");
		assert_string_equal(f->reply.etag, "");
		snprintf(next, sizeof next, "\"x\" , %s", seen);
		f->if_match = next;
		fixture_call(f, calls[i].method, calls[i].path, calls[i].body, 200);
		assert_string_not_equal(f->reply.etag, seen);
		snprintf(next, sizeof next, "%s", seen); /* is over now */
		snprintf(seen, sizeof seen, "%s", f->reply.etag);
		if (i == 0) {
			fixture_get(f, calls[i].path);
			assert_string_equal(f->reply.etag, seen);
		}
	}
	f->if_match = "*";
	fixture_call(f, "PATCH", "/api/v1/customers/u-1", "{}", 200);
	fixture_refused(f, "PUT", "/api/v1/customers/new", "{}", 412, "changed-meanwhile");
	f->if_match = NULL;
	fixture_call(f, "PUT", "/api/v1/customers/new", "{}", 200);
}

/* Of all who are one, with a line of history each. */
static void
tags_and_lists_are_taken_away_from_all_who_are_one(void **state)
{
	struct fixture *f = *state;
	const struct json *r;
	struct history_row *rows;
	size_t count, taken = 0;

	fixture_import(f);
	fixture_call(f, "PATCH", "/api/v1/customers/u-1",
	    "{\"lists\":{\"staff\":true,\"press\":true},\"tags\":{\"vip\":true}}", 200);
	fixture_call(f, "PATCH", "/api/v1/customers/u-2",
	    "{\"lists\":{\"staff\":true},\"tags\":{\"vip\":true}}", 200);
	r = fixture_call(f, "POST", "/api/v1/customers/u-1/merge", "{\"other\":\"u-2\"}", 200);
	assert_int_equal(json_count(json_get(r, "lists")), 2);
	r = fixture_call(f, "PATCH", "/api/v1/customers/u-1",
	    "{\"lists\":{\"staff\":null,\"nobody\":null},\"tags\":{\"vip\":false}}", 200);
	assert_int_equal(json_count(json_get(r, "lists")), 1);
	assert_true(slice_eq_str(json_str(json_at(json_get(r, "lists"), 0)), "press"));
	assert_int_equal(json_count(json_get(r, "tags")), 0);
	assert_int_equal(store_list_has(f->st, SLICE_LIT("staff"), SLICE_LIT("c:u-2"), ERR), 0);
	OK(store_history_of_tree(
	    f->st, SLICE_LIT("u-1"), INT64_MAX, 100, f->a, &rows, &count, ERR));
	for (size_t i = 0; i < count; i++)
		taken += slice_eq_str(rows[i].field, "list:staff") &&
		    slice_eq_str(rows[i].old_value, "true") && !slice_is_set(rows[i].new_value);
	assert_int_equal(taken, 2);
	fixture_refused(f, "PATCH", "/api/v1/customers/u-1", "{\"lists\":{\"staff\":\"yes\"}}", 400,
	    "bad-member");
}

/* A country that no rule can ask for, a locale that no template knows, are told before they are kept. */
static void
places_are_kept_as_rules_ask_for_them_and_others_are_refused(void **state)
{
	static const struct {
		const char *body, *help;
	} bad[] = {
	    {"{\"country\":\"UK\"}", "did you mean 'GB' (United Kingdom)?"},
	    {"{\"country\":\"Germany\"}", "did you mean 'DE' (Germany)?"},
	    {"{\"country\":\"\"}", "write the code of ISO 3166-1, such as DE or DEU for Germany"},
	    {"{\"locale\":\"en_UK\"}", "did you mean 'en_GB'?"},
	    {"{\"timezone\":\"Europe/Berln\"}", "did you mean 'Europe/Berlin'?"},
	    {"{\"endpoints\":[{\"id\":\"e-9\",\"channel\":\"email\",\"address\":\"a@b.example\","
	     "\"country\":\"Germny\"}]}",
		"did you mean 'DE' (Germany)?"},
	    {"{\"endpoints\":[{\"id\":\"e-9\",\"channel\":\"email\",\"address\":\"a@b.example\","
	     "\"locale\":\"german\"}]}",
		"write the language, and the country behind it if need be: de, de_DE, en-GB"},
	};
	struct fixture *f = *state;
	const struct json *r;

	fixture_import(f);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		fixture_refused(
		    f, "PATCH", "/api/v1/customers/u-1", bad[i].body, 400, "bad-member");
		assert_text(json_root(f->doc), "help", bad[i].help);
		fixture_refused(f, "PUT", "/api/v1/customers/u-9", bad[i].body, 400, "bad-member");
	}
	fixture_call(f, "GET", "/api/v1/customers/u-9", NULL, 404);
	r = fixture_call(f, "PUT", "/api/v1/customers/u-9",
	    "{\"country\":\"usa\",\"locale\":\"en-US\",\"timezone\":\"America/"
	    "New_York\",\"endpoints\":[{"
	    "\"id\":\"e-9\",\"channel\":\"email\",\"address\":\"a@b.example\",\"country\":\"DEU\"}]"
	    "}",
	    200);
	assert_text(r, "country", "US");
	assert_text(r, "locale", "en-US");
	assert_text(json_at(json_get(r, "endpoints"), 0), "country", "DE");
}

/* Everything of those who are one: what they did, and whose change it was, a page at a time. */
static void
a_merged_customer_is_shown_with_all_they_did_and_all_their_history(void **state)
{
	struct fixture *f = *state;
	const struct json *r, *row;
	char path[100];
	int64_t next = 0, now_ms = clock_now_ms(&f->clock.base);
	size_t of_ben = 0, rows = 0;
	bool more = true;

	fixture_import(f);
	OK(store_begin(f->st, ERR));
	OK(store_day_add(f->st, SLICE_LIT("u-1"), &(struct day_entry){DAY_POST, now_ms, -500, true},
	    now_ms, ERR));
	OK(store_commit(f->st, ERR));
	fixture_call(
	    f, "PATCH", "/api/v1/customers/u-2", "{\"attributes\":{\"plan\":\"gold\"}}", 200);
	r = fixture_get(f, "/api/v1/customers/u-2");
	assert_number(json_get(json_get(r, "doings"), "7d"), "posts", 0);
	assert_int_equal(
	    json_type(json_get(json_get(json_get(r, "doings"), "7d"), "sentiment")), JSON_NULL);
	assert_int_equal(json_type(json_get(json_get(r, "doings"), "last_post")), JSON_NULL);
	fixture_call(f, "POST", "/api/v1/customers/u-2/merge", "{\"other\":\"u-1\"}", 200);
	r = json_get(fixture_get(f, "/api/v1/customers/u-1"), "doings");
	assert_number(json_get(r, "7d"), "posts", 1);
	assert_number(json_get(r, "90d"), "posts", 1);
	assert_number(json_get(r, "30d"), "complaints", 1);
	assert_int_equal(json_type(json_get(json_get(r, "30d"), "sentiment")), JSON_NUMBER);
	assert_int_equal(json_type(json_get(r, "last_post")), JSON_STRING);
	while (more) {
		int len = snprintf(path, sizeof path, "/api/v1/customers/u-1?limit=1");

		if (next > 0)
			snprintf(
			    path + len, sizeof path - (size_t)len, "&before=%lld", (long long)next);
		r = fixture_get(f, path);
		assert_text(r, "id", "u-2");
		assert_int_equal(json_count(json_get(r, "history")), 1);
		row = json_at(json_get(r, "history"), 0);
		of_ben += slice_eq_str(json_get_str(row, "customer_id"), "u-2");
		rows++;
		assert_true(json_bool(json_get(r, "more_history"), &more));
		assert_int_equal(json_i64(json_get(r, "history_next"), &next), more);
	}
	assert_true(of_ben >= 3 && rows > of_ben);
	fixture_refused(f, "GET", "/api/v1/customers/u-1?before=x", NULL, 400, "bad-parameter");
	r = json_get(fixture_get(f, "/api/v1/customers/u-1?at=2099-01-01T00:00:00Z"), "one_with");
	assert_int_equal(json_count(r), 2);
	assert_text(json_at(r, 0), "id", "u-2");
	fixture_call(f, "POST", "/api/v1/customers/u-1/unmerge", "{}", 200);
	r = fixture_get(f, "/api/v1/customers/u-1?at=2099-01-01T00:00:00Z");
	assert_int_equal(json_count(json_get(r, "one_with")), 0);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, fixture_setup, fixture_teardown)
	const struct CMUnitTest tests[] = {
	    T(an_import_reports_what_it_did_and_may_be_repeated),
	    T(a_customer_is_changed_merged_and_shown_as_it_was),
	    T(a_change_that_would_count_for_nothing_is_refused),
	    T(places_are_kept_as_rules_ask_for_them_and_others_are_refused),
	    T(who_saw_another_state_changes_nothing),
	    T(tags_and_lists_are_taken_away_from_all_who_are_one),
	    T(a_merged_customer_is_shown_with_all_they_did_and_all_their_history),
	    T(a_large_import_pauses_between_parts_and_tells_of_all),
	    T(what_is_only_tried_pauses_as_well_and_leaves_nothing),
	    T(a_dry_run_writes_nothing),
	    T(a_bad_row_is_a_finding_with_line_and_the_others_go_in),
	    T(a_file_of_which_nothing_can_be_taken_is_refused),
	    T(handles_are_taken_from_the_attribute_that_is_named),
	    T(a_customer_is_shown_whole),
	    T(an_author_is_found_by_account_and_by_handle),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
