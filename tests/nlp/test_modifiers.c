#include "reader.h"

#include "nlp/lexicon_set.h"

/* The mark whose rating or role is `entry`. */
static const struct mark *
mark_of(const struct reader *r, const char *entry)
{
	for (size_t i = 0; i < r->mark_count; i++) {
		const struct mark *m = &r->marks[i];
		if (m->rated != NULL && slice_eq_str(lexeme_text(m->rated), entry))
			return m;
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
	    {"i don't think it is good", "good", "negated by 'don't think'", -1},
	    {"i don't think that this is really a good idea", "good",
		"negated by 'don't think', boosted by 'really'", -1},
	    {"i don't think so. it is good", "good", "", 0},
	    {"i don't think that anybody here who is able to tell would say that it is good",
		"good", "", 0},
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
	    {"not cheap but good", "good", "after 'but'", 2},
	    {"good but terrible. nice!", "good", "before 'but'", 1},
	    {"good but terrible. nice!", "terrible", "after 'but'", 2},
	    {"good but terrible. nice!", "nice", "exclaimed", 2},
	    {"good! it is nice but terrible", "good", "exclaimed", 2},
	    {"good but nice but terrible?", "nice", "after 'but', in a question", 1},
	    {"good ... but terrible", "good", "before 'but'", 1},
	    {"good and nothing but trouble", "good", "", 0},
	    {"it is good!", "good", "exclaimed", 2},
	    {"is it good?", "good", "in a question", 1},
	    {"it is good. really?", "good", "", 0},
	    {"he said \"good\" to me", "good", "quoted", 1},
	    {"RT @user: good", "good", "quoted", 1},
	    {"not \xf0\x9f\x91\x8d", "\xf0\x9f\x91\x8d", "", 0},
	    {"\xf0\x9f\x91\x8d\xf0\x9f\x8f\xbe", "\xf0\x9f\x91\x8d", "", 0},
	    {"not :)", ":)", "", 0},
	};
	struct desk *d = *state;
	struct reader r;
	reader_open(&r);
	for (size_t i = 0; i < COUNT_OF(CASES); i++) {
		const char *words;
		reader_read(&r, d->set->lexicons[LANGUAGE_EN], NULL, slice_of(CASES[i].text));
		const struct mark *m = mark_of(&r, CASES[i].entry);
		if (m == NULL)
			fail_msg("'%s': nothing of '%s'", CASES[i].text, CASES[i].entry);
		assert_int_equal(modifiers_explain(m, r.found.items, r.cutting.units.items, r.text,
				     r.arena, &words),
		    0);
		assert_text(CASES[i].text, slice_of(words), CASES[i].modifiers);
		int32_t w = m->rated->weight_milli, e = m->rating_milli;
		int got = (w > 0) != (e > 0) ? -1 : e == w ? 0 : abs(e) > abs(w) ? 2 : 1;
		if (got != CASES[i].compare)
			fail_msg(
			    "'%s': '%s' weighs %d, counts %d", CASES[i].text, CASES[i].entry, w, e);
	}
	reader_close(&r);
}

static int32_t
rating_in(struct reader *r, const struct lexicon *lx, const char *text, const char *entry)
{
	reader_read(r, lx, NULL, slice_of(text));
	const struct mark *m = mark_of(r, entry);
	assert_non_null(m);
	return m->rating_milli;
}

static void
a_booster_boosts_more_when_it_is_shouted_and_less_from_afar(void **state)
{
	const struct lexicon *lx = ((struct desk *)*state)->set->lexicons[LANGUAGE_EN];
	struct reader r;
	reader_open(&r);
	int32_t plain = rating_in(&r, lx, "it is very good", "good");
	assert_true(rating_in(&r, lx, "it is VERY good", "good") > plain);
	assert_true(rating_in(&r, lx, "it is veeeery good", "good") > plain);
	int32_t far = rating_in(&r, lx, "it is very much good", "good");
	assert_true(far < plain && far > rating_in(&r, lx, "it is good", "good"));
	reader_close(&r);
}

/* Weighing counts on it. */
static void
no_word_counts_more_than_the_most(void **state)
{
	struct desk *d = *state;
	struct reader r;
	reader_open(&r);
	reader_read(&r, d->set->lexicons[LANGUAGE_EN], NULL,
	    SLICE_LIT("it was ok but REALLY VERY GOOOOD!!! yes"));
	const struct mark *m = mark_of(&r, "good");
	assert_non_null(m);
	assert_int_equal(m->strength_milli, MODIFIERS_STRENGTH_MAX);
	assert_int_equal(m->rating_milli, m->rated->weight_milli * MODIFIERS_STRENGTH_MAX / 1000);
	reader_close(&r);
}

/* Which word a negator behind it turns, in languages where it stands there. */
static void
a_negator_at_the_end_of_its_clause_turns_what_stands_before_it(void **state)
{
	static const struct {
		enum language lang;
		const char *text, *entry, *modifiers;
	} CASES[] = {
	    {LANGUAGE_DE, "sie empfehlen das nicht", "empfehlen", "negated by 'nicht'"},
	    {LANGUAGE_DE, "sie empfehlen das nicht, danke", "empfehlen", "negated by 'nicht'"},
	    {LANGUAGE_DE, "sie empfehlen das nicht!", "empfehlen", "negated by 'nicht', exclaimed"},
	    {LANGUAGE_DE, "sie empfehlen das nicht mehr", "empfehlen", "negated by 'nicht mehr'"},
	    {LANGUAGE_DE, "sie empfehlen das \xf0\x9f\x91\x8d nicht", "\xf0\x9f\x91\x8d", ""},
	    {LANGUAGE_DE, "sie empfehlen das nicht jedem", "empfehlen", ""},
	    {LANGUAGE_DE, "sie empfehlen das, oder nicht", "empfehlen", ""},
	    {LANGUAGE_DE, "sie empfehlen das aber sonst nicht", "empfehlen", "before 'but'"},
	    {LANGUAGE_DE, "sie empfehlen das hier heute auf keinen fall und sonst nicht",
		"empfehlen", ""},
	    {LANGUAGE_DE, "sie empfehlen das ding dort heute nicht", "empfehlen", ""},
	    {LANGUAGE_DE, "sie empfehlen das ding dort nicht", "empfehlen", "negated by 'nicht'"},
	    {LANGUAGE_DE, "sie empfehlen kein ding nicht", "empfehlen", ""},
	    {LANGUAGE_DE, "sie empfehlen das. nicht", "empfehlen", ""},
	    {LANGUAGE_DE, "ich glaube nicht, dass das gut wird", "gut",
		"negated by 'glaube nicht'"},
	    {LANGUAGE_DE, "ich glaube nicht. das wird gut", "gut", ""},
	    {LANGUAGE_DE, "ich war nicht da, das wird gut", "gut", ""},
	    {LANGUAGE_DA, "jeg anbefaler den ikke", "anbefaler", "negated by 'ikke'"},
	    {LANGUAGE_DA, "jeg tror ikke at den her bliver anbefalet", "anbefalet",
		"negated by 'tror ikke'"},
	    {LANGUAGE_EN, "i recommend it not", "recommend", ""},
	};
	struct desk *d = *state;
	struct reader r;
	reader_open(&r);
	for (size_t i = 0; i < COUNT_OF(CASES); i++) {
		const char *words;
		reader_read(&r, d->set->lexicons[CASES[i].lang], NULL, slice_of(CASES[i].text));
		const struct mark *m = mark_of(&r, CASES[i].entry);
		if (m == NULL)
			fail_msg("'%s': nothing of '%s'", CASES[i].text, CASES[i].entry);
		assert_int_equal(modifiers_explain(m, r.found.items, r.cutting.units.items, r.text,
				     r.arena, &words),
		    0);
		assert_text(CASES[i].text, slice_of(words), CASES[i].modifiers);
		bool is_turned = (m->rated->weight_milli > 0) != (m->rating_milli > 0);
		assert_int_equal(is_turned, strstr(CASES[i].modifiers, "negated") != NULL);
	}
	reader_close(&r);
}

/* Does a learned term of the word at this unit count? */
static bool
has_term(const struct reader *r, const struct mark *m)
{
	const struct unit *u = &r->cutting.units.items[m->unit];
	for (size_t i = 0; i < r->score.reason_count; i++) {
		const struct contribution *c = &r->score.reasons[i];
		bool is_stem =
		    c->entry->source == ENTRY_LEARNED || c->entry->source == ENTRY_LEARNED_NEGATED;
		if (is_stem && c->start == u->start)
			return true;
	}
	return false;
}

static void
a_word_that_modifies_does_not_count_itself(void **state)
{
	struct desk *d = *state;
	const struct lexicon *en = d->set->lexicons[LANGUAGE_EN];
	struct reader r;
	reader_open(&r);
	reader_read(&r, en, NULL, SLICE_LIT("that is damn nice"));
	assert_true(mark_of(&r, "damn")->rated->has_weight);
	assert_int_equal(mark_of(&r, "damn")->rating_milli, 0);
	reader_read(&r, en, NULL, SLICE_LIT("that is damn"));
	assert_true(mark_of(&r, "damn")->rating_milli < 0);
	reader_read(&r, en, NULL, SLICE_LIT("it is not good"));
	assert_int_equal(mark_of(&r, "not")->rating_milli, 0);
	assert_false(has_term(&r, mark_of(&r, "not")));
	assert_true(has_term(&r, mark_of(&r, "good")));
	reader_close(&r);
}

/* A small lexicon with numbers that can be followed by hand. */
static const char LEARNED[] = "negator\tnot\n"
			      "contrast\tbut\n"
			      "booster\tvery\t0.5\n"
			      "word\tzorble\t2\n"
			      "stem\tnot\t0.5\t-0.5\n"
			      "stem\tzorble\t-1\t3\n"
			      "stem\tgrump\t2\t-1\n"
			      "stem\tmiffle\t-0.4\t0.8\n"
			      "negated\tmiffle\t0.7\t0.1\n"
			      "pair\tzorble miffle\t-0.1\t0.2\n"
			      "pair\tnot miffle\t0.3\t-0.3\n";

static void
learned_words_turn_and_their_pairs_count(void **state)
{
	static const struct {
		const char *text;
		int32_t negative, positive;
	} CASES[] = {
	    {"zorble", -1000, 3000},
	    {"grump", 2000, -1000},
	    /* Turned: of s = -1 + 3, d = 3 - -1 comes (s - t d) / 2 and (s + t d) / 2, t = -0.4. */
	    {"not zorble", 1800, 200},
	    {"not grump", -100, 1100},
	    {"not miffle", 500 + 700 + 300, -500 + 100 - 300},
	    {"very grump", 3000, -1500},
	    {"zorble miffle", -1500, 4000},
	    {"zorble, miffle", -1400, 3800},
	    {"not. zorble", 500 - 1000, -500 + 3000},
	    {"grump but zorble", 1200 - 1250, -600 + 3750},
	    {"grump!", 2140, -1070},
	};
	struct lexicon *lx = NULL;
	struct reader r;
	(void)state;
	assert_int_equal(lexicon_of_entries("en", LEARNED, &lx, NULL), 0);
	reader_open(&r);
	for (size_t i = 0; i < COUNT_OF(CASES); i++) {
		reader_read(&r, lx, NULL, slice_of(CASES[i].text));
		if (r.evidence.logits[0] != CASES[i].negative ||
		    r.evidence.logits[1] != CASES[i].positive)
			fail_msg("'%s': %" PRId64 " %" PRId64, CASES[i].text, r.evidence.logits[0],
			    r.evidence.logits[1]);
	}
	reader_close(&r);
	lexicon_free(lx);
}

/* A negator never speaks for the good, and a booster is used up by what has a rating alone. */
static void
what_modifies_counts_itself_as_far_as_nothing_else_speaks(void **state)
{
	static const struct {
		const char *text;
		size_t reasons;
	} CASES[] = {{"no", 0}, {"never", 1}, {"no table", 1}, {"madly", 1}, {"madly table", 2},
	    {"madly lovely", 1}};
	struct lexicon *lx = NULL;
	struct reader r;
	(void)state;
	assert_int_equal(lexicon_of_entries("en",
			     "negator\tno\nnegator\tnever\nstem\tno\t0\t1\nstem\tnever\t1\t0\n"
			     "booster\tmadly\t0.3\nword\tmadly\t-1\nstem\ttable\t0\t1\n"
			     "word\tlovely\t3\nsarcasm\tyeah right\n",
			     &lx, NULL),
	    0);
	reader_open(&r);
	for (size_t i = 0; i < COUNT_OF(CASES); i++) {
		reader_score(&r, lx, CASES[i].text);
		if (r.score.reason_count != CASES[i].reasons)
			fail_msg("'%s': %zu reasons", CASES[i].text, r.score.reason_count);
		assert_false(r.score.reason_count == 0 && r.score.is_unsure);
	}
	reader_score(&r, lx, "yeah right");
	assert_int_equal(r.score.reason_count, 0);
	assert_true(r.score.is_unsure);
	reader_close(&r);
	lexicon_free(lx);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(modifiers_change_what_a_word_counts_and_say_so),
	    cmocka_unit_test(a_booster_boosts_more_when_it_is_shouted_and_less_from_afar),
	    cmocka_unit_test(no_word_counts_more_than_the_most),
	    cmocka_unit_test(a_negator_at_the_end_of_its_clause_turns_what_stands_before_it),
	    cmocka_unit_test(what_modifies_counts_itself_as_far_as_nothing_else_speaks),
	    cmocka_unit_test(a_word_that_modifies_does_not_count_itself),
	    cmocka_unit_test(learned_words_turn_and_their_pairs_count),
	};
	return cmocka_run_group_tests(tests, desk_open, desk_close);
}
