#include "reader.h"

#include <math.h>

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

/* The three probabilities for a pair of logits, by the definition. */
static void
expect_probabilities(const int64_t logits[2], int32_t temperature_milli, double p_r[3])
{
	double e[3] = {exp((double)logits[0] * temperature_milli / 1e6), 1,
	    exp((double)logits[1] * temperature_milli / 1e6)};
	for (int k = 0; k < 3; k++)
		p_r[k] = e[k] * 1000 / (e[0] + e[1] + e[2]);
}

static void
probabilities_are_those_of_the_model(void **state)
{
	static const int32_t TEMPERATURES[] = {200, 1000, 1370};
	(void)state;
	for (int64_t n = -9000; n <= 9000; n += 450) {
		for (int64_t p = -9000; p <= 9000; p += 450) {
			for (size_t t = 0; t < COUNT_OF(TEMPERATURES); t++) {
				const int64_t logits[2] = {n, p};
				double want[3];
				int32_t got[3];
				sentiment_probabilities(logits, TEMPERATURES[t], got);
				expect_probabilities(logits, TEMPERATURES[t], want);
				assert_int_equal(got[0] + got[1] + got[2], 1000);
				for (int k = 0; k < 3; k++) {
					if (got[k] < 0 || fabs(got[k] - want[k]) > 6)
						fail_msg("%d of %d %d: %d, want %.1f", k, (int)n,
						    (int)p, got[k], want[k]);
				}
			}
		}
	}
	const int64_t far[2] = {INT32_MAX, -INT32_MAX};
	int32_t got[3];
	sentiment_probabilities(far, 10000, got);
	assert_int_equal(got[0], 1000);
}

/* Neither side ever loses when its logit rises, not even by what is rounded. */
static void
more_of_the_same_is_never_less(void **state)
{
	(void)state;
	for (int64_t other = -3000; other <= 3000; other += 37) {
		int32_t last[2][3] = {{-1, 1001, 1001}, {1001, 1001, -1}};
		for (int64_t own = -5000; own <= 5000; own += 3) {
			const int64_t negative[2] = {own, other}, positive[2] = {other, own};
			int32_t n[3], p[3];
			sentiment_probabilities(negative, 930, n);
			sentiment_probabilities(positive, 930, p);
			assert_true(n[0] >= last[0][0] && n[2] <= last[0][2]);
			assert_true(p[2] >= last[1][2] && p[0] <= last[1][0]);
			memcpy(last[0], n, sizeof n);
			memcpy(last[1], p, sizeof p);
		}
		assert_true(last[0][0] > 800 && last[1][2] > 800);
	}
}

static void
a_text_without_evidence_has_no_opinion(void **state)
{
	static const char *const TEXTS[] = {"", "http://qqxzw.example", "qqxzw qqyzw.", "QQXZW!!"};
	struct lexicon *lx = NULL;
	struct reader r;
	(void)state;
	assert_int_equal(
	    lexicon_of_entries("en",
		"word\tgood\t2\nshape\talways\t1\t-1\nshape\texclamations\t1\t2\n", &lx, NULL),
	    0);
	reader_open(&r);
	for (size_t i = 0; i < COUNT_OF(TEXTS); i++) {
		assert_int_equal(reader_score(&r, lx, TEXTS[i]), 0);
		assert_int_equal(r.score.label, SENTIMENT_NEUTRAL);
		assert_int_equal(r.score.neutral_milli, 700);
		assert_int_equal(r.score.reason_count, 0);
		assert_false(r.score.is_unsure);
	}
	assert_true(reader_score(&r, lx, "QQXZW good!!") != 0);
	assert_int_equal(r.score.reason_count, 3);
	reader_close(&r);
	lexicon_free(lx);
}

/* For the good, against it, or for either side alike, of which no reason can be given. */
static void
a_word_that_speaks_for_any_class_is_evidence(void **state)
{
	static const struct {
		const char *text;
		size_t reasons;
	} WORDS[] = {{"gleep", 1}, {"floop", 1}, {"quoox", 0}};
	struct lexicon *lx = NULL;
	struct reader r;
	(void)state;
	assert_int_equal(
	    lexicon_of_entries(
		"en", "stem\tgleep\t0\t1\nstem\tfloop\t1\t0\nstem\tquoox\t0.5\t0.5\n", &lx, NULL),
	    0);
	reader_open(&r);
	for (size_t i = 0; i < COUNT_OF(WORDS); i++) {
		reader_score(&r, lx, WORDS[i].text);
		if (!r.evidence.has_evidence || r.score.reason_count != WORDS[i].reasons)
			fail_msg("'%s': %zu reasons", WORDS[i].text, r.score.reason_count);
	}
	reader_close(&r);
	lexicon_free(lx);
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
	    cmocka_unit_test(probabilities_are_those_of_the_model),
	    cmocka_unit_test(more_of_the_same_is_never_less),
	    cmocka_unit_test(a_text_without_evidence_has_no_opinion),
	    cmocka_unit_test(a_word_that_speaks_for_any_class_is_evidence),
	    cmocka_unit_test(a_sarcasm_cue_takes_the_confidence_away),
	};
	return cmocka_run_group_tests(tests, desk_open, desk_close);
}
