/*
 * fuzz_patterns.c - any patterns in any text.  Laws: what the index finds stands there, and nothing that the obvious
 * way finds is missed.  Every choice is a byte, or two where there are many to choose from; behind the last one all
 * are the first.
 */
#include "tests/fuzz/fuzz_law.h"

#include "tests/nlp/pattern_world.h"

#define FUZZ_PATTERNS 24
#define TEXTS 3

struct choices {
	const uint8_t *at, *end;
};

static uint32_t
chance(struct world *w, uint32_t below)
{
	struct choices *c = w->source;
	uint32_t n = 0;
	for (uint32_t left = below; left > 1 && c->at < c->end; left /= 256)
		n = n << 8 | *c->at++;
	return n % below;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct choices choices = {data, data + size};
	struct world w = {.source = &choices, .pattern_count = FUZZ_PATTERNS, .stem_count = STEMS};
	make_world(&w);
	for (int t = 0; t < TEXTS; t++) {
		make_text(&w, t == 0);
		search(&w);
		for (uint32_t k = 0; k < w.pattern_count; k++)
			LAW(w.found[k] == stands_somewhere(&w, &w.patterns[k]));
	}
	pattern_index_free(w.index);
	return 0;
}
