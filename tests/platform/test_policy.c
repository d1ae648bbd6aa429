#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/err.h"
#include "core/mem.h"
#include "platform/http_client.h"
#include "platform/policy_internal.h"

static void
only_public_addresses_are_allowed_by_default(void **state)
{
	static const struct {
		const char *address;
		bool is_allowed;
	} cases[] = {
	    {"93.184.216.34", true},
	    {"1.1.1.1", true},
	    {"9.255.255.255", true},
	    {"11.0.0.0", true},
	    {"172.15.255.255", true},
	    {"172.32.0.0", true},
	    {"100.63.255.255", true},
	    {"100.128.0.0", true},
	    {"192.167.255.255", true},
	    {"223.255.255.255", true},
	    {"2606:4700::1111", true},
	    {"2a00:1450:4001:830::200e", true},
	    {"0.0.0.0", false},
	    {"0.1.2.3", false},
	    {"10.0.0.1", false},
	    {"10.255.255.255", false},
	    {"100.64.0.1", false},
	    {"100.127.255.255", false},
	    {"127.0.0.1", false},
	    {"127.255.255.254", false},
	    {"169.254.169.254", false},
	    {"172.16.0.1", false},
	    {"172.31.255.255", false},
	    {"192.0.0.1", false},
	    {"192.168.0.1", false},
	    {"198.18.0.1", false},
	    {"198.19.255.255", false},
	    {"224.0.0.1", false},
	    {"239.255.255.255", false},
	    {"255.255.255.255", false},
	    {"::", false},
	    {"::1", false},
	    {"::ffff:127.0.0.1", false},
	    {"::ffff:10.1.2.3", false},
	    {"::ffff:169.254.169.254", false},
	    {"::ffff:1.1.1.1", true},
	    {"::127.0.0.1", false},
	    {"fc00::1", false},
	    {"fd12:3456::1", false},
	    {"fe80::1", false},
	    {"fec0::1", false},
	    {"ff02::1", false},
	    {"64:ff9b::7f00:1", false},
	    {"64:ff9b::101:101", true},
	    {"2002:7f00:1::", false},
	    {"2002:a00:1::", false},
	    {"2002:101:101::1", true},
	    {"2001::1", false},
	    {"2001:db8::1", false},
	    {"2001:4860:4860::8888", true},
	    {"100::1", false},
	};
	struct policy *p = NULL;

	(void)state;
	assert_int_equal(policy_new(NULL, &p, NULL), 0);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct net_address a;

		assert_true(net_address_parse(cases[i].address, &a));
		if (policy_allows_address(p, &a) != cases[i].is_allowed)
			fail_msg("%s should%s be allowed", cases[i].address,
			    cases[i].is_allowed ? "" : " not");
	}
	policy_free(p);
}

static void
what_is_listed_is_allowed_too(void **state)
{
	static const char *const entries[] = {"127.0.0.1", "10.0.0.0/8", "192.168.1.128/25",
	    "localhost", "fd00::/8", "::1", "Mail.Example", "172.16.0.0/12"};
	static const struct {
		const char *address;
		bool is_allowed;
	} cases[] = {
	    {"127.0.0.1", true},
	    {"::ffff:127.0.0.1", true},
	    {"127.0.0.2", false},
	    {"10.200.1.1", true},
	    {"192.168.1.127", false},
	    {"192.168.1.128", true},
	    {"172.31.0.1", true},
	    {"::1", true},
	    {"::2", false},
	    {"fd99::1", true},
	    {"fc99::1", false},
	    {"169.254.169.254", false},
	};
	const struct http_policy allowed = {entries, sizeof entries / sizeof entries[0]};
	struct policy *p = NULL;

	(void)state;
	assert_int_equal(policy_new(&allowed, &p, NULL), 0);
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct net_address a;

		assert_true(net_address_parse(cases[i].address, &a));
		if (policy_allows_address(p, &a) != cases[i].is_allowed)
			fail_msg("%s should%s be allowed", cases[i].address,
			    cases[i].is_allowed ? "" : " not");
	}
	assert_true(policy_allows_host(p, "LOCALHOST"));
	assert_true(policy_allows_host(p, "mail.example"));
	assert_false(policy_allows_host(p, "www.mail.example"));
	assert_false(policy_allows_host(p, "10.0.0.0/8"));
	policy_free(p);
}

static void
nonsense_is_refused_with_its_name(void **state)
{
	static const char *const bad[] = {"10.0.0.0/33", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8x",
	    "::/129", "a b", "", "*.example", "http://x", "10.0.0/8",
	    "1111:2222:3333:4444:5555:6666:7777:8888:9999:aaaa:bbbb/1"};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		const struct http_policy allowed = {&bad[i], 1};
		struct policy *p = NULL;
		struct err err = {0};

		if (policy_new(&allowed, &p, &err) != -1)
			fail_msg("'%s' was taken", bad[i]);
		assert_int_equal(err.kind, ERR_INPUT);
		assert_non_null(strstr(err.text, bad[i]));
	}
}

static void
every_failing_allocation_is_an_error(void **state)
{
	static const char *const entries[] = {"127.0.0.1", "localhost", "example.org"};
	const struct http_policy allowed = {entries, 3};

	(void)state;
	for (unsigned nth = 1;; nth++) {
		struct policy *p = NULL;
		bool hit;
		int rc;

		mem_fault_arm(nth, false);
		rc = policy_new(&allowed, &p, NULL);
		hit = mem_fault_hit();
		mem_fault_arm(0, false);
		assert_int_equal(rc, hit ? -1 : 0);
		policy_free(p);
		if (!hit)
			break;
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(only_public_addresses_are_allowed_by_default),
	    cmocka_unit_test(what_is_listed_is_allowed_too),
	    cmocka_unit_test(nonsense_is_refused_with_its_name),
	    cmocka_unit_test(every_failing_allocation_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
