/* The mail builder.  What it writes is read back by decoders of the test's own. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "actions/mail_internal.h"
#include "core/buf.h"
#include "core/mem.h"
#include "core/rng.h"
#include "core/utf8.h"
#include "platform/crypto.h"
#include "tests/support/faults.h"

#define ID "0123456789abcdef0123456789abcdef"

static struct mail
plain_mail(void)
{
	return (struct mail){
	    .from = SLICE_LIT("care@acme.example"),
	    .to = SLICE_LIT("ada@example.org"),
	    .subject = SLICE_LIT("Sorry"),
	    .message_id = SLICE_LIT(ID),
	    .date_ms = INT64_C(1795255200000),
	    .text = SLICE_LIT("Dear Ada\n"),
	};
}

static char *
build(const struct mail *m)
{
	struct buf out;
	char *text;

	buf_init(&out, MAIL_BYTES_MAX);
	assert_int_equal(mail_build(m, &out), 0);
	text = buf_detach(&out, NULL);
	assert_non_null(text);
	return text;
}

/* ---- reading it back -------------------------------------------------------- */

/* Lines end in CR LF, none is too long, no other control character stands anywhere. */
static void
check_lines(const char *text, size_t most)
{
	size_t column = 0;

	for (const char *c = text; *c != '\0'; c++) {
		if (c[0] == '\r' && c[1] == '\n') {
			column = 0;
			c++;
			continue;
		}
		if (((unsigned char)*c < ' ' && *c != '\t') || (unsigned char)*c >= 0x7f)
			fail_msg("byte %02x at %zd", (unsigned)(unsigned char)*c, c - text);
		if (++column > most)
			fail_msg("a line of more than %zu: %.60s", most, c - column);
	}
	assert_int_equal(column, 0);
}

/* The header unfolded; NULL when there is none.  Free it. */
static char *
header(const char *mail, const char *name)
{
	char *value = NULL;
	const char *end = strstr(mail, "\r\n\r\n");
	const char *line = mail;
	size_t len;

	assert_non_null(end);
	while (line < end + 2 && value == NULL) {
		if (strncasecmp(line, name, strlen(name)) == 0 && line[strlen(name)] == ':')
			value = calloc(1, strlen(line) + 1);
		else
			line = strstr(line, "\r\n") + 2;
	}
	if (value == NULL)
		return NULL;
	line += strlen(name) + 1;
	for (len = 0; strncmp(line, "\r\n", 2) != 0 || line[2] == ' ' || line[2] == '\t';) {
		if (strncmp(line, "\r\n", 2) == 0)
			line += 2;
		else
			value[len++] = *line++;
	}
	return value;
}

static size_t
count_headers(const char *mail, const char *name)
{
	const char *end = strstr(mail, "\r\n\r\n");
	size_t count = 0;

	for (const char *line = mail; line < end + 2; line = strstr(line, "\r\n") + 2)
		count += strncasecmp(line, name, strlen(name)) == 0 && line[strlen(name)] == ':';
	return count;
}

/* Encoded words of base64 to text; what stands plain stays.  RFC 2047: blanks between two encoded
 * words vanish. */
static void
decode_words(const char *s, char *out, size_t size)
{
	size_t len = 0;
	bool was_encoded = false;

	while (*s == ' ')
		s++;
	while (*s != '\0') {
		size_t blanks = strspn(s, " ");
		const char *end;
		int n;

		if (strncmp(s + blanks, "=?utf-8?B?", 10) != 0) {
			assert_true(len + 1 < size);
			out[len++] = *s++;
			was_encoded = false;
			continue;
		}
		if (!was_encoded)
			for (size_t i = 0; i < blanks; i++)
				out[len++] = ' ';
		s += blanks + 10;
		end = strstr(s, "?=");
		assert_non_null(end);
		assert_true(end - s + 12 <= 75);
		n = crypto_base64_decode(slice_make(s, (size_t)(end - s)), out + len, size - len);
		assert_true(n > 0);
		assert_true(utf8_is_valid(slice_make(out + len, (size_t)n)));
		len += (size_t)n;
		s = end + 2;
		was_encoded = true;
	}
	out[len] = '\0';
}

static unsigned
hex_of(char c)
{
	return (unsigned)(c <= '9' ? c - '0' : c - 'A' + 10);
}

static size_t
decode_quoted(struct slice s, char *out)
{
	size_t len = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] != '=') {
			out[len++] = s.ptr[i];
		} else if (s.ptr[i + 1] == '\r') {
			i += 2;
		} else {
			out[len++] = (char)(hex_of(s.ptr[i + 1]) * 16 + hex_of(s.ptr[i + 2]));
			i += 2;
		}
	}
	return len;
}

static size_t
decode_base64(struct slice s, char *out)
{
	size_t len = 0;

	while (s.len > 0) {
		struct slice line = slice_split(&s, '\n');
		int n;

		line = slice_trim(line);
		if (line.len == 0)
			continue;
		n = crypto_base64_decode(line, out + len, line.len);
		assert_true(n > 0);
		len += (size_t)n;
	}
	return len;
}

/* A part with its own headers to text. */
static char *
decode_part(const char *part, size_t size)
{
	char *copy = mem_strndup(part, size), *out = mem_alloc(size + 1);
	const char *body = strstr(copy, "\r\n\r\n") + 4;
	struct slice s = slice_make(body, size - (size_t)(body - copy));
	size_t len;

	if (strstr(copy, "Content-Transfer-Encoding: base64") != NULL)
		len = decode_base64(s, out);
	else
		len = decode_quoted(s, out);
	out[len] = '\0';
	mem_free(copy);
	return out;
}

static void
canonical(const char *text, char *out)
{
	size_t len = 0;

	for (; *text != '\0'; text++) {
		if (text[0] == '\r' && text[1] == '\n')
			continue;
		if (*text == '\r' || *text == '\n') {
			out[len++] = '\r';
			out[len++] = '\n';
		} else {
			out[len++] = *text;
		}
	}
	if (len > 0 && out[len - 1] != '\n') {
		out[len++] = '\r';
		out[len++] = '\n';
	}
	out[len] = '\0';
}

/* ---- bodies -------------------------------------------------------------------- */

static void
check_body(const char *text)
{
	struct mail m = plain_mail();
	char *mail, *have, *want = mem_alloc(2 * strlen(text) + 3);

	m.text = slice_of(text);
	mail = build(&m);
	check_lines(mail, 76);
	have = decode_part(mail, strlen(mail));
	canonical(text, want);
	if (strcmp(have, want) != 0)
		fail_msg("have '%s', want '%s' in %s", have, want, mail);
	mem_free(have);
	mem_free(want);
	mem_free(mail);
}

static void
a_body_comes_out_as_it_went_in(void **state)
{
	static const char *const texts[] = {
	    "x",
	    "one\ntwo\r\nthree\rfour\n\n\nend",
	    "trailing blank \nand tab\t\nand both \t ",
	    ".\n..\n.dot at the start\nQUIT\n",
	    "From the start\n>From not\n",
	    "100 = 100 =\n=3D =\n",
	    "Gr\xc3\xbc\xc3\x9f"
	    "e aus M\xc3\xbcnchen",
	    "\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82, \xd0\xbc\xd0\xb8\xd1\x80",
	    "\xf0\x9f\x98\x80\xf0\x9f\x98\x80\n\xf0\x9f\x98\x80",
	    "control \x01\x02\x1b[31m characters",
	    "--=_" ID "--\n--=_" ID "\nContent-Type: text/html\n",
	    " ",
	    "\t",
	    "\n",
	};
	char longest[3000];

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		check_body(texts[i]);
	for (size_t len = 60; len < 90; len++) {
		memset(longest, 'a', len);
		longest[len] = '\0';
		check_body(longest);
		longest[len - 1] = ' ';
		check_body(longest);
		longest[len / 2] = '=';
		check_body(longest);
	}
	memset(longest, 'w', sizeof longest - 1);
	longest[sizeof longest - 1] = '\0';
	check_body(longest);
}

static void
random_bodies_come_out_as_they_went_in(void **state)
{
	static const char *const bits[] = {"a", " ", "\n", "\r", "\r\n", "=", ".", "From ", "\t",
	    "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x9a\x80", "word ", "--", "=_"};
	struct rng rng;

	(void)state;
	rng_init(&rng, 7);
	for (int round = 0; round < 500; round++) {
		char text[2000];
		size_t len = 0, want = 1 + rng_below(&rng, 400);

		while (len < want) {
			const char *bit = bits[rng_below(&rng, sizeof bits / sizeof *bits)];

			memcpy(text + len, bit, strlen(bit));
			len += strlen(bit);
		}
		text[len] = '\0';
		check_body(text);
	}
}

static void
text_and_html_are_alternatives(void **state)
{
	struct mail m = plain_mail();
	char *mail, *type, *text, *html;
	const char *first, *second, *end;

	(void)state;
	m.text = SLICE_LIT("plain\n--=_" ID "\n");
	m.html = SLICE_LIT("<p>rich \xc3\xbc</p>--=_" ID "--");
	mail = build(&m);
	check_lines(mail, 80);
	type = header(mail, "Content-Type");
	assert_non_null(strstr(type, "multipart/alternative"));
	assert_non_null(strstr(type, "boundary=\"=_" ID "\""));
	first = strstr(mail, "\r\n--=_" ID "\r\n");
	second = strstr(first + 1, "\r\n--=_" ID "\r\n");
	end = strstr(second + 1, "\r\n--=_" ID "--\r\n");
	assert_non_null(end);
	assert_null(strstr(end + 1, "\r\n--=_"));
	text = decode_part(first, (size_t)(second - first));
	html = decode_part(second, (size_t)(end - second));
	assert_string_equal(text, "plain\r\n--=_" ID "\r\n");
	assert_string_equal(html, "<p>rich \xc3\xbc</p>--=_" ID "--\r\n");
	mem_free(text);
	mem_free(html);
	free(type);
	mem_free(mail);
}

static void
one_part_alone_needs_no_boundary(void **state)
{
	struct mail m = plain_mail();
	char *mail = build(&m), *type = header(mail, "content-type");

	(void)state;
	assert_string_equal(type, " text/plain; charset=utf-8");
	free(type);
	mem_free(mail);
	m.text = SLICE_NONE;
	m.html = SLICE_LIT("<p>rich</p>");
	mail = build(&m);
	type = header(mail, "content-type");
	assert_string_equal(type, " text/html; charset=utf-8");
	free(type);
	mem_free(mail);
}

/* ---- headers ------------------------------------------------------------------- */

static void
a_subject_reads_as_it_was_written(void **state)
{
	static const char *const subjects[] = {
	    "Sorry",
	    "",
	    "a b  c   d",
	    "A subject that is rather long and has to be folded somewhere, for it goes on and on "
	    "and on and on",
	    "Gr\xc3\xbc\xc3\x9f"
	    "e",
	    "\xf0\x9f\x98\x80 \xf0\x9f\x98\x80 \xf0\x9f\x98\x80 \xf0\x9f\x98\x80 \xf0\x9f\x98\x80 "
	    "\xf0\x9f\x98\x80 "
	    "\xf0\x9f\x98\x80 \xf0\x9f\x98\x80 \xf0\x9f\x98\x80 \xf0\x9f\x98\x80 \xf0\x9f\x98\x80 "
	    "end",
	    "=?utf-8?B?SGVsbG8=?=",
	    "a =?b",
	    "Re: 50% off \"today\" <only>",
	};

	(void)state;
	for (size_t i = 0; i < sizeof subjects / sizeof *subjects; i++) {
		struct mail m = plain_mail();
		char *mail, *value, read[2000];

		m.subject = slice_of(subjects[i]);
		mail = build(&m);
		check_lines(mail, 78);
		value = header(mail, "Subject");
		assert_non_null(value);
		decode_words(value, read, sizeof read);
		assert_string_equal(read, subjects[i]);
		free(value);
		mem_free(mail);
	}
}

static void
a_subject_without_end_is_cut_and_folded(void **state)
{
	struct mail m = plain_mail();
	char *mail, *value, read[2000], subject[5000];

	(void)state;
	for (int kind = 0; kind < 3; kind++) {
		memset(subject, kind == 0 ? 'x' : ' ', sizeof subject - 1);
		subject[0] = 'a';
		subject[sizeof subject - 1] = '\0';
		subject[sizeof subject - 2] = 'z';
		for (size_t i = 0; kind == 2 && i + 2 < sizeof subject; i += 2)
			memcpy(subject + i, "\xc3\xa9", 2);
		m.subject = slice_of(subject);
		mail = build(&m);
		check_lines(mail, 997);
		value = header(mail, "Subject");
		decode_words(value, read, sizeof read);
		assert_true(strlen(read) <= MAIL_SUBJECT_MAX + 3);
		assert_string_equal(read + strlen(read) - 3, "...");
		free(value);
		mem_free(mail);
	}
}

/* A header is one line whatever is put into it, and nobody writes others. */
static void
nothing_put_in_makes_a_header_of_its_own(void **state)
{
	static const char *const hostile[] = {
	    "x\r\nBcc: everybody@example.org",
	    "x\nBcc: everybody@example.org",
	    "x\rBcc: everybody@example.org",
	    "x\r\n\r\nBcc: everybody@example.org\r\n",
	    "\r\nBcc: everybody@example.org",
	    "x\r\n Bcc: folded",
	    "\xc3\xbc\r\nBcc: everybody@example.org",
	    "\" <x@y>\r\nBcc: everybody@example.org",
	    "x\v\f\x1c\x1d Bcc: x\x7f",
	    "\\\"\\",
	};

	(void)state;
	for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++) {
		struct mail m = plain_mail();
		char *mail;

		m.subject = slice_of(hostile[i]);
		m.from_name = slice_of(hostile[i]);
		mail = build(&m);
		check_lines(mail, 998);
		assert_int_equal(count_headers(mail, "Bcc"), 0);
		assert_int_equal(count_headers(mail, "Subject"), 1);
		assert_int_equal(count_headers(mail, "From"), 1);
		assert_int_equal(count_headers(mail, "To"), 1);
		assert_string_equal(strstr(mail, "\r\n\r\n") + 4, "Dear Ada\r\n");
		mem_free(mail);
	}
}

static void
a_name_is_quoted_or_encoded(void **state)
{
	static const struct {
		const char *name, *from;
	} cases[] = {
	    {"", " care@acme.example"},
	    {"Acme Care", " \"Acme Care\" <care@acme.example>"},
	    {"Acme, \"the\" Co\\", " \"Acme, \\\"the\\\" Co\\\\\" <care@acme.example>"},
	    {"Acm\xc3\xa9", " =?utf-8?B?QWNtw6k=?= <care@acme.example>"},
	    {"=?utf-8?Q?evil?=", " =?utf-8?B?PT91dGYtOD9RP2V2aWw/PQ==?= <care@acme.example>"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct mail m = plain_mail();
		char *mail, *value;

		m.from_name = slice_of(cases[i].name);
		mail = build(&m);
		value = header(mail, "From");
		assert_string_equal(value, cases[i].from);
		free(value);
		mem_free(mail);
	}
}

static void
the_headers_say_who_sent_it_and_that_it_was_a_machine(void **state)
{
	static const struct {
		const char *name, *value;
	} want[] = {
	    {"Date", " Sat, 21 Nov 2026 10:00:00 +0000"},
	    {"To", " ada@example.org"},
	    {"Reply-To", " help@acme.example"},
	    {"Message-ID", " <" ID "@acme.example>"},
	    {"Auto-Submitted", " auto-generated"},
	    {"MIME-Version", " 1.0"},
	    {"List-Unsubscribe",
		" <https://acme.example/u?m=" ID "&x>, <mailto:stop@acme.example>"},
	    {"List-Unsubscribe-Post", " List-Unsubscribe=One-Click"},
	    {"X-Earshot-Repeat", " yes"},
	    {"Subject", " [repeat] Sorry"},
	};
	const char *const unsubscribe[] = {
	    "https://acme.example/u?m={message}&x", "mailto:stop@acme.example"};
	struct mail m = plain_mail();
	char *mail, *again;

	(void)state;
	m.reply_to = SLICE_LIT("help@acme.example");
	m.unsubscribe = unsubscribe;
	m.unsubscribe_count = 2;
	m.is_one_click = m.is_repeat = true;
	mail = build(&m);
	again = build(&m);
	assert_string_equal(mail, again);
	for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
		char *value = header(mail, want[i].name);

		if (value == NULL || strcmp(value, want[i].value) != 0)
			fail_msg("%s: have '%s', want '%s'", want[i].name,
			    value == NULL ? "-" : value, want[i].value);
		free(value);
	}
	mem_free(mail);
	mem_free(again);
	m.is_repeat = m.is_one_click = false;
	m.unsubscribe_count = 0;
	m.reply_to = SLICE_NONE;
	mail = build(&m);
	for (size_t i = 0; i < sizeof want / sizeof *want; i++)
		assert_int_equal(count_headers(mail, want[i].name),
		    i != 2 && strncmp(want[i].name, "List", 4) != 0 && want[i].name[0] != 'X');
	mem_free(mail);
}

/* ---- addresses ----------------------------------------------------------------- */

static void
addresses_are_judged_before_anybody_is_asked(void **state)
{
	static const struct {
		const char *address;
		enum mail_address want;
	} cases[] = {
	    {"ada@example.org", MAIL_ADDRESS_GOOD},
	    {"a.b+c=d_e-f!#$%&'*/?^`{|}~@x-1.example.org", MAIL_ADDRESS_GOOD},
	    {"dotted.@example.org", MAIL_ADDRESS_GOOD},
	    {"ada@localhost", MAIL_ADDRESS_GOOD},
	    {"", MAIL_ADDRESS_BROKEN},
	    {"ada", MAIL_ADDRESS_BROKEN},
	    {"@example.org", MAIL_ADDRESS_BROKEN},
	    {"ada@", MAIL_ADDRESS_BROKEN},
	    {"ada@@example.org", MAIL_ADDRESS_BROKEN},
	    {"ada@ex ample.org", MAIL_ADDRESS_BROKEN},
	    {"a da@example.org", MAIL_ADDRESS_BROKEN},
	    {"ada@example..org", MAIL_ADDRESS_BROKEN},
	    {"ada@.org", MAIL_ADDRESS_BROKEN},
	    {"ada@example.org.", MAIL_ADDRESS_BROKEN},
	    {"ada@exa_mple.org", MAIL_ADDRESS_BROKEN},
	    {"\"ada b\"@example.org", MAIL_ADDRESS_BROKEN},
	    {"ada@[127.0.0.1]", MAIL_ADDRESS_BROKEN},
	    {"<ada@example.org>", MAIL_ADDRESS_BROKEN},
	    {"ada@example.org, eve@example.org", MAIL_ADDRESS_BROKEN},
	    {"ada@example.org\r\nRCPT TO:<eve@example.org>", MAIL_ADDRESS_BROKEN},
	    {"ada\r\n@example.org", MAIL_ADDRESS_BROKEN},
	    {"ada@example.org>\r\nDATA", MAIL_ADDRESS_BROKEN},
	    {"J\xc3\xb6rg@example.org", MAIL_ADDRESS_NOT_ASCII},
	    {"ada@b\xc3\xbc"
	     "cher.example",
		MAIL_ADDRESS_NOT_ASCII},
	    {"J\xc3\xb6rg\r\n@example.org", MAIL_ADDRESS_BROKEN},
	};
	char longest[400];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (mail_address_judge(slice_of(cases[i].address)) != cases[i].want)
			fail_msg("'%s' is not %d", cases[i].address, (int)cases[i].want);
	assert_int_equal(
	    mail_address_judge(slice_make("a\0b@example.org", 15)), MAIL_ADDRESS_BROKEN);
	assert_int_equal(
	    mail_address_judge(slice_make("ab@exa\0mple.org", 15)), MAIL_ADDRESS_BROKEN);
	assert_int_equal(mail_address_judge(SLICE_NONE), MAIL_ADDRESS_BROKEN);
	snprintf(longest, sizeof longest, "%065d@example.org", 0);
	assert_int_equal(mail_address_judge(slice_of(longest)), MAIL_ADDRESS_BROKEN);
	assert_int_equal(mail_address_judge(slice_of(longest + 1)), MAIL_ADDRESS_GOOD);
	memset(longest, 'a', sizeof longest - 1);
	longest[1] = '@';
	for (size_t i = 40; i < sizeof longest; i += 40)
		longest[i] = '.';
	longest[MAIL_ADDRESS_MAX] = '\0';
	assert_int_equal(mail_address_judge(slice_of(longest)), MAIL_ADDRESS_GOOD);
	longest[MAIL_ADDRESS_MAX] = 'a';
	longest[MAIL_ADDRESS_MAX + 1] = '\0';
	assert_int_equal(mail_address_judge(slice_of(longest)), MAIL_ADDRESS_BROKEN);
}

static void
only_addresses_that_unsubscribe_are_taken_for_it(void **state)
{
	static const struct {
		const char *uri;
		bool is_good;
	} cases[] = {
	    {"https://acme.example/u?m={message}", true},
	    {"mailto:stop@acme.example?subject=stop", true},
	    {"http://acme.example/u", false},
	    {"javascript:alert(1)", false},
	    {"https://acme.example/a b", false},
	    {"https://acme.example/>,<mailto:x@y", false},
	    {"https://acme.example/\r\nBcc: x", false},
	    {"https://acm\xc3\xa9.example/", false},
	    {"", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (mail_unsubscribe_is_good(cases[i].uri) != cases[i].is_good)
			fail_msg("'%s'", cases[i].uri);
}

/* ---- limits -------------------------------------------------------------------- */

static int
build_for_faults(void *cookie)
{
	struct buf out;
	int rc;

	buf_init(&out, MAIL_BYTES_MAX);
	rc = mail_build(cookie, &out);
	buf_fini(&out);
	return rc;
}

static void
without_memory_it_says_so(void **state)
{
	struct mail m = plain_mail();

	(void)state;
	m.from_name = SLICE_LIT("Acm\xc3\xa9 Care");
	m.subject = SLICE_LIT("Gr\xc3\xbc\xc3\x9f"
			      "e aus M\xc3\xbcnchen");
	m.html = SLICE_LIT("<p>\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82</p>");
	assert_true(faults_run(build_for_faults, &m, true) > 10);
}

static void
a_mail_over_the_ceiling_is_refused(void **state)
{
	struct mail m = plain_mail();
	size_t len = MAIL_BYTES_MAX;
	char *text = mem_alloc(len);
	struct buf out;

	(void)state;
	memset(text, '=', len);
	m.text = slice_make(text, len / 2);
	buf_init(&out, MAIL_BYTES_MAX);
	assert_int_equal(mail_build(&m, &out), -1);
	assert_true(buf_is_full(&out));
	buf_fini(&out);
	mem_free(text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_body_comes_out_as_it_went_in),
	    cmocka_unit_test(random_bodies_come_out_as_they_went_in),
	    cmocka_unit_test(text_and_html_are_alternatives),
	    cmocka_unit_test(one_part_alone_needs_no_boundary),
	    cmocka_unit_test(a_subject_reads_as_it_was_written),
	    cmocka_unit_test(a_subject_without_end_is_cut_and_folded),
	    cmocka_unit_test(nothing_put_in_makes_a_header_of_its_own),
	    cmocka_unit_test(a_name_is_quoted_or_encoded),
	    cmocka_unit_test(the_headers_say_who_sent_it_and_that_it_was_a_machine),
	    cmocka_unit_test(addresses_are_judged_before_anybody_is_asked),
	    cmocka_unit_test(only_addresses_that_unsubscribe_are_taken_for_it),
	    cmocka_unit_test(without_memory_it_says_so),
	    cmocka_unit_test(a_mail_over_the_ceiling_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
