/* What servers and clients write into headers, queries and reply lines. */
#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/buf.h"
#include "platform/crypto.h"
#include "platform/http_client.h"
#include "platform/http_server.h"
#include "platform/policy_internal.h"
#include "platform/smtp_internal.h"
#include "tests/fuzz/fuzz_law.h"

#define NOW_MS INT64_C(1795341600000)

/* A wait is none or not negative; Retry-After wins over the rest. */
static void
try_limits(struct slice first, struct slice second)
{
	static const char *const names[] = {"retry-after", "x-ratelimit-reset",
	    "x-rate-limit-reset", "ratelimit-reset", "x-ratelimit-reset-after",
	    "x-ratelimit-remaining"};

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		const struct http_header headers[] = {
		    {slice_of(names[i]), first}, {SLICE_LIT("x-ratelimit-reset"), second}};
		struct http_result r = {.status = 429, .headers = headers, .header_count = 1};
		int64_t alone_ms = http_result_wait_ms(&r, NOW_MS);

		LAW(alone_ms >= -1 && http_result_remaining(&r) >= -1);
		r.header_count = 2;
		LAW(http_result_wait_ms(&r, NOW_MS) >= -1);
		if (i == 0 && alone_ms >= 0)
			LAW(http_result_wait_ms(&r, NOW_MS) == alone_ms);
	}
}

/* Decoding never grows, and leaves alone what has nothing to decode. */
static void
try_query(struct slice s)
{
	struct arena *a = arena_new(1u << 20);
	struct slice decoded = http_percent_decode(a, s), value = http_query_get(a, s, "a");

	LAW(decoded.len <= s.len);
	if (memchr(s.ptr, '%', s.len) == NULL)
		LAW(slice_eq(decoded, s));
	LAW(value.len <= s.len);
	arena_free(a);
}

/* What decodes, encodes to the same text: one value, one spelling. */
static void
try_base64(struct slice s)
{
	static char out[1u << 16];
	int len = crypto_base64_decode(s, out, sizeof out);
	struct buf b;

	if (len < 0)
		return;
	buf_init(&b, 1u << 20);
	LAW(crypto_base64_add(&b, slice_make(out, (size_t)len)) == 0);
	LAW(slice_eq(buf_slice(&b), s));
	buf_fini(&b);
}

static void
try_reply(struct slice s)
{
	struct smtp_reply r = {0};

	while (slice_is_set(s)) {
		smtp_reply_take(&r, slice_split(&s, '\n'));
		LAW(r.code == 0 || (r.code >= 200 && r.code <= 599));
		LAW(r.enhanced[0] == 0 || r.enhanced[0] == r.code / 100);
		LAW(strlen(r.text) < sizeof r.text);
	}
}

static void
try_policy(const char *entry)
{
	const struct http_policy allowed = {&entry, 1};
	struct net_address loopback;
	struct policy *p;

	if (policy_new(&allowed, &p, NULL) != 0)
		return;
	/* Whatever is listed: what is public stays allowed. */
	LAW(net_address_parse("1.1.1.1", &loopback) && policy_allows_address(p, &loopback));
	policy_free(p);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice all = slice_make((const char *)data, size), rest = all;
	char text[200];

	if (size == 0)
		return 0;
	try_limits(slice_split(&rest, '\n'), slice_is_set(rest) ? rest : SLICE_LIT(""));
	try_query(all);
	try_base64(all);
	try_reply(all);
	if (size < sizeof text && memchr(data, 0, size) == NULL) {
		memcpy(text, data, size);
		text[size] = '\0';
		try_policy(text);
	}
	return 0;
}
