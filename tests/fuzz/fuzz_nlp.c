/*
 * fuzz_nlp.c - any text keeps the laws of a score; the first byte chooses the hint.
 */
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

static void
open_desk(struct desk *d)
{
	static const struct slice called[] = {
	    SLICE_INIT("acme"), SLICE_INIT("@acme"), SLICE_INIT("acme coffee")};
	static const struct slice but_not[] = {SLICE_INIT("acme corporation")};
	static const struct brand brand = {.called = {called, 3}, .but_not = {but_not, 1}};
	static const struct brand_set brands = {.brands = &brand, .brand_count = 1};
	LAW(lexicon_set_new(&d->set, NULL) == 0 && matcher_new(&brands, &d->matcher, NULL) == 0);
	d->scorer = scorer_new();
	d->second = scorer_new();
	d->arena = arena_new(64u << 20);
	d->other = arena_new(64u << 20);
}

static void
check_ranges(const struct score *s, struct slice text)
{
	size_t end = 0;
	for (size_t i = 0; i < s->token_count; i++) {
		const struct token *t = &s->tokens[i];
		LAW(t->len > 0 && t->start >= end && (size_t)t->start + t->len <= text.len);
		LAW(utf8_is_valid(slice_make(text.ptr + t->start, t->len)));
		LAW(utf8_is_valid(t->folded) && utf8_is_valid(t->stem));
		end = t->start + t->len;
	}
	for (size_t i = 0; i < s->reason_count; i++) {
		const struct contribution *c = &s->reasons[i];
		LAW(c->len > 0 && (size_t)c->start + c->len <= text.len);
		LAW(utf8_is_valid(slice_make(text.ptr + c->start, c->len)));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const HINTS[] = {NULL, "en", "de", "xx", ""};
	static struct desk desk;
	struct score a, b;
	if (desk.set == NULL)
		open_desk(&desk);
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
	LAW(a.negative_milli >= 0 && a.neutral_milli >= 0 && a.positive_milli >= 0);
	LAW(a.negative_milli + a.neutral_milli + a.positive_milli == 1000);
	LAW(a.score_milli == a.positive_milli - a.negative_milli);
	LAW(nlp_score(desk.second, desk.set, desk.matcher, text, hint, desk.other, &b, NULL) == 0);
	LAW(a.score_milli == b.score_milli && a.token_count == b.token_count &&
	    a.intents == b.intents);
	return 0;
}
