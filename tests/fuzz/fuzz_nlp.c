/*
 * fuzz_nlp.c - any text keeps the laws of a score; the first byte chooses the hint.
 */
#include <string.h>

#include "core/arena.h"
#include "core/brand.h"
#include "core/post.h"
#include "core/score.h"
#include "core/utf8.h"
#include "nlp/nlp.h"
#include "tests/fuzz/fuzz_law.h"

struct desk {
	struct lexicon_set *set;
	struct matcher *matcher;
	struct scorer *scorer, *second;
	struct arena *arena, *other;
};

static struct desk desk;

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	static const struct slice called[] = {
	    SLICE_INIT("acme"), SLICE_INIT("@acme"), SLICE_INIT("acme coffee")};
	static const struct slice but_not[] = {SLICE_INIT("acme corporation")};
	static const struct brand brand = {.called = {called, 3}, .but_not = {but_not, 1}};
	static const struct brand_set brands = {.brands = &brand, .brand_count = 1};

	(void)argc, (void)argv;
	LAW(lexicon_set_new(&desk.set, NULL) == 0 &&
	    matcher_new(&brands, &desk.matcher, NULL) == 0);
	desk.scorer = scorer_new();
	desk.second = scorer_new();
	desk.arena = arena_new(64u << 20);
	desk.other = arena_new(64u << 20);
	return 0;
}

static void
check_ranges(const struct score *s, struct slice text)
{
	size_t end = 0;
	for (size_t i = 0; i < s->token_count; i++) {
		const struct token *t = &s->tokens[i];
		LAW(t->len > 0 && t->start >= end && (size_t)t->start + t->len <= text.len);
		LAW(utf8_is_valid(slice_make(text.ptr + t->start, t->len)));
		LAW(utf8_is_valid(token_folded(t)) && utf8_is_valid(token_stem(t)));
		end = t->start + t->len;
	}
	for (size_t i = 0; i < s->reason_count; i++) {
		const struct contribution *c = &s->reasons[i];
		LAW(c->len > 0 && (size_t)c->start + c->len <= text.len);
		LAW(utf8_is_valid(slice_make(text.ptr + c->start, c->len)));
	}
}

/* Probabilities sum to 1000, the label is the likeliest, the score their balance. */
static void
check_sentiment(const struct score *s)
{
	const int32_t p[3] = {s->negative_milli, s->neutral_milli, s->positive_milli};
	LAW(p[0] + p[1] + p[2] == 1000);
	for (int k = 0; k < 3; k++)
		LAW(p[k] >= 0 && p[k] <= p[s->label]);
	LAW(s->score_milli == p[2] - p[0]);
	LAW(s->is_scored || (s->label == SENTIMENT_NEUTRAL && s->is_unsure));
	for (size_t i = 0; i < s->reason_count && !s->is_scored; i++)
		LAW(s->reasons[i].effect_milli == 0);
}

static bool
is_same(const struct score *a, const struct score *b)
{
	if (a->token_count != b->token_count || a->reason_count != b->reason_count ||
	    a->label != b->label || a->score_milli != b->score_milli ||
	    a->neutral_milli != b->neutral_milli || a->intents != b->intents ||
	    a->is_unsure != b->is_unsure || strcmp(a->lang, b->lang) != 0)
		return false;
	for (size_t i = 0; i < a->reason_count; i++) {
		if (!slice_eq(entry_text(a->reasons[i].entry), entry_text(b->reasons[i].entry)) ||
		    a->reasons[i].effect_milli != b->reasons[i].effect_milli)
			return false;
	}
	return true;
}

/* A scorer that knows many words by now says what one that knows none says. */
static void
check_fresh(const struct desk *d, struct slice text, struct slice hint, const struct score *s)
{
	struct score other;
	struct scorer *fresh = scorer_new();
	LAW(fresh != NULL);
	arena_reset(d->other);
	LAW(nlp_score(fresh, d->set, d->matcher, text, hint, d->other, &other, NULL) == 0);
	LAW(is_same(s, &other));
	scorer_free(fresh);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const HINTS[] = {
	    NULL, "en", "de", "da", "es", "fr", "it", "pt", "nl", "sv", "xx", ""};
	struct score a, b;
	if (size == 0)
		return 0;
	arena_reset(desk.arena);
	arena_reset(desk.other);
	struct slice hint = slice_of(HINTS[data[0] % (sizeof HINTS / sizeof HINTS[0])]);
	struct slice text =
	    utf8_repair(desk.arena, slice_make((const char *)data + 1, size - 1), NULL);
	text = utf8_prefix(text, POST_TEXT_MAX);
	LAW(nlp_score(desk.scorer, desk.set, desk.matcher, text, hint, desk.arena, &a, NULL) == 0);
	check_ranges(&a, text);
	check_sentiment(&a);
	LAW(nlp_score(desk.second, desk.set, desk.matcher, text, hint, desk.other, &b, NULL) == 0);
	LAW(is_same(&a, &b));
	if (data[0] % 64 == 0)
		check_fresh(&desk, text, hint, &a);
	return 0;
}
