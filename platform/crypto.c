#include "platform/crypto.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "core/buf.h"

/* A hash that cannot be computed (no memory inside the library) has no answer we could go on with.
 */
static void
must(int ok)
{
	if (ok != 1)
		abort();
}

static const char *
bytes_of(struct slice s)
{
	return s.ptr == NULL ? "" : s.ptr;
}

void
crypto_sha256(struct slice s, uint8_t out[CRYPTO_SHA256_BYTES])
{
	must(EVP_Digest(bytes_of(s), s.len, out, NULL, EVP_sha256(), NULL));
}

void
crypto_sha256_parts(const struct slice *parts, size_t count, uint8_t out[CRYPTO_SHA256_BYTES])
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();

	must(md != NULL);
	must(EVP_DigestInit_ex(md, EVP_sha256(), NULL));
	for (size_t i = 0; i < count; i++) {
		uint8_t len[8];

		for (unsigned k = 0; k < 8; k++)
			len[k] = (uint8_t)((uint64_t)parts[i].len >> (56 - 8 * k));
		must(EVP_DigestUpdate(md, len, sizeof len));
		must(EVP_DigestUpdate(md, bytes_of(parts[i]), parts[i].len));
	}
	must(EVP_DigestFinal_ex(md, out, NULL));
	EVP_MD_CTX_free(md);
}

void
crypto_hmac_sha256(struct slice key, struct slice message, uint8_t out[CRYPTO_SHA256_BYTES])
{
	unsigned len = 0;

	assert(key.len <= INT32_MAX);
	must(HMAC(EVP_sha256(), bytes_of(key), (int)key.len,
		 (const unsigned char *)bytes_of(message), message.len, out, &len) != NULL);
	assert(len == CRYPTO_SHA256_BYTES);
}

void
crypto_random(void *out, size_t len)
{
	char *at = out;

	while (len > 0) {
		ssize_t got = getrandom(at, len, 0);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			abort();
		at += got;
		len -= (size_t)got;
	}
}

bool
crypto_equal(struct slice a, struct slice b)
{
	return a.len == b.len && CRYPTO_memcmp(bytes_of(a), bytes_of(b), a.len) == 0;
}

void
crypto_hex(const void *bytes, size_t len, char *out)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *in = bytes;

	for (size_t i = 0; i < len; i++) {
		*out++ = digits[in[i] >> 4];
		*out++ = digits[in[i] & 15];
	}
	*out = '\0';
}

/* ---- base64 (RFC 4648, section 4) ---------------------------------------- */

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int
crypto_base64_add(struct buf *out, struct slice s)
{
	const uint8_t *in = (const uint8_t *)bytes_of(s);
	int rc = 0;

	for (size_t i = 0; i < s.len && rc == 0; i += 3) {
		size_t left = s.len - i;
		uint32_t v = (uint32_t)in[i] << 16;
		char four[4] = {'=', '=', '=', '='};

		if (left > 1)
			v |= (uint32_t)in[i + 1] << 8;
		if (left > 2)
			v |= in[i + 2];
		four[0] = alphabet[v >> 18];
		four[1] = alphabet[(v >> 12) & 63];
		if (left > 1)
			four[2] = alphabet[(v >> 6) & 63];
		if (left > 2)
			four[3] = alphabet[v & 63];
		rc = buf_add(out, four, sizeof four);
	}
	return rc;
}

static int
digit_value(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : -1;
}

/* Strict, so that one value has one spelling: padding is demanded, unused bits are zero, nothing
 * stands between. */
int
crypto_base64_decode(struct slice text, void *out, size_t out_size)
{
	uint8_t *at = out;
	size_t digits = text.len, done = 0;
	uint32_t v = 0;

	if (text.len % 4 != 0 || text.len / 4 > INT32_MAX / 3)
		return -1;
	for (int pad = 0; pad < 2 && digits > 0 && text.ptr[digits - 1] == '='; pad++)
		digits--;
	for (size_t i = 0; i < digits; i++) {
		int d = digit_value(text.ptr[i]);

		if (d < 0)
			return -1;
		v = v << 6 | (uint32_t)d;
		if (i % 4 == 0)
			continue;
		if (done == out_size)
			return -1;
		at[done++] = (uint8_t)(v >> (6 - 2 * (i % 4)));
	}
	if (digits % 4 == 2 && (v & 15) != 0)
		return -1;
	if (digits % 4 == 3 && (v & 3) != 0)
		return -1;
	return (int)done;
}
