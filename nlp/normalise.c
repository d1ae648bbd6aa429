#include "nlp/normalise.h"

#include <assert.h>
#include <string.h>

#include <utf8proc.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/utf8.h"
#include "nlp/byte_block.h"
#include "nlp/charclass.h"

/* Unicode's stream-safe format allows 30 marks in a row; longer runs are hostile and cut in pieces.
 */
#define CLUSTER_MAX 32
#define CLUSTER_OUT_MAX (CLUSTER_MAX * 20)
/* A cluster may grow to this many times its bytes (the ligature U+FDFA would grow eleven-fold);
 * else it stays. */
#define GROWTH_MAX 4
/* Room before the folded text, for a blank; and behind it: blocks are written whole. */
#define LEAD 8
#define SLACK (FOLDED_PADDING + 2 * BYTE_BLOCK)

struct writer {
	struct normaliser *z;
	struct arena *arena;
	struct slice text;
	size_t at; /* the next byte of text */
	char *out;
	size_t len, cap;
	uint32_t *map; /* NULL as long as the offsets agree */
	bool after_emoji;
	bool has_failed; /* no memory */
};

bool
normalise_is_emoji(uint32_t cp)
{
	if (cp < 0x203c || cp == 0x2122)
		return false;
	if (cp >= 0x1f1e6 && cp <= 0x1f1ff)
		return true;
	if (cp >= 0x1f3fb && cp <= 0x1f3ff)
		return true;
	return utf8proc_get_property((utf8proc_int32_t)cp)->boundclass ==
	    UTF8PROC_BOUNDCLASS_EXTENDED_PICTOGRAPHIC;
}

/* ---- writing ---------------------------------------------------------------- */

/* From here on folded and original offsets differ. */
static void
writer_part(struct writer *w)
{
	if (w->map != NULL || w->has_failed)
		return;
	w->map = scratch_need(&w->z->map, (w->text.len * GROWTH_MAX + SLACK) * sizeof(uint32_t));
	if (w->map == NULL) {
		w->has_failed = true;
		return;
	}
	for (size_t i = 0; i < w->len; i++)
		w->map[i] = (uint32_t)i;
}

/* Room for a folded text; NULL without memory. */
static char *
alloc_folded(struct arena *a, size_t cap)
{
	char *p = arena_alloc(a, LEAD + cap);
	if (p == NULL)
		return NULL;
	p[LEAD - 1] = ' ';
	return p + LEAD;
}

/* Room for len more bytes and for what is left of the text, which seldom grows. */
static bool
writer_reserve(struct writer *w, size_t len)
{
	if (w->len + len + (w->text.len - w->at) + SLACK <= w->cap)
		return true;
	size_t cap = w->text.len * GROWTH_MAX + SLACK;
	char *out = alloc_folded(w->arena, cap);
	if (out == NULL) {
		w->has_failed = true;
		return false;
	}
	memcpy(out, w->out, w->len);
	w->out = out;
	w->cap = cap;
	return true;
}

/* Bytes that came from the character or cluster at `from`.  Not longer than that, or reserved. */
static inline void
writer_bytes(struct writer *w, const char *p, size_t len, size_t from)
{
	for (size_t i = 0; i < len; i++)
		w->out[w->len + i] = p[i];
	if (w->map != NULL) {
		for (size_t i = 0; i < len; i++)
			w->map[w->len + i] = (uint32_t)from;
	}
	w->len += len;
}

/* The same where the number of bytes, or what they stand for, has changed. */
static void
writer_changed(struct writer *w, const char *p, size_t len, size_t from)
{
	writer_part(w);
	if (!w->has_failed)
		writer_bytes(w, p, len, from);
}

/* Goes on behind `count` bytes that have been folded in their place. */
static inline void
writer_pass(struct writer *w, size_t count)
{
	if (w->map != NULL) {
		for (size_t i = 0; i < BYTE_BLOCK; i++)
			w->map[w->len + i] = (uint32_t)(w->at + i);
	}
	w->len += count;
	w->at += count;
}

/* ---- characters ------------------------------------------------------------- */

static char
ascii_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

/* Characters that are dropped wherever they stand outside an emoji: invisible, and loved by those
 * who dodge filters. */
static bool
is_invisible(uint32_t cp)
{
	return cp == 0xad || cp == 0x34f || cp == 0x61c || cp == 0x180e ||
	    (cp >= 0x200b && cp <= 0x200f) || (cp >= 0x202a && cp <= 0x202e) ||
	    (cp >= 0x2060 && cp <= 0x206f) || cp == 0xfeff || (cp >= 0xfe00 && cp <= 0xfe0f) ||
	    (cp >= 0xe0000 && cp <= 0xe0fff);
}

/* What we write in place of punctuation that has an ASCII twin; 0: none. */
static char
ascii_twin(uint32_t cp)
{
	switch (cp) {
	case 0x60:
	case 0xb4:
	case 0x2018:
	case 0x2019:
	case 0x201a:
	case 0x201b:
	case 0x2bc:
	case 0x2b9:
	case 0x2032:
	case 0xff07:
	case 0x2035: return '\'';
	case 0x201c:
	case 0x201d:
	case 0x201e:
	case 0x201f:
	case 0xab:
	case 0xbb:
	case 0x2033:
	case 0xff02: return '"';
	case 0xa9:
	case 0xae:
	case 0x2122:
	case 0x2120:
	case 0xa0:
	case 0x2007:
	case 0x202f:
	case 0x3000: return ' ';
	case 0x2028:
	case 0x2029:
	case 0x85: return '\n';
	case 0x2010:
	case 0x2011:
	case 0xaf: return '-';
	case 0x3002: return '.';
	default: return 0;
	}
}

/* Does cp join the cluster before it?  Everything that NFC may compose with what precedes. */
static bool
is_joining(uint32_t cp)
{
	if (cp < 0x300)
		return false;
	const utf8proc_property_t *p = utf8proc_get_property((utf8proc_int32_t)cp);
	return p->combining_class != 0 || p->boundclass == UTF8PROC_BOUNDCLASS_EXTEND ||
	    p->boundclass == UTF8PROC_BOUNDCLASS_SPACINGMARK ||
	    p->boundclass == UTF8PROC_BOUNDCLASS_V || p->boundclass == UTF8PROC_BOUNDCLASS_T;
}

/* The folded form of a letter that needs neither composing nor compatibility mapping; 0: take the
 * long way. */
static uint32_t
fold_simple(uint32_t cp)
{
	if (cp >= 0xc0 && cp <= 0xde && cp != 0xd7)
		return cp + 0x20;
	if (cp >= 0xe0 && cp <= 0xff)
		return cp;
	if (cp >= 0x100 && cp <= 0x17e && cp != 0x130 && cp != 0x131 &&
	    !(cp >= 0x132 && cp <= 0x133) && cp != 0x13f && cp != 0x140 && cp != 0x149)
		return (uint32_t)utf8proc_tolower((utf8proc_int32_t)cp);
	if (cp >= 0x391 && cp <= 0x3c9 && cp != 0x3c2)
		return (uint32_t)utf8proc_tolower((utf8proc_int32_t)cp);
	if (cp >= 0x400 && cp <= 0x481)
		return (uint32_t)utf8proc_tolower((utf8proc_int32_t)cp);
	if ((cp >= 0x3041 && cp <= 0x3096) || (cp >= 0x30a1 && cp <= 0x30fa) || cp == 0x30fc ||
	    (cp >= 0x4e00 && cp <= 0x9fff) || (cp >= 0xac00 && cp <= 0xd7a3))
		return cp;
	return 0;
}

/* NFKC and case folding of the cluster [from, to); what grows too much or is refused stays as it
 * was. */
static void
write_cluster(struct writer *w, size_t from, size_t to)
{
	utf8proc_int32_t cps[CLUSTER_OUT_MAX];
	char out[CLUSTER_MAX * 4 * GROWTH_MAX + 4];
	const char *p = w->text.ptr + from;
	size_t len = to - from, total = 0;
	const utf8proc_option_t options = (utf8proc_option_t)(UTF8PROC_STABLE | UTF8PROC_COMPAT |
	    UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD);
	utf8proc_ssize_t n = utf8proc_decompose(
	    (const utf8proc_uint8_t *)p, (utf8proc_ssize_t)len, cps, CLUSTER_OUT_MAX, options);
	if (n > 0 && n <= CLUSTER_OUT_MAX)
		n = utf8proc_normalize_utf32(cps, n, options);
	bool is_good = n > 0 && n <= CLUSTER_OUT_MAX;
	for (utf8proc_ssize_t i = 0; is_good && i < n; i++) {
		total += utf8_encode((uint32_t)cps[i], out + total);
		is_good = total <= len * GROWTH_MAX;
	}
	if (!is_good)
		writer_changed(w, p, len, from);
	else if (writer_reserve(w, total))
		writer_changed(w, out, total, from);
}

/* One cluster: an ASCII character followed by something else, or anything that is not ASCII. */
static void
take_cluster(struct writer *w)
{
	struct slice text = w->text;
	size_t start = w->at, next = start;
	uint32_t cp = utf8_next(text, &next);
	w->at = next;

	if (normalise_is_emoji(cp) && cp != 0x203c && cp != 0x2049 && cp != 0x2139) {
		writer_bytes(w, text.ptr + start, next - start, start);
		w->after_emoji = true;
		return;
	}
	if (is_invisible(cp)) {
		bool is_glue = cp == 0x200d || cp == 0xfe0f || cp == 0xfe0e ||
		    (cp >= 0xe0020 && cp <= 0xe007f);
		if (is_glue && w->after_emoji)
			writer_bytes(w, text.ptr + start, next - start, start);
		else
			writer_part(w);
		return;
	}
	w->after_emoji = false;
	char twin = ascii_twin(cp);
	if (twin != 0) {
		writer_changed(w, &twin, 1, start);
		return;
	}

	/* Is a mark coming? */
	size_t count = 1;
	while (next < text.len && (unsigned char)text.ptr[next] >= 0xcc && count < CLUSTER_MAX) {
		size_t after = next;
		uint32_t mark = utf8_next(text, &after);
		if (!is_joining(mark) || is_invisible(mark) || normalise_is_emoji(mark))
			break;
		next = after;
		count++;
	}
	w->at = next;
	uint32_t simple = count > 1 ? 0
	    : cp < 0x80             ? (unsigned char)ascii_lower((char)cp)
				    : fold_simple(cp);
	if (simple == 0) {
		write_cluster(w, start, next);
		return;
	}
	char out[4];
	size_t len = utf8_encode(simple, out);
	assert(len == next - start);
	writer_bytes(w, out, len, start);
}

/* A letter of Latin-1 or Latin Extended-A at w->at, with nothing to join behind it; false: take the
 * long way. */
static bool
take_latin(struct writer *w, unsigned char lead, unsigned char second)
{
	size_t from = w->at;
	if (lead == 0xc3 && second == 0x9f) { /* sharp s */
		writer_changed(w, "ss", 2, from);
	} else {
		char out[4];
		uint32_t cp = fold_simple((uint32_t)(lead & 0x1f) << 6 | (second & 0x3f));
		if (cp == 0 || cp == 0xf7)
			return false;
		out[0] = (char)(0xc0 | cp >> 6);
		out[1] = (char)(0x80 | (cp & 0x3f));
		writer_bytes(w, out, 2, from);
	}
	w->at = from + 2;
	w->after_emoji = false;
	return true;
}

/* The quotes, dashes and dots of U+2013 to U+2026. */
static bool
take_quote(struct writer *w, unsigned char third, bool may_join)
{
	size_t from = w->at;
	if (third >= 0x98 && third <= 0x9f)
		writer_changed(w, third < 0x9c ? "'" : "\"", 1, from);
	else if (third == 0xa6 && !may_join)
		writer_changed(w, "...", 3, from);
	else if ((third == 0x93 || third == 0x94 || third == 0xa2) && !may_join)
		writer_bytes(w, w->text.ptr + from, 3, from);
	else
		return false;
	w->at = from + 3;
	w->after_emoji = false;
	return true;
}

/* The character at w->at, which is not ASCII or has something that is not behind it. */
static void
take_one(struct writer *w)
{
	const unsigned char *p = (const unsigned char *)w->text.ptr + w->at;
	size_t left = w->text.len - w->at;
	if (p[0] < 0x80) {
		if (left > 1 && p[1] >= 0xe2 &&
		    (p[0] == '#' || p[0] == '*' || (p[0] >= '0' && p[0] <= '9'))) {
			/* Perhaps a keycap: its variation selector must survive. */
			writer_bytes(w, w->text.ptr + w->at, 1, w->at);
			w->at++;
			w->after_emoji = true;
		} else {
			take_cluster(w);
		}
		return;
	}
	if (p[0] >= 0xc3 && p[0] <= 0xc5 && (left == 2 || p[2] < 0xcc) && take_latin(w, p[0], p[1]))
		return;
	if (p[0] == 0xc2 && (left == 2 || p[2] < 0xcc) && charclass_is_latin_sign(p[1])) {
		writer_bytes(w, (const char *)p, 2, w->at);
		w->at += 2;
		w->after_emoji = false;
		return;
	}
	if (p[0] == 0xe2 && p[1] == 0x80 && take_quote(w, p[2], left > 3 && p[3] >= 0xcc))
		return;
	take_cluster(w);
}

/* How many of the ASCII characters in front of `stop` may be folded without looking further: the
 * last one may have a mark behind it, or be a keycap.  General punctuation and emoji are no marks.
 */
static size_t
ascii_before(const struct writer *w, size_t count)
{
	const unsigned char *p = (const unsigned char *)w->text.ptr + w->at + count;
	size_t left = w->text.len - w->at - count;
	if (count == 0 || left < 2 || p[0] < 0xcc)
		return count;
	bool is_digit = p[-1] == '#' || p[-1] == '*' || (p[-1] >= '0' && p[-1] <= '9');
	bool is_mark_free = (p[0] == 0xe2 && p[1] == 0x80) || (p[0] == 0xf0 && p[1] == 0x9f);
	return is_mark_free && !is_digit ? count : count - 1;
}

/* From w->at on, block by block, up to the next byte that is not ASCII. */
static void
fold_mixed(struct writer *w)
{
	while (w->at < w->text.len && !w->has_failed) {
		size_t left = w->text.len - w->at, count = left < BYTE_BLOCK ? left : BYTE_BLOCK;
		char rest[BYTE_BLOCK] = {0};
		const char *in = w->text.ptr + w->at;
		if (left < BYTE_BLOCK) {
			memcpy(rest, in, left);
			in = rest;
		}
		uint32_t high = byte_block_fold(in, w->out + w->len);
		if (high != 0 && (size_t)__builtin_ctz(high) < count)
			count = (size_t)__builtin_ctz(high);
		count = ascii_before(w, count);
		if (count > 0) {
			writer_pass(w, count);
			w->after_emoji = false;
		}
		/* A whole block of ASCII may go on; anything shorter stopped at something. */
		if (w->at < w->text.len && count < BYTE_BLOCK)
			take_one(w);
	}
}

/* The blocks at the front that are ASCII only; true: that is all of the text. */
static bool
fold_ascii(struct writer *w)
{
	size_t len = w->text.len, i = 0;
	uint32_t high = 0;
	for (; i + BYTE_BLOCK <= len; i += BYTE_BLOCK) {
		high = byte_block_fold(w->text.ptr + i, w->out + i);
		if (high != 0)
			break;
	}
	/* The last block may overlap the one before. */
	if (high == 0 && len >= BYTE_BLOCK) {
		size_t last = len - BYTE_BLOCK;
		if (byte_block_fold(w->text.ptr + last, w->out + last) == 0)
			i = len;
	}
	/* The last character may have a mark behind it. */
	if (i > 0 && i < len && (unsigned char)w->text.ptr[i] >= 0xcc)
		i--;
	w->at = w->len = i;
	return i == len;
}

int
normalise_text(struct normaliser *z, struct slice text, struct arena *a, struct normal *normal_r,
    struct err *err)
{
	assert(text.len < UINT32_MAX / (GROWTH_MAX * 4));
	struct writer w = {.z = z, .arena = a, .text = text, .cap = text.len + SLACK};
	w.out = alloc_folded(a, w.cap);
	if (w.out != NULL && !fold_ascii(&w))
		fold_mixed(&w);
	if (w.out == NULL || w.has_failed)
		return err_set(err, ERR_NOMEM, "no memory to normalise %zu bytes", text.len);
	assert(w.len + FOLDED_PADDING <= w.cap);
	memset(w.out + w.len, 0, FOLDED_PADDING);
	normal_r->text = text;
	normal_r->folded = slice_make(w.out, w.len);
	normal_r->map = w.map;
	return 0;
}

void
normalise_fini(struct normaliser *z)
{
	scratch_fini(&z->map);
}
