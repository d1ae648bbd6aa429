/*
 * test_laws.c - what must hold for any word and any text, over the lexicons that are shipped.
 */
#include "reader.h"

#include "core/rng.h"
#include "nlp/language.h"
#include "nlp/lexicon_set.h"

/* ---- negation --------------------------------------------------------------- */

/* How a sentence about something begins, in the languages with a lexicon. */
static const struct frame {
	enum language lang;
	const char *begin;
} FRAMES[] = {
    {LANGUAGE_EN, "it is"},
    {LANGUAGE_DE, "es ist"},
    {LANGUAGE_DA, "det er"},
    {LANGUAGE_ES, "esto es"},
    {LANGUAGE_FR, "il est"},
    {LANGUAGE_IT, "lui \xc3\xa8"},
    {LANGUAGE_PT, "isso \xc3\xa9"},
    {LANGUAGE_NL, "het is"},
    {LANGUAGE_SV, "det \xc3\xa4r"},
};

/* No word of any language, so that a text with a negator has as many words as one without. */
#define NOTHING "qqxzw"
#define NEGATORS_MAX 64
#define NEUTRAL_SHARE_MILLI 10
#define CLEAR_RATING_MILLI 1000

struct negating {
	struct reader reader;
	const struct lexicon *lx;
	const char *begin;
	struct slice negators[NEGATORS_MAX];
	size_t negator_count, tried, next;
	size_t broken;
	char first[512]; /* the first that broke it */
};

/* One plain word that nobody else has a say about. */
static bool
is_plain_word(const struct lexeme *x)
{
	if ((x->kind != LEXEME_WORD && x->kind != LEXEME_STEM) || x->role != ROLE_NONE ||
	    x->entry.len < 2 || memchr(x->entry.text, ' ', x->entry.len) != NULL ||
	    memchr(x->entry.text, '-', x->entry.len) != NULL)
		return false;
	return (x->kind == LEXEME_WORD && x->weight_milli != 0) ||
	    (x->kind == LEXEME_STEM && x->positive_milli != x->negative_milli);
}

/* What a text comes to. */
struct outcome {
	int32_t score_milli;
	int64_t polarity_milli; /* positive minus negative logit */
};

static struct outcome
read_with(struct negating *n, struct slice before, struct slice word)
{
	char text[512];
	snprintf(text, sizeof text, "%s %.*s %.*s", n->begin, SLICE_ARG(before), SLICE_ARG(word));
	int32_t score = reader_score(&n->reader, n->lx, text);
	const int64_t *logits = n->reader.evidence.logits;
	return (struct outcome){score, logits[1] - logits[0]};
}

/* Phrases have a rating of their own ("no problem"), and so have words that modify. */
static bool
is_phrase_or_modifier(const struct reader *r)
{
	uint32_t last = (uint32_t)r->cutting.units.count - 1;
	for (size_t i = 0; i < r->mark_count; i++) {
		const struct mark *m = &r->marks[i];
		if (m->span > 1 ||
		    (m->unit == last && m->rated != NULL && m->rated->role != ROLE_NONE))
			return true;
	}
	return r->cutting.units.items[last].kind != TOKEN_WORD;
}

/* Of the score as of the logits; but how much is neutral moves the score by a little, too. */
static bool
is_further_out(bool is_positive, const struct outcome *plain, const struct outcome *negated)
{
	int64_t polarity = negated->polarity_milli - plain->polarity_milli;
	int32_t score = negated->score_milli - plain->score_milli;
	return is_positive ? polarity > 0 || score > NEUTRAL_SHARE_MILLI
			   : polarity < 0 || score < -NEUTRAL_SHARE_MILLI;
}

/* Does what was published of the last word contradict what was learned of its stem?  "jealous" is
 * rated as good by some; which side a negator turns it from then is anybody's guess. */
static bool
is_contradictory(const struct reader *r)
{
	const struct unit_list *l = &r->cutting.units;
	bool has_good = false, has_bad = false;
	for (size_t i = 0; i < r->score.reason_count; i++) {
		const struct contribution *c = &r->score.reasons[i];
		if (l->count == 0 || c->start != l->items[l->count - 1].start)
			continue;
		has_good |= c->effect_milli > 0;
		has_bad |= c->effect_milli < 0;
	}
	return has_good && has_bad;
}

static void
complain(struct negating *n, struct slice negator, struct slice word, const struct outcome *plain,
    const struct outcome *negated)
{
	if (n->broken++ == 0)
		snprintf(n->first, sizeof n->first, "'%s %.*s %.*s' %d, without the negator %d",
		    n->begin, SLICE_ARG(negator), SLICE_ARG(word), negated->score_milli,
		    plain->score_milli);
}

/* The negator in place of a word that says nothing, so that the text is as long as before: what it
 * does to the word is all that changes. */
static void
try_learned(struct negating *n, struct slice negator, struct slice word)
{
	struct outcome nothing = read_with(n, SLICE_LIT(NOTHING), SLICE_LIT(NOTHING));
	struct outcome plain = read_with(n, SLICE_LIT(NOTHING), word);
	bool is_unclear = is_contradictory(&n->reader);
	struct outcome negated = read_with(n, negator, word);
	if (is_unclear || is_phrase_or_modifier(&n->reader) ||
	    plain.polarity_milli == nothing.polarity_milli)
		return;
	n->tried++;
	if (is_further_out(plain.polarity_milli > nothing.polarity_milli, &plain, &negated))
		complain(n, negator, word, &plain, &negated);
}

/* The negator added, before a word that is rated as clearly good or bad. */
static void
try_rated(struct negating *n, struct slice negator, const struct lexeme *word)
{
	struct outcome plain = read_with(n, SLICE_LIT(""), lexeme_text(word));
	bool is_unclear = is_contradictory(&n->reader);
	struct outcome negated = read_with(n, negator, lexeme_text(word));
	if (is_unclear || is_phrase_or_modifier(&n->reader))
		return;
	n->tried++;
	if (is_further_out(word->weight_milli > 0, &plain, &negated))
		complain(n, negator, lexeme_text(word), &plain, &negated);
}

static void
try_word(struct negating *n, const struct lexeme *word)
{
	for (int k = 0; k < 2; k++) {
		struct slice negator = n->negators[n->next++ % n->negator_count];
		try_learned(n, negator, lexeme_text(word));
		if (abs(word->weight_milli) >= CLEAR_RATING_MILLI)
			try_rated(n, negator, word);
	}
}

static void
collect_negators(struct negating *n)
{
	for (uint32_t i = 1; i <= lexicon_count(n->lx) && n->negator_count < NEGATORS_MAX; i++) {
		const struct lexeme *x = lexicon_at(n->lx, i);
		if (x->role == ROLE_NEGATOR && memchr(x->entry.text, ' ', x->entry.len) == NULL)
			n->negators[n->negator_count++] = lexeme_text(x);
	}
	assert_true(n->negator_count > 0);
}

/* A negator in place of a word that says nothing never makes more of what a word says. */
static void
a_negator_never_strengthens_what_it_negates(void **state)
{
	struct desk *d = *state;
	for (size_t f = 0; f < COUNT_OF(FRAMES); f++) {
		struct negating n = {.begin = FRAMES[f].begin};
		n.lx = d->set->lexicons[FRAMES[f].lang];
		assert_non_null(n.lx);
		reader_open(&n.reader);
		collect_negators(&n);
		for (uint32_t i = 1; i <= lexicon_count(n.lx); i++) {
			const struct lexeme *x = lexicon_at(n.lx, i);
			if (is_plain_word(x))
				try_word(&n, x);
		}
		reader_close(&n.reader);
		if (n.broken > 0)
			fail_msg("%s: %zu of %zu: %s", language_code(FRAMES[f].lang), n.broken,
			    n.tried, n.first);
		assert_true(n.tried > 500);
	}
}

static void
every_language_with_a_lexicon_is_tried(void **state)
{
	struct desk *d = *state;
	for (int lang = 0; lang < LANGUAGE_COUNT; lang++) {
		bool is_tried = false;
		for (size_t f = 0; f < COUNT_OF(FRAMES); f++)
			is_tried |= (int)FRAMES[f].lang == lang;
		assert_int_equal(is_tried, d->set->lexicons[lang] != NULL);
	}
}

/* ---- weights ---------------------------------------------------------------- */

#define OWN_WORDS 12

/* What a lexicon is made of, so that it can be made again with one number changed. */
struct recipe {
	int32_t ratings[OWN_WORDS];
	int32_t stems[OWN_WORDS][2], pairs[OWN_WORDS][2];
	int32_t always[2], sums[SUM_COUNT][2];
};

static const char *const OWN[OWN_WORDS] = {"zorb", "grumf", "miffl", "plonk", "dwarv", "snib",
    "kwext", "brool", "tazz", "ulmp", "frink", "yoder"};

static int32_t
draw_weight(struct rng *rng, int32_t max)
{
	return (int32_t)rng_below(rng, 2 * (uint32_t)max + 1) - max;
}

static struct recipe
draw_recipe(struct rng *rng)
{
	struct recipe r;
	for (int i = 0; i < OWN_WORDS; i++) {
		r.ratings[i] = draw_weight(rng, LEXICON_WEIGHT_MAX_MILLI);
		for (int side = 0; side < 2; side++) {
			r.stems[i][side] = draw_weight(rng, 2000);
			r.pairs[i][side] = draw_weight(rng, 1000);
		}
	}
	for (int side = 0; side < 2; side++)
		r.always[side] = draw_weight(rng, 500);
	/* The sums' law: each speaks for its side, or not at all. */
	for (int k = 0; k < SUM_COUNT; k++) {
		int32_t own = (int32_t)rng_below(rng, 2000), other = -(int32_t)rng_below(rng, 2000);
		r.sums[k][0] = k == SUM_NEGATIVE ? own : other;
		r.sums[k][1] = k == SUM_NEGATIVE ? other : own;
	}
	return r;
}

static struct lexicon *
make(const struct recipe *r)
{
	struct lexicon *lx = NULL;
	char pair[64];
	int rc = lexicon_new_empty(LANGUAGE_UND, &lx, NULL);
	rc |= lexicon_add(lx, LEXEME_CONTRAST, SLICE_LIT("but"), 0, 0, NULL);
	rc |= lexicon_add(lx, LEXEME_BOOSTER, SLICE_LIT("very"), 400, 0, NULL);
	rc |= lexicon_add(lx, LEXEME_BOOSTER, SLICE_LIT("hardly"), -600, 0, NULL);
	for (int i = 0; i < OWN_WORDS; i++) {
		struct slice word = slice_of(OWN[i]);
		snprintf(pair, sizeof pair, "%s %s", OWN[i], OWN[(i + 1) % OWN_WORDS]);
		rc |= lexicon_add(lx, LEXEME_WORD, word, r->ratings[i], 0, NULL);
		rc |= lexicon_add(lx, LEXEME_STEM, word, r->stems[i][0], r->stems[i][1], NULL);
		rc |= lexicon_add(
		    lx, LEXEME_PAIR, slice_of(pair), r->pairs[i][0], r->pairs[i][1], NULL);
	}
	rc |= lexicon_add(lx, LEXEME_SHAPE, SLICE_LIT("always"), r->always[0], r->always[1], NULL);
	for (int k = 0; k < SUM_COUNT; k++)
		rc |= lexicon_add(lx, LEXEME_SUM, slice_of(rating_sum_name((enum rating_sum)k)),
		    r->sums[k][0], r->sums[k][1], NULL);
	assert_int_equal(rc, 0);
	return lx;
}

static const char *
draw_text(struct rng *rng, char *out, size_t size)
{
	static const char *const OTHERS[] = {"very ", "hardly ", "but ", "! ", "? ", ", ", ". ",
	    NOTHING " ", "\"", "VERY ", "@acme "};
	size_t words = 1 + rng_below(rng, 9), len = 0;
	out[0] = '\0';
	for (size_t i = 0; i < words; i++) {
		bool is_own = rng_below(rng, 3) > 0;
		const char *w = is_own ? OWN[rng_below(rng, OWN_WORDS)]
				       : OTHERS[rng_below(rng, COUNT_OF(OTHERS))];
		len += (size_t)snprintf(out + len, size - len, "%s%s", w, is_own ? " " : "");
		assert_true(len < size);
	}
	return out;
}

/* Raises one number of a recipe for the positive class. */
static void
raise_one(struct rng *rng, struct recipe *r)
{
	int32_t by = 1 + (int32_t)rng_below(rng, 900);
	size_t i = rng_below(rng, OWN_WORDS);
	switch (rng_below(rng, 4)) {
	case 0:
		r->ratings[i] += by;
		if (r->ratings[i] > LEXICON_WEIGHT_MAX_MILLI)
			r->ratings[i] = LEXICON_WEIGHT_MAX_MILLI;
		break;
	case 1: r->stems[i][1] += by; break;
	case 2: r->pairs[i][1] += by; break;
	default: r->always[1] += by; break;
	}
}

/* Where nothing is negated, a higher weight of the positive class never lowers a score. */
static void
a_score_rises_with_each_weight(void **state)
{
	struct reader r;
	struct rng rng;
	char text[512];
	size_t risen = 0;
	(void)state;
	rng_init(&rng, 6112025);
	reader_open(&r);
	for (int round = 0; round < 400; round++) {
		struct recipe recipe = draw_recipe(&rng);
		struct lexicon *low = make(&recipe);
		raise_one(&rng, &recipe);
		struct lexicon *high = make(&recipe);
		for (int i = 0; i < 20; i++) {
			draw_text(&rng, text, sizeof text);
			int32_t before = reader_score(&r, low, text);
			bool had_evidence = r.evidence.has_evidence;
			int32_t after = reader_score(&r, high, text);
			/* Whether anything spoke at all is another question. */
			if (had_evidence && r.evidence.has_evidence && after < before)
				fail_msg("round %d: '%s': %d, then %d", round, text, before, after);
			risen += after > before;
		}
		lexicon_free(low);
		lexicon_free(high);
	}
	assert_true(risen > 500);
	reader_close(&r);
}

/* The same with the one call that changes a learned weight in place. */
static void
a_score_rises_with_a_weight_changed_in_place(void **state)
{
	struct reader r;
	struct rng rng;
	char text[512];
	(void)state;
	rng_init(&rng, 14);
	reader_open(&r);
	struct recipe recipe = draw_recipe(&rng);
	struct lexicon *lx = make(&recipe);
	for (int round = 0; round < 200; round++) {
		uint32_t at = 1 + (uint32_t)rng_below(&rng, (uint32_t)lexicon_count(lx));
		struct lexeme old = *lexicon_at(lx, at);
		if (old.kind == LEXEME_SUM) /* the balance also counts the other way */
			continue;
		draw_text(&rng, text, sizeof text);
		int32_t last = -1001;
		for (int32_t p = -4000; p <= 4000; p += 250) {
			lexicon_set_class_weights(lx, at, old.negative_milli, p);
			int32_t score = reader_score(&r, lx, text);
			if (score < last)
				fail_msg("'%s', '%.*s' at %d: %d after %d", text,
				    SLICE_ARG(lexeme_text(&old)), p, score, last);
			last = r.evidence.has_evidence ? score : last;
		}
		lexicon_set_class_weights(lx, at, old.negative_milli, old.positive_milli);
	}
	lexicon_free(lx);
	reader_close(&r);
}

/* ---- reasons ---------------------------------------------------------------- */

/* What is given as reasons is what was counted: their effects add up to the distance of the two
 * logits, each rounded by at most 1. */
static void
check_reasons(const struct reader *r)
{
	int64_t sum = 0, distance = r->evidence.logits[1] - r->evidence.logits[0];
	if (!r->evidence.has_evidence)
		return;
	for (size_t i = 0; i < r->score.reason_count; i++)
		sum += r->score.reasons[i].effect_milli;
	if (llabs(sum - distance) > (int64_t)r->score.reason_count)
		fail_msg("'%.*s': %" PRId64 " of %zu reasons, %" PRId64 " counted",
		    SLICE_ARG(r->text), sum, r->score.reason_count, distance);
}

/* A text of words and signs of a lexicon, in any order. */
static const char *
draw_from(struct rng *rng, const struct lexicon *lx, unsigned most_words, char *out, size_t size)
{
	static const char *const ENDS[] = {
	    " ", " ", " ", ", ", ". ", "! ", "? ", "!!! ", " @acme "};
	size_t words = 1 + rng_below(rng, most_words), len = 0;
	out[0] = '\0';
	for (size_t i = 0; i < words && len + 200 < size; i++) {
		uint32_t at = 1 + (uint32_t)rng_below(rng, (uint32_t)lexicon_count(lx));
		struct slice w = lexeme_text(lexicon_at(lx, at));
		len += (size_t)snprintf(out + len, size - len, "%.*s%s",
		    (int)(w.len > 100 ? 0 : w.len), w.ptr, ENDS[rng_below(rng, COUNT_OF(ENDS))]);
	}
	return out;
}

static void
check_score(const struct score *s)
{
	int32_t p[3] = {s->negative_milli, s->neutral_milli, s->positive_milli};
	assert_int_equal(p[0] + p[1] + p[2], 1000);
	for (int k = 0; k < 3; k++)
		assert_true(p[k] >= 0 && p[k] <= p[s->label]);
	assert_int_equal(s->score_milli, p[2] - p[0]);
}

static void
reasons_add_up_to_what_was_counted(void **state)
{
	struct desk *d = *state;
	struct reader r;
	struct rng rng;
	char text[8192];
	rng_init(&rng, 77);
	reader_open(&r);
	for (int lang = 0; lang < LANGUAGE_COUNT; lang++) {
		const struct lexicon *lx = d->set->lexicons[lang];
		for (int i = 0; i < 1500 && lx != NULL; i++) {
			/* Some with many ratings, and some of which the mean counts. */
			unsigned most = i % 50 == 0 ? 400 : i % 10 == 0 ? 50 : 12;
			draw_from(&rng, lx, most, text, sizeof text);
			reader_read(&r, lx, d->set->lexicons[LANGUAGE_EN], slice_of(text));
			check_reasons(&r);
			check_score(&r.score);
		}
	}
	reader_close(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_negator_never_strengthens_what_it_negates),
	    cmocka_unit_test(every_language_with_a_lexicon_is_tried),
	    cmocka_unit_test(a_score_rises_with_each_weight),
	    cmocka_unit_test(a_score_rises_with_a_weight_changed_in_place),
	    cmocka_unit_test(reasons_add_up_to_what_was_counted),
	};
	return cmocka_run_group_tests(tests, desk_open, desk_close);
}
