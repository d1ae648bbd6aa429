#include "nlp/tokenise_internal.h"

#include <assert.h>
#include <string.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/utf8.h"
#include "nlp/address.h"
#include "nlp/byte_block.h"
#include "nlp/charclass.h"
#include "nlp/emoticon.h"

/* Parts of one emoji sequence; Unicode's longest (families with skin tones) have 10. */
#define EMOJI_PARTS_MAX 16

/* ---- adding ---------------------------------------------------------------- */

bool
tokenise_is_all_caps(const struct normal *n, uint32_t start, uint32_t len)
{
	struct slice s = slice_make(n->text.ptr + start, len);
	size_t capitals = 0;
	for (size_t i = 0; i < s.len;) {
		unsigned char c = (unsigned char)s.ptr[i];
		if (c >= 'a' && c <= 'z')
			return false;
		if (c < 0x80) {
			capitals += c >= 'A' && c <= 'Z';
			i++;
			continue;
		}
		uint32_t cp = utf8_next(s, &i);
		if (charclass_is_lower(cp))
			return false;
		capitals += charclass_is_upper(cp);
	}
	return capitals >= 2;
}

static void
fail(struct tokeniser *c)
{
	c->has_failed = true;
	err_set(c->err, ERR_NOMEM, "no memory for tokens");
}

/* Room for more tokens; false: the list is full, or there is no memory (err is set). */
static bool
grow_list(struct tokeniser *c, size_t cap)
{
	struct token_list *l = c->list;
	struct token *items;
	if (l->count == TOKENS_MAX)
		return false;
	if (cap > TOKENS_MAX)
		cap = TOKENS_MAX;
	if (l->in_arena) {
		items = arena_alloc(c->arena, cap * sizeof *items);
		if (items != NULL && l->count > 0)
			memcpy(items, l->items, l->count * sizeof *items);
	} else {
		items = scratch_need(&l->scratch, cap * sizeof *items);
	}
	l->notes = scratch_need(&l->notes_scratch, cap);
	if (items == NULL || l->notes == NULL) {
		fail(c);
		return false;
	}
	l->items = items;
	l->cap = cap;
	return true;
}

/* Adds the token of folded bytes [c->at, end) and moves behind it.  Returns it, NULL when it shares
 * its character with the token before (one character can become several words) or the list is full
 * or without memory (err is set). */
static inline struct token *
add_token(
    struct tokeniser *c, size_t end, enum token_kind kind, struct slice folded, unsigned notes)
{
	size_t start = c->at;
	struct token_list *l = c->list;
	assert(end > start && end <= c->text.len);
	c->at = end;

	uint32_t from = (uint32_t)start, to = (uint32_t)end;
	if (c->n->map != NULL) {
		from = normalise_start(c->n, start);
		to = normalise_end(c->n, end);
		if (l->count > 0 &&
		    from < l->items[l->count - 1].start + l->items[l->count - 1].len)
			return NULL;
	}
	if (l->count == l->cap && !grow_list(c, l->cap * 2)) {
		c->at = c->text.len;
		return NULL;
	}
	l->notes[l->count] = (uint8_t)notes;
	struct token *t = &l->items[l->count++];
	*t = token_of(kind, folded);
	t->start = from;
	t->len = to - from;
	return t;
}

static struct slice
span(const struct tokeniser *c, size_t end)
{
	return slice_make(c->text.ptr + c->at, end - c->at);
}

static void
end_sentence(struct tokeniser *c)
{
	if (c->list->count > 0)
		c->list->items[c->list->count - 1].ends_sentence = true;
}

/* ---- emoji ----------------------------------------------------------------- */

static bool
is_skin_tone(uint32_t cp)
{
	return cp >= 0x1f3fb && cp <= 0x1f3ff;
}

static bool
is_selector(uint32_t cp)
{
	return cp == 0xfe0f || cp == 0xfe0e;
}

/* The character at i; 0 at the end. */
static uint32_t
peek(struct slice s, size_t i, size_t *next_r)
{
	*next_r = i;
	return i < s.len ? utf8_next(s, next_r) : 0;
}

/* Behind one pictograph: selectors, tone, and the letters of a subdivision flag.  *has_dress: some
 * were there. */
static size_t
skip_dress(struct slice s, size_t i, bool *has_dress)
{
	for (int k = 0; k < EMOJI_PARTS_MAX; k++) {
		size_t next;
		uint32_t cp = peek(s, i, &next);
		if (is_selector(cp) || is_skin_tone(cp))
			*has_dress = true;
		else if (!(cp >= 0xe0020 && cp <= 0xe007f))
			break;
		i = next;
	}
	return i;
}

/* Copies an emoji without selectors and tones. */
static struct slice
undress(struct tokeniser *c, size_t end)
{
	struct slice whole = span(c, end);
	char *out = arena_alloc(c->arena, whole.len);
	if (out == NULL) {
		fail(c);
		return whole;
	}
	size_t len = 0;
	for (size_t i = 0; i < whole.len;) {
		size_t from = i;
		uint32_t cp = utf8_next(whole, &i);
		if (is_selector(cp) || (is_skin_tone(cp) && from > 0))
			continue;
		memcpy(out + len, whole.ptr + from, i - from);
		len += i - from;
	}
	return slice_make(out, len);
}

/* An emoji whose first character, cp, ends at `next`. */
static void
take_emoji(struct tokeniser *c, uint32_t cp, size_t next)
{
	size_t end = next, after;
	bool has_dress = false, is_joined = false;

	if (cp >= 0x1f1e6 && cp <= 0x1f1ff) {
		uint32_t second = peek(c->text, next, &after);
		end = second >= 0x1f1e6 && second <= 0x1f1ff ? after : next;
	} else {
		end = skip_dress(c->text, next, &has_dress);
		for (int parts = 1; parts < EMOJI_PARTS_MAX; parts++) {
			size_t joined;
			if (peek(c->text, end, &joined) != 0x200d)
				break;
			uint32_t part = peek(c->text, joined, &after);
			if (!normalise_is_emoji(part))
				break;
			end = skip_dress(c->text, after, &has_dress);
			is_joined = true;
		}
	}
	struct slice folded = has_dress ? undress(c, end) : span(c, end);
	add_token(c, end, TOKEN_EMOJI, folded,
	    (is_joined ? TOKEN_NOTE_OTHERS : 0u) | (has_dress ? TOKEN_NOTE_ELSEWHERE : 0u));
}

/* A digit, # or * with a frame around it. */
static bool
take_keycap(struct tokeniser *c)
{
	size_t end;
	uint32_t cp = peek(c->text, c->at + 1, &end);
	bool has_selector = is_selector(cp);
	if (has_selector)
		cp = peek(c->text, end, &end);
	if (cp != 0x20e3)
		return false;
	add_token(c, end, TOKEN_EMOJI, has_selector ? undress(c, end) : span(c, end),
	    has_selector ? TOKEN_NOTE_ELSEWHERE : 0u);
	return true;
}

/* ---- words ----------------------------------------------------------------- */

/* Leaves at most two of a letter in a row. */
static struct slice
shorten(struct tokeniser *c, struct slice word)
{
	char *out = arena_alloc(c->arena, word.len);
	if (out == NULL) {
		fail(c);
		return word;
	}
	size_t len = 0;
	uint32_t last = 0;
	int run = 0;
	for (size_t i = 0; i < word.len;) {
		size_t from = i;
		uint32_t cp = utf8_next(word, &i);
		run = cp == last ? run + 1 : 1;
		last = cp;
		if (run > 2 && !(cp >= '0' && cp <= '9') && cp != '*')
			continue;
		memcpy(out + len, word.ptr + from, i - from);
		len += i - from;
	}
	return slice_make(out, len);
}

/* Behind the letter or digit at `i`, when it is one that stands in words; else i. */
static size_t
skip_letter(struct slice s, size_t i)
{
	if ((unsigned char)s.ptr[i] < 0x80)
		return byte_block_alnum_end(s.ptr, i, '0');
	size_t next = i;
	uint32_t cp = utf8_next(s, &next);
	return charclass_is_word(cp) && !charclass_is_cjk(cp) ? next : i;
}

/* May ch, which is no letter, stand between before and after inside one word? */
static bool
is_connector(char ch, char before, char after)
{
	bool letters = (charclass_byte(before) == CHAR_LETTER || (unsigned char)before >= 0x80) &&
	    (charclass_byte(after) == CHAR_LETTER || (unsigned char)after >= 0x80);
	bool digits = charclass_byte(before) == CHAR_DIGIT && charclass_byte(after) == CHAR_DIGIT;
	switch (ch) {
	case '\'':
	case '&': return letters;
	case '-':
	case '_': return charclass_is_alnum(after) || (unsigned char)after >= 0x80;
	case '.':
	case ',':
	case ':':
	case '/': return digits;
	default: return false;
	}
}

/* "f***ing": the end of a run of asterisks between letters; i when it is none. */
static size_t
skip_asterisks(struct slice s, size_t i)
{
	size_t end = i;
	while (end < s.len && s.ptr[end] == '*' && end - i < 5)
		end++;
	return end < s.len && charclass_byte(s.ptr[end]) == CHAR_LETTER ? end : i;
}

struct word_scan {
	size_t end;
	unsigned notes;
};

/* From `start` over runs of letters and digits and what joins them; end is `start` when no word
 * stands there. */
static struct word_scan
scan_word(const struct tokeniser *c, size_t start)
{
	struct slice s = c->text;
	struct word_scan r = {.end = start};
	unsigned notes = 0; /* of a connector; they count when something follows it */
	size_t i = start;
	while (i < s.len) {
		size_t next = skip_letter(s, i);
		if (next == i) {
			char ch = s.ptr[i];
			if ((unsigned char)ch >= 0x80 || i == start || i + 1 >= s.len)
				break;
			size_t stars = ch == '*' && charclass_byte(s.ptr[i - 1]) == CHAR_LETTER
			    ? skip_asterisks(s, i)
			    : i;
			if (stars == i && !is_connector(ch, s.ptr[i - 1], s.ptr[i + 1]))
				break;
			notes |= ch == '-' ? (unsigned)TOKEN_NOTE_HYPHEN
			    : ch == '\''   ? (unsigned)TOKEN_NOTE_OTHERS
					   : 0u;
			i = stars > i ? stars : i + 1;
			continue;
		}
		i = r.end = next;
		r.notes = notes;
	}
	return r;
}

/* Does a letter stand three times in a row?  Whatever joins the parts of a word breaks a row. */
static bool
is_elongated(struct slice word)
{
	uint32_t last = 0;
	int run = 0;
	for (size_t i = 0; i < word.len;) {
		uint32_t cp = (unsigned char)word.ptr[i];
		if (cp < 0x80)
			i++;
		else
			cp = utf8_next(word, &i);
		run = cp == last ? run + 1 : 1;
		last = cp;
		if (run >= 3 && (cp >= 0x80 || charclass_byte((char)cp) == CHAR_LETTER))
			return true;
	}
	return false;
}

static bool
has_letter(struct slice word)
{
	for (size_t i = 0; i < word.len; i++) {
		enum char_class k = charclass_byte(word.ptr[i]);
		if (k == CHAR_LETTER || k == CHAR_HIGH)
			return true;
	}
	return false;
}

/* Adds the word or number [c->at, end). */
static inline void
add_word(struct tokeniser *c, size_t end, unsigned notes)
{
	struct slice folded = span(c, end);
	if (charclass_byte(folded.ptr[0]) == CHAR_DIGIT && !has_letter(folded)) {
		add_token(c, end, TOKEN_NUMBER, folded, notes & ~(unsigned)TOKEN_NOTE_HYPHEN);
		return;
	}
	bool has_run = is_elongated(folded);
	if (has_run) {
		folded = shorten(c, folded);
		notes |= TOKEN_NOTE_OTHERS | TOKEN_NOTE_ELSEWHERE;
	}
	struct token *t = add_token(c, end, TOKEN_WORD, folded, notes);
	if (t == NULL)
		return;
	t->is_elongated = has_run;
	const char *written = c->n->text.ptr + t->start;
	if (t->len >= 2 && !tokenise_is_lower(written[0]) && !tokenise_is_lower(written[1]))
		t->is_caps = tokenise_is_all_caps(c->n, t->start, t->len);
}

static void
take_word(struct tokeniser *c)
{
	struct word_scan w = scan_word(c, c->at);
	if (w.end == c->at) {
		c->at++;
		return;
	}
	size_t tokens = c->list->count;
	add_word(c, w.end, w.notes);
	bool is_number = c->list->count > tokens && c->list->items[tokens].kind == TOKEN_NUMBER;
	if (is_number && c->at < c->text.len && c->text.ptr[c->at] == '%')
		c->at++;
}

/* The possessive of an account or a tag is no word of its own. */
static void
skip_possessive(struct tokeniser *c)
{
	struct slice s = c->text;
	if (c->at + 2 <= s.len && s.ptr[c->at] == '\'' && s.ptr[c->at + 1] == 's' &&
	    (c->at + 2 == s.len || !charclass_is_alnum(s.ptr[c->at + 2])))
		c->at += 2;
}

static bool
take_hashtag(struct tokeniser *c)
{
	struct slice s = c->text;
	size_t i = c->at + 1;
	bool has_letter = false;
	while (i < s.len) {
		enum char_class k = charclass_byte(s.ptr[i]);
		if (k == CHAR_HIGH) {
			size_t next = i;
			if (!charclass_is_word(utf8_next(s, &next)))
				break;
			has_letter = true;
			i = next;
			continue;
		}
		if (k != CHAR_LETTER && k != CHAR_DIGIT && s.ptr[i] != '_')
			break;
		has_letter |= k == CHAR_LETTER;
		i++;
	}
	if (!has_letter)
		return false;
	add_token(c, i, TOKEN_HASHTAG, span(c, i), TOKEN_NOTE_OTHERS);
	skip_possessive(c);
	return true;
}

/* ---- punctuation, and the loop --------------------------------------------- */

static void
take_punctuation(struct tokeniser *c)
{
	struct slice s = c->text;
	size_t end = c->at;
	bool has_mark = false;
	while (end < s.len && (s.ptr[end] == '!' || s.ptr[end] == '?' || s.ptr[end] == '.')) {
		has_mark |= s.ptr[end] != '.';
		end++;
	}
	size_t len = end - c->at;
	if (has_mark || len >= 2) {
		struct token *t =
		    add_token(c, end, TOKEN_PUNCT, slice_make(s.ptr + c->at, len < 3 ? len : 3), 0);
		if (t != NULL && has_mark)
			t->ends_sentence = true;
		return;
	}
	/* One dot: an abbreviation's ("U.S. troops"), or the end of a sentence. */
	char after = end < s.len ? s.ptr[end] : ' ';
	const struct token_list *l = c->list;
	bool is_initial = l->count > 0 && l->items[l->count - 1].len == 1;
	bool is_prefix = c->at > 0 && charclass_byte(s.ptr[c->at - 1]) == CHAR_SPACE &&
	    charclass_byte(after) != CHAR_SPACE; /* ".@acme" */
	if (!is_initial && !is_prefix)
		end_sentence(c);
	c->at = end;
}

static bool
is_word_before(const struct tokeniser *c)
{
	return c->at > 0 && charclass_is_alnum(c->text.ptr[c->at - 1]);
}

static void
take_high(struct tokeniser *c)
{
	size_t next = c->at;
	uint32_t cp = utf8_next(c->text, &next);
	if (normalise_is_emoji(cp))
		take_emoji(c, cp, next);
	else if (charclass_is_cjk(cp))
		add_token(c, next, TOKEN_WORD, span(c, next), 0);
	else if (charclass_is_word(cp))
		take_word(c);
	else
		c->at = next;
}

/* What begins with neither letter nor digit. */
static void
take_other(struct tokeniser *c)
{
	struct slice folded;
	size_t len;
	char ch = c->text.ptr[c->at];
	if (ch == '@' && !is_word_before(c) && (len = address_mention(c->text, c->at)) > 0) {
		add_token(c, c->at + len, TOKEN_MENTION, span(c, c->at + len), TOKEN_NOTE_OTHERS);
		skip_possessive(c);
		return;
	}
	if (ch == '#' && (take_keycap(c) || (!is_word_before(c) && take_hashtag(c))))
		return;
	if (ch == '*' && take_keycap(c))
		return;
	if (emoticon_may_begin(ch, c->text.ptr[c->at + 1]) &&
	    (len = emoticon_at(c->text, c->at, &folded)) > 0) {
		struct token *t =
		    add_token(c, c->at + len, TOKEN_EMOTICON, folded, TOKEN_NOTE_ELSEWHERE);
		if (t != NULL)
			t->is_elongated = len > folded.len;
		return;
	}
	if (ch == '!' || ch == '?' || ch == '.')
		take_punctuation(c);
	else
		c->at++;
}

/* Do the letters and digits from `at` on reach beyond `end`? */
static bool
reaches_beyond(struct slice s, size_t at, size_t end)
{
	for (size_t next; at <= end && at < s.len; at = next) {
		next = skip_letter(s, at);
		if (next == at)
			return false;
	}
	return at > end;
}

static void
take_alnum(struct tokeniser *c)
{
	struct slice folded;
	char ch = c->text.ptr[c->at];
	size_t len = address_url(c->text, c->at, &c->no_address_until);
	if (len > 0) {
		add_token(c, c->at + len, TOKEN_URL, span(c, c->at + len), 0);
		return;
	}
	if (charclass_byte(ch) == CHAR_DIGIT && take_keycap(c))
		return;
	/* Emoticons that begin like a word: few, and short; letters behind them make them one. */
	if (emoticon_may_begin(ch, c->text.ptr[c->at + 1]) &&
	    (len = emoticon_at(c->text, c->at, &folded)) > 0 &&
	    !reaches_beyond(c->text, c->at, c->at + len)) {
		add_token(c, c->at + len, TOKEN_EMOTICON, folded, TOKEN_NOTE_ELSEWHERE);
		return;
	}
	take_word(c);
}

int
tokenise_begin(struct tokeniser *c, const struct normal *n, size_t count, struct arena *a,
    struct token_list *list, struct err *err)
{
	*c = (struct tokeniser){.n = n, .text = n->folded, .arena = a, .list = list, .err = err};
	list->count = 0;
	return grow_list(c, count) ? 0 : -1;
}

bool
tokenise_reserve(struct tokeniser *c, size_t count)
{
	const struct token_list *l = c->list;
	if (l->cap - l->count < count && !grow_list(c, l->cap * 2 + count))
		return false;
	return l->cap - l->count >= count; /* TOKENS_MAX */
}

void
tokenise_one(struct tokeniser *c)
{
	char ch = c->text.ptr[c->at];
	switch (charclass_byte(ch)) {
	case CHAR_SPACE:
		if (ch == '\n' || ch == '\r')
			end_sentence(c);
		c->at++;
		break;
	case CHAR_LETTER:
	case CHAR_DIGIT: take_alnum(c); break;
	case CHAR_HIGH: take_high(c); break;
	case CHAR_OTHER: take_other(c); break;
	}
}

int
tokenise_text(const struct normal *n, struct arena *a, struct token_list *list, struct err *err)
{
	struct tokeniser c;
	if (tokenise_begin(&c, n, n->folded.len / 4 + 8, a, list, err) < 0)
		return -1;
	while (c.at < c.text.len && !c.has_failed)
		tokenise_one(&c);
	return c.has_failed ? -1 : 0;
}

void
tokenise_fini(struct token_list *list)
{
	scratch_fini(&list->scratch);
	scratch_fini(&list->notes_scratch);
	list->items = NULL;
	list->notes = NULL;
	list->count = 0;
}
