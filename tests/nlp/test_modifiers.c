#include "nlp_support.h"

#include "nlp/lexicon_set.h"

/* The effect of the first reason whose entry is `entry`. */
static const struct contribution *
reason(const struct score *s, const char *entry)
{
	for (size_t i = 0; i < s->reason_count; i++) {
		if (slice_eq_str(s->reasons[i].entry, entry))
			return &s->reasons[i];
	}
	return NULL;
}

static void
modifiers_change_what_a_word_counts_and_say_so(void **state)
{
	static const struct {
		const char *text, *entry, *modifiers;
		int compare; /* effect against the plain weight: 2 stronger, 1 weaker, -1 sign
				turned, 0 the same */
	} CASES[] = {
	    {"it is good", "good", "", 0},
	    {"it is not good", "good", "negated by 'not'", -1},
	    {"it isn't good", "good", "negated by 'isn't'", -1},
	    {"it isn\xe2\x80\x99t good", "good", "negated by 'isn\xe2\x80\x99t'", -1},
	    {"it has never been good", "good", "negated by 'never'", -1},
	    {"i don't think it is good", "good", "negated by 'don't'", -1},
	    {"it is not, good", "good", "", 0},
	    {"no. it is good", "good", "", 0},
	    {"i do not know if this here is good", "good", "", 0},
	    {"it was not terrible", "terrible", "negated by 'not'", -1},
	    {"it is not bad", "not bad", "", 0},
	    {"very good", "good", "boosted by 'very'", 2},
	    {"slightly good", "good", "dampened by 'slightly'", 1},
	    {"really very good", "good", "boosted by 'very', boosted by 'really'", 2},
	    {"not very good", "good", "negated by 'not', boosted by 'very'", -1},
	    {"damn nice", "nice", "boosted by 'damn'", 2},
	    {"this is GOOD", "good", "in capitals", 2},
	    {"THIS IS GOOD", "good", "", 0},
	    {"this is gooooood", "good", "drawn out", 2},
	    {"good but terrible", "good", "before 'but'", 1},
	    {"good but terrible", "terrible", "after 'but'", 2},
	    {"it is good!", "good", "exclaimed", 2},
	    {"is it good?", "good", "in a question", 1},
	    {"it is good. really?", "good", "", 0},
	    {"not \xf0\x9f\x91\x8d", "\xf0\x9f\x91\x8d", "", 0},
	    {"\xf0\x9f\x91\x8d\xf0\x9f\x8f\xbe", "\xf0\x9f\x91\x8d", "", 0},
	    {"not :)", ":)", "", 0},
	};
	struct desk *d = *state;
	for (size_t i = 0; i < COUNT_OF(CASES); i++) {
		struct score s = desk_score_hinted(d, CASES[i].text, "en");
		const struct contribution *c = reason(&s, CASES[i].entry);
		if (c == NULL)
			fail_msg("'%s': no reason '%s'", CASES[i].text, CASES[i].entry);
		assert_text(CASES[i].text, c->modifiers, CASES[i].modifiers);
		int32_t w = c->weight_milli, e = c->effect_milli;
		int got = (w > 0) != (e > 0) ? -1 : e == w ? 0 : abs(e) > abs(w) ? 2 : 1;
		if (got != CASES[i].compare)
			fail_msg(
			    "'%s': '%s' weighs %d, counts %d", CASES[i].text, CASES[i].entry, w, e);
	}
}

static void
a_word_that_modifies_does_not_count_itself(void **state)
{
	struct desk *d = *state;
	struct score s = desk_score(d, "that is damn nice");
	assert_int_equal(s.reason_count, 1);
	s = desk_score(d, "no way it is not good");
	assert_non_null(reason(&s, "good"));
	assert_null(reason(&s, "not"));
}

/* "it is not X" is never more of what "it is X" is, for all words of the lexicon. */
static void
a_negator_never_strengthens_what_it_negates(void **state)
{
	static const char *const NEGATORS[] = {"not", "never", "no", "isn't", "hardly"};
	struct desk *d = *state;
	const struct lexicon *en = d->set->lexicons[LANGUAGE_EN];
	char plain[256], negated[256];
	size_t looked_at = 0;
	for (size_t i = 0; i < lexicon_count(en); i++) {
		const struct lexeme *x = lexicon_at(en, i);
		if (!x->has_weight || x->role != ROLE_NONE ||
		    !slice_eq_str(slice_of(x->source), "lexicon"))
			continue;
		snprintf(plain, sizeof plain, "it is %.*s", SLICE_ARG(x->text));
		struct score p = desk_score_hinted(d, plain, "en");
		for (size_t k = 0; k < COUNT_OF(NEGATORS); k++) {
			snprintf(negated, sizeof negated, "it is %s %.*s", NEGATORS[k],
			    SLICE_ARG(x->text));
			struct score n = desk_score_hinted(d, negated, "en");
			bool is_stronger = x->weight_milli > 0
			    ? n.positive_milli > p.positive_milli || n.score_milli > p.score_milli
			    : n.negative_milli > p.negative_milli || n.score_milli < p.score_milli;
			if (is_stronger)
				fail_msg("'%s' %d (%d), '%s' %d (%d)", plain, p.score_milli,
				    p.reasons[0].effect_milli, negated, n.score_milli,
				    n.reasons[0].effect_milli);
		}
		looked_at++;
	}
	assert_true(looked_at > 4000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(modifiers_change_what_a_word_counts_and_say_so),
	    cmocka_unit_test(a_word_that_modifies_does_not_count_itself),
	    cmocka_unit_test(a_negator_never_strengthens_what_it_negates),
	};
	return cmocka_run_group_tests(tests, desk_open, desk_close);
}
