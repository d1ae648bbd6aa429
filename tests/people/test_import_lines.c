/*
 * Files that are not Pinpoint's CSV: its JSON lines, columns named by targets, our own export.
 */
#include "people/import.h"

#include "store/records.h"
#include "store/segments.h"
#include "tests/people/people_world.h"

static void
on_reject(void *cookie, size_t line, const char *reason)
{
	buf_addf(cookie, "%zu:%.4s ", line, reason);
}

/* Returns the findings; the rejects are in *rejects. */
static const char *
import_text(struct people_world *w, const char *text, struct import_report *r, struct buf *rejects)
{
	struct import_options o = {.file = "c",
	    .now_ms = w->now_ms,
	    .is_jsonl = import_is_jsonl(slice_of(text)),
	    .on_reject = rejects == NULL ? NULL : on_reject,
	    .cookie = rejects};
	struct err err = {0};
	struct buf found;
	const char *out;

	memset(r, 0, sizeof *r);
	buf_init(&found, 1024 * 1024);
	if (world_import_into(w->st, slice_of(text), 3, &o, &found, r, &err) < 0)
		fail_msg("%s", err.text);
	out = arena_strdup(w->a, buf_str(&found));
	buf_fini(&found);
	return out;
}

static const char *
record(struct people_world *w, const char *id)
{
	struct customer_record *r = NULL;
	struct err err = {0};
	struct buf b;
	const char *text = "nobody";

	buf_init(&b, 1024 * 1024);
	if (store_record_load(w->st, slice_of(id), w->now_ms, w->a, &r, &err) > 0) {
		store_record_json(r, &b);
		text = arena_strdup(w->a, buf_str(&b));
	}
	buf_fini(&b);
	return text;
}

static void
a_line_of_pinpoints_is_what_a_row_is(void **state)
{
	static const char csv[] =
	    "ChannelType,Address,Id,OptOut,EndpointStatus,EffectiveDate,Location.Country,"
	    "Location.Latitude,Demographic.Timezone,Demographic.Make,Attributes.D,Attributes.D,"
	    "Metrics.V,User.UserId,User.UserAttributes.N\n"
	    "email,a@b.example,e-1,all,INACTIVE,2026-01-01T00:00:00Z,DE,52.5,Europe/Berlin,Acme,"
	    "x,y,7.50,u,Ann\n"
	    ",,,,,,,,,,,,,v,Bo\n";
	static const char lines[] =
	    "{\"ChannelType\":\"email\",\"Address\":\"a@b.example\",\"Id\":\"e-1\","
	    "\"OptOut\":\"all\",\"EndpointStatus\":\"INACTIVE\",\"EffectiveDate\":"
	    "\"2026-01-01T00:00:00Z\",\"Location\":{\"Country\":\"DE\",\"Latitude\":52.5},"
	    "\"Demographic\":{\"Timezone\":\"Europe/Berlin\",\"Make\":\"Acme\"},\"Attributes\":"
	    "{\"D\":[\"x\",\"y\"]},\"Metrics\":{\"V\":7.50},\"User\":{\"UserId\":\"u\","
	    "\"UserAttributes\":{\"N\":[\"Ann\"]}}}\r\n\n"
	    "{\"User\":{\"UserId\":\"v\",\"UserAttributes\":{\"N\":\"Bo\"}}}";
	struct people_world w = world_open(), other = world_open();
	struct import_report r;

	(void)state;
	assert_string_equal(import_text(&w, csv, &r, NULL), "");
	assert_string_equal(import_text(&other, lines, &r, NULL), "");
	assert_int_equal(r.created, 2);
	assert_string_equal(record(&w, "u"), record(&other, "u"));
	assert_string_equal(record(&w, "v"), record(&other, "v"));
	assert_non_null(strstr(record(&w, "u"), "\"metrics\":{\"V\":7.5}"));
	assert_non_null(strstr(record(&w, "u"), "\"opted_out\":true,\"inactive\":true"));
	world_close(&w);
	world_close(&other);
}

static void
columns_of_any_file_are_named_by_targets(void **state)
{
	static const char text[] =
	    "id,endpoint:email,endpoint:sms split '/',attribute:Since date 'DD.MM.YYYY',"
	    "attribute:'Likes it' split ';',\"metric:points decimal ','\",consent:email:both,"
	    "consent:email:both:at date 'DD.MM.YYYY',tag:vip,tag,list:staff,handle,"
	    "consent:email:both:source is 'web form',country is 'DE',consent:email:both:text "
	    "is 'v2'\n"
	    "17,a@b.example,+4930123/+4930124,03.11.2020,a; b;,\"1.234,5\",yes,01.02.2025,x,"
	    "\"t1, t2\",no,@h@x.example\n";
	struct people_world w = world_open();
	struct import_report r;
	int64_t history;

	(void)state;
	assert_string_equal(import_text(&w, text, &r, NULL), "");
	assert_string_equal(record(&w, "17"),
	    "{\"id\":\"17\",\"country\":\"DE\",\"attributes\":{\"Likes it\":[\"a\",\"b\"],"
	    "\"Since\":[\"2020-11-03\"],\"SocialHandle\":[\"@h@x.example\"]},\"metrics\":"
	    "{\"points\":1234.5},\"endpoints\":[{\"id\":\"17|EMAIL|a@b.example\",\"channel\":"
	    "\"email\",\"address\":\"a@b.example\",\"extra\":{\"ChannelType\":\"EMAIL\"}},{\"id\":"
	    "\"17|SMS|+4930123\",\"channel\":\"sms\",\"address\":\"+4930123\",\"extra\":"
	    "{\"ChannelType\":\"SMS\"}},{\"id\":\"17|SMS|+4930124\",\"channel\":\"sms\","
	    "\"address\":\"+4930124\",\"extra\":{\"ChannelType\":\"SMS\"}}],\"consents\":["
	    "{\"channel\":\"email\",\"purpose\":\"service\",\"given\":true,\"source\":\"web "
	    "form\",\"at\":\"2025-02-01T00:00:00Z\",\"text_version\":\"v2\"},{\"channel\":"
	    "\"email\",\"purpose\":\"marketing\",\"given\":true,\"source\":\"web form\",\"at\":"
	    "\"2025-02-01T00:00:00Z\",\"text_version\":\"v2\"}],\"tags\":[{\"tag\":\"t1\",\"at\":"
	    "\"2026-11-21T10:00:00Z\"},{\"tag\":\"t2\",\"at\":\"2026-11-21T10:00:00Z\"},{\"tag\":"
	    "\"vip\",\"at\":\"2026-11-21T10:00:00Z\"}],\"links\":[{\"handle\":\"@h@x.example\","
	    "\"proof\":\"imported handle\",\"confidence\":80,\"made_by\":\"import\",\"linked_at\":"
	    "\"2026-11-21T10:00:00Z\"}]}");
	history = world_count(&w, "customer_history");
	w.now_ms += TIME_DAY_MS;
	import_text(&w, text, &r, NULL);
	assert_int_equal(r.unchanged, 1);
	assert_int_equal(world_count(&w, "customer_history"), history);
	world_close(&w);
}

/* Segments as live rules leave them: with members from files, found by conditions, and of earlier rules. */
static void
put_segments(struct people_world *w)
{
	static const struct segment_row rows[] = {
	    {.id = SLICE_INIT("vip"), .content_hash = SLICE_INIT(""), .is_imported = true},
	    {.id = SLICE_INIT("staff"), .content_hash = SLICE_INIT(""), .is_imported = true},
	    {.id = SLICE_INIT("loyal"), .content_hash = SLICE_INIT("h")},
	    {.id = SLICE_INIT("old"),
		.content_hash = SLICE_INIT(""),
		.is_imported = true,
		.is_gone = true},
	};
	struct err err = {0};

	assert_int_equal(store_begin(w->st, &err), 0);
	for (size_t k = 0; k < sizeof rows / sizeof *rows; k++)
		assert_int_equal(store_segment_put(w->st, &rows[k], &err), 0);
	assert_int_equal(store_commit(w->st, &err), 0);
}

static const char *
memberships(struct people_world *w, const char *id)
{
	struct segment_member *rows;
	struct err err = {0};
	size_t count;
	const char *text = "";

	assert_int_equal(store_segments_of(w->st, slice_of(id), w->a, &rows, &count, &err), 0);
	for (size_t k = 0; k < count; k++)
		text = arena_printf(
		    w->a, "%s%s%.*s", text, k > 0 ? " " : "", SLICE_ARG(rows[k].segment));
	return text;
}

static int64_t
members(struct people_world *w, const char *segment)
{
	struct segment_row row = {0};
	struct err err = {0};

	assert_int_equal(store_segment_load(w->st, slice_of(segment), w->a, &row, &err), 1);
	return row.members;
}

static void
forget_to_judge(struct people_world *w, const char *letters)
{
	struct err err;

	assert_int_equal(store_begin(w->st, &err), 0);
	for (; *letters != '\0'; letters++)
		assert_int_equal(
		    store_judging_set(w->st, slice_make(letters, 1), TIME_UNKNOWN, &err), 0);
	assert_int_equal(store_commit(w->st, &err), 0);
	assert_int_equal(world_count(w, "segment_queue"), 0);
}

static void
a_column_says_which_segments_somebody_is_in(void **state)
{
	static const char text[] = "id,segment split ';',segment:staff\n"
				   "a,vip;staff,\n"
				   "b,vip,no\n"
				   "c,,yes\n"
				   "d,,\n";
	struct people_world w = world_open();
	struct import_report r;
	int64_t history;

	(void)state;
	put_segments(&w);
	assert_string_equal(import_text(&w, text, &r, NULL), "");
	assert_int_equal(r.created, 4);
	assert_string_equal(memberships(&w, "a"), "staff vip");
	assert_string_equal(memberships(&w, "b"), "vip");
	assert_string_equal(memberships(&w, "c"), "staff");
	assert_string_equal(memberships(&w, "d"), "");
	assert_int_equal(members(&w, "vip"), 2);
	assert_int_equal(members(&w, "staff"), 2);
	history = world_count(&w, "customer_history");
	import_text(&w, text, &r, NULL);
	assert_int_equal(r.unchanged, 4);
	assert_int_equal(world_count(&w, "customer_history"), history);
	forget_to_judge(&w, "abcd");
	/* A cell that is empty leaves what there is; a no takes out. */
	assert_string_equal(
	    import_text(&w, "id,segment,segment:staff\na,,no\nc,,\nd,\"staff, vip\",\n", &r, NULL),
	    "");
	assert_int_equal(r.updated, 2);
	assert_int_equal(r.unchanged, 1);
	assert_string_equal(memberships(&w, "a"), "vip");
	assert_string_equal(memberships(&w, "c"), "staff");
	assert_string_equal(memberships(&w, "d"), "staff vip");
	assert_int_equal(members(&w, "vip"), 3);
	assert_int_equal(members(&w, "staff"), 2);
	/* Other segments may ask for these. */
	assert_int_equal(world_count(&w, "segment_queue"), 2);
	assert_int_equal(world_count(&w, "customer_history"), history + 3);
	/* Of two columns that say something of one segment the last one counts. */
	assert_string_equal(
	    import_text(&w, "id,segment,segment:staff\nd,staff,no\ne,staff,no\n", &r, NULL), "");
	assert_string_equal(memberships(&w, "d"), "vip");
	assert_string_equal(memberships(&w, "e"), "");
	world_close(&w);
}

static void
where_an_endpoint_is_must_be_somewhere_as_for_a_customer(void **state)
{
	static const char text[] =
	    "{\"id\":\"a\",\"endpoints\":[{\"id\":\"e\",\"channel\":\"email\",\"address\":\"a@b."
	    "example\","
	    "\"country\":\"DEU\",\"locale\":\"english\",\"timezone\":\"Nowhere/Town\"}]}\n";
	struct people_world w = world_open();
	struct import_report r;
	const struct endpoint *e;
	const char *found;

	(void)state;
	found = import_text(&w, text, &r, NULL);
	assert_int_equal(r.created, 1);
	assert_non_null(strstr(found, "there is no locale 'english'"));
	assert_non_null(strstr(found, "Nowhere/Town"));
	e = &world_customer(&w, "a")->endpoints[0];
	assert_true(slice_eq_str(e->country, "DE"));
	assert_false(slice_is_set(e->locale) || slice_is_set(e->timezone));
	world_close(&w);
}

static void
a_segment_that_no_file_fills_leaves_the_row_out_with_the_reason(void **state)
{
	struct people_world w = world_open();
	struct import_report r;
	const char *found;

	(void)state;
	put_segments(&w);
	found = import_text(&w, "id,segment\na,\"staff,vpi\"\nb,loyal\nc,old\nd,vip\n", &r, NULL);
	assert_int_equal(r.created, 1);
	assert_int_equal(r.rejected, 3);
	assert_non_null(
	    strstr(found, "2:3: error[I028]: there is no segment 'vpi' among the live rules\n"));
	assert_non_null(strstr(found, "= help: did you mean 'vip'?"));
	assert_non_null(strstr(
	    found, "3:3: error[I028]: the members of segment 'loyal' are found by its conditions"));
	assert_non_null(strstr(found, "4:3: error[I028]: there is no segment 'old'"));
	assert_non_null(strstr(found, "write it into the rules first: segment ID"));
	assert_string_equal(memberships(&w, "d"), "vip");
	assert_int_equal(members(&w, "staff"), 0);
	assert_int_equal(world_count(&w, "segment_members"), 1);
	assert_int_equal(world_count(&w, "customers"), 1);
	world_close(&w);
}

/* An export goes into a house without its rules as well. */
static void
a_customer_of_an_export_is_taken_without_the_segment_that_is_not_known(void **state)
{
	static const char text[] = "{\"id\":\"a\",\"segments\":[\"staff\",\"loyal\",\"vip\"]}\n"
				   "{\"id\":\"b\",\"segments\":[\"vpi\"]}\n"
				   "{\"id\":\"c\",\"segments\":[{}]}\n";
	struct people_world w = world_open();
	struct import_report r;
	const char *found;

	(void)state;
	put_segments(&w);
	found = import_text(&w, text, &r, NULL);
	assert_int_equal(r.created, 2);
	assert_int_equal(r.rejected, 1);
	assert_non_null(strstr(found, "1:1: warning[I028]: the members of segment 'loyal'"));
	assert_non_null(strstr(found, "2:1: warning[I028]: there is no segment 'vpi'"));
	assert_non_null(strstr(found, "= help: did you mean 'vip'?"));
	assert_non_null(strstr(found, "3:1: error[I023]: a segment is an object, expected a name"));
	assert_string_equal(memberships(&w, "a"), "staff vip");
	assert_string_equal(memberships(&w, "b"), "");
	assert_int_equal(members(&w, "staff"), 1);
	world_close(&w);
}

static void
an_address_alone_is_no_consent(void **state)
{
	struct people_world w = world_open();
	struct import_report r;

	(void)state;
	import_text(&w, "endpoint:email\na@b.example\n", &r, NULL);
	assert_string_equal(record(&w, "email:a@b.example"),
	    "{\"id\":\"email:a@b.example\",\"endpoints\":[{\"id\":\"email:a@b.example|EMAIL|a@b."
	    "example\",\"channel\":\"email\",\"address\":\"a@b.example\",\"extra\":"
	    "{\"ChannelType\":\"EMAIL\"}}],\"links\":[]}");
	world_close(&w);
}

/* Of consent said outright the newer counts, and of the same instant the withdrawal. */
static void
the_newer_word_on_consent_counts(void **state)
{
	static const struct {
		const char *note, *first, *second, *want;
	} cases[] = {
	    {"newer", "yes,2025-01-01", "no,2025-01-02", "\"given\":false"},
	    {"older", "yes,2025-01-02", "no,2025-01-01", "\"given\":true"},
	    {"the same instant", "yes,2025-01-01", "no,2025-01-01", "\"given\":false"},
	    {"the same instant, the other way", "no,2025-01-01", "yes,2025-01-01",
		"\"given\":false"},
	    {"given again later", "no,2025-01-01", "yes,2025-01-02", "\"given\":true"},
	    {"no time: a withdrawal counts", "yes,2025-01-01", "no,", "\"given\":false"},
	    {"no time: the import gives back what it took", "no,", "yes,", "\"given\":true"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct people_world w = world_open();
		const char *const files[] = {cases[i].first, cases[i].second};
		struct import_report r;

		for (size_t k = 0; k < 2; k++)
			import_text(&w,
			    arena_printf(w.a,
				"id,consent:sms:service,consent:sms:service:at\nu,%s\n", files[k]),
			    &r, NULL);
		if (strstr(record(&w, "u"), cases[i].want) == NULL)
			fail_msg("%s: %s", cases[i].note, record(&w, "u"));
		world_close(&w);
	}
}

static void
lines_that_are_wrong_are_left_out_with_their_number_and_reason(void **state)
{
	static const struct {
		const char *note, *line, *code;
	} cases[] = {
	    {"no JSON", "rubbish", "I001"},
	    {"no object", "[1]", "I001"},
	    {"nobody", "{}", "I003"},
	    {"no channel", "{\"Address\":\"a@b.example\"}", "I004"},
	    {"opt-out", "{\"ChannelType\":\"EMAIL\",\"Address\":\"a@b.example\",\"OptOut\":\"X\"}",
		"I005"},
	    {"channel", "{\"ChannelType\":\"FAX\",\"Address\":\"1\"}", "I006"},
	    {"address", "{\"ChannelType\":\"EMAIL\",\"Address\":\"x\"}", "I007"},
	    {"an id that is no text", "{\"id\":7}", "I023"},
	    {"an empty id", "{\"id\":\"\"}", "I003"},
	    {"metric", "{\"id\":\"x\",\"metrics\":{\"m\":\"many\"}}", "I016"},
	    {"attribute", "{\"id\":\"x\",\"attributes\":{\"a\":[{}]}}", "I023"},
	    {"attributes", "{\"id\":\"x\",\"attributes\":7}", "I023"},
	    {"endpoint", "{\"id\":\"x\",\"endpoints\":[7]}", "I023"},
	    {"endpoint's channel",
		"{\"id\":\"x\",\"endpoints\":[{\"channel\":\"fax\",\"address\":\"1\"}]}", "I006"},
	    {"purpose", "{\"id\":\"x\",\"consents\":[{\"channel\":\"sms\",\"purpose\":\"fun\"}]}",
		"I023"},
	    {"future",
		"{\"id\":\"x\",\"consents\":[{\"channel\":\"sms\",\"purpose\":\"service\","
		"\"given\":true,\"at\":\"2099-01-01T00:00:00Z\"}]}",
		"I019"},
	    {"time", "{\"id\":\"x\",\"tags\":[{\"tag\":\"t\",\"at\":\"soon\"}]}", "I019"},
	    {"link", "{\"id\":\"x\",\"links\":[{\"handle\":\"@a@b.example\"}]}", "I023"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct people_world w = world_open();
		const char *want = arena_printf(w.a, "3:%s ", cases[i].code);
		struct import_report r;
		struct buf rejects;

		buf_init(&rejects, 65536);
		import_text(&w,
		    arena_printf(w.a,
			"# line 7: a remark\n{\"id\":\"first\"}\n%s\n{\"id\":\"last\"}\n",
			cases[i].line),
		    &r, &rejects);
		if (strcmp(buf_str(&rejects), want) != 0)
			fail_msg("%s: '%s', want '%s'", cases[i].note, buf_str(&rejects), want);
		assert_true(r.rows == 3 && r.created == 2 && r.rejected == 1);
		buf_fini(&rejects);
		world_close(&w);
	}
}

/* Found by the fuzzer: two customers name one handle, which the first in the file got. */
static void
an_exported_customer_without_a_link_gets_none_of_its_handle(void **state)
{
	struct people_world w = world_open();
	struct import_report r;
	const char *found = import_text(&w,
	    "{\"id\":\"a\",\"attributes\":{\"SocialHandle\":[\"@h@x.example\"]},\"links\":[]}\n"
	    "{\"id\":\"b\",\"attributes\":{\"SocialHandle\":[\"@h@x.example\"]},\"links\":[{"
	    "\"handle\":\"@h@x.example\",\"proof\":\"imported handle\",\"linked_at\":"
	    "\"2025-01-01T00:00:00Z\"}]}\n",
	    &r, NULL);

	(void)state;
	assert_string_equal(found, "");
	assert_string_equal(world_links(&w, "a"), "");
	assert_string_equal(world_links(&w, "b"), "@h@x.example");
	world_close(&w);
}

/* Fifteen endpoints a customer, as Pinpoint had it. */
static void
the_sixteenth_endpoint_retires_the_oldest_push_or_is_refused(void **state)
{
	struct people_world w = world_open();
	struct import_report r;
	struct customer_record *c = NULL;
	struct err err = {0};
	struct buf b;

	(void)state;
	for (int k = 0; k < 17; k++) {
		w.now_ms++;
		import_text(&w,
		    arena_printf(w.a, "ChannelType,Address,User.UserId\n%s,%s%d%s,u\n",
			k == 3 ? "GCM" : "EMAIL", k == 3 ? "token" : "a", k,
			k == 3 ? "" : "@b.example"),
		    &r, NULL);
		assert_int_equal(r.rejected, k == 16);
	}
	assert_int_equal(store_record_load(w.st, SLICE_LIT("u"), w.now_ms, w.a, &c, &err), 1);
	assert_int_equal(c->c.endpoint_count, 16);
	buf_init(&b, 65536);
	for (size_t k = 0; k < 16; k++)
		if (c->c.endpoints[k].is_inactive)
			buf_add_slice(&b, c->c.endpoints[k].address);
	assert_string_equal(buf_str(&b), "token3");
	buf_fini(&b);
	world_close(&w);
}

/* How many are in use, and the addresses of the others. */
static const char *
reach(struct people_world *w, const char *id)
{
	struct customer_record *c = NULL;
	struct err err = {0};
	size_t in_use = 0;
	struct buf b;
	const char *text;

	assert_int_equal(store_record_load(w->st, slice_of(id), w->now_ms, w->a, &c, &err), 1);
	buf_init(&b, 65536);
	for (size_t k = 0; k < c->c.endpoint_count; k++)
		if (c->c.endpoints[k].is_inactive)
			buf_addf(&b, " %.*s", SLICE_ARG(c->c.endpoints[k].address));
		else
			in_use++;
	text = arena_printf(w->a, "%zu%s", in_use, buf_str(&b));
	buf_fini(&b);
	return text;
}

/* A line of our own export with so many endpoints from first on. */
static void
add_own_line(struct buf *b, const char *id, const char *channel, int first, int count)
{
	buf_addf(b, "{\"id\":\"%s\",\"endpoints\":[", id);
	for (int k = first; k < first + count; k++)
		buf_addf(b, "%s{\"id\":\"%s-%s-%d\",\"channel\":\"%s\",\"address\":\"%s%d%s\"}",
		    k == first ? "" : ",", id, channel, k, channel, channel, k,
		    strcmp(channel, "email") == 0 ? "@b.example" : "");
	buf_add_str(b, "]}\n");
}

/* Whatever the file is: one line with many, one line each, Pinpoint's lines. */
static void
the_limit_of_endpoints_holds_for_lines_too(void **state)
{
	struct people_world w = world_open();
	struct import_report r;
	struct buf b, rejects;

	(void)state;
	buf_init(&b, 1024 * 1024);
	buf_init(&rejects, 65536);
	add_own_line(&b, "push", "push", 10, 17);
	add_own_line(&b, "mail", "email", 10, 16);
	add_own_line(&b, "last", "email", 10, 15);
	add_own_line(&b, "last", "push", 10, 1); /* does not make room for itself */
	add_own_line(&b, "fits", "email", 10, 15);
	import_text(&w, buf_str(&b), &r, &rejects);
	assert_string_equal(buf_str(&rejects), "2:I017 4:I017 ");
	assert_string_equal(reach(&w, "push"), "15 push10 push11");
	assert_string_equal(reach(&w, "last"), "15");
	assert_string_equal(record(&w, "mail"), "nobody");
	w.now_ms++;
	buf_clear(&rejects);
	import_text(&w,
	    "{\"ChannelType\":\"GCM\",\"Address\":\"t\",\"User\":{\"UserId\":\"push\"}}\n"
	    "{\"ChannelType\":\"EMAIL\",\"Address\":\"n@b.example\",\"User\":{\"UserId\":"
	    "\"fits\"}}\n",
	    &r, &rejects);
	assert_string_equal(buf_str(&rejects), "2:I017 ");
	assert_string_equal(reach(&w, "push"), "15 push10 push11 push12");
	assert_string_equal(reach(&w, "fits"), "15");
	buf_fini(&b);
	buf_fini(&rejects);
	world_close(&w);
}

static void
an_endpoint_that_moves_leaves_a_row_in_the_history_of_both(void **state)
{
	struct people_world w = world_open();
	struct history_row *rows;
	struct import_report r;
	struct err err = {0};
	size_t count;

	(void)state;
	import_text(&w, "ChannelType,Address,Id,User.UserId\nEMAIL,a@b.example,e,u\n", &r, NULL);
	import_text(&w, "ChannelType,Address,Id,User.UserId\nEMAIL,a@b.example,e,v\n", &r, NULL);
	assert_int_equal(store_history_list(w.st, SLICE_LIT("u"), 10, w.a, &rows, &count, &err), 0);
	assert_int_equal(count, 2);
	assert_true(slice_eq_str(rows[0].field, "endpoint:e") && slice_is_set(rows[0].old_value) &&
	    !slice_is_set(rows[0].new_value));
	world_close(&w);
}

static void
a_merged_customer_is_merged_again_whichever_line_comes_first(void **state)
{
	static const char *const files[] = {
	    "{\"id\":\"a\",\"merged_into\":\"b\",\"attributes\":{\"N\":[\"1\"]}}\n{\"id\":\"b\","
	    "\"country\":\"DE\"}\n",
	    "{\"id\":\"b\",\"country\":\"DE\"}\n{\"id\":\"a\",\"merged_into\":\"b\","
	    "\"attributes\":{\"N\":[\"1\"]}}\n"};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct people_world w = world_open();
		struct import_report r;

		assert_string_equal(import_text(&w, files[i], &r, NULL), "");
		assert_string_equal(record(&w, "a"),
		    "{\"id\":\"a\",\"merged_into\":\"b\",\"attributes\":{\"N\":[\"1\"]},\"links\":["
		    "]}");
		assert_string_equal(
		    record(&w, "b"), "{\"id\":\"b\",\"country\":\"DE\",\"links\":[]}");
		assert_true(slice_eq_str(world_customer(&w, "a")->id, "b"));
		import_text(&w, files[i], &r, NULL);
		assert_int_equal(r.unchanged, 2);
		world_close(&w);
	}
}

static void
customers_that_cannot_be_one_are_said(void **state)
{
	struct people_world w = world_open();
	struct import_report r;
	const char *found =
	    import_text(&w, "{\"id\":\"a\",\"merged_into\":\"a\"}\n{\"id\":\"b\"}\n", &r, NULL);

	(void)state;
	assert_non_null(strstr(found, "I025"));
	assert_int_equal(r.created, 2);
	world_close(&w);
}

static void
a_failed_allocation_leaves_all_or_nothing(void **state)
{
	static const char text[] =
	    "{\"id\":\"u\",\"metrics\":{\"m\":1.5},\"attributes\":{\"A\":[\"x\",\"y\"]},"
	    "\"endpoints\":[{\"channel\":\"email\",\"address\":\"a@b.example\",\"extra\":{\"E\":"
	    "\"1\"}}],\"consents\":[{\"channel\":\"email\",\"purpose\":\"service\",\"given\":true}]"
	    ","
	    "\"tags\":[\"t\"],\"lists\":[\"l\"],\"links\":[{\"handle\":\"@h@x.example\",\"proof\":"
	    "\"agent\",\"linked_at\":\"2025-01-01T00:00:00Z\"}]}\n";

	(void)state;
	for (int sticky = 0; sticky <= 1; sticky++) {
		for (unsigned nth = 1;; nth++) {
			struct people_world w = world_open();
			struct import_options o = {.file = "c", .now_ms = NOW, .is_jsonl = true};
			struct import_report r = {0};
			struct err err = {0};
			bool hit;
			int rc;

			mem_fault_arm(nth, sticky != 0);
			rc = world_import_into(w.st, slice_of(text), 64, &o, NULL, &r, &err);
			hit = mem_fault_hit();
			mem_fault_arm(0, false);
			assert_false(store_in_transaction(w.st));
			if (rc != 0)
				assert_int_equal(world_count(&w, "customers"), 0);
			import_text(&w, text, &r, NULL); /* and it may be done again */
			assert_string_equal(world_links(&w, "u"), "@h@x.example");
			assert_int_equal(world_count(&w, "customer_metrics"), 1);
			world_close(&w);
			if (!hit)
				break;
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_line_of_pinpoints_is_what_a_row_is),
	    cmocka_unit_test(columns_of_any_file_are_named_by_targets),
	    cmocka_unit_test(a_column_says_which_segments_somebody_is_in),
	    cmocka_unit_test(where_an_endpoint_is_must_be_somewhere_as_for_a_customer),
	    cmocka_unit_test(a_segment_that_no_file_fills_leaves_the_row_out_with_the_reason),
	    cmocka_unit_test(
		a_customer_of_an_export_is_taken_without_the_segment_that_is_not_known),
	    cmocka_unit_test(an_address_alone_is_no_consent),
	    cmocka_unit_test(the_newer_word_on_consent_counts),
	    cmocka_unit_test(lines_that_are_wrong_are_left_out_with_their_number_and_reason),
	    cmocka_unit_test(an_exported_customer_without_a_link_gets_none_of_its_handle),
	    cmocka_unit_test(the_sixteenth_endpoint_retires_the_oldest_push_or_is_refused),
	    cmocka_unit_test(the_limit_of_endpoints_holds_for_lines_too),
	    cmocka_unit_test(an_endpoint_that_moves_leaves_a_row_in_the_history_of_both),
	    cmocka_unit_test(a_merged_customer_is_merged_again_whichever_line_comes_first),
	    cmocka_unit_test(customers_that_cannot_be_one_are_said),
	    cmocka_unit_test(a_failed_allocation_leaves_all_or_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
