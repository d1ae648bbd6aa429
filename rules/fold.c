#include "rules/fold_internal.h"

#include <string.h>

#include "core/utf8.h"

uint32_t
fold_char(uint32_t c)
{
	if (c >= 'A' && c <= 'Z')
		return c + 0x20;
	if (c < 0xC0)
		return c;
	if (c >= 0xC0 && c <= 0xDE)
		return c == 0xD7 ? c : c + 0x20;
	/* Latin Extended-A: pairs, even first up to 0137 and from 014A to 0177, odd first between
	 * and after */
	if (c >= 0x100 && c <= 0x17E && c != 0x130 && c != 0x131 && c != 0x138 && c != 0x149) {
		if (c == 0x178)
			return 0xFF;
		if ((c >= 0x139 && c <= 0x148) || c >= 0x179)
			return c % 2 == 1 ? c + 1 : c;
		return c % 2 == 0 ? c + 1 : c;
	}
	if (c == 0x386)
		return 0x3AC;
	if (c >= 0x388 && c <= 0x38A)
		return c + 37;
	if (c == 0x38C)
		return 0x3CC;
	if (c == 0x38E || c == 0x38F)
		return c + 63;
	if (c >= 0x391 && c <= 0x3AB && c != 0x3A2)
		return c + 0x20;
	if (c >= 0x400 && c <= 0x40F)
		return c + 0x50;
	if (c >= 0x410 && c <= 0x42F)
		return c + 0x20;
	return c;
}

/* The first size bytes, which are at most eight; false when one of them is no ASCII. */
static inline bool
fold_some(const char *from, size_t size, char *out)
{
	uint64_t w = 0;

	memcpy(&w, from, size);
	if ((w & FOLD_HIGH_BITS) != 0)
		return false;
	w = fold_eight(w);
	memcpy(out, &w, size);
	return true;
}

void
fold_text(struct slice s, char *out)
{
	size_t i = 0;

	while (i < s.len) {
		size_t left = s.len - i, start = i;

		if (left >= 8 && fold_some(s.ptr + i, 8, out + i)) {
			i += 8;
			continue;
		}
		if (left < 8 && fold_some(s.ptr + i, left, out + i))
			return;
		/* every fold keeps the length: two bytes stay two bytes */
		(void)utf8_encode(fold_char(utf8_next(s, &i)), out + start);
	}
}

static bool
is_word_char(uint32_t c)
{
	if (c < 0x80)
		return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    c == '_';
	return (c >= 0xC0 && c <= 0x10FF && c != 0xD7 && c != 0xF7) || (c >= 0x1E00 && c <= 0x1FFF);
}

static bool
is_word_before(struct slice s, size_t at)
{
	size_t i = at;

	if (at == 0)
		return false;
	do
		i--;
	while (i > 0 && ((unsigned char)s.ptr[i] & 0xC0) == 0x80);
	return is_word_char(utf8_next(s, &i));
}

static bool
is_word_at(struct slice s, size_t at)
{
	return at < s.len && is_word_char(utf8_next(s, &at));
}

bool
fold_contains(struct slice text, struct slice part)
{
	bool starts_word, ends_word;

	if (part.len == 0 || part.len > text.len)
		return false;
	starts_word = is_word_at(part, 0);
	ends_word = is_word_before(part, part.len);
	for (size_t at = 0; at + part.len <= text.len; at++) {
		const char *hit = memmem(text.ptr + at, text.len - at, part.ptr, part.len);

		if (hit == NULL)
			return false;
		at = (size_t)(hit - text.ptr);
		if (!(starts_word && is_word_before(text, at)) &&
		    !(ends_word && is_word_at(text, at + part.len)))
			return true;
	}
	return false;
}

struct slice
fold_value(enum field_fold how, struct slice s, char *out)
{
	if ((how == FOLD_HANDLE && s.len > 0 && s.ptr[0] == '@') ||
	    (how == FOLD_TAG && s.len > 0 && s.ptr[0] == '#'))
		s = slice_make(s.ptr + 1, s.len - 1);
	fold_text(s, out);
	if (how == FOLD_LOCALE)
		for (size_t i = 0; i < s.len; i++)
			out[i] = out[i] == '-' ? '_' : out[i];
	return slice_make(out, s.len);
}
