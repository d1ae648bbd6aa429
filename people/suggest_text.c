/*
 * suggest_text.c - e-mail addresses and phone numbers in what people write.
 *
 * Strict rather than clever: what is found is looked up, and a number that is none of ours costs a
 * look-up.  Phone numbers must be international ("+49 ..."): a national one could be anybody's.
 */
#include "people/suggest.h"

#include <string.h>

#include "core/arena.h"
#include "core/err.h"

#define EMAIL_MAX 254
#define PHONE_DIGITS_MIN 8 /* E.164 has 15 at most; shorter than 8 none is dialled from abroad */
#define PHONE_DIGITS_MAX 15

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_alnum(char c)
{
	return is_digit(c) || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

static bool
is_local(char c)
{
	return is_alnum(c) || (c != '\0' && strchr("._%+-", c) != NULL);
}

static bool
is_domain(char c)
{
	return is_alnum(c) || c == '.' || c == '-';
}

/* Each once.  -1 without memory. */
static int
keep(struct suggest_addresses *out, struct slice found, struct arena *a, struct err *err)
{
	for (size_t i = 0; i < out->count; i++)
		if (slice_eq(out->items[i], found))
			return 0;
	found = arena_slice_dup(a, found);
	if (!slice_is_set(found))
		return err_set(err, ERR_NOMEM, "no memory for an address");
	out->items[out->count++] = found;
	return 0;
}

static void
lower(char *to, struct slice s)
{
	for (size_t i = 0; i < s.len; i++)
		to[i] = s.ptr[i] >= 'A' && s.ptr[i] <= 'Z' ? (char)(s.ptr[i] | 0x20) : s.ptr[i];
}

/* The address around the '@' at: SLICE_NONE when there is none. */
static struct slice
email_around(struct slice text, size_t at)
{
	size_t from = at, until = at + 1;
	const char *dot;

	while (from > 0 && is_local(text.ptr[from - 1]))
		from--;
	while (from < at && !is_alnum(text.ptr[from])) /* "(-jane@..." */
		from++;
	while (until < text.len && is_domain(text.ptr[until]))
		until++;
	while (until > at + 1 && !is_alnum(text.ptr[until - 1])) /* "...@example.org." */
		until--;
	/* a handle "@a@b.example" is no address */
	if (from == at || until - from > EMAIL_MAX || (from > 0 && text.ptr[from - 1] == '@') ||
	    (until < text.len && text.ptr[until] == '@'))
		return SLICE_NONE;
	dot = memchr(text.ptr + at + 1, '.', until - at - 1);
	if (dot == NULL || dot == text.ptr + at + 1)
		return SLICE_NONE;
	return slice_make(text.ptr + from, until - from);
}

int
suggest_find_emails(
    struct slice text, struct arena *a, struct suggest_addresses *out_r, struct err *err)
{
	char address[EMAIL_MAX];

	out_r->count = 0;
	for (size_t i = 1; i < text.len && out_r->count < SUGGEST_ADDRESSES_MAX; i++) {
		struct slice found;

		if (text.ptr[i] != '@')
			continue;
		found = email_around(text, i);
		if (!slice_is_set(found))
			continue;
		lower(address, found);
		if (keep(out_r, slice_make(address, found.len), a, err) < 0)
			return -1;
	}
	return 0;
}

/* Digits behind a '+', with what people put between them; "(0)" is not dialled from abroad. How many
 * characters, 0 when it is no number. */
static size_t
phone_at(struct slice text, size_t at, char digits[PHONE_DIGITS_MAX + 1])
{
	size_t n = 1;

	digits[0] = '+';
	for (at++; at < text.len; at++) {
		char c = text.ptr[at];

		if (is_digit(c)) {
			if (n > PHONE_DIGITS_MAX)
				return 0;
			digits[n++] = c;
		} else if (slice_starts_with(slice_make(text.ptr + at, text.len - at), "(0)")) {
			at += 2;
		} else if (n == 1 || c == '\0' || strchr(" -./()", c) == NULL) {
			break;
		}
	}
	return n > PHONE_DIGITS_MIN ? n : 0;
}

int
suggest_find_phones(
    struct slice text, struct arena *a, struct suggest_addresses *out_r, struct err *err)
{
	char digits[PHONE_DIGITS_MAX + 1];

	out_r->count = 0;
	for (size_t i = 0; i < text.len && out_r->count < SUGGEST_ADDRESSES_MAX; i++) {
		size_t n = text.ptr[i] == '+' ? phone_at(text, i, digits) : 0;

		if (n > 0 && keep(out_r, slice_make(digits, n), a, err) < 0)
			return -1;
	}
	return 0;
}
