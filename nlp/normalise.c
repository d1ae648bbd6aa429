#include "nlp/normalise.h"

#include <assert.h>
#include <string.h>

#include <utf8proc.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/utf8.h"

/* Unicode's stream-safe format allows 30 marks in a row; longer runs are hostile and cut in pieces.
 */
#define CLUSTER_MAX 32
#define CLUSTER_OUT_MAX (CLUSTER_MAX * 20)
/* A cluster may grow to this many times its bytes (the ligature U+FDFA would grow eleven-fold);
 * else it stays. */
#define GROWTH_MAX 4

struct writer {
	char *out;
	uint32_t *map;
	size_t len;
	uint32_t at; /* original offset of the cluster being written */
	bool after_emoji;
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

static inline void
writer_byte(struct writer *w, char c)
{
	w->out[w->len] = c;
	w->map[w->len] = w->at;
	w->len++;
}

static void
writer_bytes(struct writer *w, const char *p, size_t len)
{
	for (size_t i = 0; i < len; i++)
		writer_byte(w, p[i]);
}

static void
writer_cp(struct writer *w, uint32_t cp)
{
	char out[4];
	writer_bytes(w, out, utf8_encode(cp, out));
}

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

/* NFKC and case folding of one cluster; what grows too much or is refused stays as it was. */
static void
write_cluster(struct writer *w, const char *p, size_t len)
{
	utf8proc_int32_t cps[CLUSTER_OUT_MAX];
	const utf8proc_option_t options = (utf8proc_option_t)(UTF8PROC_STABLE | UTF8PROC_COMPAT |
	    UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD);
	utf8proc_ssize_t n = utf8proc_decompose(
	    (const utf8proc_uint8_t *)p, (utf8proc_ssize_t)len, cps, CLUSTER_OUT_MAX, options);
	if (n > 0 && n <= CLUSTER_OUT_MAX)
		n = utf8proc_normalize_utf32(cps, n, options);
	if (n <= 0 || n > CLUSTER_OUT_MAX) {
		writer_bytes(w, p, len);
		return;
	}

	size_t total = 0;
	char out[4];
	for (utf8proc_ssize_t i = 0; i < n; i++)
		total += utf8_encode((uint32_t)cps[i], out);
	if (total > len * GROWTH_MAX) {
		writer_bytes(w, p, len);
		return;
	}
	for (utf8proc_ssize_t i = 0; i < n; i++)
		writer_cp(w, (uint32_t)cps[i]);
}

/* One cluster at *pos: an ASCII character followed by something else, or anything that is not
 * ASCII. */
static void
take_cluster(struct writer *w, struct slice text, size_t *pos)
{
	size_t start = *pos, next = start;
	uint32_t cp = utf8_next(text, &next);
	w->at = (uint32_t)start;
	*pos = next;

	if (normalise_is_emoji(cp) && cp != 0x203c && cp != 0x2049 && cp != 0x2139) {
		writer_bytes(w, text.ptr + start, next - start);
		w->after_emoji = true;
		return;
	}
	if (is_invisible(cp)) {
		bool is_glue = cp == 0x200d || cp == 0xfe0f || cp == 0xfe0e ||
		    (cp >= 0xe0020 && cp <= 0xe007f);
		if (is_glue && w->after_emoji)
			writer_bytes(w, text.ptr + start, next - start);
		return;
	}
	w->after_emoji = false;
	char twin = ascii_twin(cp);
	if (twin != 0) {
		writer_byte(w, twin);
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
	*pos = next;
	if (count == 1 && cp < 0x80) {
		writer_byte(w, ascii_lower((char)cp));
		return;
	}
	uint32_t simple = count == 1 ? fold_simple(cp) : 0;
	if (simple != 0)
		writer_cp(w, simple);
	else
		write_cluster(w, text.ptr + start, next - start);
}

/* Lower-cases ASCII from text into out until a byte that is not ASCII; returns how many. */
static size_t
lower_ascii(char *out, const char *text, size_t len)
{
	size_t i = 0;
	for (; i + 8 <= len; i += 8) {
		uint64_t v;
		memcpy(&v, text + i, 8);
		if ((v & 0x8080808080808080ULL) != 0)
			break;
		/* Bit 7 of each byte: is it at least 'A', is it above 'Z'? */
		uint64_t from_a = v + 0x3f3f3f3f3f3f3f3fULL, above_z = v + 0x2525252525252525ULL;
		v |= ((from_a & ~above_z) & 0x8080808080808080ULL) >> 2;
		memcpy(out + i, &v, 8);
	}
	for (; i < len && (unsigned char)text[i] < 0x80; i++)
		out[i] = ascii_lower(text[i]);
	return i;
}

int
normalise_text(struct normaliser *z, struct slice text, struct arena *a, struct normal *normal_r,
    struct err *err)
{
	assert(text.len < UINT32_MAX / (GROWTH_MAX * 4));
	char *plain = arena_alloc(a, text.len + 1);
	if (plain == NULL)
		return err_set(err, ERR_NOMEM, "no memory to normalise %zu bytes", text.len);
	size_t ascii = lower_ascii(plain, text.ptr, text.len);
	if (ascii == text.len && memchr(plain, '`', ascii) == NULL) {
		normal_r->text = text;
		normal_r->folded = slice_make(plain, text.len);
		normal_r->map = NULL;
		return 0;
	}

	struct writer w = {.out = scratch_need(&z->bytes, text.len * GROWTH_MAX + 8),
	    .map = scratch_need(&z->map, (text.len * GROWTH_MAX + 8) * sizeof(uint32_t))};
	if (w.out == NULL || w.map == NULL)
		return err_set(err, ERR_NOMEM, "no memory to normalise %zu bytes", text.len);
	for (size_t i = 0; i < text.len;) {
		unsigned char c = (unsigned char)text.ptr[i];
		unsigned char next = i + 1 < text.len ? (unsigned char)text.ptr[i + 1] : 0;
		if (c < 0x80 && next < 0xcc && c != '`') {
			w.at = (uint32_t)i++;
			w.after_emoji = false;
			writer_byte(&w, ascii_lower((char)c));
		} else if (c < 0x80 && next >= 0xe2 &&
		    (c == '#' || c == '*' || (c >= '0' && c <= '9'))) {
			/* Perhaps a keycap: its variation selector must survive. */
			w.at = (uint32_t)i++;
			w.after_emoji = true;
			writer_byte(&w, (char)c);
		} else {
			take_cluster(&w, text, &i);
		}
	}

	char *out = arena_alloc(a, w.len + 1);
	if (out == NULL)
		return err_set(err, ERR_NOMEM, "no memory to normalise %zu bytes", text.len);
	memcpy(out, w.out, w.len);
	out[w.len] = '\0';
	normal_r->text = text;
	normal_r->folded = slice_make(out, w.len);
	normal_r->map = w.map;
	return 0;
}

void
normalise_fini(struct normaliser *z)
{
	scratch_fini(&z->bytes);
	scratch_fini(&z->map);
}
