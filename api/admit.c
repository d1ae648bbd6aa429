/*
 * admit.c - may this request be answered at all?
 *
 * Without a token only this machine may ask.  Binding to loopback is not enough for that: a page in
 * a browser here can make it ask for us, directly (then Origin names the page) or through a name of
 * its own that resolves to 127.0.0.1 (then Host names it).  So Host must be loopback, and Origin,
 * when there, the same host and port.
 *
 * With a token, Host does not matter: who rebinds a name does not know the token.  A browser that
 * was given it as a password would send it along for any page, so with Basic Origin is looked at as
 * well.
 */
#include "api/api.h"

#include <string.h>

#include "core/buf.h"
#include "platform/crypto.h"

#define BASIC_MAX 1024 /* bytes of "user:password" */

/* "host", "host:port", "[v6]:port" -> the host without brackets. */
static struct slice
host_name(struct slice s)
{
	const char *end;

	if (s.len > 0 && s.ptr[0] == '[') {
		end = memchr(s.ptr, ']', s.len);
		if (end == NULL || (end + 1 < s.ptr + s.len && end[1] != ':'))
			return SLICE_NONE;
		return slice_make(s.ptr + 1, (size_t)(end - s.ptr) - 1);
	}
	end = s.len == 0 ? NULL : memchr(s.ptr, ':', s.len);
	return end == NULL ? s : slice_make(s.ptr, (size_t)(end - s.ptr));
}

/* Four numbers, the first 127: "127.evil.example" is none. */
static bool
is_loopback_v4(struct slice s)
{
	long long v;

	for (int i = 0; i < 4; i++) {
		struct slice part = slice_split(&s, '.');

		if (part.len == 0 || part.len > 3 || !slice_to_i64(part, &v) || v < 0 || v > 255 ||
		    (i == 0 && v != 127))
			return false;
	}
	return !slice_is_set(s);
}

static bool
is_loopback(struct slice host)
{
	struct slice name = host_name(host);

	return slice_is_set(name) &&
	    (slice_eq_nocase(name, SLICE_LIT("localhost")) || slice_eq_str(name, "::1") ||
		is_loopback_v4(name));
}

/* "http://127.0.0.1:8080" -> "127.0.0.1:8080"; SLICE_NONE for "null" and other schemes. */
static struct slice
origin_host(struct slice origin)
{
	if (slice_starts_with(origin, "http://"))
		return slice_make(origin.ptr + 7, origin.len - 7);
	if (slice_starts_with(origin, "https://"))
		return slice_make(origin.ptr + 8, origin.len - 8);
	return SLICE_NONE;
}

static bool
is_same_origin(struct slice origin, struct slice host)
{
	struct slice from = origin_host(origin);

	return slice_is_set(from) && slice_is_set(host) && slice_eq_nocase(from, host);
}

/* Hashed first, so that not even the length can be measured. */
bool
api_is_token(struct slice given, const char *token)
{
	uint8_t a[CRYPTO_SHA256_BYTES], b[CRYPTO_SHA256_BYTES];

	crypto_sha256(given, a);
	crypto_sha256(slice_of(token), b);
	return crypto_equal(
	    slice_make((const char *)a, sizeof a), slice_make((const char *)b, sizeof b));
}

/* The rest behind a scheme in any case and at least one space. */
static struct slice
behind_scheme(struct slice authorization, const char *scheme)
{
	struct slice rest = slice_trim(authorization), word;

	if (!slice_is_set(rest))
		return SLICE_NONE;
	word = slice_split(&rest, ' ');
	if (!slice_is_set(rest) || !slice_eq_nocase(word, slice_of(scheme)))
		return SLICE_NONE;
	return slice_trim(rest);
}

static bool
has_basic(struct slice authorization, const char *token)
{
	struct slice coded = behind_scheme(authorization, "Basic"), rest, user;
	char plain[BASIC_MAX];
	int len;

	if (!slice_is_set(coded))
		return false;
	len = crypto_base64_decode(coded, plain, sizeof plain);
	if (len < 0)
		return false;
	rest = slice_make(plain, (size_t)len);
	user = slice_split(&rest, ':');
	/* "token:" is how a Segment library shows its write key */
	return slice_is_set(rest) &&
	    (api_is_token(rest, token) || (rest.len == 0 && api_is_token(user, token)));
}

static int
admit_by_token(const char *token, struct slice authorization, struct slice host,
    struct slice origin, struct api_reply *reply)
{
	struct slice bearer = behind_scheme(authorization, "Bearer");

	if (slice_is_set(bearer) && api_is_token(bearer, token))
		return 0;
	if (!has_basic(authorization, token)) {
		api_problem(reply, 401, "token-needed",
		    "send \"Authorization: Bearer TOKEN\"; a browser takes the token as the "
		    "password",
		    slice_is_set(authorization) ? "the access token is wrong"
						: "an access token is needed");
		return -1;
	}
	if (slice_is_set(origin) && !is_same_origin(origin, host)) {
		api_problem(reply, 403, "foreign-origin", NULL,
		    "the request was made by a page of another site");
		return -1;
	}
	return 0;
}

int
api_admit(const char *token, bool is_local_socket, struct slice authorization, struct slice host,
    struct slice origin, struct api_reply *reply)
{
	if (is_local_socket)
		return 0; /* who may open the socket is the file's mode */
	if (token != NULL)
		return admit_by_token(token, authorization, host, origin, reply);
	if (slice_is_set(host) && !is_loopback(host)) {
		api_problem(reply, 403, "foreign-host",
		    "ask for 127.0.0.1 or localhost, or configure an access token",
		    "without an access token only this machine is answered, not '%.*s'",
		    (int)(host.len > 200 ? 200 : host.len), host.ptr);
		return -1;
	}
	if (slice_is_set(origin) &&
	    !(slice_is_set(host) ? is_same_origin(origin, host)
				 : is_loopback(origin_host(origin)))) {
		api_problem(reply, 403, "foreign-origin", NULL,
		    "the request was made by a page of another site");
		return -1;
	}
	return 0;
}
