#include "nlp_support.h"

#include "nlp/hashtag.h"

static const char *const WORDS[] = {"a", "all", "are", "cool", "customer", "great", "hate", "i",
    "ice", "iphone", "is", "it", "ok", "rot", "serv", "service", "so", "the", "this", "too", "vice",
    "worst", "wrong", "you", "gr\xc3\xbcn", "sch\xc3\xb6n", "th", "ng", "ro"};

static bool
is_listed(void *cookie, struct slice word)
{
	size_t *asked = cookie;
	if (asked != NULL)
		(*asked)++;
	for (size_t i = 0; i < COUNT_OF(WORDS); i++) {
		if (slice_eq_str(word, WORDS[i]))
			return true;
	}
	return false;
}

static const struct {
	const char *written, *parts, *note;
} CASES[] = {
    {"#ThisIsGreat", "this is great", "capitals"},
    {"#thisIsGreat", "this is great", "a small first letter"},
    {"#USAToday", "usa today", "an abbreviation"},
    {"#TodayUSA", "today usa", "an abbreviation at the end"},
    {"#worst_service", "worst service", "an underscore"},
    {"#_worst__service_", "worst service", "several"},
    {"#Euro2016", "euro 2016", "digits"},
    {"#2016Euro", "2016 euro", "digits first"},
    {"#worstservice", "worst service", "by known words"},
    {"#WORSTSERVICE", "worst service", "all capitals"},
    {"#WorstcustomerService", "worst customer service", "by both"},
    {"#ihateyou", "i hate you", "a word of one letter"},
    {"#toocool", "too cool", "short words"},
    {"#worstserviceever", "", "not all is known"},
    {"#isitok", "", "words too short to be sure"},
    {"#service", "", "one word"},
    {"#iPhone", "", "a known word whatever its capitals"},
    {"#Great", "", "one word with a capital"},
    {"#GREAT", "", "one word in capitals"},
    {"#mp3", "", "no two words"},
    {"#4k", "", "nor these"},
    {"#sch\xc3\xb6ngr\xc3\xbcn", "sch\xc3\xb6n gr\xc3\xbcn", "letters outside ASCII"},
    {"#Sch\xc3\xb6n\xc3\x84rger", "sch\xc3\xb6n \xc3\xa4rger", "capitals outside ASCII"},
    {"#A_B_C_D_E_F_G_H", "a b c d e f g h", "eight words"},
    {"#A_B_C_D_E_F_G_H_I", "", "nine are too many"},
    {"#ThisTagIsMuchTooLongToBeLookedAtAsWordsX", "", "too long"},
};

/* Folds by cutting the tag as a post is cut. */
static void
tags_are_split_into_words(void **state)
{
	struct cutting c = {0};
	struct arena *a = arena_new(ARENA_MAX);
	(void)state;
	for (size_t i = 0; i < COUNT_OF(CASES); i++) {
		struct slice parts[HASHTAG_PARTS_MAX], written = slice_of(CASES[i].written);
		char got[128] = "";
		size_t len = 0;
		assert_int_equal(units_cut_text(&c, written, a, NULL), 0);
		assert_int_equal(c.units.items[0].kind, TOKEN_HASHTAG);
		int n =
		    hashtag_split(unit_text(&c.units.items[0]), written, is_listed, NULL, parts);
		for (int k = 0; k < n; k++)
			len += (size_t)snprintf(got + len, sizeof got - len, "%s%.*s",
			    k > 0 ? " " : "", SLICE_ARG(parts[k]));
		if (strcmp(got, CASES[i].parts) != 0)
			fail_msg("%s: '%s': got '%s', want '%s'", CASES[i].note, CASES[i].written,
			    got, CASES[i].parts);
	}
	units_cutting_fini(&c);
	arena_free(a);
}

static void
marks_alone_need_no_dictionary(void **state)
{
	struct slice parts[HASHTAG_PARTS_MAX];
	(void)state;
	assert_int_equal(
	    hashtag_split(SLICE_LIT("#thisisgreat"), SLICE_LIT("#ThisIsGreat"), NULL, NULL, parts),
	    3);
	assert_text("last", parts[2], "great");
	assert_int_equal(hashtag_split(SLICE_LIT("#worstservice"), SLICE_LIT("#worstservice"), NULL,
			     NULL, parts),
	    0);
	assert_int_equal(hashtag_split(SLICE_LIT("#"), SLICE_LIT("#"), NULL, NULL, parts), 0);
	/* Folding made it longer: the capitals are not where they were. */
	assert_int_equal(hashtag_split(SLICE_LIT("#abstrassecd"), SLICE_LIT("#AbStr\xc3\xa1"), NULL,
			     NULL, parts),
	    0);
	/* As long, but the characters lie elsewhere. */
	assert_int_equal(hashtag_split(SLICE_LIT("#\xc3\xa1"
						 "bc"),
			     SLICE_LIT("#aB\xc3\x81"), NULL, NULL, parts),
	    0);
}

/* The worst a tag can do: every piece of it is a word. */
static void
a_tag_asks_a_bounded_number_of_words(void **state)
{
	char tag[HASHTAG_BYTES_MAX + 2] = "#";
	struct slice parts[HASHTAG_PARTS_MAX];
	size_t asked = 0;
	(void)state;
	memset(tag + 1, 'a', HASHTAG_BYTES_MAX);
	struct slice s = slice_make(tag, HASHTAG_BYTES_MAX + 1);
	assert_int_equal(hashtag_split(s, s, is_listed, &asked, parts), 0);
	assert_true(asked <= HASHTAG_BYTES_MAX * 24);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(tags_are_split_into_words),
	    cmocka_unit_test(marks_alone_need_no_dictionary),
	    cmocka_unit_test(a_tag_asks_a_bounded_number_of_words),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
