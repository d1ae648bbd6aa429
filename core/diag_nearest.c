#include "core/diag.h"

#include <stdint.h>
#include <string.h>

#define WORD_MAX 48 /* longer words are nobody's slip of the finger */

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/*
 * Optimal string alignment: insertions, deletions, substitutions and swaps of neighbours, by rows
 * of the usual table; the row before the last is kept for the swaps.  Case does not count.
 */
static size_t
distance(struct slice a, struct slice b)
{
	size_t rows[3][WORD_MAX + 1];
	size_t *two_ago = rows[0], *last = rows[1], *row = rows[2];

	for (size_t j = 0; j <= b.len; j++)
		last[j] = j;
	for (size_t i = 1; i <= a.len; i++) {
		row[0] = i;
		for (size_t j = 1; j <= b.len; j++) {
			bool is_same = lower(a.ptr[i - 1]) == lower(b.ptr[j - 1]);
			row[j] = least(last[j - 1] + !is_same, least(last[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && lower(a.ptr[i - 1]) == lower(b.ptr[j - 2]) &&
			    lower(a.ptr[i - 2]) == lower(b.ptr[j - 1]))
				row[j] = least(row[j], two_ago[j - 2] + 1);
		}
		size_t *spare = two_ago;
		two_ago = last;
		last = row;
		row = spare;
	}
	return last[b.len];
}

const char *
diag_nearest(struct slice word, const char *const *candidates, size_t n)
{
	const char *best = NULL;
	size_t best_distance = SIZE_MAX;

	if (word.len == 0 || word.len > WORD_MAX)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		struct slice candidate = slice_of(candidates[i]);
		if (candidate.len == 0 || candidate.len > WORD_MAX)
			continue;
		size_t longer = word.len > candidate.len ? word.len : candidate.len;
		size_t d = distance(word, candidate);
		if (d * 3 <= longer && d < best_distance) {
			best = candidates[i];
			best_distance = d;
		}
	}
	return best;
}
