#include "core/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/buf.h"
#include "core/diag.h"
#include "core/mem.h"
#include "core/yaml.h"
#include "tests/support/faults.h"
#include "tests/support/files.h"

static const struct option table[] = {
    {.name = "url",
	.type = OPTION_TEXT,
	.is_required = true,
	.help = "Where to fetch from.",
	.example = "https://a.example/feed"},
    {.name = "poll_every",
	.type = OPTION_DURATION,
	.fallback = "5 min",
	.min = 10000,
	.max = 86400000,
	.help = "How often to ask."},
    {.name = "tags", .type = OPTION_LIST, .fallback = "one, two", .help = "What to follow."},
    {.name = "none", .type = OPTION_LIST, .fallback = "", .help = "Empty."},
    {.name = "token", .type = OPTION_SECRET, .help = "The access token."},
    {.name = "retries", .type = OPTION_INT, .fallback = "3", .min = 0, .max = 10, .help = "Tries."},
    {.name = "offset", .type = OPTION_INT, .help = "Any number."},
    {.name = "max_size",
	.type = OPTION_SIZE,
	.fallback = "10 MB",
	.min = 1024,
	.max = 1 << 30,
	.help = "Largest answer."},
    {.name = "cost",
	.type = OPTION_AMOUNT,
	.fallback = "0.5",
	.min = 0,
	.max = 2000,
	.help = "Money."},
    {.name = "folder", .type = OPTION_PATH, .fallback = "var", .help = "Where to write."},
    {.name = "tls",
	.type = OPTION_CHOICE,
	.choices = "none|starttls|implicit",
	.fallback = "starttls",
	.help = "How to encrypt."},
    {.name = "verify", .type = OPTION_BOOL, .fallback = "yes", .help = "Check certificates."},
    {.name = "extra", .type = OPTION_MAP, .help = "Read by its owner."},
    {.name = NULL},
};

struct reading {
	struct diag_list *diags;
	struct yaml_doc *doc;
	struct options *o;
	struct buf out;
};

/* text is what stands below "sources:\n  feed:\n", indented by four. */
static void
reading_open(struct reading *r, const char *text, const char *base_dir)
{
	struct buf whole;

	buf_init(&whole, 100000);
	buf_addf(&whole, "sources:\n  feed:\n%s", text);
	buf_init(&r->out, 100000);
	r->diags = diag_list_new();
	r->doc = yaml_parse("e.yaml", buf_slice(&whole), r->diags);
	assert_non_null(r->doc);
	const struct yaml_node *node = yaml_get(yaml_get(yaml_root(r->doc), "sources"), "feed");
	r->o = options_read(table, r->doc, node, "sources.feed", base_dir, r->diags);
	assert_non_null(r->o);
	diag_print(r->diags, &r->out);
	buf_fini(&whole);
}

static void
reading_close(struct reading *r)
{
	options_free(r->o);
	yaml_doc_free(r->doc);
	diag_list_free(r->diags);
	buf_fini(&r->out);
}

static void
values_are_read_by_their_types(void **state)
{
	struct reading r;

	(void)state;
	reading_open(&r,
	    "    url: https://x.example/?a=1\n    poll_every: 30s\n    tags: [a, \"b c\"]\n"
	    "    retries: 7\n    offset: -12\n    max_size: 64 KB\n    folder: data/x\n"
	    "    tls: Implicit\n    verify: off\n    extra: {k: v}\n",
	    "/etc/earshot");
	assert_string_equal(buf_str(&r.out), "");
	assert_string_equal(options_text(r.o, "url"), "https://x.example/?a=1");
	assert_int_equal(options_int(r.o, "poll_every"), 30000);
	assert_int_equal(options_list_count(r.o, "tags"), 2);
	assert_string_equal(options_list_at(r.o, "tags", 1), "b c");
	assert_int_equal(options_int(r.o, "retries"), 7);
	assert_int_equal(options_int(r.o, "offset"), -12);
	assert_int_equal(options_int(r.o, "max_size"), 65536);
	assert_string_equal(options_text(r.o, "folder"), "/etc/earshot/data/x");
	assert_string_equal(options_text(r.o, "tls"), "implicit");
	assert_false(options_bool(r.o, "verify"));
	assert_true(slice_eq_str(yaml_get(options_node(r.o, "extra"), "k")->scalar, "v"));
	assert_false(options_has(r.o, "token"));
	assert_null(options_text(r.o, "token"));
	reading_close(&r);
}

static void
what_is_left_out_has_its_default(void **state)
{
	struct reading r;

	(void)state;
	reading_open(&r, "    url: x\n    tags: single\n    extra:\n", NULL);
	assert_string_equal(buf_str(&r.out), "");
	assert_int_equal(options_int(r.o, "poll_every"), 300000);
	assert_int_equal(options_list_count(r.o, "tags"), 1);
	assert_string_equal(options_list_at(r.o, "tags", 0), "single");
	assert_int_equal(options_list_count(r.o, "none"), 0);
	assert_true(options_has(r.o, "retries"));
	assert_false(options_has(r.o, "offset"));
	assert_int_equal(options_int(r.o, "max_size"), 10 * 1024 * 1024);
	assert_string_equal(options_text(r.o, "folder"), "var");
	assert_string_equal(options_text(r.o, "tls"), "starttls");
	assert_true(options_bool(r.o, "verify"));
	assert_null(options_node(r.o, "extra"));
	reading_close(&r);

	/* No document at all: only the required one is missing. */
	struct diag_list *l = diag_list_new();
	struct options *o = options_read(table, NULL, NULL, "x", "", l);
	assert_non_null(o);
	assert_int_equal(options_list_count(o, "tags"), 2);
	assert_string_equal(options_list_at(o, "tags", 1), "two");
	assert_int_equal(diag_kept(l), 1);
	assert_string_equal(diag_at(l, 0)->message, "'x.url' is missing");
	options_free(o);
	options_free(NULL);
	diag_list_free(l);
}

static void
all_problems_are_found_at_once(void **state)
{
	struct reading r;

	(void)state;
	reading_open(&r,
	    "    poll_evry: 5 min\n    poll_every: 5 parsecs\n    retries: 11\n"
	    "    max_size: 10\n    tls: startls\n    verify: maybe\n    offset: 1.5\n"
	    "    folder: [a]\n    tags: {a: b}\n    extra: text\n    none:\n    banana: 1\n",
	    NULL);
	assert_string_equal(buf_str(&r.out),
	    "e.yaml:2:3: error[C022]: 'sources.feed.url' is missing\n"
	    "    2 |   feed:\n"
	    "      |   ^^^^\n"
	    "      = help: add a line such as 'url: https://a.example/feed'\n"
	    "e.yaml:3:5: error[C021]: there is no option 'poll_evry' in 'sources.feed'\n"
	    "    3 |     poll_evry: *****\n"
	    "      |     ^^^^^^^^^\n"
	    "      = help: did you mean 'poll_every'?\n"
	    "e.yaml:4:17: error[C026]: 'sources.feed.poll_every' is '5 parsecs', which is not a "
	    "duration\n"
	    "    4 |     poll_every: 5 parsecs\n"
	    "      |                 ^^^^^^^^^\n"
	    "      = help: write a number and a unit: 500 ms, 30 s, 5 min, 2 hours, 90 days\n"
	    "e.yaml:5:14: error[C025]: 'sources.feed.retries' is '11', it must be at most 10\n"
	    "    5 |     retries: 11\n"
	    "      |              ^^\n"
	    "e.yaml:6:15: error[C027]: 'sources.feed.max_size' is '10', which is not a size\n"
	    "    6 |     max_size: 10\n"
	    "      |               ^^\n"
	    "      = help: write a number and a unit: 512 bytes, 64 KB, 10 MB, 1 GB\n"
	    "e.yaml:7:10: error[C028]: 'sources.feed.tls' cannot be 'startls'\n"
	    "    7 |     tls: startls\n"
	    "      |          ^^^^^^^\n"
	    "      = help: did you mean 'starttls'?\n"
	    "e.yaml:8:13: error[C029]: 'sources.feed.verify' is 'maybe', which is neither true "
	    "nor false\n"
	    "    8 |     verify: maybe\n"
	    "      |             ^^^^^\n"
	    "      = help: write true or false\n"
	    "e.yaml:9:13: error[C024]: 'sources.feed.offset' is '1.5', which is not a whole "
	    "number\n"
	    "    9 |     offset: 1.5\n"
	    "      |             ^^^\n"
	    "      = help: write it in digits only\n"
	    "e.yaml:10:13: error[C023]: 'sources.feed.folder' is a list, expected a single value\n"
	    "   10 |     folder: [a]\n"
	    "      |             ^^^\n"
	    "e.yaml:11:11: error[C023]: 'sources.feed.tags' is a map, expected a list of texts\n"
	    "   11 |     tags: {a: b}\n"
	    "      |           ^^^^^^\n"
	    "e.yaml:12:12: error[C023]: 'sources.feed.extra' is a single value, expected a map\n"
	    "   12 |     extra: text\n"
	    "      |            ^^^^\n"
	    "e.yaml:13:5: error[C032]: 'sources.feed.none' has no value\n"
	    "   13 |     none:\n"
	    "      |     ^^^^\n"
	    "      = help: leave the line out to have the default\n"
	    "e.yaml:14:5: error[C021]: there is no option 'banana' in 'sources.feed'\n"
	    "   14 |     banana: *\n"
	    "      |     ^^^^^^\n"
	    "      = help: known here: url, poll_every, tags, none, token, retries, offset, "
	    "max_size, cost, folder, tls, verify, extra\n");
	/* The defaults stay. */
	assert_int_equal(options_int(r.o, "retries"), 3);
	assert_int_equal(options_int(r.o, "poll_every"), 300000);
	assert_string_equal(options_text(r.o, "tls"), "starttls");
	assert_true(options_bool(r.o, "verify"));
	assert_int_equal(options_list_count(r.o, "tags"), 2);
	reading_close(&r);
}

static void
ranges_are_told_in_the_units_of_the_option(void **state)
{
	static const struct {
		const char *line, *want;
	} cases[] = {
	    {"poll_every: 1 s", "'sources.feed.poll_every' is '1 s', it must be at least 10 s"},
	    {"poll_every: 2 days",
		"'sources.feed.poll_every' is '2 days', it must be at most 24 h"},
	    {"max_size: 1 byte", "'sources.feed.max_size' is '1 byte', it must be at least 1 KB"},
	    {"cost: 2.5", "'sources.feed.cost' is '2.5', it must be at most 2"},
	    {"max_size: 2 GB", "'sources.feed.max_size' is '2 GB', it must be at most 1024 MB"},
	    {"retries: -1", "'sources.feed.retries' is '-1', it must be at least 0"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct reading r;
		char text[200];
		snprintf(text, sizeof(text), "    url: x\n    %s\n", cases[i].line);
		reading_open(&r, text, NULL);
		assert_int_equal(diag_kept(r.diags), 1);
		assert_string_equal(diag_at(r.diags, 0)->message, cases[i].want);
		assert_string_equal(diag_at(r.diags, 0)->code, "C025");
		reading_close(&r);
	}
}

static void
a_section_that_is_no_map_is_one_finding(void **state)
{
	struct diag_list *l = diag_list_new();
	struct yaml_doc *d = yaml_parse("e", SLICE_LIT("feed: 5\n"), l);

	(void)state;
	struct options *o = options_read(table, d, yaml_get(yaml_root(d), "feed"), "feed", NULL, l);
	assert_non_null(o);
	assert_int_equal(diag_kept(l), 1);
	assert_string_equal(diag_at(l, 0)->code, "C020");
	options_free(o);
	yaml_doc_free(d);
	diag_list_free(l);
}

static void
in_a_broken_file_nothing_is_called_missing(void **state)
{
	struct diag_list *l = diag_list_new();
	struct yaml_doc *d = yaml_parse("e", SLICE_LIT("feed:\n  url: @x\nother: 1\n"), l);

	(void)state;
	struct options *o = options_read(table, d, yaml_get(yaml_root(d), "feed"), "feed", NULL, l);
	assert_int_equal(diag_kept(l), 1);
	assert_string_equal(diag_at(l, 0)->code, "C001");
	options_free(o);
	yaml_doc_free(d);
	diag_list_free(l);
}

static void
secrets_come_from_outside_the_file(void **state)
{
	char *dir = temp_dir_new();
	char *file = path_join(dir, "token.txt"), *credential = path_join(dir, "cred");
	static const char *const references[] = {
	    "${EARSHOT_TEST_TOKEN}", "${file:token.txt}", "${credential:cred}"};
	static const char *const wants[] = {"from env", "from file", "from credential"};

	(void)state;
	support_write_text(file, "from file\n");
	support_write_text(credential, "from credential\r\n");
	setenv("EARSHOT_TEST_TOKEN", "from env", 1);
	setenv("CREDENTIALS_DIRECTORY", dir, 1);
	for (size_t i = 0; i < 3; i++) {
		struct reading r;
		char text[200];
		snprintf(text, sizeof(text), "    url: x\n    token: %s\n", references[i]);
		reading_open(&r, text, dir);
		assert_string_equal(buf_str(&r.out), "");
		assert_string_equal(options_text(r.o, "token"), wants[i]);
		reading_close(&r);
	}
	unsetenv("EARSHOT_TEST_TOKEN");
	unsetenv("CREDENTIALS_DIRECTORY");
	mem_free(file);
	mem_free(credential);
	temp_dir_free(dir);
}

static void
secrets_that_cannot_be_fetched_are_findings(void **state)
{
	char *dir = temp_dir_new();
	char *empty = path_join(dir, "empty"), *binary = path_join(dir, "binary");
	char *large = path_join(dir, "large");
	static const struct {
		const char *reference, *want; /* what the message ends with */
	} cases[] = {
	    {"${EARSHOT_TEST_UNSET}", "the environment variable 'EARSHOT_TEST_UNSET' is not set"},
	    {"${EARSHOT_TEST_EMPTY}", "the environment variable 'EARSHOT_TEST_EMPTY' is empty"},
	    {"${9-lives!}", "inside ${} belongs the name of an environment variable"},
	    {"${file:none}", "/none': No such file or directory"},
	    {"${file:empty}", "/empty' is empty"},
	    {"${file:binary}", "/binary' is not a text"},
	    {"${file:large}", "/large' has more than 65536 bytes"},
	    {"${file:.}", "Is a directory"},
	    {"${credential:x}", "there are no credentials here: CREDENTIALS_DIRECTORY is not set"},
	    {"${credential:../x}", "'../x' cannot be the name of a credential"},
	    {"${credential:a/b}", "'a/b' cannot be the name of a credential"},
	    {"${credential:}", "'' cannot be the name of a credential"},
	};

	(void)state;
	support_write_text(empty, "\n");
	support_write(binary, "a\0b", 3);
	char *bytes = mem_alloc(70000);
	memset(bytes, 'x', 70000);
	support_write(large, bytes, 70000);
	mem_free(bytes);
	setenv("EARSHOT_TEST_EMPTY", "", 1);
	unsetenv("EARSHOT_TEST_UNSET");
	unsetenv("CREDENTIALS_DIRECTORY");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct reading r;
		char text[200];
		snprintf(text, sizeof(text), "    url: x\n    token: %s\n", cases[i].reference);
		reading_open(&r, text, dir);
		assert_int_equal(diag_kept(r.diags), 1);
		const struct diag *d = diag_at(r.diags, 0);
		assert_string_equal(d->code, "C031");
		if (!slice_ends_with(slice_of(d->message), cases[i].want))
			fail_msg("%s: '%s', expected '...%s'", cases[i].reference, d->message,
			    cases[i].want);
		assert_false(options_has(r.o, "token"));
		reading_close(&r);
	}
	mem_free(empty);
	mem_free(binary);
	mem_free(large);
	temp_dir_free(dir);
}

static void
a_secret_in_the_file_is_never_printed(void **state)
{
	static const char *const texts[] = {
	    "    url: x\n    token: hunter2\n",
	    "    url: x\n    token: \"hunter2\"\n",
	    "    url: x\n    token: Bearer ${hunter2} x\n",
	    "    url: x\n    token: [hunter2]\n",
	    "    url: x\n    token: {a: hunter2}\n",
	    "    url: x\n    token: |\n      hunter2\n",
	    "    url: x\n    tokn: hunter2\n",
	    "    {url: x, token: hunter2, tokn: hunter2, retries: many}\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct reading r;
		struct buf json;
		reading_open(&r, texts[i], NULL);
		assert_true(diag_count(r.diags, DIAG_ERROR) > 0);
		if (strstr(buf_str(&r.out), "hunter2") != NULL)
			fail_msg("'%s' shows its secret:\n%s", texts[i], buf_str(&r.out));
		buf_init(&json, 10000);
		diag_print_json(r.diags, &json);
		assert_null(strstr(buf_str(&json), "hunter2"));
		buf_fini(&json);
		reading_close(&r);
	}
	struct reading r;
	reading_open(&r, texts[0], NULL);
	assert_string_equal(buf_str(&r.out),
	    "e.yaml:4:12: error[C030]: 'sources.feed.token' is a secret and must not stand in this "
	    "file\n"
	    "    4 |     token: *******\n"
	    "      |            ^^^^^^^\n"
	    "      = help: write ${NAME} for an environment variable, ${file:PATH}, or "
	    "${credential:NAME}\n");
	reading_close(&r);
}

static void
quantities_have_units(void **state)
{
	static const struct {
		const char *text;
		int64_t ms; /* -1: not a duration */
	} durations[] = {
	    {"0", 0},
	    {"500 ms", 500},
	    {"500ms", 500},
	    {"1 second", 1000},
	    {"30s", 30000},
	    {"30 sec", 30000},
	    {"5 min", 300000},
	    {"5m", 300000},
	    {"5 Minutes", 300000},
	    {"30 minutes", 1800000},
	    {"2h", 7200000},
	    {"2  hours ", 7200000},
	    {"1 day", 86400000},
	    {"90 days", INT64_C(7776000000)},
	    {"2 weeks", 1209600000},
	    {"9223372036854775807 ms", INT64_MAX},
	    {"9223372036854775807 s", -1},
	    {"99999999999999999999 s", -1},
	    {"5", -1},
	    {"", -1},
	    {"s", -1},
	    {"-5 s", -1},
	    {"1.5 h", -1},
	    {"5 parsecs", -1},
	    {"1h30m", -1},
	    {"5 s s", -1},
	    {"5 month", -1},
	};
	static const struct {
		const char *text;
		int64_t bytes;
	} sizes[] = {
	    {"0", 0},
	    {"512 bytes", 512},
	    {"1 byte", 1},
	    {"64 KB", 65536},
	    {"64kb", 65536},
	    {"10MB", 10485760},
	    {"1 GiB", INT64_C(1) << 30},
	    {"2T", INT64_C(2) << 40},
	    {"9999999999 TB", -1},
	    {"10", -1},
	    {"10 MBit", -1},
	    {"-1 KB", -1},
	    {"", -1},
	};
	int64_t v;

	(void)state;
	for (size_t i = 0; i < sizeof(durations) / sizeof(durations[0]); i++) {
		v = -1;
		bool is = duration_parse(slice_of(durations[i].text), &v);
		if (v != durations[i].ms || is != (durations[i].ms >= 0))
			fail_msg("'%s': %lld", durations[i].text, (long long)v);
	}
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		v = -1;
		bool is = size_parse(slice_of(sizes[i].text), &v);
		if (v != sizes[i].bytes || is != (sizes[i].bytes >= 0))
			fail_msg("'%s': %lld", sizes[i].text, (long long)v);
	}
	assert_false(duration_parse(SLICE_NONE, &v) || size_parse(SLICE_NONE, &v));
}

static void
amounts_are_thousandths(void **state)
{
	static const struct {
		const char *text;
		int64_t want; /* -1: none */
	} cases[] = {{"0", 0}, {"20", 20000}, {"0.5", 500}, {"0.075", 75}, {" 99.50 ", 99500},
	    {"999999999999.999", INT64_C(999999999999999)}, {"1,5", -1}, {"0.0005", -1}, {"-1", -1},
	    {"+1", -1}, {".5", -1}, {"5.", -1}, {"1.2.3", -1}, {"1 EUR", -1}, {"", -1},
	    {"1.-5", -1}, {"9999999999999", -1}};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t milli = -1;

		if (amount_parse(slice_of(cases[i].text), &milli) != (cases[i].want >= 0) ||
		    milli != cases[i].want)
			fail_msg("'%s': %lld", cases[i].text, (long long)milli);
	}
}

static void
durations_are_written_as_they_can_be_read(void **state)
{
	static const struct {
		int64_t ms;
		const char *want;
	} cases[] = {
	    {0, "0 ms"},
	    {1500, "1500 ms"},
	    {30000, "30 s"},
	    {300000, "5 min"},
	    {7200000, "2 h"},
	    {86400000, "24 h"},
	    {INT64_C(7776000000), "90 days"},
	    {90000, "90 s"},
	};
	char text[DURATION_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int64_t again = -1;
		assert_string_equal(duration_format(cases[i].ms, text), cases[i].want);
		assert_true(duration_parse(slice_of(text), &again) && again == cases[i].ms);
	}
	assert_true(strlen(duration_format(INT64_MIN, text)) < DURATION_TEXT_MAX);
}

static void
a_table_describes_itself(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 10000);
	options_describe(table, &out);
	assert_true(slice_starts_with(buf_slice(&out),
	    "  url (text, required)\n"
	    "      Where to fetch from.\n"
	    "      example: https://a.example/feed\n"
	    "  poll_every (duration, default 5 min)\n"
	    "      How often to ask.\n"));
	assert_non_null(
	    strstr(buf_str(&out), "  tls (none|starttls|implicit, default starttls)\n"));
	buf_fini(&out);
}

static int
read_all(void *cookie)
{
	struct diag_list *l = diag_list_new();
	struct yaml_doc *d = NULL;
	struct options *o = NULL;
	int rc = -1;

	if (l != NULL)
		d = yaml_parse("e", slice_of(cookie), l);
	if (d == NULL)
		goto out;
	o = options_read(table, d, yaml_root(d), "", "/base", l);
	if (o == NULL)
		goto out;
	assert_int_equal(diag_count(l, DIAG_ERROR), 0);
	assert_string_equal(options_text(o, "url"), "x");
	assert_string_equal(options_text(o, "folder"), "/base/y");
	assert_string_equal(options_text(o, "tls"), "none");
	assert_string_equal(options_text(o, "token"), "from env");
	assert_int_equal(options_list_count(o, "tags"), 2);
	rc = 0;
out:
	options_free(o);
	yaml_doc_free(d);
	diag_list_free(l);
	return rc;
}

static void
every_failed_allocation_is_reported(void **state)
{
	char text[] = "url: x\nfolder: y\ntls: none\ntoken: ${EARSHOT_TEST_TOKEN}\ntags: [a, b]\n";

	(void)state;
	setenv("EARSHOT_TEST_TOKEN", "from env", 1);
	assert_true(faults_run(read_all, text, true) > 8);
	unsetenv("EARSHOT_TEST_TOKEN");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(values_are_read_by_their_types),
	    cmocka_unit_test(what_is_left_out_has_its_default),
	    cmocka_unit_test(all_problems_are_found_at_once),
	    cmocka_unit_test(ranges_are_told_in_the_units_of_the_option),
	    cmocka_unit_test(a_section_that_is_no_map_is_one_finding),
	    cmocka_unit_test(in_a_broken_file_nothing_is_called_missing),
	    cmocka_unit_test(secrets_come_from_outside_the_file),
	    cmocka_unit_test(secrets_that_cannot_be_fetched_are_findings),
	    cmocka_unit_test(a_secret_in_the_file_is_never_printed),
	    cmocka_unit_test(quantities_have_units),
	    cmocka_unit_test(amounts_are_thousandths),
	    cmocka_unit_test(durations_are_written_as_they_can_be_read),
	    cmocka_unit_test(a_table_describes_itself),
	    cmocka_unit_test(every_failed_allocation_is_reported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
