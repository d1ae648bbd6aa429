/*
 * nlp_support.h - what the tests of this room share: a fixture and the laws every score has to
 * keep.
 */
#ifndef TESTS_NLP_NLP_SUPPORT_H
#define TESTS_NLP_NLP_SUPPORT_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/mem.h"
#include "core/score.h"
#include "core/slice.h"
#include "core/utf8.h"
#include "nlp/lexicon.h"
#include "nlp/nlp.h"
#include "nlp/units.h"
#include "tests/support/faults.h"

#define ARENA_MAX (64u << 20)
#define COUNT_OF(a) (sizeof(a) / sizeof(a)[0])

struct desk {
	struct lexicon_set *set;
	struct scorer *scorer;
	struct arena *arena;
};

static inline int
desk_open(void **state)
{
	struct desk *d = mem_zalloc(sizeof *d);
	struct err err = {.kind = ERR_NONE};
	if (d == NULL)
		return -1;
	if (lexicon_set_new(&d->set, &err) < 0) {
		print_error("%s\n", err.text);
		return -1;
	}
	d->scorer = scorer_new();
	d->arena = arena_new(ARENA_MAX);
	*state = d;
	return d->scorer == NULL || d->arena == NULL ? -1 : 0;
}

static inline int
desk_close(void **state)
{
	struct desk *d = *state;
	lexicon_set_unref(d->set);
	scorer_free(d->scorer);
	arena_free(d->arena);
	mem_free(d);
	return 0;
}

/* The laws: ranges are valid UTF-8 inside the text, tokens ordered without overlap, probabilities
 * sum to 1000, the label is the likeliest class and the score its balance. */
static inline void
check_laws(const struct score *s, struct slice text)
{
	uint32_t end = 0;
	for (size_t i = 0; i < s->token_count; i++) {
		const struct token *t = &s->tokens[i];
		assert_true(t->len > 0 && t->start >= end);
		end = t->start + t->len;
		assert_true(end <= text.len);
		assert_true(utf8_is_valid(slice_make(text.ptr + t->start, t->len)));
		assert_true(t->folded_len > 0 && utf8_is_valid(token_folded(t)));
		assert_true(t->stem_len > 0 && utf8_is_valid(token_stem(t)));
	}
	for (size_t i = 0; i < s->reason_count; i++) {
		const struct contribution *c = &s->reasons[i];
		assert_true(c->len > 0 && (size_t)c->start + c->len <= text.len);
		assert_true(utf8_is_valid(slice_make(text.ptr + c->start, c->len)));
		assert_true(c->entry->len > 0 && c->entry->source != ENTRY_SOURCE_NONE);
	}
	for (size_t i = 1; i < s->brand_count; i++)
		assert_true(s->brands[i] > s->brands[i - 1]);
	int32_t p[3] = {s->negative_milli, s->neutral_milli, s->positive_milli};
	assert_int_equal(p[0] + p[1] + p[2], 1000);
	for (int k = 0; k < 3; k++)
		assert_true(p[k] >= 0 && p[k] <= p[s->label]);
	assert_int_equal(s->score_milli, p[2] - p[0]);
	assert_true(s->is_scored || (s->label == SENTIMENT_NEUTRAL && s->is_unsure));
	assert_non_null(s->lexicon);
}

static inline struct score
desk_score_hinted(struct desk *d, const char *text, const char *hint)
{
	struct score s;
	struct err err = {.kind = ERR_NONE};
	arena_reset(d->arena);
	if (nlp_score(d->scorer, d->set, NULL, slice_of(text), slice_of(hint), d->arena, &s, &err) <
	    0)
		fail_msg("'%s': %s", text, err.text);
	check_laws(&s, slice_of(text));
	return s;
}

static inline struct score
desk_score(struct desk *d, const char *text)
{
	return desk_score_hinted(d, text, NULL);
}

/* FNV-1a written down once more, from its definition. */
static inline uint64_t
fnv1a(uint64_t h, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		h ^= (unsigned char)bytes[i];
		h *= 1099511628211u;
	}
	return h;
}

#define FNV1A_START 14695981039346656037u

/* A lexicon "test.tsv" of these lines, the first of which is line 4. */
static inline int
lexicon_of_entries(const char *lang, const char *entries, struct lexicon **lx_r, struct err *err)
{
	static char text[1u << 16];
	uint64_t checksum = FNV1A_START;
	for (const char *line = entries, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
		if (strncmp(line, "# ", 2) != 0)
			checksum = fnv1a(checksum, line, (size_t)(end - line) + 1);
	}
	int n = snprintf(text, sizeof text,
	    "# language: %s\n# licence: none\n# checksum: %016" PRIx64 "\n%s", lang, checksum,
	    entries);
	assert_true(n > 0 && (size_t)n < sizeof text);
	return lexicon_new("test.tsv", slice_make(text, (size_t)n), lx_r, err);
}

/* The processor's time, so that a busy machine fails no test. */
static inline double
cpu_seconds(void)
{
	struct timespec t;
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static inline void
assert_text(const char *note, struct slice got, const char *want)
{
	if (!slice_eq_str(got, want))
		fail_msg("%s: got '%.*s', want '%s'", note, SLICE_ARG(got), want);
}

#endif
