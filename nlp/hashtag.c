/*
 * First the marks cut the tag into pieces, then the dictionary divides each piece it does not know.
 *
 * The division of a piece is the cheapest path from its first byte to its last, where every step is
 * a known word: a word costs WORD_COST, a short one more, and of equal paths the one with the longest
 * word wins, because the squares of the lengths are taken off.
 */
#include "nlp/hashtag.h"

#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "core/utf8.h"
#include "nlp/charclass.h"

#define WORD_COST 2000
#define LETTER_COST 3000 /* on top, for a word of one letter */
#define PAIR_COST 1000 /* of two */
#define WORD_BYTES_MAX 24

struct splitter {
	hashtag_word_fn *is_word;
	void *cookie;
	struct slice *parts;
	int count; /* -1: more than fit */
	bool has_mark; /* a capital or an underscore showed a word */
};

enum letter_kind {
	LETTER_NONE, /* an underscore */
	LETTER_LOWER, /* or of a script without capitals */
	LETTER_UPPER,
	LETTER_DIGIT
};

static enum letter_kind
kind_at(struct slice s, size_t i, size_t *next_r)
{
	*next_r = i;
	uint32_t cp = utf8_next(s, next_r);
	if (cp == '_')
		return LETTER_NONE;
	if (cp >= '0' && cp <= '9')
		return LETTER_DIGIT;
	bool is_upper = cp < 0x80 ? cp >= 'A' && cp <= 'Z' : charclass_is_upper(cp);
	return is_upper ? LETTER_UPPER : LETTER_LOWER;
}

static void
add_part(struct splitter *s, struct slice part)
{
	if (s->count < 0 || s->count == HASHTAG_PARTS_MAX) {
		s->count = -1;
		return;
	}
	s->parts[s->count++] = part;
}

static bool
is_known(const struct splitter *s, struct slice word)
{
	return s->is_word != NULL && s->is_word(s->cookie, word);
}

static int
word_cost(struct slice word)
{
	size_t letters = utf8_count(word);
	int cost = WORD_COST - (int)(letters * letters);
	return cost + (letters == 1 ? LETTER_COST : letters == 2 ? PAIR_COST : 0);
}

/* Divides a piece into known words; false: there is no convincing way. */
static bool
divide(struct splitter *s, struct slice piece)
{
	int cost[HASHTAG_BYTES_MAX + 1] = {0};
	uint8_t from[HASHTAG_BYTES_MAX + 1] = {0}, ends[HASHTAG_BYTES_MAX + 1];
	assert(piece.len <= HASHTAG_BYTES_MAX);
	for (size_t end = 1; end <= piece.len; end++) {
		cost[end] = INT32_MAX;
		size_t first = end > WORD_BYTES_MAX ? end - WORD_BYTES_MAX : 0;
		if (end < piece.len && ((unsigned char)piece.ptr[end] & 0xc0) == 0x80)
			continue;
		for (size_t start = first; start < end; start++) {
			struct slice word = slice_make(piece.ptr + start, end - start);
			if (cost[start] == INT32_MAX || ((unsigned char)word.ptr[0] & 0xc0) == 0x80)
				continue;
			/* Whether a word is known is the dear question: only of one that would be taken. */
			int sum = cost[start] + word_cost(word);
			if (sum < cost[end] && is_known(s, word)) {
				cost[end] = sum;
				from[end] = (uint8_t)start;
			}
		}
	}
	if (piece.len == 0 || cost[piece.len] == INT32_MAX)
		return false;

	size_t count = 0;
	for (size_t end = piece.len; end > 0; end = from[end])
		ends[count++] = (uint8_t)end;
	if (utf8_count(piece) * 2 < count * 5)
		return false;
	for (size_t start = 0; count > 0; start = ends[count])
		add_part(s, slice_make(piece.ptr + start, ends[--count] - start));
	return true;
}

static void
add_piece(struct splitter *s, struct slice piece)
{
	if (piece.len == 0)
		return;
	if (charclass_byte(piece.ptr[0]) == CHAR_DIGIT || is_known(s, piece) || !divide(s, piece))
		add_part(s, piece);
}

/* Does a word begin at `i` of the text as written, behind a character of kind `before`? */
static bool
is_boundary(struct slice written, size_t i, enum letter_kind before)
{
	size_t next, behind;
	enum letter_kind kind = kind_at(written, i, &next);
	if (kind == LETTER_DIGIT || before == LETTER_DIGIT)
		return kind != before;
	if (kind != LETTER_UPPER)
		return false;
	/* "thisIs", and "USAToday" before the T. */
	return before == LETTER_LOWER ||
	    (next < written.len && kind_at(written, next, &behind) == LETTER_LOWER);
}

static void
split_at_marks(struct splitter *s, struct slice folded, struct slice written)
{
	enum letter_kind before = LETTER_NONE;
	size_t start = 0, next;
	for (size_t i = 0; i < written.len; i = next) {
		enum letter_kind kind = kind_at(written, i, &next);
		bool is_gap = kind == LETTER_NONE;
		if (is_gap || (before != LETTER_NONE && is_boundary(written, i, before))) {
			s->has_mark |= is_gap || kind == LETTER_UPPER;
			add_piece(s, slice_make(folded.ptr + start, i - start));
			start = is_gap ? next : i;
		}
		before = kind;
	}
	add_piece(s, slice_make(folded.ptr + start, folded.len - start));
}

static bool
has_word(const struct splitter *s)
{
	for (int i = 0; i < s->count; i++) {
		if (s->parts[i].len >= 3 && charclass_byte(s->parts[i].ptr[0]) != CHAR_DIGIT)
			return true;
	}
	return false;
}

/* Do the characters of both begin at the same bytes? */
static bool
is_aligned(struct slice a, struct slice b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++) {
		bool is_inside = ((unsigned char)a.ptr[i] & 0xc0) == 0x80;
		if (is_inside != (((unsigned char)b.ptr[i] & 0xc0) == 0x80))
			return false;
	}
	return true;
}

int
hashtag_split(struct slice folded, struct slice written, hashtag_word_fn *is_word, void *cookie,
    struct slice parts[HASHTAG_PARTS_MAX])
{
	struct splitter s = {.is_word = is_word, .cookie = cookie, .parts = parts};
	if (folded.len < 2 || folded.ptr[0] != '#' || folded.len > HASHTAG_BYTES_MAX + 1)
		return 0;
	/* Where folding moved characters, capitals cannot be found in it again. */
	if (!is_aligned(written, folded) || written.ptr[0] != '#')
		written = folded;
	folded = slice_make(folded.ptr + 1, folded.len - 1);
	written = slice_make(written.ptr + 1, written.len - 1);
	if (is_known(&s, folded))
		return 0;
	split_at_marks(&s, folded, written);
	/* "mp3" and "4k" are no two words. */
	if (s.count < 2 || (!s.has_mark && !has_word(&s)))
		return 0;
	return s.count;
}
