#include "tests/actions/world.h"

static const struct sender_ops webhook_ops = {.name = "webhook"};
static const struct channel webhook = {"crm", &webhook_ops, NULL, 8, 0, 1000, 1000, DAY, 0};
/* A file channel that stands in for mail: told to look at e-mail endpoints, it asks for what mail
 * asks for. */
static const struct channel mail_file = {"mailbox", &file_ops, "email", 8, 0, 1000, 1000, DAY, 0};

static void
of_several_addresses_the_first_usable_one_is_taken(void **state)
{
	const struct endpoint endpoints[] = {
	    {.id = S("sms"), .channel = S("sms"), .address = S("+49")},
	    {.id = S("out"),
		.channel = S("email"),
		.address = S("a@example.org"),
		.is_opted_out = true},
	    {.id = S("dead"),
		.channel = S("email"),
		.address = S("b@example.org"),
		.is_inactive = true},
	    {.id = S("empty"), .channel = S("email"), .address = S("")},
	    {.id = S("good"), .channel = S("email"), .address = S("c@example.org")},
	    {.id = S("other"), .channel = S("email"), .address = S("d@example.org")},
	};
	const struct consent consent = {
	    .channel = S("email"), .purpose = PURPOSE_SERVICE, .is_given = true};
	struct customer customer = {.id = S("1"),
	    .endpoints = endpoints,
	    .endpoint_count = 6,
	    .consents = &consent,
	    .consent_count = 1};
	const struct endpoint *e;
	char why[200];

	(void)state;
	assert_int_equal(
	    actions_may_send(&customer, &channels[0], PURPOSE_SERVICE, &e, why, sizeof why), 1);
	assert_slice(e->id, "good");
	/* a message is not sent to an address that opted out because another one bounced */
	customer.endpoint_count = 4;
	assert_int_equal(
	    actions_may_send(&customer, &channels[0], PURPOSE_SERVICE, &e, why, sizeof why), 0);
	assert_string_equal(why, "the customer has opted out of email");
}

static void
a_withdrawal_beats_every_consent(void **state)
{
	const struct endpoint endpoint = {
	    .id = S("e"), .channel = S("email"), .address = S("a@example.org")};
	const struct consent consents[] = {
	    {.channel = S("email"), .purpose = PURPOSE_MARKETING, .is_given = true},
	    {.channel = S("email"), .purpose = PURPOSE_SERVICE, .is_given = false},
	    {.channel = S("email"), .purpose = PURPOSE_SERVICE, .is_given = true},
	    {.channel = S("crm"), .purpose = PURPOSE_MARKETING, .is_given = false},
	};
	const struct customer customer = {.id = S("1"),
	    .endpoints = &endpoint,
	    .endpoint_count = 1,
	    .consents = consents,
	    .consent_count = 4};
	static const struct {
		const struct channel *channel;
		enum purpose purpose;
		int want;
	} cases[] = {
	    {&channels[0], PURPOSE_MARKETING, 1},
	    {&channels[0], PURPOSE_SERVICE, 0},
	    {&mail_file, PURPOSE_SERVICE, 0},
	    {&mail_file, PURPOSE_MARKETING, 1},
	    {&channels[1], PURPOSE_MARKETING, 1},
	    {&webhook, PURPOSE_SERVICE, 1},
	    {&webhook, PURPOSE_MARKETING, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const struct endpoint *e = &endpoint;
		char why[200];
		int got = actions_may_send(
		    &customer, cases[i].channel, cases[i].purpose, &e, why, sizeof why);

		if (got != cases[i].want)
			print_error(
			    "%s for %s\n", cases[i].channel->name, purpose_name(cases[i].purpose));
		assert_int_equal(got, cases[i].want);
		if (got == 1 && cases[i].channel->endpoint == NULL)
			assert_null(e);
	}
}

static void
nobody_is_not_a_customer(void **state)
{
	const struct endpoint *e;
	char why[8];

	(void)state;
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(
		    actions_may_send(NULL, &channels[i], PURPOSE_SERVICE, &e, why, sizeof why), 0);
	/* words are cut to the room there is */
	assert_string_equal(why, "the aut");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(of_several_addresses_the_first_usable_one_is_taken),
	    cmocka_unit_test(a_withdrawal_beats_every_consent),
	    cmocka_unit_test(nobody_is_not_a_customer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
