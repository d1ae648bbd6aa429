/*
 * link_codes.c - codes are made, found in texts, and used up.
 */
#include "people/link_codes.h"

#include <assert.h>
#include <string.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/post.h"
#include "people/links.h"
#include "people/people.h"
#include "platform/crypto.h"
#include "store/link_codes.h"
#include "store/persons.h"

#define TRIES_SPAN_MS TIME_HOUR_MS
#define DIGITS_MIN 2
#define CODES_LISTED_MAX 100
#define HASH_TEXT_MAX (2 * CRYPTO_SHA256_BYTES + 1)

static const char symbols[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/* The symbol that is meant, 0 none. */
static char
symbol_of(unsigned char c)
{
	if (c >= 'a' && c <= 'z')
		c = (unsigned char)(c - 'a' + 'A');
	if (c == 'O')
		return '0';
	if (c == 'I' || c == 'L')
		return '1';
	return c != '\0' && memchr(symbols, c, sizeof symbols - 1) != NULL ? (char)c : '\0';
}

static bool
is_letter_or_digit(unsigned char c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

static bool
is_sure_digit(unsigned char c)
{
	return c >= '2' && c <= '9';
}

bool
link_code_prefix_ok(struct slice prefix)
{
	for (size_t i = 0; i < prefix.len; i++)
		if (!is_letter_or_digit((unsigned char)prefix.ptr[i]))
			return false;
	return prefix.len >= LINK_CODE_PREFIX_MIN && prefix.len <= LINK_CODE_PREFIX_MAX;
}

/* ---- finding --------------------------------------------------------------------- */

/* Bytes of what parts two groups: '-', ' ', U+2010..U+2015, U+2212; 0 nothing does. */
static size_t
separator_at(struct slice s, size_t at)
{
	const unsigned char *p = (const unsigned char *)s.ptr + at;

	if (at >= s.len)
		return 0;
	if (*p == '-' || *p == ' ')
		return 1;
	if (s.len - at < 3 || p[0] != 0xe2)
		return 0;
	if ((p[1] == 0x80 && p[2] >= 0x90 && p[2] <= 0x95) || (p[1] == 0x88 && p[2] == 0x92))
		return 3;
	return 0;
}

/* The symbols behind a prefix: their end, 0 when it is no code. */
static size_t
read_symbols(struct slice s, size_t at, char *code)
{
	size_t digits = 0;

	for (size_t n = 0; n < LINK_CODE_SYMBOLS; n++) {
		if (n % 4 == 0)
			at += separator_at(s, at);
		if (at >= s.len)
			return 0;
		digits += is_sure_digit((unsigned char)s.ptr[at]);
		code[n] = symbol_of((unsigned char)s.ptr[at++]);
		if (code[n] == '\0')
			return 0;
	}
	code[LINK_CODE_SYMBOLS] = '\0';
	if (digits < DIGITS_MIN || (at < s.len && is_letter_or_digit((unsigned char)s.ptr[at])))
		return 0;
	return at;
}

static bool
prefix_is_at(struct slice s, size_t at, struct slice prefix)
{
	return s.len > at + prefix.len + LINK_CODE_SYMBOLS &&
	    slice_eq_nocase(slice_make(s.ptr + at, prefix.len), prefix) &&
	    separator_at(s, at + prefix.len) > 0 &&
	    (at == 0 || !is_letter_or_digit((unsigned char)s.ptr[at - 1]));
}

/* "acme acme-7KQ4-...": of a prefix that is said twice the second counts. */
static bool
is_said_again(struct slice s, size_t at, struct slice prefix)
{
	at += prefix.len;
	at += separator_at(s, at);
	return prefix_is_at(s, at, prefix);
}

static bool
is_there(char (*codes)[LINK_CODE_SYMBOLS + 1], size_t count, const char *code)
{
	for (size_t i = 0; i < count; i++)
		if (strcmp(codes[i], code) == 0)
			return true;
	return false;
}

size_t
link_codes_find(
    struct slice text, struct slice prefix, char (*codes)[LINK_CODE_SYMBOLS + 1], size_t max)
{
	char code[LINK_CODE_SYMBOLS + 1];
	size_t count = 0, end;
	unsigned char first;

	assert(link_code_prefix_ok(prefix));
	first = (unsigned char)prefix.ptr[0] | 0x20;
	for (size_t i = 0; i < text.len && count < max; i++) {
		/* | 0x20 brings letters to lower case, and leaves digits as they are */
		if (((unsigned char)text.ptr[i] | 0x20) != first ||
		    !prefix_is_at(text, i, prefix) || is_said_again(text, i, prefix))
			continue;
		end = read_symbols(text, i + prefix.len, code);
		if (end == 0 || is_there(codes, count, code))
			continue;
		memcpy(codes[count++], code, sizeof code);
		i = end - 1;
	}
	return count;
}

/* ---- making ------------------------------------------------------------------------- */

static struct slice
hash_code(const char *code, char hash[HASH_TEXT_MAX])
{
	const struct slice parts[] = {SLICE_LIT("earshot link code"), slice_of(code)};
	uint8_t sum[CRYPTO_SHA256_BYTES];

	crypto_sha256_parts(parts, 2, sum);
	crypto_hex(sum, sizeof sum, hash);
	return slice_of(hash);
}

static void
draw(char code[LINK_CODE_SYMBOLS + 1])
{
	uint8_t random[LINK_CODE_SYMBOLS];
	size_t digits;

	do {
		crypto_random(random, sizeof random);
		digits = 0;
		for (size_t i = 0; i < LINK_CODE_SYMBOLS; i++) {
			code[i] = symbols[random[i] % 32];
			digits += is_sure_digit((unsigned char)code[i]);
		}
	} while (digits < DIGITS_MIN);
	code[LINK_CODE_SYMBOLS] = '\0';
}

/* The customer is there and has room for another code. */
static int
may_have_code(
    struct store *st, struct slice customer_id, int64_t now_ms, struct arena *a, struct err *err)
{
	struct link_code_row *rows;
	struct customer *customer;
	size_t count, open = 0;
	int rc = store_customer_load(st, customer_id, now_ms, a, &customer, err);

	if (rc == 0)
		return err_set(
		    err, ERR_NOT_FOUND, "there is no customer '%.*s'", SLICE_ARG(customer_id));
	if (rc < 0 ||
	    store_link_codes_of_customer(st, customer_id, CODES_LISTED_MAX, a, &rows, &count, err) <
		0)
		return -1;
	for (size_t i = 0; i < count; i++)
		open += rows[i].used_at_ms == TIME_UNKNOWN && rows[i].expires_at_ms > now_ms;
	if (open >= LINK_CODE_OPEN_MAX)
		return err_set(err, ERR_CONFLICT,
		    "the customer has %zu open codes: wait until one is used or expires", open);
	return 0;
}

static int
note_made(struct store *st, const struct link_code_row *code, struct arena *a, struct err *err)
{
	struct history_row row = {
	    .at_ms = code->at_ms, .field = SLICE_LIT("link-code"), .source = code->made_by};
	char until[TIME_TEXT_MAX];

	time_format_rfc3339(code->expires_at_ms, until);
	row.new_value = slice_of(arena_printf(a, "{\"expires_at\":\"%s\"}", until));
	if (!slice_is_set(row.new_value))
		return err_set(err, ERR_NOMEM, "no memory for a code");
	return store_history_add(st, code->customer_id, &row, err);
}

int
link_code_make(struct store *st, struct slice customer_id, struct slice prefix, const char *made_by,
    int64_t valid_ms, int64_t now_ms, struct arena *a, struct slice *code_r, struct err *err)
{
	const struct link_code_row row = {.customer_id = customer_id,
	    .made_by = slice_of(made_by),
	    .at_ms = now_ms,
	    .expires_at_ms = now_ms + valid_ms,
	    .used_at_ms = TIME_UNKNOWN};
	char code[LINK_CODE_SYMBOLS + 1], hash[HASH_TEXT_MAX];
	const char *text;

	assert(valid_ms >= LINK_CODE_VALID_MIN_MS && valid_ms <= LINK_CODE_VALID_MAX_MS);
	if (may_have_code(st, customer_id, now_ms, a, err) < 0)
		return -1;
	draw(code);
	text = arena_printf(a, "%.*s-%.4s-%.4s-%.4s", SLICE_ARG(prefix), code, code + 4, code + 8);
	if (text == NULL)
		return err_set(err, ERR_NOMEM, "no memory for a code");
	if (store_link_code_add(st, hash_code(code, hash), &row, err) < 0 ||
	    note_made(st, &row, a, err) < 0)
		return -1;
	*code_r = slice_of(text);
	return 0;
}

/* ---- reading ------------------------------------------------------------------------- */

struct reading {
	struct store *st;
	const struct post *post;
	bool may_match;
	int64_t now_ms;
	struct arena *arena;
	struct link_codes_seen *seen;
};

static int
say(struct reading *r, const char *words, struct err *err)
{
	r->seen->words = slice_of(words);
	return words == NULL ? err_set(err, ERR_NOMEM, "no memory for a code") : 0;
}

/* The code is this account's to show. */
static int
use(struct reading *r, const struct link_code_row *code, struct slice hash, struct err *err)
{
	struct link_wish wish = {.customer_id = code->customer_id,
	    .author_id = r->post->author.id,
	    .proof = LINK_CODE,
	    .made_by = SLICE_LIT("code")};
	struct link_result result;
	char when[TIME_TEXT_MAX];

	time_format_rfc3339(code->at_ms, when);
	wish.basis = slice_of(arena_printf(
	    r->arena, "posted the code that %.*s made on %s", SLICE_ARG(code->made_by), when));
	if (!slice_is_set(wish.basis))
		return err_set(err, ERR_NOMEM, "no memory for a code");
	if (handle_key_read(r->arena, r->post->author.handle, &wish.handle_key, err) < 0 ||
	    links_make(r->st, &wish, r->now_ms, r->arena, &result, err) < 0)
		return -1;
	if (result.answer == LINK_REFUSED)
		return say(r,
		    arena_printf(r->arena, "a code was good, but %.*s", SLICE_ARG(result.why)),
		    err);
	r->seen->is_used = true;
	if (store_link_code_use(r->st, hash, r->post->author.id, r->now_ms, err) < 0)
		return -1;
	return say(r,
	    arena_printf(r->arena, "link %lld is proven by a code", (long long)result.link.link_no),
	    err);
}

/* 1 it is settled, 0 the code is wrong, -1. */
static int
try_code(struct reading *r, const char *code, struct err *err)
{
	char text[HASH_TEXT_MAX];
	struct slice hash = hash_code(code, text);
	struct link_code_row row;
	int rc = store_link_code_load(r->st, hash, r->arena, &row, err);

	if (rc <= 0)
		return rc;
	if (row.used_at_ms != TIME_UNKNOWN) /* shown again by who used it: an edit, a thank-you */
		return slice_eq(row.author_id, r->post->author.id);
	if (row.expires_at_ms <= r->now_ms)
		return 0;
	if (!r->may_match)
		return say(r, "a code was shown by an account that may not be linked", err) < 0 ? -1
												: 1;
	return use(r, &row, hash, err) < 0 ? -1 : 1;
}

static int
count_wrong(struct reading *r, struct link_tries *tries, size_t wrong, struct err *err)
{
	if (r->now_ms - tries->since_ms >= TRIES_SPAN_MS || r->now_ms < tries->since_ms)
		*tries = (struct link_tries){r->now_ms, 0};
	tries->count += (int64_t)wrong;
	r->seen->wrong = wrong;
	if (store_link_tries_put(r->st, r->post->author.id, tries, err) < 0)
		return -1;
	if (slice_is_set(r->seen->words))
		return 0;
	return say(r,
	    arena_printf(r->arena, "%lld wrong codes of one account within the hour",
		(long long)tries->count),
	    err);
}

static int
read_codes(struct reading *r, char (*codes)[LINK_CODE_SYMBOLS + 1], size_t count, struct err *err)
{
	struct link_tries tries;
	size_t wrong = 0;

	if (store_link_tries_get(r->st, r->post->author.id, &tries, err) < 0)
		return -1;
	if (tries.count >= LINK_CODE_TRIES_MAX && r->now_ms >= tries.since_ms &&
	    r->now_ms - tries.since_ms < TRIES_SPAN_MS) {
		r->seen->wrong = count;
		return say(r, "a code was not tried: too many wrong ones came before", err);
	}
	for (size_t i = 0; i < count; i++) {
		int rc = try_code(r, codes[i], err);

		if (rc < 0)
			return -1;
		wrong += rc == 0;
	}
	return wrong == 0 ? 0 : count_wrong(r, &tries, wrong, err);
}

int
link_codes_read(struct store *st, const struct post *post, struct slice prefix,
    bool source_may_match, int64_t now_ms, struct arena *a, struct link_codes_seen *seen_r,
    struct err *err)
{
	struct link_codes_seen seen = {0};
	struct reading r = {
	    st, post, links_may_match(&post->author, source_may_match), now_ms, a, &seen};
	char codes[LINK_CODES_A_POST_MAX][LINK_CODE_SYMBOLS + 1];
	size_t count;
	int rc;

	*seen_r = seen;
	if (post->author.id.len == 0 || slice_is_set(post->repost_of) || !slice_is_set(post->text))
		return 0;
	rc = store_link_codes_any(st, now_ms, err);
	if (rc <= 0)
		return rc;
	count = link_codes_find(post->text, prefix, codes, LINK_CODES_A_POST_MAX);
	if (count == 0)
		return 0;
	if (read_codes(&r, codes, count, err) < 0)
		return -1;
	*seen_r = seen;
	return 0;
}
