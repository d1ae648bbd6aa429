#include "people/targets.h"

#include "core/timefmt.h"
#include "tests/people/people_world.h"

static void
words_name_what_a_column_is_for(void **state)
{
	static const struct {
		const char *words;
		enum target_kind kind;
		const char *name;
	} cases[] = {
	    {"User.UserId", TARGET_USER_ID, "User.UserId"},
	    {"id", TARGET_USER_ID, "id"},
	    {"Id", TARGET_ENDPOINT_ID, "Id"},
	    {"User.UserAttributes.First Name", TARGET_ATTRIBUTE, "First Name"},
	    {"Attributes.a:b is \"c\"", TARGET_ENDPOINT_ATTRIBUTE, "a:b is \"c\""},
	    {"Metrics.Visits", TARGET_ENDPOINT_METRIC, "Visits"},
	    {"attribute:Plan", TARGET_ATTRIBUTE, "Plan"},
	    {"attribute:\"First Name\" split \";\"", TARGET_ATTRIBUTE, "First Name"},
	    {"metric:points decimal \",\"", TARGET_METRIC, "points"},
	    {"endpoint:sms", TARGET_CONTACT, "sms"},
	    {"consent:email:marketing", TARGET_CONSENT, "email"},
	    {"consent:email:both:at date \"DD.MM.YYYY\"", TARGET_CONSENT_AT, "email"},
	    {"consent:push:service:source is \"app\"", TARGET_CONSENT_SOURCE, "push"},
	    {"consent:push:service:text", TARGET_CONSENT_TEXT, "push"},
	    {"tag split \"|\"", TARGET_TAG, "tag"},
	    {"tag:vip", TARGET_HAS_TAG, "vip"},
	    {"list:staff", TARGET_LIST, "staff"},
	    {"segment split \";\"", TARGET_SEGMENT, "segment"},
	    {"segment:vip", TARGET_IN_SEGMENT, "vip"},
	    {"country is \"DE\"", TARGET_COUNTRY, "country"},
	    {"handle", TARGET_HANDLE, "handle"},
	    {"skip", TARGET_SKIPPED, "skip"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct target_problem p = {"", ""};
		struct target t;

		if (target_read(slice_of(cases[i].words), &t, &p) != 0)
			fail_msg("%s: %s", cases[i].words, p.why);
		if (t.kind != cases[i].kind || !slice_eq_str(t.name, cases[i].name))
			fail_msg("%s: kind %d, name '%.*s'", cases[i].words, (int)t.kind,
			    SLICE_ARG(t.name));
	}
}

static void
what_stands_behind_the_word_is_kept(void **state)
{
	struct target_problem p;
	struct target t;

	(void)state;
	assert_int_equal(target_read(SLICE_LIT("attribute:Born date \"DD.MM.YYYY\" split \"/\" "
					       "decimal \",\" is \"x y\""),
			     &t, &p),
	    0);
	assert_true(slice_eq_str(t.date, "DD.MM.YYYY") && t.split == '/' && t.decimal == ',');
	assert_true(t.is_constant && slice_eq_str(t.constant, "x y"));
	assert_int_equal(target_read(SLICE_LIT("consent:sms:both"), &t, &p), 0);
	assert_true(t.is_service && t.is_marketing && !t.is_constant);
	assert_int_equal(target_read(SLICE_LIT("consent:sms:service"), &t, &p), 0);
	assert_true(t.is_service && !t.is_marketing);
}

static void
a_word_nobody_knows_is_named_with_the_nearest(void **state)
{
	static const struct {
		const char *words, *why, *help;
	} cases[] = {
	    {"endpont:email", "no column called 'endpont:email'", "'endpoint:email'"},
	    {"Adress", "no column called 'Adress'", "'Address'"},
	    {"endpoint:fax", "no channel 'fax'", "email, sms"},
	    {"consent:email:markting", "no purpose 'markting'", "'marketing'"},
	    {"consent:email", "no purpose ''", "consent:email:marketing"},
	    {"consent:email:both:when", "no part called 'when'", ":at"},
	    {"attribute:", "the name is missing", "attribute:Plan"},
	    {"attribute:\"x", "never closed", "close it"},
	    {"tag splt \",\"", "no option called 'splt'", "'split'"},
	    {"tag split \"ab\"", "split takes one character", "split \";\""},
	    {"attribute:A \"DD.MM", "never closed: '\"DD.MM'", "close it"},
	    {"tag split \"a", "never closed: '\"a'", "close it"},
	    {"tag split", "'split' has no value", "in quotes"},
	    {"attribute:A date \"YYYY\"", "no pattern of a date", "YYYY, MM and DD"},
	    {"metric:a decimal \"x\"", "decimal cannot be 'x'", "decimal"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct target_problem p = {"", ""};
		struct target t;

		assert_int_equal(target_read(slice_of(cases[i].words), &t, &p), 1);
		if (strstr(p.why, cases[i].why) == NULL || strstr(p.help, cases[i].help) == NULL)
			fail_msg("%s: got '%s', '%s'", cases[i].words, p.why, p.help);
	}
}

static void
numbers_have_one_spelling(void **state)
{
	static const struct {
		const char *in;
		char decimal;
		const char *want; /* NULL: no number */
	} cases[] = {
	    {"12.5", 0, "12.5"},
	    {"7.0", 0, "7"},
	    {"+007", 0, "7"},
	    {"-0", 0, "0"},
	    {"-0.0", 0, "0"},
	    {".5", 0, "0.5"},
	    {"5.", 0, "5"},
	    {"1e3", 0, "1000"},
	    {"1E300", 0, "1e+300"},
	    {"123456789012345678", 0, "123456789012345678"},
	    {"0.1", 0, "0.1"},
	    {"1.234,5", ',', "1234.5"},
	    {"-1 234,5", ',', "-1234.5"},
	    {"1,234.5", '.', "1234.5"},
	    {"1,5", 0, NULL},
	    {"", 0, NULL},
	    {"nan", 0, NULL},
	    {"inf", 0, NULL},
	    {"0x10", 0, NULL},
	    {"1e999", 0, NULL},
	    {"1.2.3", 0, NULL},
	    {"--1", 0, NULL},
	    {"1e", 0, NULL},
	    {"12 ", 0, NULL},
	    {"99999999999999999999999999999999999999999", 0, NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char out[TARGET_NUMBER_MAX], again[TARGET_NUMBER_MAX];
		bool is_number = target_number(slice_of(cases[i].in), cases[i].decimal, out);

		if (is_number != (cases[i].want != NULL))
			fail_msg("'%s' is %sa number", cases[i].in, is_number ? "" : "not ");
		if (!is_number)
			continue;
		assert_string_equal(out, cases[i].want);
		assert_true(target_number(slice_of(out), 0, again));
		assert_string_equal(again, out);
	}
}

static void
times_are_read_by_their_pattern(void **state)
{
	static const struct {
		const char *in, *pattern, *want; /* NULL: none */
		bool is_day;
	} cases[] = {
	    {"2026-11-21T10:00:00+01:00", NULL, "2026-11-21T09:00:00Z", false},
	    {"21.11.2026", "DD.MM.YYYY", "2026-11-21T00:00:00Z", true},
	    {"1/2/26", "M/D/YY", "2026-01-02T00:00:00Z", true},
	    {"12/31/99", "M/D/YY", "1999-12-31T00:00:00Z", true},
	    {"20261121 235959", "YYYYMMDD HHmmss", "2026-11-21T23:59:59Z", false},
	    {"1795255200", "unix", "2026-11-21T10:00:00Z", false},
	    {"1795255200123", "unix_ms", "2026-11-21T10:00:00.123Z", false},
	    {"29.02.2024", "DD.MM.YYYY", "2024-02-29T00:00:00Z", true},
	    {"29.02.2023", "DD.MM.YYYY", NULL, false},
	    {"31.04.2023", "DD.MM.YYYY", NULL, false},
	    {"1.1.2023", "DD.MM.YYYY", NULL, false},
	    {"01.01.2023x", "DD.MM.YYYY", NULL, false},
	    {"01.01.", "DD.MM.YYYY", NULL, false},
	    {"", "DD.MM.YYYY", NULL, false},
	    {"24:00", "HH:mm", NULL, false},
	    {"99999999999999999999", "unix", NULL, false},
	    {"99999999999999", "unix", NULL, false},
	    {"yesterday", NULL, NULL, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char text[TIME_TEXT_MAX];
		int64_t at_ms;
		bool is_day, is_time;

		is_time =
		    target_time(slice_of(cases[i].in), slice_of(cases[i].pattern), &at_ms, &is_day);
		if (is_time != (cases[i].want != NULL))
			fail_msg("'%s' is %sa time", cases[i].in, is_time ? "" : "not ");
		if (!is_time)
			continue;
		assert_string_equal(time_format_rfc3339(at_ms, text), cases[i].want);
		assert_int_equal(is_day, cases[i].is_day);
	}
}

static void
yes_and_no_have_many_words(void **state)
{
	static const char *const yes[] = {"yes", "TRUE", "1", "x", "given", "Opt-In"},
				 *const no[] = {"no", "False", "0", "-", "withdrawn", "opt-out"};
	bool is_yes;

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		assert_true(target_yes_no(slice_of(yes[i]), &is_yes) && is_yes);
		assert_true(target_yes_no(slice_of(no[i]), &is_yes) && !is_yes);
	}
	assert_false(target_yes_no(SLICE_LIT("maybe"), &is_yes));
	assert_false(target_yes_no(SLICE_LIT(""), &is_yes));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(words_name_what_a_column_is_for),
	    cmocka_unit_test(what_stands_behind_the_word_is_kept),
	    cmocka_unit_test(a_word_nobody_knows_is_named_with_the_nearest),
	    cmocka_unit_test(numbers_have_one_spelling),
	    cmocka_unit_test(times_are_read_by_their_pattern),
	    cmocka_unit_test(yes_and_no_have_many_words),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
