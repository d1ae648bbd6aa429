#include "actions/mail_internal.h"

#include <assert.h>
#include <string.h>

#include "core/buf.h"
#include "core/timefmt.h"
#include "core/utf8.h"
#include "platform/crypto.h"

#define FOLD_COLUMN 76 /* where we fold; RFC 5322 allows 998 */
#define LONGEST_WORD 700 /* a longer word cannot be folded and is encoded */
#define ENCODED_BYTES                                                                              \
	39 /* of text in one encoded word: 52 characters of base64 and 12 around them */
#define BASE64_BYTES 57 /* a line of 76 characters */
#define LONGEST_URI 900
#define MESSAGE_MARK "{message}"

/* ---- header values ---------------------------------------------------------- */

static bool
is_control(char c)
{
	return (unsigned char)c < ' ' || c == 0x7f;
}

/* One line: control characters are blanks, none at the ends, cut at max_bytes with a mark. */
static void
put_clean(struct buf *out, struct slice s, size_t max_bytes)
{
	struct slice shown;

	s = slice_trim(s);
	shown = utf8_prefix(s, max_bytes);
	for (size_t i = 0; i < shown.len; i++)
		buf_add_char(out, is_control(shown.ptr[i]) ? ' ' : shown.ptr[i]);
	if (shown.len < s.len)
		buf_add_str(out, "...");
}

/* May it stand in a header as it is?  What looks like an encoded word would be decoded by readers.
 */
static bool
is_plain(struct slice s)
{
	size_t word = 0;

	for (size_t i = 0; i < s.len; i++) {
		word = s.ptr[i] == ' ' ? 0 : word + 1;
		if ((unsigned char)s.ptr[i] >= 0x80 || word > LONGEST_WORD)
			return false;
	}
	return s.len == 0 || memmem(s.ptr, s.len, "=?", 2) == NULL;
}

/* " word word" behind a header's name, with line breaks before blanks. */
static void
put_folded(struct buf *out, struct slice s, size_t column)
{
	size_t at = 0;

	while (at < s.len) {
		size_t end = at;

		while (end < s.len && s.ptr[end] == ' ')
			end++;
		while (end < s.len && s.ptr[end] != ' ')
			end++;
		if (column + (end - at) + 1 > FOLD_COLUMN && s.ptr[at] == ' ') {
			buf_add_str(out, "\r\n");
			column = 0;
		}
		if (at == 0)
			buf_add_char(out, ' ');
		buf_add_slice(out, slice_make(s.ptr + at, end - at));
		column += end - at + (at == 0);
		at = end;
	}
}

/* RFC 2047, a line for each encoded word; characters are not torn apart. */
static void
put_encoded(struct buf *out, struct slice s)
{
	bool is_first = true;

	while (s.len > 0) {
		struct slice part = utf8_prefix(s, ENCODED_BYTES);

		assert(part.len > 0);
		buf_add_str(out, is_first ? " =?utf-8?B?" : "\r\n =?utf-8?B?");
		(void)crypto_base64_add(out, part);
		buf_add_str(out, "?=");
		s = slice_make(s.ptr + part.len, s.len - part.len);
		is_first = false;
	}
}

static void
put_text_header(struct buf *out, const char *name, struct slice clean)
{
	buf_addf(out, "%s:", name);
	if (is_plain(clean))
		put_folded(out, clean, strlen(name) + 1);
	else
		put_encoded(out, clean);
	buf_add_str(out, "\r\n");
}

/* A name as a quoted string when ASCII, else encoded. */
static void
put_display_name(struct buf *out, struct slice clean)
{
	if (!is_plain(clean)) {
		put_encoded(out, clean);
		return;
	}
	buf_add_str(out, " \"");
	for (size_t i = 0; i < clean.len; i++) {
		if (clean.ptr[i] == '"' || clean.ptr[i] == '\\')
			buf_add_char(out, '\\');
		buf_add_char(out, clean.ptr[i]);
	}
	buf_add_char(out, '"');
}

static int
put_from(struct buf *out, const struct mail *m)
{
	struct buf name;
	int rc;

	buf_init(&name, 2 * MAIL_NAME_MAX);
	put_clean(&name, m->from_name, MAIL_NAME_MAX);
	buf_add_str(out, "From:");
	if (name.len > 0) {
		put_display_name(out, buf_slice(&name));
		buf_addf(out, "\r\n <%.*s>\r\n", SLICE_ARG(m->from));
	} else {
		buf_addf(out, " %.*s\r\n", SLICE_ARG(m->from));
	}
	rc = buf_failed(&name) ? -1 : 0;
	buf_fini(&name);
	return rc;
}

static int
put_subject(struct buf *out, const struct mail *m)
{
	struct buf line;
	int rc;

	buf_init(&line, MAIL_SUBJECT_MAX + 64);
	if (m->is_repeat)
		buf_add_str(&line, "[repeat] ");
	put_clean(&line, m->subject, MAIL_SUBJECT_MAX);
	put_text_header(out, "Subject", slice_trim(buf_slice(&line)));
	rc = buf_failed(&line) ? -1 : 0;
	buf_fini(&line);
	return rc;
}

static struct slice
domain_of(struct slice address)
{
	const char *at = memrchr(address.ptr, '@', address.len);

	assert(at != NULL);
	return slice_make(at + 1, address.len - (size_t)(at + 1 - address.ptr));
}

static void
put_uri(struct buf *out, const char *uri, struct slice message_id)
{
	const char *mark = strstr(uri, MESSAGE_MARK);

	if (mark == NULL) {
		buf_addf(out, "<%s>", uri);
		return;
	}
	buf_addf(out, "<%.*s%.*s%s>", (int)(mark - uri), uri, SLICE_ARG(message_id),
	    mark + strlen(MESSAGE_MARK));
}

static void
put_unsubscribe(struct buf *out, const struct mail *m)
{
	if (m->unsubscribe_count == 0)
		return;
	buf_add_str(out, "List-Unsubscribe:");
	for (size_t i = 0; i < m->unsubscribe_count; i++) {
		buf_add_str(out, i == 0 ? " " : ",\r\n ");
		put_uri(out, m->unsubscribe[i], m->message_id);
	}
	buf_add_str(out, "\r\n");
	if (m->is_one_click)
		buf_add_str(out, "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n");
}

static int
put_head(struct buf *out, const struct mail *m)
{
	char date[TIME_TEXT_MAX + 8];

	buf_addf(out, "Date: %s\r\n", time_format_rfc822(m->date_ms, false, date));
	if (put_from(out, m) < 0)
		return -1;
	buf_addf(out, "To: %.*s\r\n", SLICE_ARG(m->to));
	if (m->reply_to.len > 0)
		buf_addf(out, "Reply-To: %.*s\r\n", SLICE_ARG(m->reply_to));
	if (put_subject(out, m) < 0)
		return -1;
	buf_addf(out, "Message-ID: <%.*s@%.*s>\r\n", SLICE_ARG(m->message_id),
	    SLICE_ARG(domain_of(m->from)));
	buf_add_str(out, "Auto-Submitted: auto-generated\r\n");
	if (m->is_repeat)
		buf_add_str(out, "X-Earshot-Repeat: yes\r\n");
	put_unsubscribe(out, m);
	buf_add_str(out, "MIME-Version: 1.0\r\n");
	return 0;
}

/* ---- bodies ----------------------------------------------------------------- */

/* All line ends as CR LF, one at the end. */
static void
put_canonical(struct buf *out, struct slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];

		if (c == '\r' && i + 1 < text.len && text.ptr[i + 1] == '\n')
			continue;
		if (c == '\r' || c == '\n')
			buf_add_str(out, "\r\n");
		else
			buf_add_char(out, c);
	}
	if (out->len > 0 && out->ptr[out->len - 1] != '\n')
		buf_add_str(out, "\r\n");
}

/* Besides what must be encoded: blanks at a line's end, a dot and "From " at its start, which some
 * servers change. */
static bool
is_quotable(struct slice s, size_t at, size_t column)
{
	char c = s.ptr[at];

	if (c == ' ' || c == '\t')
		return s.ptr[at + 1] != '\r'; /* the text ends in CR LF */
	if (column == 0 &&
	    (c == '.' ||
		(c == 'F' && slice_starts_with(slice_make(s.ptr + at, s.len - at), "From "))))
		return false;
	return c > ' ' && c < 0x7f && c != '=';
}

static void
put_quoted_printable(struct buf *out, struct slice s)
{
	size_t column = 0;

	for (size_t i = 0; i < s.len; i++) {
		bool is_plain_char;

		if (s.ptr[i] == '\r') { /* the LF follows */
			buf_add_str(out, "\r\n");
			column = 0;
			i++;
			continue;
		}
		is_plain_char = is_quotable(s, i, column);
		if (column + (is_plain_char ? 1 : 3) > FOLD_COLUMN - 1) {
			buf_add_str(out, "=\r\n");
			column = 0;
			is_plain_char = is_quotable(s, i, column);
		}
		if (is_plain_char)
			buf_add_char(out, s.ptr[i]);
		else
			buf_addf(out, "=%02X", (unsigned)(unsigned char)s.ptr[i]);
		column += is_plain_char ? 1 : 3;
	}
}

static void
put_base64(struct buf *out, struct slice s)
{
	while (s.len > 0) {
		struct slice line = slice_make(s.ptr, s.len < BASE64_BYTES ? s.len : BASE64_BYTES);

		(void)crypto_base64_add(out, line);
		buf_add_str(out, "\r\n");
		s = slice_make(s.ptr + line.len, s.len - line.len);
	}
}

/* Quoted-printable can be read in a raw mail; where it would be longer than base64 nobody would. */
static bool
prefers_base64(struct slice s)
{
	size_t high = 0;

	for (size_t i = 0; i < s.len; i++)
		high += (unsigned char)s.ptr[i] >= 0x80;
	return high > s.len / 6;
}

static int
put_part(struct buf *out, const char *type, struct slice text)
{
	struct buf canonical;
	bool is_base64 = prefers_base64(text);
	int rc;

	buf_init(&canonical, MAIL_BYTES_MAX);
	put_canonical(&canonical, text);
	buf_addf(out, "Content-Type: %s; charset=utf-8\r\nContent-Transfer-Encoding: %s\r\n\r\n",
	    type, is_base64 ? "base64" : "quoted-printable");
	rc = buf_failed(&canonical) ? -1 : 0;
	if (rc == 0 && is_base64)
		put_base64(out, buf_slice(&canonical));
	else if (rc == 0)
		put_quoted_printable(out, buf_slice(&canonical));
	buf_fini(&canonical);
	return rc;
}

/* "=_" can occur neither in quoted-printable, where two hex digits follow "=", nor in base64. */
static int
put_alternatives(struct buf *out, const struct mail *m)
{
	struct slice id = m->message_id;

	buf_addf(out, "Content-Type: multipart/alternative;\r\n boundary=\"=_%.*s\"\r\n\r\n",
	    SLICE_ARG(id));
	buf_addf(out, "--=_%.*s\r\n", SLICE_ARG(id));
	if (put_part(out, "text/plain", m->text) < 0)
		return -1;
	buf_addf(out, "\r\n--=_%.*s\r\n", SLICE_ARG(id));
	if (put_part(out, "text/html", m->html) < 0)
		return -1;
	buf_addf(out, "\r\n--=_%.*s--\r\n", SLICE_ARG(id));
	return 0;
}

int
mail_build(const struct mail *m, struct buf *out)
{
	int rc;

	assert(slice_is_set(m->text) || slice_is_set(m->html));
	assert(mail_address_judge(m->to) == MAIL_ADDRESS_GOOD);
	if (put_head(out, m) < 0)
		return -1;
	if (slice_is_set(m->text) && slice_is_set(m->html))
		rc = put_alternatives(out, m);
	else if (slice_is_set(m->html))
		rc = put_part(out, "text/html", m->html);
	else
		rc = put_part(out, "text/plain", m->text);
	return rc < 0 || buf_failed(out) ? -1 : 0;
}

/* ---- addresses -------------------------------------------------------------- */

/* RFC 5321's dot-atom, and its dots wherever they are: some providers gave such addresses out.
 * Quoted local parts and address literals are not taken. */
static bool
is_local_char(char c)
{
	return c > ' ' && c < 0x7f && strchr("()<>@,;:\\\"[]", c) == NULL;
}

static bool
is_domain(struct slice s)
{
	size_t label = 0;

	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];
		bool is_letter =
		    (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');

		if (c == '.' && label == 0)
			return false;
		if (c == '.') {
			label = 0;
			continue;
		}
		if (!is_letter && c != '-')
			return false;
		if (++label > 63)
			return false;
	}
	return label > 0;
}

enum mail_address
mail_address_judge(struct slice address)
{
	const char *at = address.len == 0 ? NULL : memrchr(address.ptr, '@', address.len);
	bool is_ascii = true;
	size_t local;

	if (at == NULL || address.len > MAIL_ADDRESS_MAX)
		return MAIL_ADDRESS_BROKEN;
	local = (size_t)(at - address.ptr);
	if (local == 0 || local > 64 || local + 1 == address.len)
		return MAIL_ADDRESS_BROKEN;
	for (size_t i = 0; i < address.len; i++) {
		is_ascii &= (unsigned char)address.ptr[i] < 0x80;
		if (i < local && (unsigned char)address.ptr[i] < 0x80 &&
		    !is_local_char(address.ptr[i]))
			return MAIL_ADDRESS_BROKEN;
		if (i > local && strchr(" \t<>,;:\"\\()[]\r\n", address.ptr[i]) != NULL)
			return MAIL_ADDRESS_BROKEN;
	}
	if (!is_ascii)
		return MAIL_ADDRESS_NOT_ASCII;
	return is_domain(domain_of(address)) ? MAIL_ADDRESS_GOOD : MAIL_ADDRESS_BROKEN;
}

bool
mail_unsubscribe_is_good(const char *uri)
{
	size_t len = strlen(uri);

	if (len > LONGEST_URI ||
	    (strncmp(uri, "https://", 8) != 0 && strncmp(uri, "mailto:", 7) != 0))
		return false;
	for (size_t i = 0; i < len; i++)
		if (uri[i] <= ' ' || uri[i] >= 0x7f || strchr("<>\",", uri[i]) != NULL)
			return false;
	return true;
}
