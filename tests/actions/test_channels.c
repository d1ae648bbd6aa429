#include "tests/actions/world.h"

#include "core/options.h"
#include "core/yaml.h"

static void
names_are_found_whole(void **state)
{
	struct actions_config config = {
	    .channels = channels, .channel_count = 3, .queues = queues, .queue_count = 2};

	(void)state;
	assert_ptr_equal(actions_channel(&config, S("file")), &channels[1]);
	assert_null(actions_channel(&config, S("fil")));
	assert_null(actions_channel(&config, S("")));
	assert_ptr_equal(actions_queue(&config, S("pr")), &queues[1]);
	assert_null(actions_queue(&config, S("prs")));
}

static void
replies_go_where_operations_says_or_where_they_can(void **state)
{
	struct actions_config config = {.channels = channels, .channel_count = 3};

	(void)state;
	assert_ptr_equal(actions_reply_channel(&config), &channels[2]);
	config.default_reply_channel = "email";
	assert_ptr_equal(actions_reply_channel(&config), &channels[0]);
	config.default_reply_channel = "gone";
	assert_null(actions_reply_channel(&config));
	config.default_reply_channel = NULL;
	config.channel_count = 2;
	assert_ptr_equal(actions_reply_channel(&config), &channels[1]);
	config.channel_count = 1;
	assert_null(actions_reply_channel(&config));
}

static void
the_options_every_channel_has_fill_it(void **state)
{
	static const char text[] =
	    "endpoint: sms\nmax_concurrent: 3\nmax_per_minute: 60\nretry_first: 1 minute\n"
	    "retry_max: 2 hours\ngive_up_after: 1 day\n";
	struct diag_list *diags = diag_list_new();
	struct yaml_doc *doc = yaml_parse("earshot.yaml", S(text), diags);
	struct options *set =
	    options_read(sender_common_options, doc, yaml_root(doc), "channels.mail", ".", diags);
	struct options *none =
	    options_read(sender_common_options, doc, NULL, "channels.mail", ".", diags);
	struct yaml_doc *local = yaml_parse("earshot.yaml", S("endpoint: none\n"), diags);
	struct options *nowhere = options_read(
	    sender_common_options, local, yaml_root(local), "channels.mail", ".", diags);
	struct channel c;

	(void)state;
	assert_int_equal(diag_count(diags, DIAG_ERROR), 0);
	channel_fill("mail", &email_ops, set, &c);
	assert_string_equal(c.name, "mail");
	assert_ptr_equal(c.ops, &email_ops);
	assert_string_equal(c.endpoint, "sms");
	assert_int_equal(c.max_concurrent, 3);
	assert_int_equal(c.max_per_minute, 60);
	assert_int_equal(c.retry_first_ms, MINUTE);
	assert_int_equal(c.retry_max_ms, 2 * HOUR);
	assert_int_equal(c.give_up_after_ms, DAY);
	channel_fill("mail", &email_ops, none, &c);
	assert_string_equal(c.endpoint, "email");
	assert_int_equal(c.max_concurrent, 8);
	assert_int_equal(c.max_per_minute, 0);
	assert_int_equal(c.retry_first_ms, 30000);
	assert_int_equal(c.give_up_after_ms, 2 * DAY);
	channel_fill("mail", &email_ops, nowhere, &c);
	assert_null(c.endpoint);
	options_free(set);
	options_free(none);
	options_free(nowhere);
	yaml_doc_free(doc);
	yaml_doc_free(local);
	diag_list_free(diags);
}

static void
a_claims_share_leaves_room_and_follows_the_rate(void **state)
{
	static const struct {
		int64_t concurrent, per_minute, want;
	} cases[] = {{1, 0, 1}, {2, 0, 1}, {8, 0, 4}, {9, 0, 5}, {1000, 0, 500}, {8, 1, 1},
	    {8, 19, 1}, {8, 20, 2}, {8, 600, 4}};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct channel c = {
		    .max_concurrent = cases[i].concurrent, .max_per_minute = cases[i].per_minute};

		assert_int_equal(channel_claim_share(&c), cases[i].want);
	}
}

/* --- one sender
 * ------------------------------------------------------------------------------------------ */

static int opened, closed;

static int
open_well(struct sender *s, const struct options *set, void **state_r, struct err *err)
{
	(void)set;
	(void)err;
	opened++;
	assert_string_equal(sender_name(s), "one");
	assert_int_equal(sender_time_limit_ms(s), 30000);
	*state_r = &opened;
	return 0;
}

static int
open_badly(struct sender *s, const struct options *set, void **state_r, struct err *err)
{
	(void)s;
	(void)set;
	(void)state_r;
	return err_set(err, ERR_INPUT, "no folder");
}

static void
close_well(void *state)
{
	assert_ptr_equal(state, &opened);
	closed++;
}

static void
a_sender_is_closed_when_it_was_opened_and_only_then(void **state)
{
	static const struct sender_ops good = {
	    .name = "good", .open = open_well, .close = close_well};
	static const struct sender_ops bad = {
	    .name = "bad", .open = open_badly, .close = close_well};
	struct sender_host host = {.loop = NULL};
	struct sender *s = NULL;
	struct err err;

	(void)state;
	for (unsigned nth = 1; nth <= 3; nth++) {
		int rc;

		mem_fault_arm(nth, false);
		rc = sender_new("one", &good, NULL, NULL, &host, &s, &err);
		mem_fault_arm(0, false);
		assert_int_equal(rc, nth < 3 ? -1 : 0);
	}
	assert_ptr_equal(sender_kind(s), &good);
	assert_ptr_equal(sender_state(s), &opened);
	sender_free(s);
	assert_int_equal(opened, 1);
	assert_int_equal(closed, 1);
	assert_int_equal(sender_new("one", &bad, NULL, NULL, &host, &s, &err), -1);
	assert_string_equal(err.text, "channel 'one': no folder");
	assert_int_equal(closed, 1);
	sender_free(NULL);
}

static void
results_have_names(void **state)
{
	(void)state;
	assert_string_equal(send_result_name(SEND_DONE), "done");
	assert_string_equal(send_result_name(SEND_LATER), "later");
	assert_string_equal(send_result_name(SEND_PERMANENT), "permanent");
	assert_string_equal(send_result_name(SEND_UNKNOWN), "unknown");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(names_are_found_whole),
	    cmocka_unit_test(replies_go_where_operations_says_or_where_they_can),
	    cmocka_unit_test(the_options_every_channel_has_fill_it),
	    cmocka_unit_test(a_claims_share_leaves_room_and_follows_the_rate),
	    cmocka_unit_test(a_sender_is_closed_when_it_was_opened_and_only_then),
	    cmocka_unit_test(results_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
