/*
 * fuzz_reply_text.c - any text as a public reply, and as what a server made of one.  Laws: who is put in front is mentioned; a text never counts
 * more than it has characters, unless it has links; a text is the same as itself, escaped as HTML or not; what identifies a text is letters and
 * digits in valid UTF-8 and no longer than the text.
 */
#include <string.h>

#include "actions/reply_text_internal.h"
#include "core/arena.h"
#include "core/buf.h"
#include "core/utf8.h"
#include "tests/fuzz/fuzz_law.h"

static void
add_escaped(struct buf *out, struct slice s)
{
	buf_add_str(out, "<p>");
	for (size_t i = 0; i < s.len; i++) {
		switch (s.ptr[i]) {
		case '<': buf_add_str(out, "&lt;"); break;
		case '>': buf_add_str(out, "&gt;"); break;
		case '&': buf_add_str(out, "&amp;"); break;
		case '"': buf_add_str(out, "&#34;"); break;
		default: buf_add_char(out, s.ptr[i]);
		}
	}
	buf_add_str(out, "</p>");
}

static void
check_essence(struct slice text, bool is_html)
{
	struct buf out;

	buf_init(&out, 1 << 22);
	reply_text_add_essence(&out, text, is_html);
	LAW(!buf_failed(&out));
	LAW(utf8_is_valid(buf_slice(&out)));
	LAW(out.len <= text.len);
	for (size_t i = 0; i < out.len; i++)
		LAW((unsigned char)out.ptr[i] >= 0x80 || (out.ptr[i] >= 'a' && out.ptr[i] <= 'z') ||
		    (out.ptr[i] >= '0' && out.ptr[i] <= '9'));
	buf_fini(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const domains[] = {"social.example", NULL};
	struct arena *a = arena_new(64u << 20);
	struct slice text, acct = SLICE_LIT("bob@far.example");
	struct buf html;

	if (size > 100000 || a == NULL) {
		arena_free(a);
		return 0;
	}
	text = utf8_repair(a, slice_make((const char *)data, size), NULL);
	LAW(slice_is_set(text));
	if (!reply_text_mentions(text, acct, domains, 2)) {
		struct slice whole =
		    slice_of(arena_printf(a, "@%.*s %.*s", SLICE_ARG(acct), SLICE_ARG(text)));

		LAW(reply_text_mentions(whole, acct, domains, 2));
	}
	LAW(reply_text_count(text, 0) <= utf8_count(text));
	check_essence(text, false);
	check_essence(text, true);
	buf_init(&html, 1 << 20);
	add_escaped(&html, text);
	LAW(reply_text_is_same(text, text, false) == 1);
	LAW(reply_text_is_same(text, buf_slice(&html), true) == 1);
	if (reply_acct_is_good(text))
		LAW(utf8_is_valid(text) && memchr(text.ptr, ' ', text.len) == NULL);
	buf_fini(&html);
	arena_free(a);
	return 0;
}
