#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "core/buf.h"
#include "core/decision.h"
#include "core/diag.h"
#include "core/err.h"
#include "core/mem.h"
#include "collectors/collector.h"

#include "actions/sender.h"
#include "daemon/config.h"
#include "people/influence.h"
#include "tests/support/faults.h"
#include "tests/support/files.h"

#define HOUR_MS INT64_C(3600000)
#define OUT_BYTES (256 * 1024)

struct folder {
	char *dir, *file;
};

static int
setup(void **state)
{
	struct folder *f = mem_zalloc(sizeof *f);

	assert_non_null(f);
	f->dir = temp_dir_new();
	f->file = path_join(f->dir, "earshot.yaml");
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct folder *f = *state;

	mem_free(f->file);
	temp_dir_free(f->dir);
	mem_free(f);
	return 0;
}

/* The configuration, or NULL with the findings printed to out. */
static struct config *
load(const struct folder *f, const char *yaml, struct buf *out)
{
	struct diag_list *diags = diag_list_new();
	struct config *c = NULL;
	struct err err = {ERR_NONE, ""};
	int rc;

	support_write_text(f->file, yaml);
	rc = config_load(f->file, diags, &c, &err);
	if (rc < 0)
		fail_msg("%s\n%s", yaml, err.text);
	assert_int_equal(rc, diag_count(diags, DIAG_ERROR) > 0 ? 1 : 0);
	assert_true((c != NULL) == (rc == 0));
	if (out != NULL)
		diag_print(diags, out);
	diag_list_free(diags);
	return c;
}

static struct config *
load_fine(const struct folder *f, const char *yaml)
{
	struct config *c;
	struct buf out;

	buf_init(&out, OUT_BYTES);
	c = load(f, yaml, &out);
	if (c == NULL)
		fail_msg("%s\n%s", yaml, buf_str(&out));
	buf_fini(&out);
	return c;
}

static void
without_a_file_nothing_leaves_the_machine(void **state)
{
	struct diag_list *diags = diag_list_new();
	struct config *c = NULL;

	(void)state;
	assert_int_equal(config_load(NULL, diags, &c, NULL), 0);
	assert_null(c->path);
	assert_string_equal(c->listen, "127.0.0.1:8080");
	assert_null(c->token);
	assert_int_equal(c->source_count, 0);
	assert_int_equal(c->channel_count, 2);
	assert_int_equal(c->actions.channel_count, 2);
	for (size_t i = 0; i < c->channel_count; i++) {
		assert_true(c->channels[i].ops->is_local);
		assert_ptr_equal(c->actions.channels[i].ops, c->channels[i].ops);
	}
	assert_string_equal(c->store_path, "var/earshot.db");
	assert_string_equal(c->socket_path, "var/earshot.sock");
	assert_string_equal(c->blackbox_path, "var/earshot.db-state");
	assert_string_equal(c->actions.brake_file, "var/STOP");
	assert_true(c->seen_ms > c->retention_ms);
	config_unref(c);
	diag_list_free(diags);
}

static void
paths_start_at_the_folder_of_the_file(void **state)
{
	static const struct {
		const char *yaml, *store, *socket, *note;
	} cases[] = {
	    {"store: {path: x.db}\n", "x.db", "earshot.sock", "beside it"},
	    {"store: {path: ./a/../b//x.db}\n", "b/x.db", "b/earshot.sock", "tidied"},
	    {"store: {path: b/x.db}\nserver: {socket: s/e.sock}\n", "b/x.db", "s/e.sock",
		"a socket elsewhere"},
	};
	const struct folder *f = *state;

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct config *c = load_fine(f, cases[i].yaml);
		char *store = path_join(f->dir, cases[i].store);
		char *socket = path_join(f->dir, cases[i].socket);

		if (strcmp(c->store_path, store) != 0 || strcmp(c->socket_path, socket) != 0)
			fail_msg("%s: expected %s and %s, found %s and %s", cases[i].note, store,
			    socket, c->store_path, c->socket_path);
		mem_free(store);
		mem_free(socket);
		config_unref(c);
	}
}

static void
absolute_paths_stay_where_they_are(void **state)
{
	struct config *c = load_fine(*state, "store: {path: /srv/x/../earshot/e.db}\nrules: /r\n");

	assert_string_equal(c->store_path, "/srv/earshot/e.db");
	assert_string_equal(c->actions.brake_file, "/srv/earshot/STOP");
	assert_string_equal(c->rules_dir, "/r");
	config_unref(c);
}

static void
each_slip_is_one_finding_with_its_place(void **state)
{
	static const struct {
		const char *yaml, *expected, *note;
	} cases[] = {
	    {"stoer: {}\n", ":1:1: error[C021]", "an unknown section"},
	    {"stoer: {}\n", "store", "its nearest"},
	    {"sources:\n  blog: 7\n", ":2:", "a source that is no map"},
	    {"sources:\n  blog: {}\n", "error[C050]: the source 'blog' has no `type`", "no type"},
	    {"sources:\n  blog: {type: feeed}\n", "did you mean 'feed'?", "a misspelt type"},
	    {"sources:\n  api: {type: feed, url: \"https://a.example/\"}\n", "error[C058]",
		"a name that is taken"},
	    {"channels:\n  mail: {type: fax}\n", "error[C051]", "no such channel"},
	    {"alerts: {queues: {support: {notify: [\"log\"]}}}\n", "error[C052]", "no address"},
	    {"alerts: {queues: {support: {notify: [\"fax:1\"]}}}\n", "error[C053]",
		"an address of a channel that is not there"},
	    {"alerts: {queues: {support: {}}}\n", "error[C022]", "nobody to notify"},
	    {"server: {listen: \"0.0.0.0:80\"}\n", "error[C054]", "open to everybody"},
	    {"server: {listen: \"127.0.0.1:99999\"}\n", "error[C062]", "no such port"},
	    {"server: {listen: \"example.org:80\"}\n", "error[C062]", "a name"},
	    {"server: {listen: \"\"}\n", "error[C062]", "nothing"},
	    {"server: {token: abc}\n", "error[C030]", "a secret in the file"},
	    {"timezone: Europe/Berlni\n", "Europe/Berlin", "a misspelt zone"},
	    {"store: {retention: 10 days, seen_for: 9 days}\n", "error[C056]",
		"ids gone before texts"},
	    {"limits: {quiet_hours: \"21-8\"}\n", "error[C059]", "no times of day"},
	    {"limits: {quiet_hours: \"21:00-21:00\"}\n", "error[C059]", "no time at all"},
	    {"limits: {quiet_hours: \"21:00-08:00 UTC\"}\n", "error[C059]", "more than hours"},
	    {"limits: {spend_per_day: \"1,50\"}\n", "error[C033]", "a comma in an amount"},
	    {"reply_channel: fax\n", "error[C057]", "replies to nowhere"},
	    {"store: {retention: soon}\n", "error[C026]", "no duration"},
	    {"offers: {ten: {}}\n", "error[C022]", "an offer without codes"},
	    {"rules: [\n", "error[C001]", "no YAML"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct buf out;
		struct config *c;

		buf_init(&out, OUT_BYTES);
		c = load(*state, cases[i].yaml, &out);
		if (c != NULL || strstr(buf_str(&out), cases[i].expected) == NULL)
			fail_msg("%s: expected '%s' for\n%sfound\n%s", cases[i].note,
			    cases[i].expected, cases[i].yaml, buf_str(&out));
		buf_fini(&out);
	}
}

static void
all_slips_are_found_in_one_run(void **state)
{
	static const char yaml[] = "stoer: {}\n"
				   "sources: {blog: {type: feeed}}\n"
				   "channels: {mail: {type: fax}}\n"
				   "alerts: {queues: {q: {notify: [\"pager:1\"]}}}\n";
	static const char *const codes[] = {"C021", "C051", "C053"};
	struct buf out;

	buf_init(&out, OUT_BYTES);
	assert_null(load(*state, yaml, &out));
	for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
		if (strstr(buf_str(&out), codes[i]) == NULL)
			fail_msg("%s is missing in\n%s", codes[i], buf_str(&out));
	buf_fini(&out);
}

static void
what_makes_an_early_adopter_is_ours_unless_written(void **state)
{
	struct config *c;
	struct buf out;

	c = load_fine(*state, "log: {level: warn}\n");
	assert_memory_equal(&c->adoption, &adoption_config_default, sizeof c->adoption);
	config_unref(c);
	c = load_fine(*state,
	    "people: {adoption: {authors: 100, within: 10 days, burn_in: 0 seconds, share: "
	    "0.3}}\n");
	assert_int_equal(c->adoption.authors, 100);
	assert_int_equal(c->adoption.within_ms, 10 * TIME_DAY_MS);
	assert_int_equal(c->adoption.burn_in_ms, 0);
	assert_int_equal(c->adoption.share_milli, 300);
	config_unref(c);
	buf_init(&out, OUT_BYTES);
	assert_null(load(*state, "people: {adoption: {authors: 3}}\n", &out));
	assert_non_null(strstr(buf_str(&out), "C025"));
	buf_fini(&out);
}

static void
weights_of_influence_are_ours_unless_written_and_not_all_none(void **state)
{
	struct config *c = load_fine(*state, "log: {level: warn}\n");
	struct buf out;

	assert_memory_equal(&c->influence, &influence_weights_default, sizeof c->influence);
	config_unref(c);
	c = load_fine(*state, "people: {influence: {age: 0, talk: 4.5, bot_discount: 0.25}}\n");
	assert_int_equal(c->influence.parts_milli[INFLUENCE_AGE], 0);
	assert_int_equal(c->influence.parts_milli[INFLUENCE_TALK], 4500);
	assert_int_equal(c->influence.bot_discount_milli, 250);
	assert_int_equal(c->influence.parts_milli[INFLUENCE_REACH],
	    influence_weights_default.parts_milli[INFLUENCE_REACH]);
	config_unref(c);
	buf_init(&out, OUT_BYTES);
	assert_null(load(*state,
	    "people:\n  influence: {reach: 0, standing: 0, draw: 0, company: 0, talk: 0, age: 0, "
	    "endorsed: 0}\n",
	    &out));
	assert_non_null(strstr(buf_str(&out), "C060"));
	buf_clear(&out);
	assert_null(load(*state, "people: {influence: {bot_discount: 1.5}}\n", &out));
	assert_non_null(strstr(buf_str(&out), "C025"));
	buf_fini(&out);
}

static void
what_is_written_arrives(void **state)
{
	static const char yaml[] =
	    "store: {retention: 2 hours, seen_for: 3 hours}\n"
	    "server: {listen: off, max_body: 1 MB}\n"
	    "sources:\n"
	    "  blog: {type: feed, url: \"https://blog.example/feed.xml\"}\n"
	    "channels:\n"
	    "  mail: {type: file, dir: out, endpoint: email, max_concurrent: 3}\n"
	    "  log: {type: log, endpoint: none}\n"
	    "reply_channel: log\n"
	    "offers: {ten: {codes: ten.csv, description: Ten}}\n"
	    "alerts:\n"
	    "  queues:\n"
	    "    support: {notify: [\"log:\", \"mail:a@b.example\"], escalate_after: 1 minute}\n"
	    "limits: {per_person_per_day: 3, per_person_per_week: 9, quiet_hours: \"21:00-08:30\", "
	    "spend_per_month: 99.5, currency: EUR, allowed_lateness: 30 min}\n"
	    "log: {level: warn}\n";
	struct config *c = load_fine(*state, yaml);
	const struct channel *mail = actions_channel(&c->actions, slice_of("mail"));
	const struct channel *log = actions_channel(&c->actions, slice_of("log"));
	const struct alert_queue *q = actions_queue(&c->actions, slice_of("support"));

	assert_int_equal(c->retention_ms, 2 * HOUR_MS);
	assert_int_equal(c->seen_ms, 3 * HOUR_MS);
	assert_null(c->listen);
	assert_int_equal(c->max_body_bytes, 1024 * 1024);
	assert_int_equal(c->source_count, 1);
	assert_string_equal(c->sources[0].name, "blog");
	assert_string_equal(c->sources[0].ops->name, "feed");
	assert_int_equal(c->channel_count, 3); /* `file` is there as well */
	assert_non_null(mail);
	assert_string_equal(mail->endpoint, "email");
	assert_int_equal(mail->max_concurrent, 3);
	assert_non_null(log);
	assert_null(log->endpoint);
	assert_ptr_equal(actions_reply_channel(&c->actions), log);
	assert_int_equal(c->offer_count, 1);
	assert_string_equal(c->actions.offers[0], "ten");
	assert_non_null(q);
	assert_int_equal(q->notify_count, 2);
	assert_string_equal(q->notify[1], "mail:a@b.example");
	assert_int_equal(q->escalate_after_ms, 60000);
	assert_int_equal(c->actions.max_per_person_per_day, 3);
	assert_int_equal(c->actions.max_per_person_per_week, 9);
	assert_non_null(c->actions.quiet_hours);
	assert_int_equal(c->actions.quiet_hours->from_minute, 21 * 60);
	assert_int_equal(c->actions.quiet_hours->until_minute, 8 * 60 + 30);
	assert_int_equal(c->actions.spend_per_month_milli, 99500);
	assert_int_equal(c->actions.spend_per_day_milli, 0);
	assert_string_equal(c->actions.currency, "EUR");
	assert_int_equal(c->actions.allowed_lateness_ms, 30 * 60000);
	assert_int_equal(c->log_level, LOG_WARN);
	config_unref(c);
}

/* What the manual shows must be what the reader takes. */
static void
the_example_of_the_manual_is_fine(void **state)
{
	size_t len;
	char *doc = support_read("docs/operations.md", &len), *begin, *end;
	struct config *c;

	if (doc == NULL) {
		print_message("docs/operations.md is missing: run from the top of the tree\n");
		skip();
	}
	begin = strstr(doc, "```yaml\n");
	assert_non_null(begin);
	begin += strlen("```yaml\n");
	end = strstr(begin, "```");
	assert_non_null(end);
	*end = '\0';
	setenv("EARSHOT_TOKEN", "a-token-of-a-test", 1);
	setenv("SMTP_PASSWORD", "secret", 1);
	setenv("MASTODON_TOKEN", "secret", 1);
	setenv("CRM_SECRET", "a-secret-of-a-test-that-is-long-enough", 1);
	c = load_fine(*state, begin);
	assert_int_equal(c->source_count, 2);
	assert_string_equal(actions_reply_channel(&c->actions)->name, "social");
	config_unref(c);
	mem_free(doc);
}

static void
every_kind_of_source_and_channel_is_described(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, OUT_BYTES);
	config_describe(&out);
	assert_false(buf_failed(&out));
	for (size_t i = 0; collector_registry[i] != NULL; i++) {
		char line[100];

		snprintf(line, sizeof line, "sources.NAME with type: %s - ",
		    collector_registry[i]->name);
		if (strstr(buf_str(&out), line) == NULL)
			fail_msg("'%s' is missing", line);
	}
	for (size_t i = 0; sender_registry[i] != NULL; i++) {
		char line[100];

		snprintf(
		    line, sizeof line, "channels.NAME with type: %s - ", sender_registry[i]->name);
		if (strstr(buf_str(&out), line) == NULL)
			fail_msg("'%s' is missing", line);
	}
	buf_fini(&out);
}

static int
load_once(void *cookie)
{
	const struct folder *f = cookie;
	struct diag_list *diags = diag_list_new();
	struct config *c = NULL;
	int rc = diags == NULL ? -1 : config_load(f->file, diags, &c, NULL);

	if (rc == 0) {
		assert_int_equal(c->source_count, 1);
		assert_int_equal(c->channel_count, 3);
		assert_int_equal(c->actions.queue_count, 1);
		assert_non_null(c->sources[0].set);
		assert_string_equal(c->sources[0].name, "blog");
		for (size_t i = 0; i < c->channel_count; i++)
			assert_non_null(c->actions.channels[i].name);
		assert_string_equal(c->actions.queues[0].notify[0], "log:");
		assert_non_null(c->socket_path);
		assert_non_null(c->blackbox_path);
		assert_non_null(c->actions.brake_file);
	}
	config_unref(c);
	diag_list_free(diags);
	return rc == 0 ? 0 : -1;
}

static void
without_memory_there_is_no_half_configuration(void **state)
{
	const struct folder *f = *state;

	support_write_text(f->file,
	    "sources: {blog: {type: feed, url: \"https://blog.example/feed.xml\"}}\n"
	    "channels: {mail: {type: file, dir: out, endpoint: email}}\n"
	    "alerts: {queues: {support: {notify: [\"log:\"]}}}\n");
	assert_true(faults_run(load_once, *state, false) > 10);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(without_a_file_nothing_leaves_the_machine),
	    cmocka_unit_test(paths_start_at_the_folder_of_the_file),
	    cmocka_unit_test(absolute_paths_stay_where_they_are),
	    cmocka_unit_test(each_slip_is_one_finding_with_its_place),
	    cmocka_unit_test(all_slips_are_found_in_one_run),
	    cmocka_unit_test(what_makes_an_early_adopter_is_ours_unless_written),
	    cmocka_unit_test(weights_of_influence_are_ours_unless_written_and_not_all_none),
	    cmocka_unit_test(what_is_written_arrives),
	    cmocka_unit_test(the_example_of_the_manual_is_fine),
	    cmocka_unit_test(every_kind_of_source_and_channel_is_described),
	    cmocka_unit_test(without_memory_there_is_no_half_configuration),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
