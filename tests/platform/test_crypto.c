#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/buf.h"
#include "core/clock.h"
#include "platform/crypto.h"
#include "platform/sysclock.h"

static void
hashes_are_the_published_ones(void **state)
{
	static const struct {
		const char *text, *hex;
	} cases[] = {
	    /* FIPS 180-4 examples */
	    {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
	    {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
	};
	uint8_t sum[CRYPTO_SHA256_BYTES];
	char hex[2 * CRYPTO_SHA256_BYTES + 1];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		crypto_sha256(slice_of(cases[i].text), sum);
		crypto_hex(sum, sizeof sum, hex);
		assert_string_equal(hex, cases[i].hex);
	}
	crypto_sha256(SLICE_NONE, sum);
	crypto_hex(sum, sizeof sum, hex);
	assert_string_equal(hex, cases[0].hex);
}

static void
signatures_are_the_published_ones(void **state)
{
	static const struct {
		const char *key, *text, *hex;
	} cases[] = {
	    /* RFC 4231, case 2 */
	    {"Jefe", "what do ya want for nothing?",
		"5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
	    {"", "", "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad"},
	};
	uint8_t sum[CRYPTO_SHA256_BYTES];
	char hex[2 * CRYPTO_SHA256_BYTES + 1];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		crypto_hmac_sha256(slice_of(cases[i].key), slice_of(cases[i].text), sum);
		crypto_hex(sum, sizeof sum, hex);
		assert_string_equal(hex, cases[i].hex);
	}
}

static void
parts_do_not_run_together(void **state)
{
	const struct slice ab_c[] = {SLICE_LIT("ab"), SLICE_LIT("c")};
	const struct slice a_bc[] = {SLICE_LIT("a"), SLICE_LIT("bc")};
	const struct slice with_empty[] = {SLICE_LIT("ab"), SLICE_LIT("c"), SLICE_NONE};
	uint8_t x[CRYPTO_SHA256_BYTES], y[CRYPTO_SHA256_BYTES];

	(void)state;
	crypto_sha256_parts(ab_c, 2, x);
	crypto_sha256_parts(a_bc, 2, y);
	assert_memory_not_equal(x, y, sizeof x);
	crypto_sha256_parts(with_empty, 3, y);
	assert_memory_not_equal(x, y, sizeof x);
	crypto_sha256_parts(ab_c, 2, y);
	assert_memory_equal(x, y, sizeof x);
}

static void
equal_means_the_same_bytes(void **state)
{
	(void)state;
	assert_true(crypto_equal(SLICE_LIT("secret"), SLICE_LIT("secret")));
	assert_false(crypto_equal(SLICE_LIT("secret"), SLICE_LIT("secreT")));
	assert_false(crypto_equal(SLICE_LIT("secret"), SLICE_LIT("secre")));
	assert_true(crypto_equal(SLICE_LIT(""), SLICE_NONE));
}

static void
base64_goes_both_ways(void **state)
{
	static const struct {
		const char *plain, *coded;
	} cases[] = {
	    /* RFC 4648, section 10 */
	    {"", ""},
	    {"f", "Zg=="},
	    {"fo", "Zm8="},
	    {"foo", "Zm9v"},
	    {"foob", "Zm9vYg=="},
	    {"fooba", "Zm9vYmE="},
	    {"foobar", "Zm9vYmFy"},
	    {"\xfb\xff\xfe", "+//+"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct buf b;
		char back[16];
		int len;

		buf_init(&b, 100);
		assert_int_equal(crypto_base64_add(&b, slice_of(cases[i].plain)), 0);
		assert_string_equal(buf_str(&b), cases[i].coded);
		len = crypto_base64_decode(slice_of(cases[i].coded), back, sizeof back);
		assert_int_equal(len, strlen(cases[i].plain));
		assert_memory_equal(back, cases[i].plain, (size_t)len);
		buf_fini(&b);
	}
}

static void
crooked_base64_is_refused(void **state)
{
	static const struct {
		const char *text, *note;
	} cases[] = {
	    {"Zg", "padding missing"},
	    {"Zg=", "half the padding"},
	    {"Zh==", "bits that would be lost"},
	    {"Zm9=", "bits that would be lost, two bytes"},
	    {"Z===", "too much padding"},
	    {"====", "padding alone"},
	    {"Zg==Zg==", "padding inside"},
	    {"Zm9v\n", "a line end"},
	    {"Zm-_", "the other alphabet"},
	    {"Zm9vYmFyYmF6Zm9v", "more than fits"},
	};
	char out[8];

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		int len = crypto_base64_decode(slice_of(cases[i].text), out, sizeof out);

		if (len != -1)
			fail_msg("%s: '%s' gave %d", cases[i].note, cases[i].text, len);
	}
}

static void
base64_stops_at_the_ceiling(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 6);
	assert_int_equal(crypto_base64_add(&b, SLICE_LIT("foobar")), -1);
	assert_true(buf_failed(&b));
	buf_fini(&b);
}

static void
random_bytes_differ_and_clocks_go_forward(void **state)
{
	uint8_t a[32] = {0}, b[32] = {0};
	int64_t then_ns = clock_mono_ns(sysclock());

	(void)state;
	crypto_random(a, sizeof a);
	crypto_random(b, sizeof b);
	assert_memory_not_equal(a, b, sizeof a);
	assert_true(sysclock_random_seed() != sysclock_random_seed());
	assert_true(clock_mono_ns(sysclock()) >= then_ns);
	/* After 2026-01-01: in ms, not s or ns. */
	assert_in_range(clock_now_ms(sysclock()), INT64_C(1767225600000), INT64_C(9999999999999));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(hashes_are_the_published_ones),
	    cmocka_unit_test(signatures_are_the_published_ones),
	    cmocka_unit_test(parts_do_not_run_together),
	    cmocka_unit_test(equal_means_the_same_bytes),
	    cmocka_unit_test(base64_goes_both_ways),
	    cmocka_unit_test(crooked_base64_is_refused),
	    cmocka_unit_test(base64_stops_at_the_ceiling),
	    cmocka_unit_test(random_bytes_differ_and_clocks_go_forward),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
