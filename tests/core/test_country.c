#include "core/country.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

static void
countries_are_told_by_two_or_three_letters_in_any_case(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {{"DE", "DE"}, {"de", "DE"}, {"DEU", "DE"}, {"deu", "DE"}, {"gb", "GB"},
	    {"GBR", "GB"}, {"USA", "US"}, {"AT", "AT"}, {"AUT", "AT"}, {"ZWE", "ZW"}, {"AD", "AD"},
	    {"XK", "XK"}, {"", NULL}, {"D", NULL}, {"UK", NULL}, {"Germany", NULL}, {"DEUT", NULL},
	    {"ZZ", NULL}, {"AA", NULL}, {"D ", NULL}, {"EU", NULL}, {"276", NULL}, {"D\xc3", NULL}};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct slice code = country_code(slice_of(cases[i].text));

		if (!slice_eq(code, slice_of(cases[i].want)) ||
		    slice_is_set(code) != (cases[i].want != NULL))
			fail_msg("'%s': '%.*s'", cases[i].text, SLICE_ARG(code));
	}
	assert_false(slice_is_set(country_code(SLICE_NONE)));
}

static void
every_code_of_two_letters_is_itself_and_there_are_250(void **state)
{
	size_t count = 0;

	(void)state;
	for (char a = 'A'; a <= 'Z'; a++)
		for (char b = 'A'; b <= 'Z'; b++) {
			char two[3] = {a, b, '\0'};
			struct slice code = country_code(slice_of(two));

			count += slice_is_set(code);
			assert_true(!slice_is_set(code) || slice_eq_str(code, two));
		}
	assert_int_equal(count, 250);
	count = 0;
	for (int n = 0; n < 26 * 26 * 26; n++) {
		char three[4] = {
		    (char)('A' + n / 676), (char)('A' + n / 26 % 26), (char)('A' + n % 26), '\0'};

		count += slice_is_set(country_code(slice_of(three)));
	}
	assert_int_equal(count, 250);
}

static void
the_help_names_what_was_likely_meant(void **state)
{
	static const struct {
		const char *text, *want;
	} cases[] = {{"UK", "did you mean 'GB' (United Kingdom)?"},
	    {"Germany", "did you mean 'DE' (Germany)?"}, {"germny", "did you mean 'DE' (Germany)?"},
	    {" Deutschland ", "did you mean 'DE' (Germany)?"},
	    {"Espa\xc3\xb1"
	     "a",
		"did you mean 'ES' (Spain)?"},
	    {"Untied States", "did you mean 'US' (United States)?"},
	    {"England", "did you mean 'GB' (United Kingdom)?"},
	    {"EL", "did you mean 'GR' (Greece)?"}, {"u.k.", "did you mean 'GB' (United Kingdom)?"},
	    {"U.S.", "did you mean 'US' (United States)?"},
	    {"UAE", "did you mean 'AE' (United Arab Emirates)?"},
	    {"U.A.E.", "did you mean 'AE' (United Arab Emirates)?"},
	    {"U.N.", "write the code of ISO 3166-1, such as DE or DEU for Germany"},
	    {"ZZ", "write the code of ISO 3166-1, such as DE or DEU for Germany"},
	    {"", "write the code of ISO 3166-1, such as DE or DEU for Germany"},
	    {"the moon", "write the code of ISO 3166-1, such as DE or DEU for Germany"}};
	char help[COUNTRY_HELP_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		country_help(slice_of(cases[i].text), help);
		assert_string_equal(help, cases[i].want);
	}
}

static void
locales_have_a_language_and_may_have_more(void **state)
{
	static const char *const good[] = {"de", "DE", "de_DE", "de-AT", "en_GB", "en-us", "fil_PH",
	    "zh_Hant_TW", "zh-Hans", "sr_Latn_RS", "es_419", "en_US_POSIX", "ca-ES-valencia",
	    "de-CH-1996", "iw_IL"};
	static const struct {
		const char *text, *help;
	} bad[] = {{"", NULL}, {"german", NULL}, {"xx_DE", NULL}, {"d", NULL}, {"de_", NULL},
	    {"de_ZZ", NULL}, {"de_DE.UTF-8", NULL}, {"de__DE", NULL}, {"de DE", NULL},
	    {"_DE", NULL}, {"de_DE_", NULL}, {"de_DE_x", NULL}, {"de_DE_abcdefghi", NULL},
	    {"42", NULL}, {"en_UK", "did you mean 'en_GB'?"},
	    {"en-England", "did you mean 'en-GB'?"},
	    {"zh_Hant_Taiwann", "did you mean 'zh_Hant_TW'?"}};
	char help[LOCALE_HELP_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		if (!locale_is_known(slice_of(good[i])))
			fail_msg("'%s' is a locale", good[i]);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		if (locale_is_known(slice_of(bad[i].text)))
			fail_msg("'%s' is no locale", bad[i].text);
		locale_help(slice_of(bad[i].text), help);
		assert_string_equal(help,
		    bad[i].help != NULL ? bad[i].help
					: "write the language, and the country behind it if need "
					  "be: de, de_DE, en-GB");
	}
	assert_false(locale_is_known(SLICE_NONE));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(countries_are_told_by_two_or_three_letters_in_any_case),
	    cmocka_unit_test(every_code_of_two_letters_is_itself_and_there_are_250),
	    cmocka_unit_test(the_help_names_what_was_likely_meant),
	    cmocka_unit_test(locales_have_a_language_and_may_have_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
