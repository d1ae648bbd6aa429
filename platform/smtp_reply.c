#include "platform/smtp_internal.h"

#include <assert.h>
#include <string.h>

#define CODE_GOODBYE 221

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* "5.1.1" at the start, of the same class as the code. */
static void
take_enhanced(struct smtp_reply *r, struct slice text)
{
	int parts[3] = {0};
	size_t at = 0;

	for (size_t i = 0; i < 3; i++) {
		size_t digits = 0;

		for (; at < text.len && is_digit(text.ptr[at]) && digits < 3; digits++, at++)
			parts[i] = parts[i] * 10 + (text.ptr[at] - '0');
		if (digits == 0)
			return;
		if (i < 2 && (at == text.len || text.ptr[at++] != '.'))
			return;
	}
	if ((at == text.len || text.ptr[at] == ' ') && parts[0] == r->code / 100)
		memcpy(r->enhanced, parts, sizeof parts);
}

static void
take_text(struct smtp_reply *r, struct slice line)
{
	size_t len = line.len < sizeof r->text - 1 ? line.len : sizeof r->text - 1;

	for (size_t i = 0; i < len; i++)
		r->text[i] = line.ptr[i] < ' ' || line.ptr[i] > '~' ? '?' : line.ptr[i];
	r->text[len] = '\0';
}

void
smtp_reply_take(struct smtp_reply *r, struct slice line)
{
	bool is_known = r->enhanced[0] != 0, is_more = r->goes_on;
	int code;

	line = slice_trim(line);
	if (line.len < 3 || line.ptr[0] < '2' || line.ptr[0] > '5' || !is_digit(line.ptr[1]) ||
	    !is_digit(line.ptr[2]) || (line.len > 3 && line.ptr[3] != ' ' && line.ptr[3] != '-'))
		return;
	code = (line.ptr[0] - '0') * 100 + (line.ptr[1] - '0') * 10 + (line.ptr[2] - '0');
	if (code == CODE_GOODBYE && r->code != 0)
		return;
	if (!is_more || code != r->code) {
		*r = (struct smtp_reply){.code = code};
		is_known = false;
		take_text(r, line);
	}
	r->goes_on = line.len > 3 && line.ptr[3] == '-';
	if (!is_known && line.len > 4)
		take_enhanced(r, slice_make(line.ptr + 4, line.len - 4));
	assert(r->code >= 200 && r->code <= 599);
}
