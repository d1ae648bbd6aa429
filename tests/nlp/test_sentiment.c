#include "nlp_support.h"

#include "nlp/sentiment.h"

static const struct {
	const char *text, *label;
} CASES[] = {
    {"Great coffee!", "positive"},
    {"The coffee is good.", "positive"},
    {"I love this place \xe2\x9d\xa4\xef\xb8\x8f", "positive"},
    {"Love the new roast, best coffee in town", "positive"},
    {"thank you so much!!", "positive"},
    {"\xf0\x9f\x98\x8d\xf0\x9f\x98\x8d\xf0\x9f\x98\x8d", "positive"},
    {"\xf0\x9f\x91\x8d\xf0\x9f\x8f\xbd", "positive"},
    {":)", "positive"},
    {"No problem at all, great service", "positive"},
    {"The food was bad but the service was amazing", "positive"},
    {"can't wait for the launch tomorrow!", "positive"},
    {"Worst coffee I ever had.", "negative"},
    {"The coffee isn't good", "negative"},
    {"not good", "negative"},
    {"It has never been good.", "negative"},
    {"This is terrible", "negative"},
    {"I hate waiting for my order", "negative"},
    {"\xf0\x9f\x98\xa1\xf0\x9f\x98\xa1", "negative"},
    {":(", "negative"},
    {"</3", "negative"},
    {"The service was great but the coffee was disgusting", "negative"},
    {"My order never arrived and nobody answers", "negative"},
    {"ABSOLUTELY AWFUL SERVICE", "negative"},
    {"don\xe2\x80\x99t buy this, waste of money", "negative"},
    {"#fail", "negative"},
    {"doesn't work", "negative"},
    {"The shop opens at nine.", "neutral"},
    {"", "neutral"},
    {"http://example.com", "neutral"},
    {"@acme", "neutral"},
    {"Is the shop in Berlin open on Monday?", "neutral"},
};

static void
plain_cases_get_the_label_people_expect(void **state)
{
	struct desk *d = *state;
	for (size_t i = 0; i < COUNT_OF(CASES); i++) {
		struct score s = desk_score(d, CASES[i].text);
		if (strcmp(sentiment_label_name(s.label), CASES[i].label) != 0)
			fail_msg("'%s': %s, want %s (%d %d %d)", CASES[i].text,
			    sentiment_label_name(s.label), CASES[i].label, s.negative_milli,
			    s.neutral_milli, s.positive_milli);
	}
}

static void
more_of_the_same_is_never_less(void **state)
{
	struct features f = {.has_evidence = true};
	(void)state;
	int32_t last[3] = {-1001, -1001, -1001};
	for (int32_t v = 0; v <= 1000; v += 5) {
		for (int side = 0; side < 2; side++) {
			struct score s = {.label = SENTIMENT_NEUTRAL};
			f = (struct features){.has_evidence = true};
			f.v[side == 0 ? FEATURE_POSITIVE : FEATURE_NEGATIVE] = v;
			f.v[FEATURE_BALANCE] = side == 0 ? v / 2 : -v / 2;
			sentiment_combine(&f, &s);
			assert_int_equal(
			    s.negative_milli + s.neutral_milli + s.positive_milli, 1000);
			int32_t strength = side == 0 ? s.score_milli : -s.score_milli;
			assert_true(strength >= last[side]);
			last[side] = strength;
		}
	}
	assert_true(last[0] > 900 && last[1] > 900);
}

static void
a_text_without_evidence_has_no_opinion(void **state)
{
	struct desk *d = *state;
	struct score s = desk_score(d, "The shop opens at nine.");
	assert_int_equal(s.score_milli, 0);
	assert_int_equal(s.reason_count, 0);
	assert_false(s.is_unsure);
	assert_true(s.is_scored);
}

static void
a_sarcasm_cue_takes_the_confidence_away(void **state)
{
	static const char *const PLAIN[] = {"I love waiting for an hour, great service",
	    "what a wonderful update", "you are the best"};
	static const char *const CUES[] = {
	    " #sarcasm", " #not", " \xf0\x9f\x99\x84", ", yeah right"};
	struct desk *d = *state;
	char text[128];
	for (size_t i = 0; i < COUNT_OF(PLAIN); i++) {
		struct score p = desk_score(d, PLAIN[i]);
		assert_false(p.is_unsure);
		for (size_t k = 0; k < COUNT_OF(CUES); k++) {
			snprintf(text, sizeof text, "%s%s", PLAIN[i], CUES[k]);
			struct score s = desk_score(d, text);
			assert_true(s.is_unsure);
			assert_true(s.positive_milli < p.positive_milli);
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(plain_cases_get_the_label_people_expect),
	    cmocka_unit_test(more_of_the_same_is_never_less),
	    cmocka_unit_test(a_text_without_evidence_has_no_opinion),
	    cmocka_unit_test(a_sarcasm_cue_takes_the_confidence_away),
	};
	return cmocka_run_group_tests(tests, desk_open, desk_close);
}
