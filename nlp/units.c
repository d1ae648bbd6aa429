#include "nlp/units_internal.h"

#include <string.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/utf8.h"
#include "nlp/charclass.h"

/* Other spellings of one unit, at most: two of an elongated word, one without its possessive. */
#define OTHERS_MAX 3

static bool
is_high(const char *p, size_t len, unsigned char second, unsigned char third)
{
	return len > 2 && (unsigned char)p[1] == second && (unsigned char)p[2] == third;
}

static unsigned
gap_of_high(const char *p, size_t len)
{
	unsigned char lead = (unsigned char)p[0];
	if (lead == 0xc2 && len > 1)
		return p[1] == '\xab' || p[1] == '\xbb' ? (unsigned)GAP_QUOTE : 0u;
	if (lead != 0xe2)
		return 0;
	if (is_high(p, len, 0x80, 0x9c) || is_high(p, len, 0x80, 0x9d))
		return GAP_BREAK | GAP_QUOTE;
	if (is_high(p, len, 0x80, 0x9e))
		return GAP_QUOTE;
	/* En and em dash, bullet. */
	bool is_break = is_high(p, len, 0x80, 0x93) || is_high(p, len, 0x80, 0x94) ||
	    is_high(p, len, 0x80, 0xa2);
	return is_break ? (unsigned)GAP_BREAK : 0u;
}

unsigned
units_gap(const char *p, size_t len)
{
	unsigned gap = 0;
	for (size_t i = 0; i < len; i++) {
		switch (p[i]) {
		case ',':
		case ';':
		case ':':
		case '(':
		case ')':
		case '|':
		case '[':
		case ']': gap |= GAP_BREAK; break;
		case '\n': gap |= GAP_BREAK | GAP_LINE; break;
		case '"': gap |= GAP_BREAK | GAP_QUOTE; break;
		case '-':
			if (i > 0 && p[i - 1] == ' ')
				gap |= GAP_BREAK;
			break;
		default:
			if ((unsigned char)p[i] >= 0x80)
				gap |= gap_of_high(p + i, len - i);
			break;
		}
	}
	return gap;
}

/* ---- quotes ----------------------------------------------------------------- */

/* The quote at byte i of the text, QUOTE_NONE for anything else: as what it would open. */
static enum quote
quote_at(struct slice s, size_t i, bool *may_close_r)
{
	const unsigned char *p = (const unsigned char *)s.ptr + i;
	size_t left = s.len - i;
	*may_close_r = true;
	if (p[0] == '"') {
		/* Behind a blank or an opening bracket it opens: no inch, no end. */
		*may_close_r = i > 0 && memchr(" \t\n([", p[-1], 5) == NULL;
		return QUOTE_STRAIGHT;
	}
	if (p[0] == 0xc2 && left > 1)
		return p[1] == 0xab ? QUOTE_LEFT : p[1] == 0xbb ? QUOTE_RIGHT : QUOTE_NONE;
	if (p[0] != 0xe2 || left < 3 || p[1] != 0x80)
		return QUOTE_NONE;
	switch (p[2]) {
	case 0x9c: return QUOTE_HIGH;
	case 0x9d: return QUOTE_HIGH;
	case 0x9e: return QUOTE_LOW;
	default: return QUOTE_NONE;
	}
}

/* Does a quote of this kind close the open one? */
static bool
does_close(enum quote open, enum quote kind)
{
	switch (open) {
	case QUOTE_STRAIGHT: return kind == QUOTE_STRAIGHT;
	case QUOTE_HIGH:
	case QUOTE_LOW: return kind == QUOTE_HIGH;
	case QUOTE_LEFT: return kind == QUOTE_RIGHT;
	case QUOTE_RIGHT: return kind == QUOTE_LEFT;
	case QUOTE_NONE: break;
	}
	return false;
}

static void
close_quote(struct unit_maker *m)
{
	struct unit_list *l = m->list;
	if (l->count - m->quote_from <= QUOTED_UNITS_MAX) {
		for (size_t i = m->quote_from; i < l->count; i++)
			l->items[i].is_quoted = true;
	}
	m->quote = QUOTE_NONE;
}

void
units_read_quotes(struct unit_maker *m, size_t from, size_t to)
{
	struct slice s = slice_make(m->n->text.ptr, to);
	for (size_t i = from; i < to; i++) {
		bool may_close;
		enum quote kind = quote_at(s, i, &may_close);
		if (s.ptr[i] == '\n')
			m->quote = QUOTE_NONE;
		if (kind == QUOTE_NONE)
			continue;
		if (may_close && does_close(m->quote, kind)) {
			close_quote(m);
			continue;
		}
		bool is_end = kind == QUOTE_HIGH && s.ptr[i + 2] == '\x9d';
		bool is_inside = m->quote != QUOTE_NONE && m->quote != kind;
		if (is_end || is_inside || (kind == QUOTE_STRAIGHT && may_close && i > 0))
			continue; /* an end without a beginning, quotes in quotes, inches */
		m->quote = kind;
		m->quote_from = m->list->count;
	}
}

/* ---- spellings -------------------------------------------------------------- */

/* Leaves one of a letter in a row; keep_first leaves the first pair alone ("goodd" -> "good"). */
static struct slice
single(struct arena *a, struct slice word, bool keep_first)
{
	char *out = arena_alloc(a, word.len);
	if (out == NULL)
		return SLICE_NONE;
	size_t len = 0;
	uint32_t last = 0;
	for (size_t i = 0; i < word.len;) {
		size_t from = i;
		uint32_t cp = utf8_next(word, &i);
		bool is_second = cp == last && !(cp >= '0' && cp <= '9');
		last = cp;
		if (is_second && !keep_first)
			continue;
		if (is_second)
			keep_first = false;
		memcpy(out + len, word.ptr + from, i - from);
		len += i - from;
	}
	return slice_make(out, len);
}

static bool
is_possessive(struct slice s)
{
	return s.len > 2 && s.ptr[s.len - 2] == '\'' && s.ptr[s.len - 1] == 's';
}

static bool
is_mention_with_host(struct slice s, size_t *name_len_r)
{
	const char *at = memchr(s.ptr + 1, '@', s.len - 1);
	*name_len_r = at == NULL ? 0 : (size_t)(at - s.ptr);
	return at != NULL;
}

/* Where the first zero-width joiner of an emoji stands; its length without one. */
static size_t
joiner_at(struct slice s)
{
	const char *zwj = memmem(s.ptr, s.len, "\xe2\x80\x8d", 3);
	return zwj == NULL ? s.len : (size_t)(zwj - s.ptr);
}

/* Fills texts with the other spellings of u; returns how many, -1 without memory. */
static int
other_spellings(struct unit_maker *m, const struct unit *u, struct slice *texts)
{
	struct slice s = unit_text(u);
	size_t name_len;
	int n = 0;
	switch ((enum token_kind)u->kind) {
	case TOKEN_HASHTAG: texts[n++] = slice_make(s.ptr + 1, s.len - 1); break;
	case TOKEN_MENTION:
		if (is_mention_with_host(s, &name_len))
			texts[n++] = slice_make(s.ptr, name_len);
		break;
	case TOKEN_WORD:
		if (u->is_elongated) {
			texts[0] = single(m->arena, s, true);
			texts[1] = single(m->arena, s, false);
			if (texts[0].ptr == NULL || texts[1].ptr == NULL)
				return -1;
			n = 2;
		}
		if (is_possessive(s))
			texts[n++] = slice_make(s.ptr, s.len - 2);
		break;
	case TOKEN_EMOJI: texts[n++] = slice_make(s.ptr, joiner_at(s)); break;
	case TOKEN_NUMBER:
	case TOKEN_URL:
	case TOKEN_EMOTICON:
	case TOKEN_PUNCT: break;
	}
	return n;
}

int
units_add_others(struct unit_maker *m, struct unit *u)
{
	struct slice texts[OTHERS_MAX], text = unit_text(u);
	bool may_have = u->kind == TOKEN_HASHTAG || u->kind == TOKEN_MENTION || u->is_elongated ||
	    is_possessive(text) || (u->kind == TOKEN_EMOJI && joiner_at(text) < text.len);
	int n = may_have ? other_spellings(m, u, texts) : 0;
	if (n <= 0)
		return n;
	struct word_key *keys = arena_array(m->arena, (size_t)n, sizeof *keys);
	if (keys == NULL)
		return -1;
	for (int i = 0; i < n; i++)
		keys[i] = word_key_of(texts[i]);
	u->others = keys;
	u->other_count = (uint8_t)n;
	return 0;
}

/* ---- units ------------------------------------------------------------------ */

bool
units_reserve(struct unit_list *l, size_t count)
{
	if (count <= l->cap)
		return true;
	struct unit *items = scratch_need(&l->scratch, count * sizeof *items);
	if (items == NULL)
		return false;
	l->items = items;
	l->cap = l->scratch.cap_bytes / sizeof *items;
	return true;
}

void
units_clear(struct unit_list *l)
{
	l->count = 0;
	word_guests_clear(&l->guests);
}

/* The unit of a whole token; without word and other spellings. */
static inline struct unit
unit_of_token(const struct token *t, size_t index, struct unit_place place)
{
	return (struct unit){.folded = t->folded,
	    .start = t->start,
	    .len = t->len,
	    .folded_len = t->folded_len,
	    .kind = (uint8_t)t->kind,
	    .is_caps = t->is_caps,
	    .is_elongated = t->is_elongated,
	    .is_quoted = place.is_quoted,
	    .token = (uint16_t)index,
	    .clause = place.clause,
	    .sentence = place.sentence};
}

/* Adds u with its word and other spellings. */
static int
add_unit(struct unit_maker *m, struct unit u)
{
	struct unit_list *l = m->list;
	if (l->count == UNITS_MAX)
		return 0;
	u.word = word_guests_add(&l->guests, word_key_of(unit_text(&u)));
	if (u.word == NULL || (l->count == l->cap && !units_reserve(l, l->count + 1)) ||
	    units_add_others(m, &u) < 0)
		return -1;
	l->items[l->count++] = u;
	return 0;
}

/* Words that French and Italian write short before a vowel, with the apostrophe. */
static const char *const ELIDED[] = {"l'", "d'", "j'", "n'", "t'", "s'", "c'", "m'", "qu'", "un'",
    "jusqu'", "lorsqu'", "puisqu'", "quelqu'", "dell'", "all'", "dall'", "nell'", "sull'", "quell'",
    "quest'", "bell'", "tutt'", "com'", "dov'"};
#define ELIDED_BYTES_MAX 8

/* How long the elided word before another one is; 0: "don't", "it's" are one word. */
static size_t
elided_len(struct slice word)
{
	size_t look = word.len < ELIDED_BYTES_MAX ? word.len : ELIDED_BYTES_MAX;
	const char *mark = memchr(word.ptr, '\'', look);
	if (mark == NULL || mark + 1 == word.ptr + word.len)
		return 0;
	size_t len = (size_t)(mark + 1 - word.ptr);
	if (memchr("aeiouhy", mark[1], 7) == NULL && (unsigned char)mark[1] < 0x80)
		return 0;
	for (size_t i = 0; i < sizeof ELIDED / sizeof ELIDED[0]; i++) {
		if (slice_eq_str(slice_make(word.ptr, len), ELIDED[i]))
			return len;
	}
	return 0;
}

/* The next part of a word: up to a hyphen or behind an elided word. */
static struct slice
next_part(struct slice *rest)
{
	size_t elided = elided_len(*rest);
	if (elided == 0)
		return slice_split(rest, '-');
	struct slice part = slice_make(rest->ptr, elided);
	*rest = slice_make(rest->ptr + elided, rest->len - elided);
	return part;
}

/* A word with hyphens or elision, part by part.  The parts of a shortened word cannot be found in the text
 * again, so each has the range of the whole. */
static int
add_parts(struct unit_maker *m, const struct token *t, struct unit u)
{
	struct slice rest = token_folded(t);
	const char *base = m->n->folded.ptr;
	while (slice_is_set(rest)) {
		struct slice part = next_part(&rest);
		if (part.len == 0)
			continue;
		u.folded = part.ptr;
		u.folded_len = (uint32_t)part.len;
		if (!t->is_elongated) {
			size_t from = (size_t)(part.ptr - base);
			u.start = normalise_start(m->n, from);
			u.len = normalise_end(m->n, from + part.len) - u.start;
		}
		if (add_unit(m, u) < 0)
			return -1;
	}
	return 0;
}

bool
units_is_repeat(const struct unit_maker *m)
{
	const struct unit *u = &m->list->items[m->list->count - 1];
	size_t end = (size_t)u->start + u->len;
	return m->list->count > 1 && u[-1].is_caps && slice_eq_str(unit_text(&u[-1]), "rt") &&
	    end < m->n->text.len && m->n->text.ptr[end] == ':';
}

/* A token that is more than one plain word: parts, other spellings, texts elsewhere. */
static int
add_token(struct unit_maker *m, const struct token *t, size_t index, unsigned notes)
{
	struct unit u = unit_of_token(t, index, m->place);
	bool has_parts = (notes & TOKEN_NOTE_HYPHEN) != 0 ||
	    (t->kind == TOKEN_WORD && (notes & TOKEN_NOTE_OTHERS) != 0 &&
		elided_len(token_folded(t)) > 0);
	if ((has_parts ? add_parts(m, t, u) : add_unit(m, u)) < 0)
		return -1;
	if (t->kind == TOKEN_MENTION && units_is_repeat(m))
		m->place.is_quoted = true;
	return 0;
}

int
units_more(struct unit_maker *m, const struct token_list *tokens, size_t from)
{
	struct unit_list *list = m->list;
	/* Parts of words with hyphens ask for more. */
	if (!units_reserve(list, list->count + (tokens->count - from) + 1))
		return -1;
	const struct token *items = tokens->items;
	const uint8_t *notes = tokens->notes;
	const char *text = m->n->text.ptr;
	uint32_t end = m->end;
	bool is_new_sentence = from > 0 && items[from - 1].ends_sentence;
	for (size_t i = from, count = tokens->count; i < count && list->count < UNITS_MAX; i++) {
		const struct token *t = &items[i];
		uint32_t start = t->start;
		unsigned gap = 0;
		if (start - end > 1 || (start > end && text[end] != ' '))
			gap = units_gap(text + end, start - end);
		if (is_new_sentence) {
			m->place.sentence++;
			m->place.clause++;
		} else if (i > 0 && (gap & GAP_BREAK) != 0) {
			m->place.clause++;
		}
		if ((gap & (GAP_QUOTE | GAP_LINE)) != 0)
			units_read_quotes(m, end, start);
		end = start + t->len;
		is_new_sentence = t->ends_sentence;
		if (notes[i] == 0 && list->count < list->cap) {
			struct unit *u = &list->items[list->count];
			*u = unit_of_token(t, i, m->place);
			struct slice word = token_folded(t);
			u->word = word_guests_add(
			    &list->guests, (struct word_key){word, word_hash_padded(word)});
			if (u->word == NULL)
				return -1;
			list->count++;
		} else if (add_token(m, t, i, notes[i]) < 0) {
			return -1;
		}
	}
	m->end = end;
	return 0;
}

static int
units_cut(const struct normal *n, const struct token_list *tokens, struct arena *a,
    struct unit_list *list, struct err *err)
{
	struct unit_maker m = {.n = n, .arena = a, .list = list};
	units_clear(list);
	if (units_more(&m, tokens, 0) < 0)
		return err_set(err, ERR_NOMEM, "no memory for words");
	units_read_quotes(&m, m.end, n->text.len);
	return 0;
}

static void
units_fini(struct unit_list *list)
{
	scratch_fini(&list->scratch);
	word_guests_fini(&list->guests);
	*list = (struct unit_list){.count = 0};
}

int
units_cut_text(struct cutting *c, struct slice text, struct arena *a, struct err *err)
{
	if (normalise_text(&c->normaliser, text, a, &c->normal, err) < 0 ||
	    tokenise_text(&c->normal, a, &c->tokens, err) < 0)
		return -1;
	return units_cut(&c->normal, &c->tokens, a, &c->units, err);
}

void
units_cutting_fini(struct cutting *c)
{
	normalise_fini(&c->normaliser);
	tokenise_fini(&c->tokens);
	units_fini(&c->units);
}
