/*
 * fuzz_mail.c - any texts in a mail.  Laws: it is ASCII, each CR stands before an LF and each LF behind a CR, no line has 998 bytes or more;
 * the head has exactly the headers we write, whatever is put in; the same mail gives the same bytes.
 */
#include <string.h>

#include "actions/mail_internal.h"
#include "core/arena.h"
#include "core/buf.h"
#include "core/utf8.h"
#include "tests/fuzz/fuzz_law.h"

static void
check_lines(struct slice mail)
{
	size_t column = 0;

	for (size_t i = 0; i < mail.len; i++) {
		char c = mail.ptr[i];

		LAW((unsigned char)c < 0x80 && c != '\0' && c != 0x7f);
		if (c == '\r') {
			LAW(i + 1 < mail.len && mail.ptr[i + 1] == '\n');
			i++;
			column = 0;
			continue;
		}
		LAW(c != '\n');
		LAW(++column < 998);
	}
	LAW(column == 0);
}

/* Lines of the head that do not go on the one before: From to MIME-Version, and what describes the body. */
static void
check_head(struct slice mail, size_t want)
{
	const char *end = memmem(mail.ptr, mail.len, "\r\n\r\n", 4);
	struct slice rest;
	size_t count = 0;

	LAW(end != NULL);
	rest = slice_make(mail.ptr, (size_t)(end - mail.ptr));
	while (slice_is_set(rest)) {
		struct slice line = slice_split(&rest, '\n');

		LAW(line.len > 0);
		if (line.ptr[0] == ' ' || line.ptr[0] == '\t')
			continue;
		LAW(memchr(line.ptr, ':', line.len) != NULL);
		count++;
	}
	LAW(count == want);
}

static struct slice
part(struct arena *a, struct slice *rest)
{
	struct slice s = slice_split(rest, '\x01');

	return slice_is_set(s) ? utf8_repair(a, s, NULL) : s;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice rest = slice_make((const char *)data, size);
	struct mail m = {
	    .from = SLICE_LIT("care@acme.example"),
	    .to = SLICE_LIT("ada@example.org"),
	    .message_id = SLICE_LIT("0123456789abcdef0123456789abcdef"),
	};
	struct arena *a = arena_new(64u << 20);
	struct slice to;
	struct buf one, two;

	LAW(a != NULL);
	buf_init(&one, MAIL_BYTES_MAX);
	buf_init(&two, MAIL_BYTES_MAX);
	m.subject = part(a, &rest);
	m.from_name = part(a, &rest);
	to = part(a, &rest);
	m.html = part(a, &rest);
	m.text =
	    slice_is_set(rest) || !slice_is_set(m.html) ? utf8_repair(a, rest, NULL) : SLICE_NONE;
	if (!slice_is_set(m.text) && !slice_is_set(m.html))
		m.text = SLICE_LIT("");
	if (slice_is_set(to) && mail_address_judge(to) == MAIL_ADDRESS_GOOD)
		m.to = to;
	m.is_repeat = size % 2 == 1;
	if (mail_build(&m, &one) == 0) {
		check_lines(buf_slice(&one));
		/* Date From To Subject Message-ID Auto-Submitted [X-Earshot-Repeat] MIME-Version Content-Type [Transfer-Encoding] */
		check_head(buf_slice(&one),
		    8 + m.is_repeat + !(slice_is_set(m.text) && slice_is_set(m.html)));
		LAW(mail_build(&m, &two) == 0);
		LAW(slice_eq(buf_slice(&one), buf_slice(&two)));
	} else {
		LAW(buf_is_full(&one) || size > MAIL_BYTES_MAX / 4);
	}
	buf_fini(&one);
	buf_fini(&two);
	arena_free(a);
	return 0;
}
