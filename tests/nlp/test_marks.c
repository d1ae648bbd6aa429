/* The filters of marks_find() against plain look-ups, plain words against marks of all of them, and what they
 * come to against their terms one by one, on texts thrown together from a lexicon's own words. */
#include "reader.h"

#include "nlp/lexicon_internal.h"
#include "nlp/lexicon_set.h"
#include "nlp/unit_bits.h"

#define TEXTS 3000
#define WORDS 24
#define WORDS_MANY 90 /* of some texts, of which the mean counts */
#define WORD_POOL 400

struct pool {
	struct slice words[WORD_POOL];
	size_t count;
	uint64_t random;
};

static uint32_t
chance(struct pool *p, uint32_t below)
{
	p->random = p->random * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(p->random >> 33) % below;
}

/* Entries of every kind, phrases whole: of each kind every so many. */
static void
fill(struct pool *p, const struct lexicon *lx)
{
	static const char *const OTHERS[] = {"!", "?", ",", "(", "\"", ".", "zzyzx", "@somebody",
	    "3", "http://example.com", "#sobad", "#sooo", "#SOBAD", "SO", "I", "sooo", "not",
	    "very", "but", "never", "nicht", "not baaad"};
	size_t seen[LEXEME_KIND_COUNT] = {0};
	for (size_t i = 0; i < COUNT_OF(OTHERS); i++)
		p->words[p->count++] = slice_of(OTHERS[i]);
	for (uint32_t i = 1; i <= lexicon_count(lx) && p->count < WORD_POOL; i++) {
		const struct lexeme *x = lexicon_at(lx, i);
		bool is_word = x->kind != LEXEME_SHAPE && x->kind != LEXEME_SUM &&
		    x->kind != LEXEME_STEM_RATING;
		if (is_word && x->entry.text[0] != '<' && seen[x->kind]++ % 61 == 0)
			p->words[p->count++] = lexeme_text(x);
	}
}

static struct slice
throw_together(struct pool *p, char *out, size_t room)
{
	size_t len = 0, count = 1 + chance(p, chance(p, 10) == 0 ? WORDS_MANY : WORDS);
	for (size_t i = 0; i < count; i++) {
		/* Half of the words from a few, so that they meet. */
		struct slice word =
		    p->words[chance(p, chance(p, 2) == 0 ? 40 : (uint32_t)p->count)];
		assert_true(len + word.len + 1 < room);
		memcpy(out + len, word.ptr, word.len);
		len += word.len;
		out[len++] = ' ';
	}
	return slice_make(out, len);
}

/* A tag without an entry has a mark when one of its words has a rating. */
static bool
is_split_tag(const struct reader *r, size_t at, size_t unit)
{
	return r->cutting.units.items[unit].kind == TOKEN_HASHTAG && at < r->mark_count &&
	    r->marks[at].unit == unit && lexeme_is_some(r->marks[at].rated);
}

/* What the marks have to be, by look-ups alone. */
static void
check_marks(struct reader *r, const struct lexicon *lx)
{
	const struct unit_list *l = &r->cutting.units;
	size_t at = 0, phrase_end = 0;
	for (size_t i = 0; i < l->count; i++) {
		struct lexicon_hit hit;
		size_t span = 1;
		lexicon_resolve(lx, r->stemmer, r->arena, &l->items[i], &hit);
		uint32_t phrase =
		    i < phrase_end ? 0 : lexicon_phrase(lx, l->items, l->count, i, &span);
		const struct mark *m = &r->marks[at];
		uint32_t rated = phrase != 0 ? phrase : i < phrase_end ? 0 : hit.rated;
		if (phrase != 0)
			phrase_end = i + span;
		else if ((hit.rated | hit.stem | hit.number) == 0 && !is_split_tag(r, at, i))
			continue;
		assert_true(at < r->mark_count);
		assert_int_equal(m->unit, i);
		assert_int_equal(m->span, phrase != 0 ? span : 1);
		if (m->rated != &lx->lexemes[rated] && l->items[i].kind != TOKEN_HASHTAG)
			fail_msg("'%.*s': unit %zu has another rating", SLICE_ARG(r->text), i);
		assert_ptr_equal(m->stem, &lx->lexemes[hit.stem]);
		assert_int_equal(m->sense.number, hit.number);
		bool is_beside =
		    at > 0 && m[-1].unit + 1 == i && l->items[i - 1].clause == l->items[i].clause;
		uint32_t pair =
		    is_beside ? lexicon_pair(lx, m[-1].sense.number, m->sense.number) : 0;
		if (m->pair != pair)
			fail_msg("'%.*s': unit %zu has another pair", SLICE_ARG(r->text), i);
		at++;
	}
}

static void
check_looks(const struct reader *r)
{
	const struct looks *k = &r->found.looks;
	int32_t words = 0, capitals = 0, mentions = 0, exclamations = 0, quoted = 0, drawn_out = 0;
	int32_t questions = 0, tags = 0, links = 0;
	bool has_capitals = false, has_small = false;
	for (size_t i = 0; i < r->cutting.units.count; i++) {
		const struct unit *u = &r->cutting.units.items[i];
		bool is_word = u->kind == TOKEN_WORD;
		words += is_word;
		capitals += is_word && u->is_caps;
		quoted += is_word && u->is_quoted;
		drawn_out += is_word && u->is_elongated;
		has_capitals |= u->is_caps;
		has_small |= is_word && !u->is_caps && u->len > 1;
		mentions += u->kind == TOKEN_MENTION;
		tags += u->kind == TOKEN_HASHTAG;
		links += u->kind == TOKEN_URL;
		exclamations += u->kind == TOKEN_PUNCT && u->folded[0] == '!';
		questions += u->kind == TOKEN_PUNCT && u->folded[0] == '?';
	}
	assert_int_equal(k->counts[SHAPE_LENGTH], words);
	assert_int_equal(k->counts[SHAPE_CAPITALS], capitals);
	assert_int_equal(k->counts[SHAPE_QUOTED], quoted);
	assert_int_equal(k->counts[SHAPE_ELONGATED], drawn_out);
	assert_int_equal(k->has_others, has_capitals && has_small);
	assert_int_equal(k->counts[SHAPE_MENTIONS], mentions);
	assert_int_equal(k->counts[SHAPE_EXCLAMATIONS], exclamations);
	assert_int_equal(k->counts[SHAPE_QUESTIONS], questions);
	assert_int_equal(k->counts[SHAPE_HASHTAGS], tags);
	assert_int_equal(k->counts[SHAPE_LINKS], links);
}

static uint32_t
unit_of_mark(const struct marks *of, uint32_t mark)
{
	return mark == 0 ? UINT32_MAX : of->items[mark - 1].unit;
}

/* As reader_read() left them, and once more with a mark for every unit. */
static void
check_plain(struct reader *r, size_t *spared)
{
	size_t units = r->cutting.units.count, numbers = unit_bits_room(units), at = 0;
	struct marks all = r->found;
	struct mark b;
	all.items = arena_alloc(r->arena, (units + 2) * sizeof *all.items);
	all.stretches = arena_alloc(r->arena, (units + 2) * sizeof *all.stretches);
	all.changed = arena_alloc(r->arena, numbers * sizeof *all.changed);
	assert_true(all.items != NULL && all.stretches != NULL && all.changed != NULL);
	memset(all.changed, 0, numbers * sizeof *all.changed);
	unit_bits_add(all.changed, 0, units);
	marks_fill(&all);
	modifiers_apply(&all);
	assert_true(r->found.count <= all.count);
	*spared += all.count - r->found.count;
	for (struct marks_walk w = marks_walk(&all); marks_next(&w, &b); at++) {
		const struct mark *a = &r->marks[at];
		bool is_same = a->unit == b.unit && a->strength_milli == b.strength_milli &&
		    a->rating_milli == b.rating_milli && a->flags == b.flags && a->pair == b.pair &&
		    unit_of_mark(&r->found, a->negator) == unit_of_mark(&all, b.negator);
		for (int k = 0; k < BOOST_REACH; k++)
			is_same &= unit_of_mark(&r->found, a->boosters[k]) ==
			    unit_of_mark(&all, b.boosters[k]);
		if (!is_same)
			fail_msg("'%.*s': mark %zu is another", SLICE_ARG(r->text), at);
	}
	assert_int_equal(at, r->mark_count);
}

/* ---- what they come to -------------------------------------------------------- */

/* Reasons as they come, and what they add up to. */
struct account {
	struct reader *r;
	size_t reason_count;
	int64_t logits[2];
	int64_t counted,
	    shown; /* of words: the distance of the logits, and what reasons say of it */
	bool has_evidence;
};

static const struct contribution *
next_reason(struct account *a, const struct lexeme *x, const struct unit *first,
    const struct unit *last, int32_t weight_milli)
{
	assert_true(a->reason_count < a->r->score.reason_count);
	const struct contribution *c = &a->r->score.reasons[a->reason_count++];
	if (c->entry != &x->entry)
		fail_msg("'%.*s': reason %zu is another", SLICE_ARG(a->r->text), a->reason_count);
	assert_int_equal(c->start, first->start);
	assert_int_equal(c->start + c->len, last->start + last->len);
	assert_int_equal(c->weight_milli, weight_milli);
	return c;
}

static struct class_effect
add_effect(struct account *a, const struct lexeme *x, int32_t strength_milli, bool is_turned)
{
	struct class_effect e =
	    modifiers_class_effect(x->negative_milli, x->positive_milli, strength_milli, is_turned);
	a->logits[0] += e.negative_milli;
	a->logits[1] += e.positive_milli;
	return e;
}

/* What the reason shows: of a word of a long text its part of the mean, so that those so far add up. */
static void
check_effect(struct account *a, const struct contribution *c, int32_t effect_milli)
{
	int64_t units = (int64_t)a->r->cutting.units.count;
	bool is_mean = units > LONG_TEXT_UNITS && c->entry->source != ENTRY_SHAPE;
	if (!is_mean) {
		assert_int_equal(c->effect_milli, effect_milli);
		return;
	}
	a->counted += effect_milli;
	a->shown += c->effect_milli;
	assert_true(llabs(a->shown * units - a->counted * LONG_TEXT_UNITS) <= units);
}

/* words: what its reason has to say of what changed it. */
static void
add_term(struct account *a, const struct term *t, const struct unit *first, const struct unit *last,
    const char *words)
{
	const struct lexeme *x = t->lexeme;
	struct class_effect e = add_effect(a, x, t->strength_milli, t->is_turned);
	a->has_evidence |= e.negative_milli != 0 || e.positive_milli != 0;
	if (e.negative_milli == e.positive_milli)
		return;
	const struct contribution *c =
	    next_reason(a, x, first, last, x->positive_milli - x->negative_milli);
	check_effect(a, c, e.positive_milli - e.negative_milli);
	assert_true((c->modifiers == NULL) == (words == NULL));
	if (words != NULL)
		assert_string_equal(c->modifiers, words);
}

/* The terms that the trainer takes as well. */
static void
add_mark(struct account *a, const struct mark *m)
{
	const struct reader *r = a->r;
	const struct unit *u = &r->cutting.units.items[m->unit];
	const char *words;
	struct term t;
	assert_int_equal(
	    modifiers_explain(m, r->found.items, r->cutting.units.items, r->text, r->arena, &words),
	    0);
	if (m->rating_milli != 0) {
		next_reason(a, m->rated, u, u + m->span - 1, m->rated->weight_milli);
		a->has_evidence = true;
	}
	if (sentiment_stem(r->lexicon, m, &t))
		add_term(a, &t, u, u, words);
	if (sentiment_pair(r->lexicon, m, &t))
		add_term(a, &t, u - 1, u, NULL);
}

static void
check_weighed(struct reader *r)
{
	const struct lexicon *lx = r->lexicon;
	const struct unit whole = {.start = 0, .len = (uint32_t)r->text.len};
	struct account a = {.r = r};
	int32_t sums[SUM_COUNT];
	size_t units = r->cutting.units.count;
	for (size_t i = 0; i < r->mark_count; i++)
		add_mark(&a, &r->marks[i]);
	for (int k = 0; k < 2 && units > LONG_TEXT_UNITS; k++)
		a.logits[k] = a.logits[k] * LONG_TEXT_UNITS / (int64_t)units;
	assert_int_equal(a.has_evidence, r->evidence.has_evidence);
	sentiment_sums(&r->evidence, &r->found.looks, sums);
	for (int i = 0; i < SUM_COUNT; i++)
		add_effect(&a, &lx->lexemes[lx->sums[i]], sums[i], false);
	for (int i = 0; i < SHAPE_COUNT; i++) {
		int32_t value = sentiment_shape(&r->found.looks, (enum shape)i);
		const struct term t = {&lx->lexemes[lx->shapes[i]], value, false};
		if (a.has_evidence)
			add_term(&a, &t, &whole, &whole, NULL);
		else
			add_effect(&a, t.lexeme, value, false);
	}
	assert_int_equal(a.reason_count, r->score.reason_count);
	assert_int_equal(a.logits[0], r->evidence.logits[0]);
	assert_int_equal(a.logits[1], r->evidence.logits[1]);
}

static void
filters_and_words_without_marks_change_nothing(void **state)
{
	static const enum language LANGUAGES[] = {LANGUAGE_EN, LANGUAGE_DE};
	struct desk *d = *state;
	char text[WORDS_MANY * 128];
	for (size_t k = 0; k < COUNT_OF(LANGUAGES); k++) {
		const struct lexicon *lx = d->set->lexicons[LANGUAGES[k]];
		struct pool p = {.random = k};
		struct reader r;
		size_t spared = 0;
		reader_open(&r);
		fill(&p, lx);
		for (int i = 0; i < TEXTS; i++) {
			reader_read(&r, lx, NULL, throw_together(&p, text, sizeof text));
			check_marks(&r, lx);
			check_looks(&r);
			check_plain(&r, &spared);
			check_weighed(&r);
		}
		assert_true(spared > TEXTS);
		reader_close(&r);
	}
}

/* The word with which a mark begins, until the next call. */
static const char *
marked(const struct reader *r, size_t mark)
{
	static char word[64];
	snprintf(word, sizeof word, "%.*s",
	    SLICE_ARG(unit_text(&r->cutting.units.items[r->marks[mark].unit])));
	return word;
}

/* A brand's phrase is all there is to say of its words: they make no pair with their neighbours, and are not
 * negated one by one. */
static void
nothing_else_is_said_of_the_words_of_a_brands_phrase(void **state)
{
	static const char *const PHRASES[] = {
	    "so cold brew now", "not so cold brew", "no cold brew"};
	struct lexicon *lx = NULL;
	struct reader r;
	(void)state;
	assert_int_equal(lexicon_of_entries("en",
			     "negator\tno\nnegator\tnot\nstem\tcold\t1\t0\nnegated\tcold\t0\t1\n"
			     "word\tbrew\t-2\nstem\tbrew\t1\t0\n"
			     "pair\tso cold\t0\t1\npair\tno cold\t0\t1\npair\tbrew now\t0\t1\n",
			     &lx, NULL),
	    0);
	reader_open(&r);
	for (int is_named = 0; is_named < 2; is_named++) {
		for (size_t i = 0; i < COUNT_OF(PHRASES); i++) {
			size_t learned = 0;
			reader_score(&r, lx, PHRASES[i]);
			for (size_t k = 0; k < r.score.reason_count; k++)
				learned += r.score.reasons[k].entry->source != ENTRY_VOCABULARY;
			if ((learned == 0) != (is_named == 1) || r.score.reason_count == 0)
				fail_msg("'%s': %zu of %zu reasons are learned", PHRASES[i],
				    learned, r.score.reason_count);
			for (size_t k = 0; k < r.mark_count && is_named; k++)
				assert_true(strcmp(marked(&r, k), "brew") != 0);
		}
		assert_int_equal(lexicon_add_vocabulary(lx, SLICE_LIT("cold brew"), 1500, NULL), 0);
	}
	reader_close(&r);
	lexicon_free(lx);
}

/* A lexicon borrows ratings from the English one, and names its entries; what changes others it has itself. */
static void
ratings_are_borrowed_and_roles_are_not(void **state)
{
	static const struct {
		const char *text, *entry; /* NULL: no word speaks */
		int32_t effect; /* its sign */
	} CASES[] = {{"das awful", "awful", -1}, {"das #awful", "awful", -1},
	    {"das #nichtgut", "gut", 1}, {"nicht awful", "awful", 1}, {"das damn", NULL, 0},
	    {"das abandon", "abandon", -1}, {"das abandons", NULL, 0}, {"das very gut", "gut", 1},
	    {"das gut", "gut", 1}};
	struct lexicon *german = NULL, *english = NULL;
	struct reader r;
	(void)state;
	assert_int_equal(lexicon_of_entries("de",
			     "negator\tnicht\nword\tgut\t3\nsum\tpositive\t0\t1\n"
			     "sum\tnegative\t1\t0\n",
			     &german, NULL),
	    0);
	/* Those before it give it a number that the other lexicon does not have. */
	assert_int_equal(
	    lexicon_of_entries("en",
		"word\taaa\t1\nword\tbbb\t1\nword\tccc\t1\nword\tddd\t1\nword\teee\t1\n"
		"word\tawful\t-3\nword\tabandoned\t-2\n"
		"booster\tvery\t0.3\nbooster\tdamn\t0.3\nword\tdamn\t-3\n",
		&english, NULL),
	    0);
	reader_open(&r);
	for (size_t i = 0; i < COUNT_OF(CASES); i++) {
		reader_read(&r, german, english, slice_of(CASES[i].text));
		assert_int_equal(r.score.reason_count, CASES[i].entry != NULL);
		if (CASES[i].entry == NULL)
			continue;
		const struct contribution *c = &r.score.reasons[0];
		assert_text(CASES[i].text, entry_text(c->entry), CASES[i].entry);
		assert_true(c->effect_milli * CASES[i].effect > 0);
		assert_int_equal(
		    lexicon_has_entry(english, c->entry), strcmp(CASES[i].entry, "gut") != 0);
	}
	reader_close(&r);
	lexicon_free(german);
	lexicon_free(english);
}

/* Where but one word may go on with a phrase, its other spellings may as well. */
static void
a_phrase_goes_on_with_any_spelling_of_its_second_word(void **state)
{
	static const char *const SPELLINGS[] = {
	    "zorp flim", "zorp fliiim", "zorp #flim", "zorp flim's", "zorpppp flim"};
	struct lexicon *lx = NULL;
	struct reader r;
	(void)state;
	assert_int_equal(lexicon_of_entries("en", "idiom\tzorp flim\t2\n", &lx, NULL), 0);
	reader_open(&r);
	for (size_t i = 0; i < COUNT_OF(SPELLINGS); i++) {
		reader_score(&r, lx, SPELLINGS[i]);
		if (r.mark_count != 1 || r.marks[0].span != 2)
			fail_msg("'%s' is not the phrase", SPELLINGS[i]);
	}
	reader_close(&r);
	lexicon_free(lx);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(ratings_are_borrowed_and_roles_are_not),
	    cmocka_unit_test(a_phrase_goes_on_with_any_spelling_of_its_second_word),
	    cmocka_unit_test(nothing_else_is_said_of_the_words_of_a_brands_phrase),
	    cmocka_unit_test(filters_and_words_without_marks_change_nothing),
	};
	return cmocka_run_group_tests(tests, desk_open, desk_close);
}
