#include "nlp/units.h"

#include <string.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/utf8.h"
#include "nlp/charclass.h"

/* Other spellings of one unit, at most: two of an elongated word, one without its possessive. */
#define OTHERS_MAX 3

struct maker {
	const struct normal *n;
	struct arena *arena;
	struct unit_list *list;
	struct err *err;
};

/* Does a clause end in this piece of the text as written, which stands between two tokens? */
static bool
has_break(const char *p, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)p[i];
		switch (c) {
		case ',':
		case ';':
		case ':':
		case '(':
		case ')':
		case '"':
		case '\n':
		case '|':
		case '[':
		case ']': return true;
		case '-':
			if (i > 0 && p[i - 1] == ' ')
				return true;
			break;
		case 0xe2: /* en and em dash, bullet, curly double quotes */
			if (i + 2 < len && (unsigned char)p[i + 1] == 0x80 &&
			    ((unsigned char)p[i + 2] == 0x93 || (unsigned char)p[i + 2] == 0x94 ||
				(unsigned char)p[i + 2] == 0xa2 ||
				(unsigned char)p[i + 2] == 0x9c || (unsigned char)p[i + 2] == 0x9d))
				return true;
			break;
		default: break;
		}
	}
	return false;
}

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
other_spellings(struct maker *m, const struct unit *u, struct slice *texts)
{
	struct slice s = u->key.text;
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

static int
add_others(struct maker *m, struct unit *u)
{
	struct slice texts[OTHERS_MAX];
	bool may_have = u->kind == TOKEN_HASHTAG || u->kind == TOKEN_MENTION || u->is_elongated ||
	    is_possessive(u->key.text) ||
	    (u->kind == TOKEN_EMOJI && joiner_at(u->key.text) < u->key.text.len);
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

static int
add_unit(struct maker *m, const struct token *t, struct unit u)
{
	struct unit_list *l = m->list;
	if (l->count == UNITS_MAX)
		return 0;
	struct unit *items = scratch_need(&l->scratch, (l->count + 1) * sizeof *items);
	if (items == NULL)
		return -1;
	l->items = items;
	u.kind = (uint8_t)t->kind;
	u.is_caps = t->is_caps;
	u.is_elongated = t->is_elongated;
	u.key = word_key_of(u.key.text);
	u.stem = u.key;
	if (add_others(m, &u) < 0)
		return -1;
	items[l->count++] = u;
	return 0;
}

/* A word with hyphens, part by part.  The parts of a shortened word cannot be found in the text
 * again, so each has the range of the whole. */
static int
add_parts(struct maker *m, const struct token *t, struct unit u)
{
	struct slice rest = t->folded;
	const char *base = m->n->folded.ptr;
	while (slice_is_set(rest)) {
		struct slice part = slice_split(&rest, '-');
		if (part.len == 0)
			continue;
		u.key.text = part;
		if (!t->is_elongated) {
			size_t from = (size_t)(part.ptr - base);
			u.start = normalise_start(m->n, from);
			u.len = normalise_end(m->n, from + part.len) - u.start;
		}
		if (add_unit(m, t, u) < 0)
			return -1;
	}
	return 0;
}

static int
units_cut(const struct normal *n, const struct token_list *tokens, struct arena *a,
    struct unit_list *list, struct err *err)
{
	struct maker m = {n, a, list, err};
	struct unit u = {0};
	uint32_t end = 0;
	bool is_new_sentence = false;

	list->count = 0;
	for (size_t i = 0; i < tokens->count; i++) {
		const struct token *t = &tokens->items[i];
		if (is_new_sentence) {
			u.sentence++;
			u.clause++;
		} else if (i > 0 && t->start > end &&
		    has_break(n->text.ptr + end, t->start - end)) {
			u.clause++;
		}
		end = t->start + t->len;
		is_new_sentence = t->ends_sentence;
		u.token = (uint32_t)i;
		u.start = t->start;
		u.len = t->len;
		u.key.text = t->folded;
		bool is_hyphened =
		    t->kind == TOKEN_WORD && memchr(t->folded.ptr, '-', t->folded.len) != NULL;
		if ((is_hyphened ? add_parts(&m, t, u) : add_unit(&m, t, u)) < 0)
			return err_set(err, ERR_NOMEM, "no memory for words");
	}
	return 0;
}

static void
units_fini(struct unit_list *list)
{
	scratch_fini(&list->scratch);
	list->items = NULL;
	list->count = 0;
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
