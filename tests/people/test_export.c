/*
 * An export imports again: into an empty store it gives the same export, into the same store it
 * changes nothing.  Random customers, by seed.
 */
#include "people/export.h"

#include "core/rng.h"
#include "people/csv_merge.h"
#include "people/import.h"
#include "store/records.h"
#include "store/segments.h"
#include "tests/people/people_world.h"

#define ROUNDS 40
#define CUSTOMERS 12

/* ---- random customers ------------------------------------------------------------ */

struct maker {
	struct rng rng;
	struct arena *a;
};

static bool
chance(struct maker *m, uint64_t percent)
{
	return rng_below(&m->rng, 100) < percent;
}

static struct slice
any_text(struct maker *m)
{
	static const char *const texts[] = {"x", "two words", " lead", "trail ", "a,b", "q\"q",
	    "line\nend", "cr\r\nlf", "=1+1", "@someone", "Ünïcödé", "\xf0\x9f\x8e\x89", "'", "-",
	    "\ttab", "NONE", "#", "{}", "1e5"};

	return slice_of(texts[rng_below(&m->rng, sizeof texts / sizeof *texts)]);
}

static struct slice
maybe(struct maker *m, const char *const *words, size_t count)
{
	return chance(m, 40) ? SLICE_NONE : slice_of(words[rng_below(&m->rng, count)]);
}

static struct attribute *
any_attributes(struct maker *m, size_t *count_r)
{
	static const char *const names[] = {"A", "First Name", "Ö", "a,b", "x\"y"};
	struct attribute *list = arena_array(m->a, 5, sizeof *list);
	size_t count = 0;

	for (size_t k = 0; k < 5; k++) {
		size_t values = rng_below(&m->rng, 4);
		struct slice *items = arena_array(m->a, values + 1, sizeof *items);

		for (size_t n = 0; n < values; n++)
			items[n] = any_text(m);
		if (values > 0)
			list[count++] = (struct attribute){slice_of(names[k]), {items, values}};
	}
	*count_r = count;
	return list;
}

static struct customer_metric *
any_metrics(struct maker *m, size_t *count_r)
{
	static const char *const values[] = {
	    "0", "7", "-12.5", "1e+300", "123456789012345678", "0.1"};
	struct customer_metric *list = arena_array(m->a, 2, sizeof *list);
	size_t count = 0;

	for (size_t k = 0; k < 2; k++)
		if (chance(m, 40))
			list[count++] =
			    (struct customer_metric){k == 0 ? SLICE_LIT("m.1") : SLICE_LIT("Zwei"),
				slice_of(values[rng_below(&m->rng, 6)])};
	*count_r = count;
	return list;
}

static const char *const zones[] = {"Europe/Berlin", "Europe/Rome"};
static const char *const locales[] = {"de_DE", "it_IT"};
static const char *const countries[] = {"DE", "IT"};
static const char *const channels[] = {"email", "sms", "push"};

static void
any_endpoints(struct maker *m, size_t who, struct customer_record *r)
{
	size_t count = rng_below(&m->rng, 4);
	struct endpoint *list = arena_array(m->a, count + 1, sizeof *list);
	struct slice *extras = arena_array(m->a, count + 1, sizeof *extras);

	for (size_t k = 0; k < count; k++) {
		struct endpoint *e = &list[k];
		size_t channel = rng_below(&m->rng, 3);

		e->id = slice_of(arena_printf(m->a, "e-%zu-%zu", who, k));
		e->channel = slice_of(channels[channel]);
		e->address =
		    slice_of(channel == 0 ? arena_printf(m->a, "a%zu.%zu@b.example", who, k)
					  : arena_printf(m->a, "+49301%zu%zu", who, k));
		e->is_opted_out = chance(m, 40);
		e->is_inactive = chance(m, 20);
		e->timezone = maybe(m, zones, 2);
		e->locale = maybe(m, locales, 2);
		e->country = maybe(m, countries, 2);
		e->attributes = any_attributes(m, &e->attribute_count);
		e->metrics = any_metrics(m, &e->metric_count);
		extras[k] = channel == 2 && chance(m, 50)
		    ? SLICE_LIT("{\"ChannelType\":\"APNS\",\"Demographic.Make\":\"Acme\","
				"\"EffectiveDate\":\"2026-01-01T00:00:00Z\"}")
		    : chance(m, 30) ? SLICE_NONE /* told by an event */
				    : slice_of(arena_printf(m->a, "{\"ChannelType\":\"%s\"}",
					  channel == 0       ? "EMAIL"
					      : channel == 1 ? "SMS"
							     : "PUSH"));
	}
	r->c.endpoints = list;
	r->c.endpoint_count = count;
	r->extras = extras;
}

static void
any_consents(struct maker *m, struct customer_record *r)
{
	struct consent *list = arena_array(m->a, 6, sizeof *list);
	size_t count = 0;

	for (size_t k = 0; k < 6; k++)
		if (chance(m, 70))
			list[count++] = (struct consent){.channel = slice_of(channels[k / 2]),
			    .purpose = k % 2 == 0 ? PURPOSE_SERVICE : PURPOSE_MARKETING,
			    .is_given = chance(m, 60),
			    .source = SLICE_LIT("web form"),
			    .at_ms = NOW - (int64_t)rng_below(&m->rng, 1000000),
			    .text_version = chance(m, 50) ? SLICE_LIT("v1") : SLICE_NONE};
	r->c.consents = list;
	r->c.consent_count = count;
}

static void
any_marks(struct maker *m, struct customer_record *r)
{
	struct tag_row *tags = arena_array(m->a, 2, sizeof *tags);
	static const struct slice lists[] = {SLICE_INIT("staff"), SLICE_INIT("friends")};

	for (size_t k = 0; k < 2; k++)
		if (chance(m, 40))
			tags[r->tag_count++] =
			    (struct tag_row){k == 0 ? SLICE_LIT("t 1") : SLICE_LIT("vip"), NOW - 5,
				chance(m, 50) ? NOW + 100000000 : TIME_UNKNOWN};
	r->tags = tags;
	r->lists = (struct slice_list){lists, rng_below(&m->rng, 3)};
}

static void
any_links(struct maker *m, struct store *st, size_t who)
{
	struct err err = {0};

	for (size_t k = 0; k < rng_below(&m->rng, 3); k++) {
		bool is_over = chance(m, 40);
		struct link_row l = {.customer_id = slice_of(arena_printf(m->a, "c-%zu", who)),
		    .handle_key = slice_of(arena_printf(m->a, "@h%zu%zu@x.example", who, k)),
		    .author_id = chance(m, 50)
			? slice_of(arena_printf(m->a, "https://x.example/%zu/%zu", who, k))
			: SLICE_NONE,
		    .proof = SLICE_LIT("agent"),
		    .confidence = 90,
		    .made_by = SLICE_LIT("mira"),
		    .basis = chance(m, 50) ? SLICE_LIT("said so") : SLICE_NONE,
		    .linked_at_ms = NOW - 1000 + (int64_t)k,
		    .unlinked_at_ms = is_over ? NOW - 10 : TIME_UNKNOWN,
		    .unlink_reason = is_over ? SLICE_LIT("wrong") : SLICE_NONE};

		assert_int_equal(store_link_add(st, &l, &err), 0);
	}
}

static const char *const segments[] = {"guests", "loyal", "past", "staff"};

/* As live rules leave them: two with members from files, one found by its conditions, one of earlier rules. */
static void
put_segments(struct store *st)
{
	struct err err = {0};

	assert_int_equal(store_begin(st, &err), 0);
	for (size_t k = 0; k < sizeof segments / sizeof *segments; k++) {
		const struct segment_row row = {.id = slice_of(segments[k]),
		    .content_hash = k == 1 ? SLICE_LIT("h") : SLICE_LIT(""),
		    .is_imported = k != 1,
		    .is_gone = k == 2};

		assert_int_equal(store_segment_put(st, &row, &err), 0);
	}
	assert_int_equal(store_commit(st, &err), 0);
}

static void
any_segments(struct maker *m, struct store *st, struct slice who)
{
	struct err err = {0};

	for (size_t k = 0; k < sizeof segments / sizeof *segments; k++)
		if (chance(m, 40))
			assert_int_equal(
			    store_segment_enter(st, slice_of(segments[k]), who, NOW, "test", &err),
			    1);
}

static void
fill(struct maker *m, struct store *st)
{
	struct err err = {0};

	assert_int_equal(store_begin(st, &err), 0);
	for (size_t who = 0; who < CUSTOMERS; who++) {
		struct customer_record r = {0};

		r.c.id = slice_of(arena_printf(m->a, "c-%zu", who));
		r.c.timezone = maybe(m, zones, 2);
		r.c.locale = maybe(m, locales, 2);
		r.c.country = maybe(m, countries, 2);
		r.c.attributes = any_attributes(m, &r.c.attribute_count);
		r.c.metrics = any_metrics(m, &r.c.metric_count);
		any_endpoints(m, who, &r);
		any_consents(m, &r);
		any_marks(m, &r);
		if (store_record_create(st, &r, NOW, "test", &err) < 0)
			fail_msg("%s", err.text);
		any_links(m, st, who);
		any_segments(m, st, r.c.id);
	}
	assert_int_equal(store_commit(st, &err), 0);
}

/* ---- the laws ----------------------------------------------------------------------- */

static void
export_all(struct store *st, enum export_format format, struct arena *a, struct buf *out)
{
	struct customer_record **list;
	struct export_columns *columns = export_columns_new();
	struct err err = {0};
	size_t count;

	assert_non_null(columns);
	assert_int_equal(
	    store_records_list(st, SLICE_NONE, 1000, 1 << 30, NOW, a, &list, &count, &err), 0);
	if (format == EXPORT_PINPOINT_CSV) {
		for (size_t k = 0; k < count; k++)
			assert_int_equal(export_columns_add(columns, list[k], &err), 0);
		export_csv_header(columns, out);
	}
	for (size_t k = 0; k < count; k++)
		switch (format) {
		case EXPORT_JSONL: export_jsonl(list[k], out); break;
		case EXPORT_PINPOINT_JSONL: export_pinpoint_jsonl(list[k], out); break;
		case EXPORT_PINPOINT_CSV: export_csv(columns, list[k], false, out); break;
		case EXPORT_FORMAT_COUNT: break;
		}
	export_columns_free(columns);
	assert_false(buf_failed(out));
}

static void
import_all(struct store *st, struct slice text, struct import_report *r)
{
	struct import_options o = {
	    .file = "x", .now_ms = NOW + 1, .is_jsonl = import_is_jsonl(text)};
	struct err err = {0};
	struct buf found;

	buf_init(&found, 1024 * 1024);
	if (world_import_into(st, text, 4096, &o, &found, r, &err) < 0)
		fail_msg("%s", err.text);
	if (found.len > 0)
		fail_msg("%s", buf_str(&found));
	buf_fini(&found);
}

static int64_t
history_of(struct store *st)
{
	struct err err = {0};
	int64_t count = -1;

	assert_int_equal(store_count(st, "customer_history", &count, &err), 0);
	return count;
}

static void
check_format(uint64_t seed, enum export_format format)
{
	struct maker m = {.a = arena_new(64 * 1024 * 1024)};
	struct store *st = world_store(), *other = world_store();
	struct import_report r = {0};
	struct buf first, second;
	int64_t history;

	rng_init(&m.rng, seed);
	put_segments(st);
	put_segments(other);
	fill(&m, st);
	buf_init(&first, 4 * 1024 * 1024);
	buf_init(&second, 4 * 1024 * 1024);
	export_all(st, format, m.a, &first);
	history = history_of(st);
	import_all(st, buf_slice(&first), &r);
	if (r.unchanged != r.rows || history_of(st) != history)
		fail_msg("seed %llu, %s: the same store changed: %lld of %lld rows\n%s",
		    (unsigned long long)seed, export_format_names[format], (long long)r.updated,
		    (long long)r.rows, buf_str(&first));
	import_all(other, buf_slice(&first), &r);
	export_all(other, format, m.a, &second);
	if (!slice_eq(buf_slice(&first), buf_slice(&second)))
		fail_msg("seed %llu, %s:\n%s\nagain:\n%s", (unsigned long long)seed,
		    export_format_names[format], buf_str(&first), buf_str(&second));
	assert_int_equal(r.created, CUSTOMERS);
	buf_fini(&first);
	buf_fini(&second);
	store_close(st);
	store_close(other);
	arena_free(m.a);
}

static void
an_export_imports_again_as_it_was(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= ROUNDS; seed++)
		for (int format = 0; format < EXPORT_FORMAT_COUNT; format++)
			check_format(seed, (enum export_format)format);
}

/* What others read of it never says more than the person allowed. */
static void
opt_out_is_none_only_where_both_purposes_are_allowed(void **state)
{
	static const struct {
		const char *note;
		bool is_opted_out;
		int service, marketing; /* -1: never asked */
		const char *want;
	} cases[] = {
	    {"both", false, 1, 1, "\"OptOut\":\"NONE\",\"EndpointStatus\":\"ACTIVE\"}"},
	    {"never asked", false, -1, -1,
		"\"OptOut\":\"ALL\",\"EndpointStatus\":\"ACTIVE\",\"Earshot\":{\"Allowed\":"
		"\"open\"}}"},
	    {"service", false, 1, 0, "\"Allowed\":\"open service no-marketing\""},
	    {"refused", true, 0, 0, "\"OptOut\":\"ALL\",\"EndpointStatus\":\"ACTIVE\"}"},
	    {"closed", true, 1, 1, "\"Allowed\":\"closed service marketing\""},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct consent consents[2];
		struct endpoint e = {.id = SLICE_LIT("e"),
		    .channel = SLICE_LIT("email"),
		    .address = SLICE_LIT("a@b.example"),
		    .is_opted_out = cases[i].is_opted_out};
		struct customer_record r = {.c = {.id = SLICE_LIT("u"),
						.endpoints = &e,
						.endpoint_count = 1,
						.consents = consents}};
		char text[300], want[200];
		struct buf b;

		for (int p = 0; p < 2; p++) {
			int given = p == 0 ? cases[i].service : cases[i].marketing;

			if (given >= 0)
				consents[r.c.consent_count++] =
				    (struct consent){.channel = SLICE_LIT("email"),
					.purpose = (enum purpose)p,
					.is_given = given == 1};
		}
		buf_init(&b, 65536);
		export_pinpoint_jsonl(&r, &b);
		snprintf(text, sizeof text, "%s", buf_str(&b));
		snprintf(want, sizeof want, "%s", cases[i].want);
		if (want[strlen(want) - 1] == '}' && strstr(want, "\"}}") == NULL)
			want[strlen(want) - 1] = ','; /* what follows */
		if (strstr(want, "\"}}") != NULL)
			want[strlen(want) - 1] = '\0';
		if (strstr(text, want) == NULL)
			fail_msg("%s: %s, want %s", cases[i].note, text, want);
		buf_fini(&b);
	}
}

static void
a_spreadsheet_runs_nothing_when_asked(void **state)
{
	struct export_columns *columns = export_columns_new();
	struct slice value = SLICE_LIT("=cmd()");
	struct attribute a = {SLICE_LIT("N"), {&value, 1}};
	struct customer_record r = {
	    .c = {.id = SLICE_LIT("u"), .attributes = &a, .attribute_count = 1}};
	struct err err = {0};
	struct buf b;

	(void)state;
	assert_int_equal(export_columns_add(columns, &r, &err), 0);
	for (int guard = 0; guard <= 1; guard++) {
		buf_init(&b, 65536);
		export_csv(columns, &r, guard != 0, &b);
		assert_string_equal(
		    buf_str(&b), guard ? ",,,,,,,,u,'=cmd()\n" : ",,,,,,,,u,=cmd()\n");
		buf_fini(&b);
	}
	export_columns_free(columns);
}

static void
more_columns_than_csv_may_have_are_refused(void **state)
{
	struct export_columns *columns = export_columns_new();
	struct err err = {0};
	int rc = 0, k;

	(void)state;
	for (k = 0; k < 1000 && rc == 0; k++) {
		char name[20];
		struct slice value = SLICE_LIT("x");
		struct attribute a = {SLICE_NONE, {&value, 1}};
		struct customer_record r = {.c = {.attributes = &a, .attribute_count = 1}};

		snprintf(name, sizeof name, "n%d", k);
		a.name = slice_of(name);
		rc = export_columns_add(columns, &r, &err);
	}
	assert_int_equal(rc, -1);
	assert_int_equal(err.kind, ERR_LIMIT);
	assert_int_equal(k - 1, 512 - 9);
	export_columns_free(columns);
}

static void
pages_of_csv_become_one(void **state)
{
	static const char one[] = "ID,A,A,B\n1,x,y,\"q\"\"\n\"\n2,,,\n",
			  two[] = "ID,C,A\n3,c,\" a\"\n";
	struct csv_merge *m = csv_merge_new("ID");
	struct err err = {0};
	struct buf b;
	size_t rows;

	(void)state;
	buf_init(&b, 65536);
	assert_int_equal(csv_merge_add(m, slice_of(one), &rows, &err), 0);
	assert_int_equal(rows, 2);
	assert_int_equal(csv_merge_add(m, slice_of(two), &rows, &err), 0);
	assert_true(slice_eq_str(csv_merge_last(m), "3"));
	csv_merge_header(m, &b);
	assert_int_equal(csv_merge_rows(m, slice_of(one), &b, &err), 0);
	assert_int_equal(csv_merge_rows(m, slice_of(two), &b, &err), 0);
	assert_string_equal(buf_str(&b), "ID,A,A,B,C\n1,x,y,\"q\"\"\n\",\n2,,,,\n3,\" a\",,,c\n");
	csv_merge_free(m);
	buf_fini(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(an_export_imports_again_as_it_was),
	    cmocka_unit_test(opt_out_is_none_only_where_both_purposes_are_allowed),
	    cmocka_unit_test(a_spreadsheet_runs_nothing_when_asked),
	    cmocka_unit_test(more_columns_than_csv_may_have_are_refused),
	    cmocka_unit_test(pages_of_csv_become_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
