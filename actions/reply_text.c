#include "actions/reply_text_internal.h"

#include <string.h>

#include "core/buf.h"
#include "core/utf8.h"

#define ACCT_MAX 320
#define ENTITY_MAX 12
#define ESSENCE_BYTES_MAX (1024 * 1024)

static bool
is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* ---- mentions --------------------------------------------------------------- */

static bool
is_user_char(char c)
{
	return is_alnum(c) || c == '_' || c == '.' || c == '-';
}

bool
reply_acct_is_good(struct slice acct)
{
	struct slice host = acct, user;

	if (acct.len == 0 || acct.len > ACCT_MAX)
		return false;
	user = slice_split(&host, '@');
	if (user.len == 0 || (slice_is_set(host) && host.len == 0))
		return false;
	for (size_t i = 0; i < user.len; i++)
		if (!is_user_char(user.ptr[i]))
			return false;
	for (size_t i = 0; i < host.len; i++)
		if (!is_user_char(host.ptr[i]) && host.ptr[i] != ':')
			return false;
	return true;
}

/* Where "user" or "user@host" that begins at s ends; dots and hyphens at the end belong to the
 * sentence. */
static size_t
name_len(struct slice s, bool is_host)
{
	size_t len = 0;

	while (len < s.len && (is_user_char(s.ptr[len]) || (is_host && s.ptr[len] == ':')))
		len++;
	while (len > 0 && !is_alnum(s.ptr[len - 1]) && s.ptr[len - 1] != '_')
		len--;
	return len;
}

struct mention {
	struct slice user, host; /* host SLICE_NONE: none written */
	size_t len; /* with the '@'s */
};

/* Is there a mention at text.ptr[at]? */
static bool
read_mention(struct slice text, size_t at, struct mention *m)
{
	struct slice rest;

	if (text.ptr[at] != '@')
		return false;
	if (at > 0 && (is_alnum(text.ptr[at - 1]) || strchr("_/@=", text.ptr[at - 1]) != NULL))
		return false;
	rest = slice_make(text.ptr + at + 1, text.len - at - 1);
	m->user = slice_make(rest.ptr, name_len(rest, false));
	if (m->user.len == 0)
		return false;
	m->host = SLICE_NONE;
	m->len = 1 + m->user.len;
	rest = slice_make(rest.ptr + m->user.len, rest.len - m->user.len);
	if (rest.len > 1 && rest.ptr[0] == '@') {
		rest = slice_make(rest.ptr + 1, rest.len - 1);
		rest.len = name_len(rest, true);
		if (rest.len > 0) {
			m->host = rest;
			m->len += 1 + rest.len;
		}
	}
	return true;
}

static bool
is_one_of(struct slice host, const char *const *domains, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (domains[i] != NULL && domains[i][0] != '\0' &&
		    slice_eq_nocase(host, slice_of(domains[i])))
			return true;
	return false;
}

bool
reply_text_mentions(
    struct slice text, struct slice acct, const char *const *domains, size_t domain_count)
{
	struct slice host = acct, user = slice_split(&host, '@');
	bool is_local = !slice_is_set(host) || is_one_of(host, domains, domain_count);
	struct mention m;

	for (size_t i = 0; i < text.len; i++) {
		if (!read_mention(text, i, &m) || !slice_eq_nocase(m.user, user))
			continue;
		if (slice_is_set(m.host) ? slice_is_set(host) && slice_eq_nocase(m.host, host)
					 : is_local)
			return true;
		if (slice_is_set(m.host) && is_local && is_one_of(m.host, domains, domain_count))
			return true;
	}
	return false;
}

/* ---- length ----------------------------------------------------------------- */

/* The length in bytes of the link that begins at text.ptr[at]; 0: none. */
static size_t
link_len(struct slice text, size_t at)
{
	struct slice rest = slice_make(text.ptr + at, text.len - at);
	size_t len = 0, scheme;

	if (!slice_starts_with(rest, "https://") && !slice_starts_with(rest, "http://"))
		return 0;
	scheme = rest.ptr[4] == 's' ? 8 : 7;
	while (len < rest.len && (unsigned char)rest.ptr[len] > ' ')
		len++;
	while (len > scheme && strchr(".,;:!?'\")", rest.ptr[len - 1]) != NULL)
		len--;
	return len > scheme ? len : 0;
}

/* Marks, joiners, skin tones: part of the character before them. */
static bool
is_extending(uint32_t cp)
{
	return (cp >= 0x300 && cp <= 0x36f) || (cp >= 0x1ab0 && cp <= 0x1aff) ||
	    (cp >= 0x20d0 && cp <= 0x20ff) || (cp >= 0xfe00 && cp <= 0xfe0f) || cp == 0x200d ||
	    (cp >= 0x1f3fb && cp <= 0x1f3ff) || (cp >= 0xe0020 && cp <= 0xe01ef);
}

static bool
is_flag_letter(uint32_t cp)
{
	return cp >= 0x1f1e6 && cp <= 0x1f1ff;
}

size_t
reply_text_count(struct slice text, size_t url_chars)
{
	size_t count = 0, at = 0;
	uint32_t before = 0;
	bool is_half_flag = false;

	while (at < text.len) {
		size_t len = link_len(text, at);
		struct mention m;
		uint32_t cp;

		if (len > 0) {
			count += url_chars;
			at += len;
			before = 0;
			continue;
		}
		if (read_mention(text, at, &m)) {
			count += 1 + m.user.len;
			at += m.len;
			before = 0;
			continue;
		}
		cp = utf8_next(text, &at);
		is_half_flag = is_flag_letter(cp) && !is_half_flag;
		if (!is_extending(cp) && before != 0x200d &&
		    !(is_flag_letter(cp) && !is_half_flag) && !(cp == '\n' && before == '\r'))
			count++;
		before = cp;
	}
	return count;
}

/* ---- is it the same? --------------------------------------------------------- */

/* A text as people see it, one character at a time. */
struct reading {
	struct slice text;
	size_t at;
	bool is_html;
};

/* Past the tag at r->at; a blank for those that end a line, else 0. */
static uint32_t
skip_tag(struct reading *r)
{
	static const char *const blocks[] = {"p", "/p", "br", "div", "/div", "li", "/li"};
	const char *end = memchr(r->text.ptr + r->at, '>', r->text.len - r->at);
	struct slice name = slice_make(r->text.ptr + r->at + 1, r->text.len - r->at - 1);
	size_t len = 0;

	while (len < name.len && (is_alnum(name.ptr[len]) || (len == 0 && name.ptr[0] == '/')))
		len++;
	name.len = len;
	r->at = end == NULL ? r->text.len : (size_t)(end + 1 - r->text.ptr);
	for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++)
		if (slice_eq_nocase(name, slice_of(blocks[i])))
			return ' ';
	return 0;
}

/* Numbers as their character; of the named ones servers write only signs, which count for nothing,
 * and the blank. */
static uint32_t
read_entity(struct reading *r)
{
	struct slice rest = slice_make(r->text.ptr + r->at, r->text.len - r->at);
	const char *end = memchr(rest.ptr, ';', rest.len < ENTITY_MAX ? rest.len : ENTITY_MAX);
	uint32_t cp = 0;
	size_t i = 2;
	bool is_hex;

	if (end == NULL || end - rest.ptr < 2) {
		r->at++;
		return '&';
	}
	rest.len = (size_t)(end - rest.ptr);
	r->at += rest.len + 1;
	if (rest.ptr[1] != '#')
		return slice_eq_str(rest, "&nbsp") ? ' ' : '&';
	is_hex = rest.len > 2 && (rest.ptr[2] == 'x' || rest.ptr[2] == 'X');
	for (i += is_hex; i < rest.len && cp < 0x110000; i++) {
		char c = rest.ptr[i];

		if (c >= '0' && c <= '9')
			cp = cp * (is_hex ? 16 : 10) + (uint32_t)(c - '0');
		else if (is_hex && is_alnum(c))
			cp = cp * 16 + ((uint32_t)(c | 0x20) - 'a' + 10);
	}
	return cp > 0 && cp < 0x110000 && (cp < 0xd800 || cp > 0xdfff) ? cp : '&';
}

/* The next character; 0 at the end. */
static uint32_t
next_character(struct reading *r)
{
	while (r->at < r->text.len) {
		char c = r->text.ptr[r->at];
		uint32_t cp;

		if (r->is_html && c == '<')
			cp = skip_tag(r);
		else if (r->is_html && c == '&')
			cp = read_entity(r);
		else
			cp = utf8_next(r->text, &r->at);
		if (cp != 0)
			return cp;
	}
	return 0;
}

void
reply_text_add_essence(struct buf *out, struct slice text, bool is_html)
{
	struct reading r = {.text = text, .is_html = is_html};
	bool is_in_mention = false;
	char bytes[4];
	uint32_t cp, before = ' ';

	for (; (cp = next_character(&r)) != 0; before = cp) {
		if (cp <= ' ' || cp == 0xa0) {
			is_in_mention = false;
			continue;
		}
		/* to the next blank, for some servers write the host behind it and others do not */
		if (cp == '@' && (before >= 0x80 || !is_alnum((char)before)))
			is_in_mention = true;
		if (is_in_mention)
			continue;
		if (cp < 0x80 && !is_alnum((char)cp))
			continue;
		/* dashes, quotes, joiners: what servers make of ours */
		if ((cp >= 0x2000 && cp <= 0x206f) || (cp >= 0xfe00 && cp <= 0xfe0f))
			continue;
		if (cp >= 'A' && cp <= 'Z')
			cp += 'a' - 'A';
		(void)buf_add(out, bytes, utf8_encode(cp, bytes));
	}
}

int
reply_text_is_same(struct slice text, struct slice content, bool is_html)
{
	struct buf ours, theirs;
	int rc;

	buf_init(&ours, ESSENCE_BYTES_MAX);
	buf_init(&theirs, ESSENCE_BYTES_MAX);
	reply_text_add_essence(&ours, text, false);
	reply_text_add_essence(&theirs, content, is_html);
	if (buf_failed(&ours) || (buf_failed(&theirs) && !buf_is_full(&theirs)))
		rc = -1;
	else
		rc = !buf_failed(&theirs) && slice_eq(buf_slice(&ours), buf_slice(&theirs));
	buf_fini(&ours);
	buf_fini(&theirs);
	return rc;
}
