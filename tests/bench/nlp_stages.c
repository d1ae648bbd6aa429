/*
 * nlp_stages.c - what each step of cutting a text costs: texts on standard input, one a line.
 *
 *	nlp_stages [ROUNDS [LANGUAGE]]	nanoseconds a post for each step, the best of ROUNDS; stems in
 *					LANGUAGE ("en")
 *	nlp_stages checksum		one number over all tokens and units: the same for the same
 *					texts on every machine and build
 *
 * Each step is timed together with those before it and printed without them.  On a busy machine
 * instructions say more: valgrind --tool=callgrind nlp_stages 1, then callgrind_annotate
 * --inclusive=yes.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/arena.h"
#include "core/brand.h"
#include "core/err.h"
#include "core/mem.h"
#include "core/utf8.h"
#include "nlp/brands.h"
#include "nlp/stem.h"
#include "nlp/units.h"

#define ARENA_MAX (64u << 20)
#define BRANDS 1000

enum stage {
	STAGE_NORMALISE,
	STAGE_TOKENISE,
	STAGE_UNITS,
	STAGE_STEMS,
	STAGE_BRANDS,
	STAGE_COUNT
};

static const char *const STAGES[STAGE_COUNT] = {
    "normalise", "tokenise", "units", "stems", "brands"};

struct bench {
	struct slice *texts;
	size_t count, cap, bytes;
	struct cutting cutting;
	struct normaliser normaliser;
	struct token_list tokens;
	struct stemmer *stemmer;
	enum language lang;
	struct matcher *matcher;
	struct scratch hits;
	struct arena *arena;
};

static int
read_texts(struct bench *b)
{
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;
	while ((n = getline(&line, &cap, stdin)) > 0) {
		size_t len = (size_t)n - (line[n - 1] == '\n');
		if (!utf8_is_valid(slice_make(line, len)))
			continue;
		if (b->count == b->cap) {
			size_t more = b->cap == 0 ? 1024 : b->cap * 2;
			struct slice *texts = mem_realloc_array(b->texts, more, sizeof *texts);
			if (texts == NULL)
				return -1;
			b->texts = texts;
			b->cap = more;
		}
		char *copy = mem_dup(line, len + 1);
		if (copy == NULL)
			return -1;
		b->texts[b->count++] = slice_make(copy, len);
		b->bytes += len;
	}
	free(line);
	return 0;
}

/* Brands nobody speaks of: what a post without a brand costs. */
static int
make_brands(struct bench *b, struct err *err)
{
	static char names[BRANDS][16];
	static struct slice called[BRANDS];
	static struct brand brands[BRANDS];
	for (size_t i = 0; i < BRANDS; i++) {
		int len = snprintf(names[i], sizeof names[i], "qx%zubrand", i);
		called[i] = slice_make(names[i], (size_t)len);
		brands[i].id = called[i];
		brands[i].called = (struct slice_list){&called[i], 1};
	}
	const struct brand_set set = {.brands = brands, .brand_count = BRANDS};
	return matcher_new(&set, &b->matcher, err);
}

static int
stem_units(struct bench *b)
{
	for (size_t i = 0; i < b->cutting.units.count; i++) {
		struct unit *u = &b->cutting.units.items[i];
		if (u->kind != TOKEN_WORD)
			continue;
		struct word_key key = unit_key(u);
		unit_set_stem(u, stemmer_stem(b->stemmer, b->lang, &key, b->arena));
		if (unit_stem(u).text.ptr == NULL)
			return -1;
	}
	return 0;
}

/* All steps up to `last` for one text. */
static int
run_text(struct bench *b, struct slice text, enum stage last)
{
	struct normal n;
	const uint16_t *found;
	size_t found_count;
	arena_reset(b->arena);
	if (last <= STAGE_TOKENISE) {
		if (normalise_text(&b->normaliser, text, b->arena, &n, NULL) < 0)
			return -1;
		return last < STAGE_TOKENISE ? 0 : tokenise_text(&n, b->arena, &b->tokens, NULL);
	}
	if (units_cut_text(&b->cutting, text, b->arena, NULL) < 0)
		return -1;
	if (last >= STAGE_STEMS && stem_units(b) < 0)
		return -1;
	if (last < STAGE_BRANDS)
		return 0;
	return brands_find(b->matcher, b->cutting.units.items, b->cutting.units.count, &b->hits,
	    b->arena, &found, &found_count, NULL);
}

static double
now_ns(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int
time_stages(struct bench *b, int rounds)
{
	double before = 0;
	for (int stage = 0; stage < STAGE_COUNT; stage++) {
		double best = 0;
		for (int round = 0; round < rounds; round++) {
			double start = now_ns();
			for (size_t i = 0; i < b->count; i++) {
				if (run_text(b, b->texts[i], (enum stage)stage) < 0)
					return -1;
			}
			double took = (now_ns() - start) / (double)b->count;
			best = round == 0 || took < best ? took : best;
		}
		printf(
		    "%-10s %8.1f ns a post, together %8.1f\n", STAGES[stage], best - before, best);
		before = best;
	}
	printf("%zu posts, %.1f bytes a post\n", b->count, (double)b->bytes / (double)b->count);
	return 0;
}

/* ---- checksum --------------------------------------------------------------- */

static void
mix(uint64_t *sum, uint64_t value)
{
	*sum = (*sum ^ value) * 0x9e3779b97f4a7c15ULL;
	*sum ^= *sum >> 32;
}

static void
mix_text(uint64_t *sum, struct slice s)
{
	mix(sum, s.len);
	for (size_t i = 0; i < s.len; i++)
		mix(sum, (unsigned char)s.ptr[i]);
}

static void
mix_unit(uint64_t *sum, const struct unit *u)
{
	mix(sum, u->start);
	mix(sum, u->len);
	mix(sum, u->kind);
	mix(sum, u->clause);
	mix(sum, u->sentence);
	mix(sum, (uint64_t)u->is_caps << 1 | u->is_elongated);
	mix_text(sum, unit_text(u));
	for (size_t i = 0; i < u->other_count; i++)
		mix_text(sum, u->others[i].text);
}

static int
print_checksum(struct bench *b)
{
	uint64_t sum = 0;
	size_t tokens = 0, units = 0;
	for (size_t i = 0; i < b->count; i++) {
		if (run_text(b, b->texts[i], STAGE_UNITS) < 0)
			return -1;
		const struct cutting *c = &b->cutting;
		tokens += c->tokens.count;
		units += c->units.count;
		for (size_t k = 0; k < c->tokens.count; k++) {
			const struct token *t = &c->tokens.items[k];
			mix(&sum, (uint64_t)t->start << 32 | t->len);
			mix(&sum,
			    (uint64_t)t->kind << 3 | (uint64_t)t->is_caps << 2 |
				(uint64_t)t->is_elongated << 1 | t->ends_sentence);
			mix_text(&sum, token_folded(t));
		}
		for (size_t k = 0; k < c->units.count; k++)
			mix_unit(&sum, &c->units.items[k]);
	}
	printf(
	    "%016" PRIx64 " over %zu posts, %zu tokens, %zu units\n", sum, b->count, tokens, units);
	return 0;
}

int
main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "20";
	struct bench b = {0};
	struct err err = {.kind = ERR_NONE};
	b.lang = language_of_code(slice_of(argc > 2 ? argv[2] : "en"));
	b.stemmer = stemmer_new(true);
	b.arena = arena_new(ARENA_MAX);
	if (b.stemmer == NULL || b.arena == NULL || make_brands(&b, &err) < 0 ||
	    read_texts(&b) < 0 || b.count == 0) {
		fprintf(stderr, "nlp_stages: no texts, or no memory\n");
		return 3;
	}
	long rounds = strtol(what, NULL, 10);
	int rc =
	    what[0] == 'c' ? print_checksum(&b) : time_stages(&b, rounds > 0 ? (int)rounds : 1);
	for (size_t i = 0; i < b.count; i++)
		mem_free((void *)(uintptr_t)b.texts[i].ptr);
	mem_free(b.texts);
	units_cutting_fini(&b.cutting);
	normalise_fini(&b.normaliser);
	tokenise_fini(&b.tokens);
	scratch_fini(&b.hits);
	matcher_unref(b.matcher);
	stemmer_free(b.stemmer);
	arena_free(b.arena);
	return rc < 0 ? 3 : 0;
}
