#include "collectors/charset.h"

#include <assert.h>
#include <iconv.h>

#include "core/arena.h"
#include "core/utf8.h"

#define DECLARATION_MAX 400 /* bytes in which an XML declaration must end */

/* The labels we know and what iconv calls them: a closed list, so that a stranger does not choose
 * among all of iconv's converters.  Latin-1 and ASCII are read as Windows-1252, as every browser
 * does. */
static const struct {
	const char *label;
	const char *iconv_name;
} charsets[] = {
    {"utf-8", "UTF-8"},
    {"utf8", "UTF-8"},
    {"us-ascii", "WINDOWS-1252"},
    {"ascii", "WINDOWS-1252"},
    {"iso-8859-1", "WINDOWS-1252"},
    {"iso8859-1", "WINDOWS-1252"},
    {"latin1", "WINDOWS-1252"},
    {"windows-1252", "WINDOWS-1252"},
    {"cp1252", "WINDOWS-1252"},
    {"iso-8859-2", "ISO-8859-2"},
    {"iso-8859-3", "ISO-8859-3"},
    {"iso-8859-4", "ISO-8859-4"},
    {"iso-8859-5", "ISO-8859-5"},
    {"iso-8859-6", "ISO-8859-6"},
    {"iso-8859-7", "ISO-8859-7"},
    {"iso-8859-8", "ISO-8859-8"},
    {"iso-8859-9", "WINDOWS-1254"},
    {"iso-8859-13", "ISO-8859-13"},
    {"iso-8859-15", "ISO-8859-15"},
    {"iso-8859-16", "ISO-8859-16"},
    {"windows-1250", "WINDOWS-1250"},
    {"windows-1251", "WINDOWS-1251"},
    {"windows-1253", "WINDOWS-1253"},
    {"windows-1254", "WINDOWS-1254"},
    {"windows-1255", "WINDOWS-1255"},
    {"windows-1256", "WINDOWS-1256"},
    {"windows-1257", "WINDOWS-1257"},
    {"windows-1258", "WINDOWS-1258"},
    {"koi8-r", "KOI8-R"},
    {"koi8-u", "KOI8-U"},
    {"gb2312", "GB18030"},
    {"gbk", "GB18030"},
    {"gb18030", "GB18030"},
    {"big5", "BIG5"},
    {"big5-hkscs", "BIG5-HKSCS"},
    {"shift_jis", "SHIFT_JIS"},
    {"sjis", "SHIFT_JIS"},
    {"x-sjis", "SHIFT_JIS"},
    {"euc-jp", "EUC-JP"},
    {"iso-2022-jp", "ISO-2022-JP"},
    {"euc-kr", "EUC-KR"},
    {"ks_c_5601-1987", "EUC-KR"},
    {"tis-620", "TIS-620"},
    {"utf-16", "UTF-16"},
    {"utf-16le", "UTF-16LE"},
    {"utf-16be", "UTF-16BE"},
    {"utf-32", "UTF-32"},
};

static const char *
charset_find(struct slice label)
{
	for (size_t i = 0; i < sizeof(charsets) / sizeof(charsets[0]); i++)
		if (slice_eq_nocase(label, slice_of(charsets[i].label)))
			return charsets[i].iconv_name;
	return NULL;
}

/* The value behind `name =` in s, without quotes. */
static struct slice
value_after(struct slice s, const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i + len < s.len; i++) {
		size_t at = i + len;
		if (!slice_eq_nocase(slice_make(s.ptr + i, len), slice_of(name)))
			continue;
		while (at < s.len && (s.ptr[at] == ' ' || s.ptr[at] == '\t'))
			at++;
		if (at >= s.len || s.ptr[at] != '=')
			continue;
		at++;
		while (at < s.len && strchr(" \t\"'", s.ptr[at]) != NULL)
			at++;
		size_t start = at;
		while (at < s.len && strchr(" \t\"';?>,", s.ptr[at]) == NULL)
			at++;
		return slice_make(s.ptr + start, at - start);
	}
	return SLICE_NONE;
}

static struct slice
declared_encoding(struct slice body)
{
	struct slice trimmed = slice_trim(body);
	const char *end;

	if (!slice_starts_with(trimmed, "<?xml"))
		return SLICE_NONE;
	if (trimmed.len > DECLARATION_MAX)
		trimmed.len = DECLARATION_MAX;
	end = memmem(trimmed.ptr, trimmed.len, "?>", 2);
	if (end == NULL)
		return SLICE_NONE;
	return value_after(slice_make(trimmed.ptr, (size_t)(end - trimmed.ptr)), "encoding");
}

/* Strict: SLICE_NONE when the bytes are not that encoding's (or there is no memory). */
static struct slice
convert(struct arena *a, struct slice body, const char *from)
{
	/* No encoding in the list gives more than three bytes for one; UTF-8 into itself gives as
	 * many. */
	size_t room = 3 * body.len + 4;
	char *out = arena_alloc(a, room);
	char *in = (char *)(uintptr_t)body.ptr; /* iconv's prototype; it does not write */
	size_t in_left = body.len, out_left = room;
	char *at = out;
	iconv_t cd;
	size_t rc;

	if (out == NULL)
		return SLICE_NONE;
	cd = iconv_open("UTF-8", from);
	if (cd == (iconv_t)-1) /* NOLINT(performance-no-int-to-ptr): iconv's way of saying no */
		return SLICE_NONE;
	rc = iconv(cd, &in, &in_left, &at, &out_left);
	if (rc != (size_t)-1)
		rc = iconv(cd, NULL, NULL, &at, &out_left);
	(void)iconv_close(cd);
	return rc == (size_t)-1 ? SLICE_NONE : slice_make(out, (size_t)(at - out));
}

/* By byte order mark, or by the zero bytes beside the first '<'. */
static const char *
wide_encoding(struct slice b, size_t *mark_r)
{
	*mark_r = 0;
	if (b.len >= 4 && memcmp(b.ptr, "\xFF\xFE\0\0", 4) == 0)
		return *mark_r = 4, "UTF-32LE";
	if (b.len >= 4 && memcmp(b.ptr, "\0\0\xFE\xFF", 4) == 0)
		return *mark_r = 4, "UTF-32BE";
	if (b.len >= 2 && memcmp(b.ptr, "\xFF\xFE", 2) == 0)
		return *mark_r = 2, "UTF-16LE";
	if (b.len >= 2 && memcmp(b.ptr, "\xFE\xFF", 2) == 0)
		return *mark_r = 2, "UTF-16BE";
	if (b.len >= 2 && memcmp(b.ptr, "<\0", 2) == 0)
		return "UTF-16LE";
	if (b.len >= 2 && memcmp(b.ptr, "\0<", 2) == 0)
		return "UTF-16BE";
	return NULL;
}

static bool
is_ascii(struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.ptr[i] >= 0x80)
			return false;
	return true;
}

static bool
holds_escape(struct slice s)
{
	return s.len > 0 && memchr(s.ptr, 0x1B, s.len) != NULL;
}

static struct slice
repair(struct arena *a, struct slice s, size_t *repaired_r)
{
	size_t replaced = 0;
	struct slice out = utf8_repair(a, s, &replaced);

	if (repaired_r != NULL)
		*repaired_r += replaced;
	return out;
}

/* Not valid as it stands, but with far more good characters beyond ASCII than broken ones. */
static bool
is_mostly_utf8(struct arena *a, struct slice body)
{
	size_t broken = 0, beyond = 0;
	struct slice repaired = utf8_repair(a, body, &broken);

	for (size_t i = 0; i < repaired.len; i++)
		if ((unsigned char)repaired.ptr[i] >= 0xC0)
			beyond++;
	return beyond > 5 * broken;
}

struct slice
charset_to_utf8(struct arena *a, struct slice body, struct slice content_type, const char **name_r,
    size_t *repaired_r)
{
	const char *names[3] = {NULL, NULL, "WINDOWS-1252"};
	size_t mark = 0;
	const char *wide = wide_encoding(body, &mark);
	const char *name = "UTF-8";
	struct slice out = SLICE_NONE;

	if (wide != NULL) {
		name = wide;
		out = convert(a, slice_make(body.ptr + mark, body.len - mark), wide);
		goto done;
	}
	if (slice_starts_with(body, "\xEF\xBB\xBF")) {
		out = slice_make(body.ptr + 3, body.len - 3);
		goto done;
	}
	names[0] = charset_find(value_after(content_type, "charset"));
	names[1] = charset_find(declared_encoding(body));
	if (is_ascii(body)) {
		for (size_t i = 0; i < 2 && holds_escape(body) && !slice_is_set(out); i++)
			if (names[i] != NULL && strcmp(names[i], "ISO-2022-JP") == 0)
				out = convert(a, body, names[i]);
		goto done;
	}
	if (utf8_is_valid(body) || is_mostly_utf8(a, body))
		goto done;
	for (size_t i = 0; i < 3 && !slice_is_set(out); i++) {
		if (names[i] == NULL || strcmp(names[i], "UTF-8") == 0)
			continue;
		out = convert(a, body, names[i]);
		name = names[i];
	}
done:
	if (!slice_is_set(out)) {
		out = body;
		name = "UTF-8";
	}
	if (name_r != NULL)
		*name_r = name;
	return repair(a, out, repaired_r);
}

/* 0: unassigned. */
static const uint16_t windows_1252[32] = {0x20AC, 0, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021,
    0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0, 0x017D, 0, 0, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0, 0x017E, 0x0178};

uint32_t
charset_windows_1252(unsigned char byte)
{
	assert(byte >= 0x80 && byte <= 0x9F);
	return windows_1252[byte - 0x80] != 0 ? windows_1252[byte - 0x80] : 0xFFFD;
}

/* The byte that Windows-1252 or Latin-1 has for a character; -1: none. */
static int
single_byte(uint32_t cp)
{
	if (cp <= 0xFF)
		return (int)cp;
	for (int i = 0; i < 32; i++)
		if (windows_1252[i] == cp)
			return 0x80 + i;
	return -1;
}

struct slice
charset_fix_double(struct arena *a, struct slice s)
{
	bool is_suspect = false;
	size_t pos = 0, len = 0;
	char *bytes;

	if (is_ascii(s))
		return s;
	/* Every character fits a byte, one of them is nothing an author types behind such a letter,
	 * and the bytes are UTF-8. */
	while (pos < s.len) {
		int byte = single_byte(utf8_next(s, &pos));
		if (byte < 0)
			return s;
		is_suspect |= byte >= 0x80 && byte < 0xA0;
	}
	bytes = is_suspect ? arena_alloc(a, s.len) : NULL;
	if (bytes == NULL)
		return s;
	for (pos = 0; pos < s.len;)
		bytes[len++] = (char)single_byte(utf8_next(s, &pos));
	struct slice undone = slice_make(bytes, len);
	return utf8_is_valid(undone) ? undone : s;
}
