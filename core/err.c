#include "core/err.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/utf8.h"

/* A text that was cut must not end in half a character. */
static void
text_end_whole(char *text, size_t len)
{
	size_t start = len;

	while (start > 0 && ((unsigned char)text[start - 1] & 0xC0) == 0x80)
		start--;
	if (start == 0)
		return;
	unsigned char lead = (unsigned char)text[start - 1];
	size_t want = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
	if (len - (start - 1) < want)
		text[start - 1] = '\0';
}

/* Texts quote what strangers wrote, and go to terminals and logs: one line, and no command in it.  Bytes
 * that are no UTF-8 (names of files) stay. */
static void
text_make_visible(char *text)
{
	struct slice rest = slice_of(text);
	char *out = text;

	while (rest.len > 0) {
		size_t good = utf8_valid_prefix(rest), at = 0;

		while (at < good) {
			size_t start = at;
			bool is_command = utf8_is_command(utf8_next(rest, &at));

			memmove(
			    out, is_command ? "?" : rest.ptr + start, is_command ? 1 : at - start);
			out += is_command ? 1 : at - start;
		}
		if (good < rest.len)
			*out++ = rest.ptr[good++];
		rest = slice_make(rest.ptr + good, rest.len - good);
	}
	*out = '\0';
}

int
err_set(struct err *e, enum err_kind kind, const char *fmt, ...)
{
	va_list ap;

	assert(kind != ERR_NONE);
	if (e == NULL)
		return -1;
	e->kind = kind;
	va_start(ap, fmt);
	int n = vsnprintf(e->text, sizeof(e->text), fmt, ap);
	va_end(ap);
	if (n < 0)
		e->text[0] = '\0';
	else if ((size_t)n >= sizeof(e->text))
		text_end_whole(e->text, sizeof(e->text) - 1);
	text_make_visible(e->text);
	return -1;
}

int
err_prefix(struct err *e, const char *fmt, ...)
{
	char whole[ERR_TEXT_MAX];
	va_list ap;

	if (e == NULL)
		return -1;
	va_start(ap, fmt);
	int n = vsnprintf(whole, sizeof(whole), fmt, ap);
	va_end(ap);
	if (n < 0)
		return -1;
	size_t used = (size_t)n < sizeof(whole) ? (size_t)n : sizeof(whole) - 1;
	int m = snprintf(whole + used, sizeof(whole) - used, ": %s", e->text);
	if (m >= 0 && used + (size_t)m >= sizeof(whole))
		text_end_whole(whole, sizeof(whole) - 1);
	text_make_visible(whole);
	memcpy(e->text, whole, sizeof(whole));
	return -1;
}

const char *
err_kind_name(enum err_kind kind)
{
	switch (kind) {
	case ERR_NONE: return "none";
	case ERR_INPUT: return "input";
	case ERR_LIMIT: return "limit";
	case ERR_NOT_FOUND: return "not_found";
	case ERR_CONFLICT: return "conflict";
	case ERR_DENIED: return "denied";
	case ERR_BUSY: return "busy";
	case ERR_IO: return "io";
	case ERR_NET: return "net";
	case ERR_STORE: return "store";
	case ERR_NOMEM: return "nomem";
	}
	assert(0 && "an err_kind without a name");
	return "unknown";
}
