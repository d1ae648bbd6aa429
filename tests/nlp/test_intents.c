#include "nlp_support.h"

#define C (1u << INTENT_COMPLAINT)
#define S (1u << INTENT_SUPPORT)
#define Q (1u << INTENT_QUESTION)
#define P (1u << INTENT_PRAISE)
#define B (1u << INTENT_PURCHASE)
#define X (1u << INTENT_CHURN)
#define G (1u << INTENT_SUGGESTION)
#define F (1u << INTENT_FEEDBACK)
#define M (1u << INTENT_SPAM)

/* `has` must be found, `not` must not. */
static const struct {
	const char *text;
	uint32_t has, not ;
} CASES[] = {
    {"The app doesn't work since the update, please help", S, P | M},
    {"The app doesn\xe2\x80\x99t work since the update", C, P | M},
    {"How do I reset my password?", S | Q, C | P},
    {"My order never arrived, this is unacceptable", C, P},
    {"Worst customer service ever", C, P | S},
    {"I am so disappointed with your service", C, P},
    {"Where is my order?", S | Q, P},
    {"Does anyone know when the shop opens", Q, C | P | X},
    {"Thank you for the great service!", P, C | Q},
    {"I love this coffee, highly recommend", P, C},
    {"Just ordered two bags, can't wait", B, C | X},
    {"Where can I buy the new roast?", B | Q, C},
    {"I'm cancelling my subscription and switching to another shop", X, P},
    {"never again, they lost a customer", X, P},
    {"You should add oat milk", G, X | M},
    {"It would be nice if you opened earlier", G, X | M},
    {"My review of the new blend after two weeks", F, M},
    {"Follow me and I follow back, free followers, click here", M, C | P},
    {"#a1x #b1x #c1x #d1x #e1x #f1x #g1x #h1x buy", M, C},
    {"The shop opens at nine", 0, C | S | Q | P | B | X | G | F | M},
    {"", 0, C | S | Q | P | B | X | G | F | M},
    {"???", 0, Q},
    {"Wo ist die Bestellung?", Q, C},
};

static void
patterns_tell_what_the_author_wants(void **state)
{
	struct desk *d = *state;
	for (size_t i = 0; i < COUNT_OF(CASES); i++) {
		struct score s = desk_score(d, CASES[i].text);
		if ((s.intents & CASES[i].has) != CASES[i].has || (s.intents & CASES[i].not ) != 0)
			fail_msg("'%s': got %#x, want %#x without %#x", CASES[i].text, s.intents,
			    CASES[i].has, CASES[i].not );
		assert_true(s.intents < 1u << INTENT_COUNT);
	}
}

static void
intents_are_built_whole_or_not_at_all(void **state)
{
	(void)state;
	for (unsigned nth = 1;; nth += 3) {
		struct lexicon_set *set = NULL;
		mem_fault_arm(nth, true);
		int rc = lexicon_set_new(&set, NULL);
		bool hit = mem_fault_hit();
		mem_fault_arm(0, false);
		assert_int_equal(rc, hit ? -1 : 0);
		lexicon_set_unref(set);
		if (!hit || nth > 300)
			break;
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(patterns_tell_what_the_author_wants),
	    cmocka_unit_test(intents_are_built_whole_or_not_at_all),
	};
	return cmocka_run_group_tests(tests, desk_open, desk_close);
}
