#include "rules/phrases_internal.h"

#include <assert.h>
#include <string.h>

#include "core/arena.h"
#include "core/map.h"
#include "core/mem.h"
#include "rules/limits_internal.h"

#define PHRASES_MAX 50000000u

/* ---- texts ---- */

#define ONES UINT64_C(0x0101010101010101)

/* The first up to eight bytes of a word: from eight letters on those alone, in shorter ones all of them,
 * some of them twice. */
static inline uint64_t
some_bytes(struct slice s)
{
	uint64_t eight;
	uint32_t first, last;

	if (s.len >= 8) {
		memcpy(&eight, s.ptr, 8);
		return eight;
	}
	if (s.len >= 4) {
		memcpy(&first, s.ptr, 4);
		memcpy(&last, s.ptr + s.len - 4, 4);
		return (uint64_t)first << 32 | last;
	}
	if (s.len == 0)
		return 0;
	return (unsigned)(unsigned char)s.ptr[0] << 16 |
	    (unsigned)(unsigned char)s.ptr[s.len / 2] << 8 | (unsigned char)s.ptr[s.len - 1];
}

static inline bool
has_hyphen_in(uint64_t bytes)
{
	bytes ^= '-' * ONES;
	return ((bytes - ONES) & ~bytes & (ONES << 7)) != 0;
}

static bool
has_hyphen(struct slice s)
{
	for (; s.len > 8; s = slice_make(s.ptr + 8, s.len - 8))
		if (has_hyphen_in(some_bytes(s)))
			return true;
	return has_hyphen_in(some_bytes(s));
}

static bool
is_hyphened(const struct token *t)
{
	return t->kind == TOKEN_WORD && has_hyphen(token_folded(t));
}

/* The parts of one word; returns how many.  out may be NULL to count only. */
static size_t
split_word(const struct token *t, struct token *out)
{
	struct slice rest = token_folded(t);
	size_t n = 0;

	while (slice_is_set(rest)) {
		struct slice part = slice_split(&rest, '-');

		if (part.len == 0)
			continue;
		if (out != NULL) {
			out[n] = *t;
			token_set_folded(&out[n], part);
			out[n].ends_sentence = false;
		}
		n++;
	}
	if (out != NULL && n > 0)
		out[n - 1].ends_sentence = t->ends_sentence;
	return n;
}

int
phrase_tokens_split(struct arena *a, struct token **tokens, size_t *count)
{
	size_t n = 0, at = 0;
	struct token *out;

	while (n < *count && !is_hyphened(&(*tokens)[n]))
		n++;
	if (n == *count)
		return 0;
	for (size_t i = n; i < *count; i++)
		n += is_hyphened(&(*tokens)[i]) ? split_word(&(*tokens)[i], NULL) : 1;
	out = arena_array(a, n + 1, sizeof *out);
	if (out == NULL)
		return -1;
	for (size_t i = 0; i < *count; i++) {
		if (is_hyphened(&(*tokens)[i]))
			at += split_word(&(*tokens)[i], out + at);
		else
			out[at++] = (*tokens)[i];
	}
	assert(at == n);
	*tokens = out;
	*count = n;
	return 0;
}

static bool
is_possessive(const struct token *t)
{
	struct slice s = token_folded(t);

	return t->kind == TOKEN_WORD && s.len > 2 && s.ptr[s.len - 2] == '\'' &&
	    s.ptr[s.len - 1] == 's';
}

/* A possessive counts without its ending as well. */
static int
find_others(struct phrase_text *t, const struct words *w, struct arena *a)
{
	uint32_t *others = arena_array(a, t->count + 1, sizeof *others);

	if (others == NULL)
		return -1;
	for (size_t i = 0; i < t->count; i++) {
		struct slice folded = token_folded(&t->tokens[i]);

		if (is_possessive(&t->tokens[i]))
			others[i] = words_find(w, slice_make(folded.ptr, folded.len - 2));
	}
	t->others = others;
	return 0;
}

/* Asks for all words; false when one of them is to be split before.  All is seen in one pass. */
static bool
ask_words(struct phrase_text *t, const struct words *w)
{
	bool has_hyphens = false, has_possessives = false;

	for (size_t i = 0; i < t->count; i++) {
		const struct token *token = &t->tokens[i];
		struct slice s = token_folded(token);
		bool may_be = s.len > 0 && words_may_have(w, (unsigned char)s.ptr[0], s.len);

		t->ids[i] = may_be ? words_ask(w, s) : 0;
		if (token->kind != TOKEN_WORD)
			continue;
		has_hyphens |= s.len <= 8 ? has_hyphen_in(some_bytes(s)) : has_hyphen(s);
		has_possessives |= s.len > 2 && s.ptr[s.len - 2] == '\'';
	}
	t->ids[t->count] = 0;
	t->has_possessives = has_possessives;
	return !has_hyphens;
}

static int
begin_text(struct phrase_text *t, const struct token *tokens, size_t count, struct arena *a)
{
	*t = (struct phrase_text){.tokens = tokens, .count = count};
	t->ids = arena_alloc(a, (count + 1) * sizeof *t->ids);
	return t->ids == NULL ? -1 : 0;
}

int
phrase_text_look_up(
    struct phrase_text *t, const struct words *w, const struct score *s, struct arena *a)
{
	struct token *tokens = s->tokens;
	size_t count = s->token_count;
	bool is_whole;

	if (begin_text(t, tokens, count, a) < 0)
		return -1;
	is_whole = ask_words(t, w);
	if (!is_whole) {
		if (phrase_tokens_split(a, &tokens, &count) < 0 ||
		    begin_text(t, tokens, count, a) < 0)
			return -1;
		(void)ask_words(t, w); /* nothing is left to split */
	}
	for (size_t i = 0; i < t->count; i++)
		if (t->ids[i] != 0)
			t->ids[i] = words_answer(w, token_folded(&t->tokens[i]), t->ids[i]);
	return t->has_possessives ? find_others(t, w, a) : 0;
}

/* ---- keywords ---- */

int
phrases_init(struct phrases *p)
{
	*p = (struct phrases){0};
	p->by_content = map_new(0, PHRASES_MAX, NULL);
	return p->by_content == NULL ? -1 : 0;
}

void
phrases_fini(struct phrases *p)
{
	map_free(p->by_content);
	mem_free(p->list);
	mem_free(p->tokens);
	mem_free(p->single);
	mem_free(p->pair_keys);
	mem_free(p->pair_first);
	mem_free(p->begins_pair);
	*p = (struct phrases){0};
}

static int
make_room(struct phrases *p, size_t tokens)
{
	if (p->count == p->cap) {
		size_t cap = p->cap == 0 ? 64 : p->cap * 2;
		struct phrase *list =
		    cap > PHRASES_MAX ? NULL : mem_realloc_array(p->list, cap, sizeof *list);

		if (list == NULL)
			return -1;
		p->list = list;
		p->cap = cap;
	}
	if (p->token_count + tokens > p->token_cap) {
		size_t cap = (p->token_cap + tokens) * 2;
		uint32_t *all = mem_realloc_array(p->tokens, cap, sizeof *all);

		if (all == NULL)
			return -1;
		p->tokens = all;
		p->token_cap = cap;
	}
	return 0;
}

/* Exclamation marks and dots around words are no part of what is looked for. */
static bool
has_words(const struct token *tokens, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (tokens[i].kind != TOKEN_PUNCT)
			return true;
	return false;
}

int
phrases_add(struct phrases *p, struct words *w, struct slice text, const struct token *tokens,
    size_t count, uint32_t *id_r)
{
	uint32_t ids[RULES_PHRASE_TOKENS_MAX];
	bool skips_punct = has_words(tokens, count);
	size_t n = 0;
	struct slice key;
	void *found;

	assert(count >= 1 && count <= RULES_PHRASE_TOKENS_MAX);
	for (size_t i = 0; i < count; i++) {
		uint32_t word;

		if (skips_punct && tokens[i].kind == TOKEN_PUNCT)
			continue;
		word = words_add(w, token_folded(&tokens[i]));
		if (word == 0)
			return -1;
		ids[n++] = word << 1 | (tokens[i].ends_sentence ? 1 : 0);
	}
	ids[n - 1] &= ~UINT32_C(1);
	key = slice_make((const char *)ids, n * sizeof *ids);
	found = map_get(p->by_content, key);
	if (found != NULL) {
		*id_r = (uint32_t)((uintptr_t)found - 1);
		return 0;
	}
	if (make_room(p, n) < 0 ||
	    map_put(p->by_content, key, (void *)(uintptr_t)(p->count + 1)) < 0)
		return -1;
	memcpy(p->tokens + p->token_count, ids, n * sizeof *ids);
	p->list[p->count] = (struct phrase){(uint32_t)p->token_count, (uint16_t)n, 0, text};
	p->token_count += n;
	*id_r = (uint32_t)p->count++;
	return 0;
}

static uint64_t
pair_key(uint32_t first, uint32_t second)
{
	return (uint64_t)first << 32 | second;
}

static size_t
pair_slot(const struct phrases *p, uint64_t key)
{
	size_t at = (size_t)(key * UINT64_C(0x9E3779B97F4A7C15) >> 32) & p->pair_mask;

	while (p->pair_first[at] != 0 && p->pair_keys[at] != key)
		at = (at + 1) & p->pair_mask;
	return at;
}

int
phrases_finish(struct phrases *p, const struct words *w)
{
	size_t slots = 16;

	map_free(p->by_content);
	p->by_content = NULL;
	while (slots < p->count * 2)
		slots *= 2;
	p->pair_mask = slots - 1;
	p->single_count = w->count;
	p->single = mem_array(w->count, sizeof *p->single);
	p->begins_pair = mem_array(w->count, sizeof *p->begins_pair);
	p->pair_keys = mem_array(slots, sizeof *p->pair_keys);
	p->pair_first = mem_array(slots, sizeof *p->pair_first);
	if (p->single == NULL || p->begins_pair == NULL || p->pair_keys == NULL ||
	    p->pair_first == NULL)
		return -1;
	for (size_t i = 0; i < p->count; i++) {
		uint32_t first = p->tokens[p->list[i].first] >> 1;

		if (p->list[i].count == 1) {
			p->single[first] = (uint32_t)i + 1;
			continue;
		}
		uint64_t key = pair_key(first, p->tokens[p->list[i].first + 1] >> 1);
		size_t at = pair_slot(p, key);

		p->begins_pair[first] = 1;
		p->list[i].next = p->pair_first[at];
		p->pair_keys[at] = key;
		p->pair_first[at] = (uint32_t)i + 1;
	}
	return 0;
}

bool
phrases_at(const struct phrases *p, uint32_t id, const struct phrase_text *t, size_t i)
{
	const struct phrase *ph = &p->list[id];

	if (t->count - i < ph->count)
		return false;
	for (size_t k = 0; k < ph->count; k++) {
		uint32_t word = p->tokens[ph->first + k];

		if (t->ids[i + k] != word >> 1 &&
		    (t->others == NULL || t->others[i + k] != word >> 1))
			return false;
		if (k + 1 < ph->count && t->tokens[i + k].ends_sentence && (word & 1) == 0)
			return false;
	}
	return true;
}

uint32_t
phrases_single(const struct phrases *p, uint32_t word)
{
	return word < p->single_count ? p->single[word] : 0;
}

uint32_t
phrases_pair(const struct phrases *p, uint32_t first, uint32_t second)
{
	if (first >= p->single_count || !p->begins_pair[first] || second == 0)
		return 0;
	return p->pair_first[pair_slot(p, pair_key(first, second))];
}
