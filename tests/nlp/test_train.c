/*
 * test_train.c - learning from posts of invented words, of which it is known what they mean.
 */
#include "reader.h"

#include <math.h>

#include "core/buf.h"
#include "core/rng.h"
#include "nlp/train.h"
#include "nlp/train_fit.h"
#include "nlp/train_internal.h"
#include "nlp/train_words.h"

static const char BASE[] = "negator\tnot\n"
			   "negator\tnever\n"
			   "contrast\tbut\n"
			   "booster\tvery\t0.3\n"
			   "sarcasm\tyeah right\n"
			   "word\tlovely\t3\n"
			   "word\tawful\t-3\n"
			   "idiom\tover the moon\t3.2\n"
			   "emoji\t\xf0\x9f\x98\x8d\t3\n";

static const char *const GOOD[] = {"zorbak", "mirtop", "quandik", "velmup"};
static const char *const BAD[] = {"grimbok", "snurtap", "dwelpik", "krathup"};
static const char *const PLAIN[] = {
    "table", "window", "street", "coffee", "number", "paper", "river", "garden"};

/* ---- invented posts --------------------------------------------------------- */

struct posts {
	struct rng rng;
	struct arena *arena;
	struct train_row rows[2000];
	size_t count;
};

static void
posts_open(struct posts *p, uint64_t seed)
{
	p->count = 0;
	p->arena = arena_new(ARENA_MAX);
	rng_init(&p->rng, seed);
	assert_non_null(p->arena);
}

static void
add_post(struct posts *p, const char *text, int label)
{
	assert_true(p->count < COUNT_OF(p->rows));
	struct slice copy = arena_slice_dup(p->arena, slice_of(text));
	assert_non_null(copy.ptr);
	p->rows[p->count++] = (struct train_row){.text = copy, .label = (uint8_t)label};
}

static const char *
pick(struct posts *p, const char *const *words, size_t count)
{
	return words[rng_below(&p->rng, count)];
}

/* Plain words with one or two that speak for the label, sometimes as the opposite negated. */
static void
draw_posts(struct posts *p, size_t count)
{
	char text[512];
	for (size_t i = 0; i < count; i++) {
		int label = (int)(i % 3);
		size_t len = 0, words = 4 + rng_below(&p->rng, 4), at = rng_below(&p->rng, words);
		for (size_t k = 0; k < words; k++) {
			const char *const *own = label == 0 ? BAD : GOOD;
			const char *const *other = label == 0 ? GOOD : BAD;
			bool is_negated = rng_below(&p->rng, 3) == 0;
			const char *before = k == at && label != 1 && is_negated ? "not " : "";
			const char *word = k != at || label == 1
			    ? pick(p, PLAIN, COUNT_OF(PLAIN))
			    : pick(p, is_negated ? other : own, COUNT_OF(GOOD));
			len +=
			    (size_t)snprintf(text + len, sizeof text - len, "%s%s ", before, word);
		}
		add_post(p, text, label);
	}
}

static struct train_options
small_options(void)
{
	struct train_options o = train_defaults(LANGUAGE_EN);
	o.min_posts = 5;
	o.folds = 3;
	o.l2 = 1;
	return o;
}

static struct lexicon *
base_of(const char *entries)
{
	struct lexicon *lx = NULL;
	struct err err = {.kind = ERR_NONE};
	if (lexicon_of_entries("en", entries, &lx, &err) < 0)
		fail_msg("%s", err.text);
	return lx;
}

/* Trains on what was drawn; the lexicon is the caller's. */
static struct train_result
train(const struct posts *p, const struct train_options *o, const struct lexicon *base,
    const struct train_exclusions *x)
{
	struct train_lexicons given = {.base = base, .exclusions = x};
	struct train_result r;
	struct err err = {.kind = ERR_NONE};
	if (train_lexicon(o, &given, p->rows, p->count, &r, &err) < 0)
		fail_msg("%s", err.text);
	assert_non_null(r.lexicon);
	return r;
}

static const struct lexeme *
entry_of(const struct lexicon *lx, enum lexeme_kind kind, const char *text)
{
	for (uint32_t i = 1; i <= lexicon_count(lx); i++) {
		const struct lexeme *x = lexicon_at(lx, i);
		if (x->kind == kind && slice_eq_str(lexeme_text(x), text))
			return x;
	}
	return NULL;
}

static int32_t
polarity_of(const struct lexicon *lx, const char *word)
{
	const struct lexeme *x = entry_of(lx, LEXEME_STEM, word);
	return x == NULL ? 0 : x->positive_milli - x->negative_milli;
}

/* ---- what is learned -------------------------------------------------------- */

/* A lexicon made anew is the same byte for byte only if nobody changes places. */
static void
a_post_is_left_out_with_the_same_posts_for_good(void **state)
{
	static const struct {
		const char *text;
		uint64_t seed;
		unsigned of_ten, of_seven;
	} CASES[] = {
	    {"", 1, 0, 5},
	    {"a", 1, 0, 4},
	    {"no way", 1, 6, 5},
	    {"not good", 1, 6, 5},
	    {"a post of some more words than one", 1, 2, 5},
	    {"a post of some more words than one", 2, 7, 0},
	    {"na\xc3\xafve, sch\xc3\xb6n", 7, 6, 0},
	};
	(void)state;
	for (size_t i = 0; i < COUNT_OF(CASES); i++) {
		struct slice text = slice_of(CASES[i].text);
		assert_int_equal(train_fold(text, CASES[i].seed, 10), CASES[i].of_ten);
		assert_int_equal(train_fold(text, CASES[i].seed, 7), CASES[i].of_seven);
	}
}

static void
words_get_the_side_they_were_used_for(void **state)
{
	static struct posts p;
	struct train_options o = small_options();
	(void)state;
	posts_open(&p, 1);
	draw_posts(&p, 900);
	struct lexicon *base = base_of(BASE);
	struct train_result r = train(&p, &o, base, NULL);
	for (size_t i = 0; i < COUNT_OF(GOOD); i++) {
		assert_true(polarity_of(r.lexicon, GOOD[i]) > 500);
		assert_true(polarity_of(r.lexicon, BAD[i]) < -500);
	}
	for (size_t i = 0; i < COUNT_OF(PLAIN); i++)
		assert_true(abs(polarity_of(r.lexicon, PLAIN[i])) < 500);
	assert_int_equal(r.rows, 900);
	assert_int_equal(r.training.rows, 900);
	assert_int_equal(r.cross_validated.rows, 900);
	assert_int_equal(r.validation.rows, 0);
	assert_true(r.cross_validated.macro_recall > 0.85);
	assert_true(r.training.macro_recall > 0.85);
	/* Every entry of the base is still there, with its numbers. */
	for (uint32_t i = 1; i <= lexicon_count(base); i++) {
		const struct lexeme *x = lexicon_at(base, i);
		char text[64];
		if (x->kind == LEXEME_STEM_RATING)
			continue;
		snprintf(text, sizeof text, "%.*s", SLICE_ARG(lexeme_text(x)));
		const struct lexeme *y = entry_of(r.lexicon, (enum lexeme_kind)x->kind, text);
		if (y == NULL)
			fail_msg("'%s' is gone", text);
		assert_int_equal(y->weight_milli, x->weight_milli);
		assert_int_equal(y->role, x->role);
		assert_int_equal(y->boost_milli, x->boost_milli);
	}
	lexicon_free(r.lexicon);
	lexicon_free(base);
	arena_free(p.arena);
}

static void
print_trained(const struct posts *p, const struct train_options *o, struct buf *out)
{
	struct lexicon *base = base_of(BASE);
	struct train_result r = train(p, o, base, NULL);
	buf_init(out, LEXICON_FILE_MAX);
	assert_int_equal(lexicon_print(r.lexicon, SLICE_LIT("# licence: none\n"), out, NULL), 0);
	lexicon_free(r.lexicon);
	lexicon_free(base);
}

static void
the_same_posts_give_the_same_bytes(void **state)
{
	static struct posts p;
	struct buf first, second;
	struct lexicon *again = NULL;
	(void)state;
	for (uint64_t seed = 1; seed <= 2; seed++) {
		struct train_options o = small_options();
		o.seed = seed;
		posts_open(&p, 2);
		draw_posts(&p, 300);
		print_trained(&p, &o, &first);
		print_trained(&p, &o, &second);
		assert_int_equal(buf_slice(&first).len, buf_slice(&second).len);
		assert_memory_equal(buf_str(&first), buf_str(&second), buf_slice(&first).len);
		assert_int_equal(lexicon_new("again", buf_slice(&first), &again, NULL), 0);
		assert_true(polarity_of(again, GOOD[0]) > 0);
		lexicon_free(again);
		buf_fini(&first);
		buf_fini(&second);
		arena_free(p.arena);
	}
}

static bool
has_word(struct slice entry, const char *word)
{
	return memmem(entry.ptr, entry.len, word, strlen(word)) != NULL;
}

/* No entry that was learned holds the word. */
static void
assert_never_learned(const struct lexicon *lx, const char *word)
{
	for (uint32_t i = 1; i <= lexicon_count(lx); i++) {
		const struct lexeme *x = lexicon_at(lx, i);
		if (x->kind >= LEXEME_STEM && x->kind <= LEXEME_SUM &&
		    has_word(lexeme_text(x), word))
			fail_msg("'%s' is in '%.*s'", word, SLICE_ARG(lexeme_text(x)));
	}
}

static void
what_is_rare_excluded_or_a_name_is_not_learned(void **state)
{
	static struct posts p;
	struct train_options o = small_options();
	struct train_exclusions *x = NULL;
	char text[256];
	(void)state;
	posts_open(&p, 3);
	draw_posts(&p, 300);
	for (int i = 0; i < 40; i++) {
		snprintf(text, sizeof text,
		    "@brimbo%d the acmekko table https://example%d.example/flurb and "
		    "acmekko's window not acmekko4you number77 %s",
		    i % 3, i % 2,
		    i < 5       ? "seldik"
			: i < 9 ? "rarrik rarrik"
				: "");
		add_post(&p, text, i < 30 ? 2 : 1);
	}
	assert_int_equal(train_exclusions_new(&x, NULL), 0);
	assert_int_equal(
	    train_exclusions_add(x, SLICE_LIT("# names\nacmekko\n\n*\nbrimbo\n"), NULL), 0);
	struct lexicon *base = base_of(BASE);
	struct train_result r = train(&p, &o, base, x);
	assert_never_learned(r.lexicon, "acmekko");
	assert_never_learned(r.lexicon, "brimbo");
	assert_never_learned(r.lexicon, "example");
	assert_never_learned(r.lexicon, "http");
	assert_never_learned(r.lexicon, "flurb");
	assert_never_learned(r.lexicon, "@");
	assert_never_learned(r.lexicon, "77");
	assert_never_learned(r.lexicon, "rarrik"); /* four posts, twice in each */
	assert_non_null(entry_of(r.lexicon, LEXEME_STEM, "seldik")); /* five */
	assert_non_null(entry_of(r.lexicon, LEXEME_STEM, "<mention>"));
	assert_non_null(entry_of(r.lexicon, LEXEME_STEM, "<link>"));
	/* Without the list it would have been learned. */
	struct train_result free_of_it = train(&p, &o, base, NULL);
	assert_non_null(entry_of(free_of_it.lexicon, LEXEME_STEM, "acmekko"));
	lexicon_free(free_of_it.lexicon);
	lexicon_free(r.lexicon);
	lexicon_free(base);
	train_exclusions_free(x);
	arena_free(p.arena);
}

static void
an_entry_is_written_as_its_most_frequent_word(void **state)
{
	static struct posts p;
	struct train_options o = small_options();
	(void)state;
	posts_open(&p, 4);
	draw_posts(&p, 300);
	for (int i = 0; i < 20; i++)
		add_post(&p, i < 7 ? "he plonks a table" : "she was plonking #miffles there", 2);
	struct lexicon *base = base_of(BASE);
	struct train_result r = train(&p, &o, base, NULL);
	assert_non_null(entry_of(r.lexicon, LEXEME_STEM, "plonking"));
	assert_null(entry_of(r.lexicon, LEXEME_STEM, "plonks"));
	assert_non_null(entry_of(r.lexicon, LEXEME_STEM, "miffles"));
	lexicon_free(r.lexicon);
	lexicon_free(base);
	arena_free(p.arena);
}

static void
rows_to_measure_on_are_not_learned_from(void **state)
{
	static struct posts p;
	struct train_options o = small_options();
	struct train_scorer *scorer = NULL;
	static struct train_sample samples[60];
	(void)state;
	posts_open(&p, 5);
	draw_posts(&p, 360);
	for (size_t i = 300; i < 360; i++) {
		p.rows[i].is_validation = true;
		p.rows[i].source = 2;
	}
	for (int i = 0; i < 20; i++) {
		add_post(&p, "plimsy table", 2);
		p.rows[p.count - 1].is_validation = true;
		p.rows[p.count - 1].source = 7;
	}
	struct lexicon *base = base_of(BASE);
	struct train_result r = train(&p, &o, base, NULL);
	assert_int_equal(r.rows, 300);
	assert_int_equal(r.training.rows, 300);
	assert_int_equal(r.validation.rows, 80);
	assert_int_equal(r.validation_by_source[2].rows, 60);
	assert_int_equal(r.validation_by_source[7].rows, 20);
	assert_int_equal(r.by_source[0].rows, 300);
	assert_never_learned(r.lexicon, "plimsy");
	/* What others measure with the finished lexicon is what was said. */
	assert_int_equal(train_scorer_new(&scorer, NULL), 0);
	for (size_t i = 0; i < 60; i++)
		assert_int_equal(train_scorer_score(
				     scorer, r.lexicon, NULL, &p.rows[300 + i], &samples[i], NULL),
		    0);
	struct train_measure m = train_measure_of(samples, 60);
	assert_memory_equal(m.confusion, r.validation_by_source[2].confusion, sizeof m.confusion);
	assert_true(fabs(m.calibration_error - r.validation_by_source[2].calibration_error) < 1e-9);
	train_scorer_free(scorer);
	lexicon_free(r.lexicon);
	lexicon_free(base);
	arena_free(p.arena);
}

static void
at_most_so_many_entries_are_kept(void **state)
{
	static struct posts p;
	struct train_options o = small_options();
	size_t stems = 0;
	(void)state;
	posts_open(&p, 6);
	draw_posts(&p, 600);
	o.entries_max = 12;
	struct lexicon *base = base_of(BASE);
	struct train_result r = train(&p, &o, base, NULL);
	for (uint32_t i = 1; i <= lexicon_count(r.lexicon); i++) {
		uint8_t kind = lexicon_at(r.lexicon, i)->kind;
		stems += kind == LEXEME_STEM || kind == LEXEME_PAIR || kind == LEXEME_NEGATED;
	}
	assert_in_range(stems, 4, 12);
	assert_true(polarity_of(r.lexicon, GOOD[0]) > 0);
	lexicon_free(r.lexicon);
	lexicon_free(base);
	arena_free(p.arena);
}

/* ---- laws ------------------------------------------------------------------- */

/* Words used both ways, at random, with "not" in front at random: what comes out is noise, and the
 * laws hold all the same. */
static void
draw_noise(struct posts *p, size_t count)
{
	char text[512];
	for (size_t i = 0; i < count; i++) {
		size_t len = 0, words = 2 + rng_below(&p->rng, 5);
		for (size_t k = 0; k < words; k++) {
			static const char *const BEFORE[] = {
			    "", "", "not ", "never ", "very ", "but ", "lovely ", "awful "};
			const char *const *list = rng_below(&p->rng, 2) == 0 ? GOOD : BAD;
			len += (size_t)snprintf(text + len, sizeof text - len, "%s%s ",
			    pick(p, BEFORE, COUNT_OF(BEFORE)), pick(p, list, COUNT_OF(GOOD)));
		}
		add_post(p, text, (int)rng_below(&p->rng, 3));
	}
}

static void
check_negated_entries(const struct lexicon *lx)
{
	for (uint32_t i = 1; i <= lexicon_count(lx); i++) {
		const struct lexeme *x = lexicon_at(lx, i);
		uint32_t stem = x->kind == LEXEME_NEGATED ? lexicon_stem_of(lx, i) : 0;
		if (stem == 0)
			continue;
		const struct lexeme *y = lexicon_at(lx, stem);
		if (y->positive_milli > y->negative_milli) {
			assert_true(x->positive_milli <= y->positive_milli);
			assert_true(x->negative_milli >= y->negative_milli);
		} else if (y->positive_milli < y->negative_milli) {
			assert_true(x->positive_milli >= y->positive_milli);
			assert_true(x->negative_milli <= y->negative_milli);
		}
	}
}

static void
check_sums(const struct lexicon *lx)
{
	for (int k = 0; k < SUM_COUNT; k++) {
		uint32_t at = lexicon_sum(lx, (enum rating_sum)k);
		const struct lexeme *x = at == 0 ? NULL : lexicon_at(lx, at);
		if (x != NULL && k == SUM_NEGATIVE)
			assert_true(x->negative_milli >= 0 && x->positive_milli <= 0);
		else if (x != NULL)
			assert_true(x->negative_milli <= 0 && x->positive_milli >= 0);
	}
}

static int64_t
distance(struct reader *r, const struct lexicon *lx, const char *before, const char *word)
{
	char text[128];
	snprintf(text, sizeof text, "%s %s", before, word);
	reader_score(r, lx, text);
	return r->evidence.logits[1] - r->evidence.logits[0];
}

static void
check_negators(struct reader *r, const struct lexicon *lx)
{
	static const char *const NEGATORS[] = {"not", "never"};
	for (size_t i = 0; i < 2 * COUNT_OF(GOOD); i++) {
		const char *word = i < COUNT_OF(GOOD) ? GOOD[i] : BAD[i - COUNT_OF(GOOD)];
		int64_t nothing = distance(r, lx, "qqxzw", "qqxzw");
		int64_t plain = distance(r, lx, "qqxzw", word);
		for (size_t k = 0; k < COUNT_OF(NEGATORS); k++) {
			int64_t negated = distance(r, lx, NEGATORS[k], word);
			if (plain > nothing ? negated > plain : plain < nothing && negated < plain)
				fail_msg("'%s %s': %d after %d", NEGATORS[k], word, (int)negated,
				    (int)plain);
		}
	}
}

static void
the_laws_hold_whatever_was_learned_from(void **state)
{
	static struct posts p;
	struct train_options o = small_options();
	struct reader r;
	(void)state;
	o.l2 = 0.2; /* fits the noise */
	reader_open(&r);
	struct lexicon *base = base_of(BASE);
	for (uint64_t seed = 1; seed <= 8; seed++) {
		posts_open(&p, seed);
		draw_noise(&p, 250);
		struct train_result t = train(&p, &o, base, NULL);
		check_negated_entries(t.lexicon);
		check_sums(t.lexicon);
		check_negators(&r, t.lexicon);
		lexicon_free(t.lexicon);
		arena_free(p.arena);
	}
	lexicon_free(base);
	reader_close(&r);
}

/* "not" before a mention is bad news, and mentions are too: the pair may not say so, whatever it was used for. */
static void
a_negator_beside_a_name_does_not_speak_for_its_side(void **state)
{
	static struct posts p;
	struct train_options o = small_options();
	(void)state;
	posts_open(&p, 17);
	for (int i = 0; i < 600; i++) {
		static const char *const BEFORE[] = {"not @somebody", "@somebody", "not", ""};
		static const int CHANCES[] = {10, 7, 5, 3}; /* of being bad, in ten */
		bool is_bad = rng_below(&p.rng, 10) < (uint64_t)CHANCES[i % 4];
		char text[64];
		snprintf(text, sizeof text, "%s %s %s", pick(&p, PLAIN, COUNT_OF(PLAIN)),
		    BEFORE[i % 4], pick(&p, PLAIN, COUNT_OF(PLAIN)));
		add_post(&p, text, is_bad ? 0 : 2);
	}
	struct lexicon *base = base_of(BASE);
	struct train_result r = train(&p, &o, base, NULL);
	const struct lexeme *pair = entry_of(r.lexicon, LEXEME_PAIR, "not <mention>");
	assert_true(polarity_of(r.lexicon, "<mention>") < -100);
	/* One that says nothing is not written. */
	assert_true(pair == NULL || pair->positive_milli >= pair->negative_milli);
	lexicon_free(r.lexicon);
	lexicon_free(base);
	arena_free(p.arena);
}

/* As often good as bad: what it says is neither what its stem says nor that turned. */
static void
a_negated_word_says_what_posts_with_it_say(void **state)
{
	static struct posts p;
	struct train_options o = small_options();
	(void)state;
	o.with_pairs = false;
	posts_open(&p, 16);
	for (int i = 0; i < 900; i++) {
		static const char *const SAID[] = {"plerm", "", "dwelpik", "not plerm"};
		static const int LABELS[] = {2, 1, 0};
		char text[64];
		snprintf(text, sizeof text, "%s %s %s", pick(&p, PLAIN, COUNT_OF(PLAIN)),
		    SAID[i % 4], pick(&p, PLAIN, COUNT_OF(PLAIN)));
		add_post(&p, text, i % 4 < 3 ? LABELS[i % 4] : (i / 4) % 3);
	}
	/* With a rating that counts next to nothing, as none but a known word is negated. */
	struct lexicon *base = base_of("negator\tnot\nword\tplerm\t0.01\n");
	struct train_result r = train(&p, &o, base, NULL);
	const struct lexeme *negated = entry_of(r.lexicon, LEXEME_NEGATED, "plerm");
	int32_t plain = polarity_of(r.lexicon, "plerm");
	assert_true(plain > 1000);
	assert_non_null(negated);
	int32_t said = negated->positive_milli - negated->negative_milli;
	if (abs(said) > plain / 4)
		fail_msg("%d, and negated %d", plain, said);
	lexicon_free(r.lexicon);
	lexicon_free(base);
	arena_free(p.arena);
}

/* ---- adapting --------------------------------------------------------------- */

static void
adapting_moves_what_it_sees_and_keeps_the_rest(void **state)
{
	static struct posts p, q;
	struct train_options o = small_options();
	size_t kept = 0;
	(void)state;
	posts_open(&p, 7);
	draw_posts(&p, 900);
	struct lexicon *base = base_of(BASE);
	struct train_result general = train(&p, &o, base, NULL);
	/* In this trade the first good word is bad, and nothing else of ours occurs. */
	posts_open(&q, 8);
	for (int i = 0; i < 120; i++) {
		static const char *const WORDS[] = {"zorbak", "door", "plonket"};
		static const char *const OTHERS[] = {"tree", "shelf", "lamp", "stone", "floor"};
		char text[64];
		snprintf(text, sizeof text, "%s %s, %s", pick(&q, OTHERS, 5), pick(&q, OTHERS, 5),
		    WORDS[i % 3]);
		add_post(&q, text, i % 3);
	}
	o.is_adapting = true;
	struct train_result own = train(&q, &o, general.lexicon, NULL);
	assert_true(polarity_of(general.lexicon, "zorbak") > 500);
	assert_true(polarity_of(own.lexicon, "zorbak") < 0);
	assert_true(polarity_of(own.lexicon, "plonket") > 0);
	for (uint32_t i = 1; i <= lexicon_count(general.lexicon); i++) {
		const struct lexeme *x = lexicon_at(general.lexicon, i);
		char text[64];
		if (x->kind != LEXEME_STEM || slice_eq_str(lexeme_text(x), "zorbak"))
			continue;
		snprintf(text, sizeof text, "%.*s", SLICE_ARG(lexeme_text(x)));
		const struct lexeme *y = entry_of(own.lexicon, LEXEME_STEM, text);
		if (y == NULL || y->negative_milli != x->negative_milli ||
		    y->positive_milli != x->positive_milli)
			fail_msg("'%s' was %d %d, is %d %d", text, x->negative_milli,
			    x->positive_milli, y == NULL ? 0 : y->negative_milli,
			    y == NULL ? 0 : y->positive_milli);
		kept++;
	}
	assert_true(kept > 10);
	/* Not adapting forgets. */
	o.is_adapting = false;
	struct train_result fresh = train(&q, &o, general.lexicon, NULL);
	assert_null(entry_of(fresh.lexicon, LEXEME_STEM, "mirtop"));
	lexicon_free(fresh.lexicon);
	lexicon_free(own.lexicon);
	lexicon_free(general.lexicon);
	lexicon_free(base);
	arena_free(p.arena);
	arena_free(q.arena);
}

static void
without_posts_there_is_nothing_to_learn(void **state)
{
	static struct posts p;
	struct train_options o = small_options();
	struct lexicon *base = base_of(BASE);
	struct lexicon *signs = base_of("stem\t!\t0.2\t0.3\nstem\tgruffel\t1\t-1\n"
					"shape\talways\t-0.4\t-0.2\nsum\tbalance\t-1\t1.5\n");
	struct train_lexicons given = {.base = base};
	struct train_result r;
	struct err err = {.kind = ERR_NONE};
	(void)state;
	posts_open(&p, 9);
	assert_int_equal(train_lexicon(&o, &given, p.rows, 0, &r, &err), -1);
	assert_int_equal(err.kind, ERR_INPUT);
	assert_non_null(strstr(err.text, "no labelled post"));
	assert_null(r.lexicon);
	draw_posts(&p, 30);
	for (size_t i = 0; i < p.count; i++)
		p.rows[i].is_validation = true;
	assert_int_equal(train_lexicon(&o, &given, p.rows, p.count, &r, &err), -1);
	/* With another language's signs those are what there is, and no word of it. */
	given.signs = signs;
	assert_int_equal(train_lexicon(&o, &given, p.rows, p.count, &r, &err), 0);
	assert_int_equal(entry_of(r.lexicon, LEXEME_STEM, "!")->positive_milli, 300);
	assert_int_equal(entry_of(r.lexicon, LEXEME_SHAPE, "always")->negative_milli, -400);
	assert_int_equal(entry_of(r.lexicon, LEXEME_SUM, "balance")->positive_milli, 1500);
	assert_null(entry_of(r.lexicon, LEXEME_STEM, "gruffel"));
	lexicon_free(r.lexicon);
	lexicon_free(signs);
	lexicon_free(base);
	arena_free(p.arena);
}

static void
drawn_out_words_are_learned_as_their_key_unless_a_spelling_is_a_name(void **state)
{
	static struct posts p;
	struct train_options o = small_options();
	struct train_exclusions *x = NULL;
	struct lexicon *base = base_of(BASE);
	char text[128];
	(void)state;
	posts_open(&p, 21);
	draw_posts(&p, 300);
	for (int i = 0; i < 30; i++) {
		snprintf(text, sizeof text, "table gruk%.*s river brim%.*s paper", 3 + i % 4,
		    "kkkkkkk", 3 + i % 5, "mmmmmmmm");
		add_post(&p, text, 2);
	}
	assert_int_equal(train_exclusions_new(&x, NULL), 0);
	assert_int_equal(train_exclusions_add(x, SLICE_LIT("brim\n"), NULL), 0);
	struct train_result r = train(&p, &o, base, x), of_all = train(&p, &o, base, NULL);
	assert_true(polarity_of(r.lexicon, "grukk") > 0);
	assert_never_learned(r.lexicon, "brim");
	assert_true(polarity_of(of_all.lexicon, "brimm") > 0);
	lexicon_free(of_all.lexicon);
	lexicon_free(r.lexicon);
	lexicon_free(base);
	train_exclusions_free(x);
	arena_free(p.arena);
}

static void
signs_alone_hold_no_word_and_say_more_than_beside_words(void **state)
{
	static struct posts p;
	struct train_options o = small_options(), alone = small_options();
	struct lexicon *base = base_of(BASE);
	(void)state;
	posts_open(&p, 22);
	draw_posts(&p, 300);
	for (int i = 0; i < 60; i++)
		add_post(&p, i % 2 == 0 ? "lovely table :) !" : "awful window", i % 2 == 0 ? 2 : 0);
	alone.only_signs = true;
	struct train_result with = train(&p, &o, base, NULL);
	struct train_result r = train(&p, &alone, base, NULL);
	for (uint32_t i = 1; i <= lexicon_count(r.lexicon); i++) {
		const struct lexeme *x = lexicon_at(r.lexicon, i);
		assert_int_not_equal(x->kind, LEXEME_PAIR);
		assert_int_not_equal(x->kind, LEXEME_NEGATED);
		if (x->kind == LEXEME_STEM)
			assert_false(x->entry.text[0] >= 'a' && x->entry.text[0] <= 'z');
	}
	assert_non_null(entry_of(r.lexicon, LEXEME_STEM, ":)"));
	assert_non_null(entry_of(with.lexicon, LEXEME_STEM, "lovely"));
	assert_true(entry_of(r.lexicon, LEXEME_SUM, "negative")->negative_milli >
	    entry_of(with.lexicon, LEXEME_SUM, "negative")->negative_milli);
	lexicon_free(r.lexicon);
	lexicon_free(with.lexicon);
	lexicon_free(base);
	arena_free(p.arena);
}

/* How far the bias of the negative class goes from where it begins, thousandths. */
static int32_t
bias_moved(const struct posts *p, const struct lexicon *base, const struct lexicon *signs)
{
	struct train_options o = small_options();
	struct train_lexicons given = {.base = base, .signs = signs};
	struct train_result r;
	struct err err = {.kind = ERR_NONE};
	o.l2 = 20;
	if (train_lexicon(&o, &given, p->rows, p->count, &r, &err) < 0)
		fail_msg("%s", err.text);
	int32_t ends = entry_of(r.lexicon, LEXEME_SHAPE, "always")->negative_milli;
	lexicon_free(r.lexicon);
	return abs(ends - entry_of(signs, LEXEME_SHAPE, "always")->negative_milli);
}

static void
few_posts_are_held_to_the_signs_of_the_other_language_and_many_are_not(void **state)
{
	static struct posts p;
	struct lexicon *base = base_of(BASE);
	struct lexicon *signs = base_of("shape\talways\t-3\t-3\nsum\tbalance\t-1\t1.5\n");
	(void)state;
	posts_open(&p, 23);
	draw_posts(&p, 999);
	int32_t few = bias_moved(&p, base, signs);
	draw_posts(&p, 3);
	int32_t enough = bias_moved(&p, base, signs);
	assert_true(few > 0 && few * 5 < enough * 4);
	lexicon_free(signs);
	lexicon_free(base);
	arena_free(p.arena);
}

/* ---- memory ----------------------------------------------------------------- */

struct small_training {
	struct posts *posts;
	const struct lexicon *base;
};

static int
train_once(void *cookie)
{
	const struct small_training *s = cookie;
	struct train_options o = small_options();
	struct train_lexicons given = {.base = s->base};
	struct train_result r;
	struct err err = {.kind = ERR_NONE};
	struct train_exclusions *x = NULL;
	o.folds = 2;
	o.min_posts = 3;
	int rc = train_exclusions_new(&x, &err);
	if (rc == 0)
		rc = train_exclusions_add(x, SLICE_LIT("table\n"), &err);
	given.exclusions = x;
	if (rc == 0) {
		rc = train_lexicon(&o, &given, s->posts->rows, s->posts->count, &r, &err);
		assert_int_equal(rc, r.lexicon == NULL ? -1 : 0);
		lexicon_free(r.lexicon);
	}
	assert_int_equal(err.kind, rc == 0 ? ERR_NONE : ERR_NOMEM);
	train_exclusions_free(x);
	return rc;
}

static void
training_survives_every_failed_allocation(void **state)
{
	static struct posts p;
	struct small_training s = {.posts = &p};
	(void)state;
	posts_open(&p, 10);
	draw_posts(&p, 24);
	add_post(&p, "lovely \xf0\x9f\x98\x8d\xf0\x9f\x98\x8d!! #zorbak loooovely @acme's", 2);
	struct lexicon *base = base_of(BASE);
	s.base = base;
	assert_true(faults_run(train_once, &s, true) > 100);
	lexicon_free(base);
	arena_free(p.arena);
}

/* ---- fitting ---------------------------------------------------------------- */

#define TINY_ROWS 14
#define TINY_FEATURES 3

struct tiny {
	struct train_matrix matrix;
	uint8_t labels[TINY_ROWS];
	float row_weights[TINY_ROWS], l2[2 * TINY_FEATURES], prior[2 * TINY_FEATURES];
	double cells[TINY_ROWS][TINY_FEATURES];
};

static void
tiny_open(struct tiny *t, uint64_t seed)
{
	struct rng rng;
	rng_init(&rng, seed);
	*t = (struct tiny){.matrix = {.cells = NULL}};
	for (int i = 0; i < TINY_ROWS; i++) {
		t->labels[i] = (uint8_t)rng_below(&rng, 3);
		t->row_weights[i] = i == 3 ? 0 : 0.5f + (float)rng_below(&rng, 3);
		for (uint32_t f = 0; f < TINY_FEATURES; f++) {
			float v = f == 0 ? 1 : (float)rng_below(&rng, 5) / 2 - 1;
			t->cells[i][f] = (double)v;
			struct train_cell cell = {f, v, v};
			assert_int_equal(train_matrix_add(&t->matrix, cell, NULL), 0);
		}
		assert_int_equal(train_matrix_end_row(&t->matrix, NULL), 0);
	}
	for (int i = 0; i < 2 * TINY_FEATURES; i++) {
		t->l2[i] = 0.5f + 0.25f * (float)i;
		t->prior[i] = i == 4 ? 0.8f : 0;
	}
}

static struct train_problem
tiny_problem(const struct tiny *t)
{
	return (struct train_problem){.matrix = &t->matrix,
	    .labels = t->labels,
	    .row_weights = t->row_weights,
	    .l2 = t->l2,
	    .prior = t->prior,
	    .iterations_max = 500};
}

/* What is minimised, written down once more from its definition. */
static double
tiny_loss(const struct tiny *t, const double *w)
{
	double loss = 0;
	for (int i = 0; i < 2 * TINY_FEATURES; i++)
		loss += 0.5 * (double)t->l2[i] * pow(w[i] - (double)t->prior[i], 2);
	for (int i = 0; i < TINY_ROWS; i++) {
		double s = 0, d = 0;
		for (int f = 0; f < TINY_FEATURES; f++) {
			s += t->cells[i][f] * w[2 * f];
			d += t->cells[i][f] * w[2 * f + 1];
		}
		double e[3] = {exp(s - d), 1, exp(s + d)};
		loss -= (double)t->row_weights[i] * log(e[t->labels[i]] / (e[0] + e[1] + e[2]));
	}
	return loss;
}

/* Downhill by one coordinate at a time with ever smaller steps: slow, and plainly right. */
static void
tiny_minimise(const struct tiny *t, double *w)
{
	for (double step = 1; step > 1e-7;) {
		double before = tiny_loss(t, w);
		for (int i = 0; i < 2 * TINY_FEATURES; i++) {
			double old = w[i], best = old, least = tiny_loss(t, w);
			for (int side = -1; side <= 1; side += 2) {
				w[i] = old + side * step;
				double loss = tiny_loss(t, w);
				best = loss < least ? w[i] : best;
				least = loss < least ? loss : least;
			}
			w[i] = best;
		}
		step = tiny_loss(t, w) < before ? step : step / 2;
	}
}

static void
the_fit_is_where_the_loss_is_least(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 10; seed++) {
		struct tiny t;
		double got[2 * TINY_FEATURES] = {0}, want[2 * TINY_FEATURES] = {0};
		tiny_open(&t, seed);
		struct train_problem problem = tiny_problem(&t);
		assert_int_equal(train_fit(&problem, got, NULL), 0);
		tiny_minimise(&t, want);
		double least = tiny_loss(&t, want);
		assert_true(tiny_loss(&t, got) <= least * (1 + 1e-4));
		for (int i = 0; i < 2 * TINY_FEATURES; i++) {
			if (fabs(got[i] - want[i]) > 0.02)
				fail_msg("seed %d, weight %d: %f, want %f", (int)seed, i, got[i],
				    want[i]);
		}
		train_matrix_fini(&t.matrix);
	}
}

/* One feature that is always there: its logits are the classes' log-odds, in closed form; one that
 * never is stays where it is drawn to. */
static void
a_lone_bias_is_the_log_odds_of_the_classes(void **state)
{
	static const size_t COUNTS[3] = {20, 50, 30};
	struct train_matrix m = {.cells = NULL};
	uint8_t labels[100];
	float row_weights[100], l2[4] = {1e-6f, 1e-6f, 2, 2}, prior[4] = {0, 0, 0.3f, -0.7f};
	double w[4] = {0, 0, 0.3f, -0.7f}, logits[2], probabilities[3];
	size_t n = 0;
	(void)state;
	for (int k = 0; k < 3; k++) {
		for (size_t i = 0; i < COUNTS[k]; i++) {
			labels[n] = (uint8_t)k;
			row_weights[n++] = 1;
			assert_int_equal(
			    train_matrix_add(&m, (struct train_cell){0, 1, 1}, NULL), 0);
			assert_int_equal(train_matrix_end_row(&m, NULL), 0);
		}
	}
	m.feature_count = 2;
	struct train_problem p = {.matrix = &m,
	    .labels = labels,
	    .row_weights = row_weights,
	    .l2 = l2,
	    .prior = prior,
	    .iterations_max = 200};
	assert_int_equal(train_fit(&p, w, NULL), 0);
	train_logits(&m, w, 0, logits);
	train_softmax(logits, probabilities);
	assert_true(fabs(logits[0] - log(20.0 / 50)) < 0.02);
	assert_true(fabs(logits[1] - log(30.0 / 50)) < 0.02);
	assert_true(fabs(probabilities[0] - 0.2) < 0.005);
	assert_true(fabs(probabilities[2] - 0.3) < 0.005);
	assert_true(fabs(w[2] - 0.3) < 1e-6 && fabs(w[3] + 0.7) < 1e-6);
	train_matrix_fini(&m);
}

/* ---- measures --------------------------------------------------------------- */

static void
measures_are_those_worked_out_by_hand(void **state)
{
	static const struct train_sample SAMPLES[] = {
	    {0, {700, 200, 100}, false}, /* negative, said so */
	    {0, {300, 400, 300}, true}, /* negative, said neutral */
	    {1, {100, 800, 100}, false}, /* right */
	    {1, {50, 50, 900}, false}, /* said positive */
	    {2, {0, 0, 1000}, false}, /* right */
	    {2, {200, 150, 650}, true}, /* right */
	};
	(void)state;
	struct train_measure m = train_measure_of(SAMPLES, COUNT_OF(SAMPLES));
	static const size_t CONFUSION[3][3] = {{1, 1, 0}, {0, 1, 1}, {0, 0, 2}};
	assert_memory_equal(m.confusion, CONFUSION, sizeof CONFUSION);
	assert_int_equal(m.rows, 6);
	/* Recalls 1/2, 1/2, 1; F1 2/3, 1/2, 4/5. */
	assert_true(fabs(m.macro_recall - 2.0 / 3) < 1e-9);
	assert_true(fabs(m.macro_f1 - (2.0 / 3 + 0.5 + 0.8) / 3) < 1e-9);
	assert_true(fabs(m.accuracy - 4.0 / 6) < 1e-9);
	/* Bins of .4: one wrong, off by .4; .6: one right, .35; .7: .3; .8: .2; .9 and above: .9 and
	 * 1.0 for one right, .9. */
	assert_true(fabs(m.calibration_error - (0.4 + 0.35 + 0.3 + 0.2 + 0.9) / 6) < 1e-9);
	/* In each bin root of the sum of p(1-p), times root of 2/pi; the last bin has .9 and 1.0. */
	double deviations = sqrt(0.24) + sqrt(0.2275) + sqrt(0.21) + sqrt(0.16) + sqrt(0.09);
	assert_true(
	    fabs(m.calibration_by_chance - sqrt(2 / 3.14159265358979) * deviations / 6) < 1e-9);
	assert_true(fabs(m.sure_share - 4.0 / 6) < 1e-9);
	assert_true(fabs(m.sure_accuracy - 3.0 / 4) < 1e-9);
	struct train_measure none = train_measure_of(NULL, 0);
	assert_true(none.rows == 0 && none.macro_recall == 0 && none.calibration_error == 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_post_is_left_out_with_the_same_posts_for_good),
	    cmocka_unit_test(words_get_the_side_they_were_used_for),
	    cmocka_unit_test(the_same_posts_give_the_same_bytes),
	    cmocka_unit_test(what_is_rare_excluded_or_a_name_is_not_learned),
	    cmocka_unit_test(an_entry_is_written_as_its_most_frequent_word),
	    cmocka_unit_test(rows_to_measure_on_are_not_learned_from),
	    cmocka_unit_test(at_most_so_many_entries_are_kept),
	    cmocka_unit_test(the_laws_hold_whatever_was_learned_from),
	    cmocka_unit_test(a_negator_beside_a_name_does_not_speak_for_its_side),
	    cmocka_unit_test(a_negated_word_says_what_posts_with_it_say),
	    cmocka_unit_test(adapting_moves_what_it_sees_and_keeps_the_rest),
	    cmocka_unit_test(without_posts_there_is_nothing_to_learn),
	    cmocka_unit_test(drawn_out_words_are_learned_as_their_key_unless_a_spelling_is_a_name),
	    cmocka_unit_test(signs_alone_hold_no_word_and_say_more_than_beside_words),
	    cmocka_unit_test(
		few_posts_are_held_to_the_signs_of_the_other_language_and_many_are_not),
	    cmocka_unit_test(training_survives_every_failed_allocation),
	    cmocka_unit_test(the_fit_is_where_the_loss_is_least),
	    cmocka_unit_test(a_lone_bias_is_the_log_odds_of_the_classes),
	    cmocka_unit_test(measures_are_those_worked_out_by_hand),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
