#include "tests/actions/world.h"

/* --- sending
 * ------------------------------------------------------------------------------------------ */

static void
a_message_is_queued_for_a_customer_who_allows_it(void **state)
{
	struct world w;
	struct action action = send_action("sorry", "email", "ten");
	struct rule_head rule = make_rule("make-it-right", &action, 1);
	const struct decision_row *row;
	struct message m;
	struct json_doc *doc;

	(void)state;
	world_init(&w);
	world_add_customer(&w, &(struct customer_spec){.id = "17"});
	world_add_codes(&w, "ten", 2);
	world_link(&w, "17");
	row = world_settle_one(&w, &rule);
	assert_int_equal(row->outcome, DECISION_QUEUED);
	assert_slice(row->note, "queued for email");
	assert_slice(row->reason, "sentiment is -0.62");
	assert_slice(row->subject, "c:17");
	assert_int_equal(row->rules_version, 3);
	assert_int_equal(w.settled.fired, 1);
	assert_int_equal(w.settled.queued, 1);
	m = world_message(&w, row->id);
	assert_int_equal(m.kind, MESSAGE_SEND);
	assert_int_equal(m.state, MESSAGE_READY);
	assert_int_equal(m.purpose, PURPOSE_SERVICE);
	assert_slice(m.channel, "email");
	assert_slice(m.address, "17@example.org");
	assert_slice(m.customer_id, "17");
	assert_slice(m.endpoint_id, "e-17");
	assert_slice(m.template_id, "sorry");
	assert_slice(m.offer_code, "CODE-0000");
	assert_int_equal(m.next_at_ms, NOW);
	assert_int_equal(json_parse(m.parts_json, &doc, NULL, &w.err), 0);
	assert_slice(json_get_str(json_root(doc), "text"), "Dear 17, about no coffee: CODE-0000");
	json_doc_free(doc);
	world_fini(&w);
}

enum prepare {
	PREPARE_NOTHING,
	STRANGER,
	CAP_REACHED,
	NO_CODES,
	HAS_CODE
};

static void
what_forbids_a_message_suppresses_it_with_words_and_uses_up_nothing(void **state)
{
	static const struct {
		const char *note;
		struct customer_spec customer;
		const char *template_id, *channel;
		enum prepare prepare;
		const char *want; /* NULL: queued */
	} cases[] = {
	    {"all is well", {.id = "1"}, "sorry", "email", PREPARE_NOTHING, NULL},
	    {"a file needs no address and no consent",
		{.id = "1", .has_no_email = true, .has_no_service = true}, "sorry", "file",
		PREPARE_NOTHING, NULL},
	    {"a stranger", {.id = "1"}, "sorry", "email", STRANGER,
		"the author is not linked to a customer"},
	    {"a stranger, even by file", {.id = "1"}, "sorry", "file", STRANGER,
		"the author is not linked to a customer"},
	    {"no address", {.id = "1", .has_no_email = true}, "sorry", "email", PREPARE_NOTHING,
		"the customer has no email address"},
	    {"opted out", {.id = "1", .is_opted_out = true}, "sorry", "email", PREPARE_NOTHING,
		"the customer has opted out of email"},
	    {"bounced", {.id = "1", .is_inactive = true}, "sorry", "email", PREPARE_NOTHING,
		"the customer's email address is inactive: it was refused or switched off"},
	    {"never asked", {.id = "1", .has_no_service = true}, "sorry", "email", PREPARE_NOTHING,
		"the customer has not agreed to email for service"},
	    {"withdrawn", {.id = "1", .service_withdrawn = true}, "sorry", "email", PREPARE_NOTHING,
		"the customer has withdrawn consent to email for service"},
	    {"consent for the other purpose", {.id = "1"}, "ad", "email", PREPARE_NOTHING,
		"the customer has not agreed to email for marketing"},
	    {"both purposes", {.id = "1", .has_marketing = true}, "ad", "email", PREPARE_NOTHING,
		NULL},
	    {"no such channel", {.id = "1"}, "sorry", "pigeon", PREPARE_NOTHING,
		"there is no channel 'pigeon' in the configuration"},
	    {"no such template", {.id = "1"}, "nope", "email", PREPARE_NOTHING,
		"there is no template 'nope'"},
	    {"no part for the channel", {.id = "1"}, "thanks", "email", PREPARE_NOTHING,
		"template 'thanks' has no 'text' part for channel 'email'"},
	    {"the day is full", {.id = "1"}, "sorry", "email", CAP_REACHED,
		"cap of 1 message per person per day reached"},
	    {"no code left", {.id = "1"}, "sorry", "email", NO_CODES,
		"offer 'ten' has no code left"},
	    {"a second code", {.id = "1"}, "sorry", "email", HAS_CODE,
		"this person already has a code of offer 'ten'"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct world w;
		struct action action = send_action(cases[i].template_id, cases[i].channel, "ten");
		struct action other =
		    send_action("sorry", "file", cases[i].prepare == HAS_CODE ? "ten" : NULL);
		struct rule_head rule = make_rule("r", &action, 1),
				 before = make_rule("b", &other, 1);
		const struct decision_row *row;
		int64_t free_before, free_after, taken, messages;

		world_init(&w);
		world_add_customer(&w, &cases[i].customer);
		if (cases[i].prepare != NO_CODES)
			world_add_codes(&w, "ten", 3);
		if (cases[i].prepare != STRANGER)
			world_link(&w, "1");
		if (cases[i].prepare == CAP_REACHED || cases[i].prepare == HAS_CODE)
			world_settle_one(&w, &before);
		if (cases[i].prepare == CAP_REACHED)
			w.config.max_per_person_per_day = 1;
		must(store_offer_count(w.st, S("ten"), &free_before, &taken, &w.err), &w);
		messages = world_count(&w, "outbox");
		row = world_settle_one(&w, &rule);
		must(store_offer_count(w.st, S("ten"), &free_after, &taken, &w.err), &w);
		if (row->outcome != (cases[i].want != NULL ? DECISION_SUPPRESSED : DECISION_QUEUED))
			print_error("%s: %s, %.*s\n", cases[i].note,
			    decision_outcome_name(row->outcome), SLICE_ARG(row->note));
		if (cases[i].want != NULL) {
			assert_int_equal(row->outcome, DECISION_SUPPRESSED);
			assert_slice(row->note, cases[i].want);
			assert_int_equal(free_after, free_before);
			assert_int_equal(world_count(&w, "outbox"), messages);
		} else {
			assert_int_equal(row->outcome, DECISION_QUEUED);
			assert_int_equal(free_after, free_before - 1);
			assert_int_equal(world_count(&w, "outbox"), messages + 1);
		}
		world_fini(&w);
	}
}

static void
a_message_too_large_is_suppressed_and_keeps_its_code(void **state)
{
	struct world w;
	struct action action = send_action("big", "file", "ten");
	struct rule_head rule = make_rule("r", &action, 1);
	const struct decision_row *row;
	int64_t unused, taken;
	char text[3001];

	(void)state;
	memset(text, 'o', 3000);
	text[3000] = '\0';
	world_init(&w);
	world_add_customer(&w, &(struct customer_spec){.id = "1"});
	world_add_codes(&w, "ten", 1);
	world_link(&w, "1");
	w.post.text = S(text);
	row = world_settle_one(&w, &rule);
	assert_int_equal(row->outcome, DECISION_SUPPRESSED);
	assert_true(has_text(row->note, "grows over"));
	must(store_offer_count(w.st, S("ten"), &unused, &taken, &w.err), &w);
	assert_int_equal(unused, 1);
	world_fini(&w);
}

static void
while_sending_is_stopped_messages_are_queued_as_held(void **state)
{
	struct world w;
	struct action action = send_action("sorry", "email", NULL);
	struct rule_head rule = make_rule("r", &action, 1);
	const struct decision_row *row;
	struct message m;

	(void)state;
	world_init(&w);
	world_add_customer(&w, &(struct customer_spec){.id = "1"});
	world_link(&w, "1");
	w.in.is_sending_stopped = true;
	row = world_settle_one(&w, &rule);
	assert_int_equal(row->outcome, DECISION_QUEUED);
	m = world_message(&w, row->id);
	assert_int_equal(m.state, MESSAGE_HELD);
	assert_int_equal(m.hold, HOLD_BRAKE);
	world_fini(&w);
}

/* --- guardrails
 * ---------------------------------------------------------------------------------------- */

static void
a_rule_as_a_whole_is_held_back_with_its_reason(void **state)
{
	static const struct {
		const char *note, *inert;
		bool acts_on_reposts;
		int64_t age_ms, act_within_ms;
		const char *want; /* NULL: fires */
	} cases[] = {
	    {"a fresh post", NULL, false, 0, 2 * HOUR, NULL},
	    {"exactly at the limit", NULL, false, 2 * HOUR, 2 * HOUR, NULL},
	    {"just over it", NULL, false, 2 * HOUR + 1, 2 * HOUR, "older than 2 hours"},
	    {"another limit", NULL, false, HOUR, 90 * TIME_SECOND_MS, "older than 90 seconds"},
	    {"the own account", INERT_OWN_ACCOUNT, false, 0, HOUR, "own account"},
	    {"the first fetch", INERT_FIRST_FETCH, true, 0, HOUR, "first fetch of the source"},
	    {"a repost", INERT_REPOST, false, 0, HOUR, "repost"},
	    {"a repost and a rule for reposts", INERT_REPOST, true, 0, HOUR, NULL},
	    {"inert goes before age", INERT_TOO_OLD, false, DAY, HOUR, "too old"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct world w;
		struct action actions[] = {alert_action("support", SEVERITY_HIGH),
		    send_action("sorry", "file", NULL), draft_action("thanks")};
		struct rule_head rule = make_rule("r", actions, 3);

		world_init(&w);
		world_add_customer(&w, &(struct customer_spec){.id = "1"});
		world_link(&w, "1");
		rule.act_within_ms = cases[i].act_within_ms;
		rule.acts_on_reposts = cases[i].acts_on_reposts;
		w.occ.at_ms = NOW - cases[i].age_ms;
		w.in.inert = cases[i].inert;
		world_settle_one(&w, &rule);
		for (size_t k = 0; k < 3 && cases[i].want != NULL; k++) {
			assert_int_equal(w.settled.rows[k].outcome, DECISION_HELD);
			assert_slice(w.settled.rows[k].note, cases[i].want);
		}
		if ((w.settled.fired == 1) != (cases[i].want == NULL))
			print_error("%s\n", cases[i].note);
		assert_int_equal(w.settled.fired, cases[i].want == NULL);
		assert_int_equal(w.settled.held, cases[i].want == NULL ? 0 : 3);
		assert_int_equal(world_count(&w, "outbox"), cases[i].want == NULL ? 4 : 0);
		assert_int_equal(world_count(&w, "alerts"), cases[i].want == NULL);
		assert_int_equal(world_count(&w, "rule_state") > 0, cases[i].want == NULL);
		world_fini(&w);
	}
}

static void
a_cool_down_runs_from_the_last_firing_to_the_millisecond(void **state)
{
	struct world w;
	struct action action = profile_action(ACTION_TAG, TARGET_AUTHOR, "advocate", NULL);
	struct rule_head rule = make_rule("r", &action, 1);

	(void)state;
	world_init(&w);
	rule.cooldown_ms = 30 * DAY;
	rule.cooldown_scope = LIMIT_PER_AUTHOR;
	assert_int_equal(world_settle_one(&w, &rule)->outcome, DECISION_DONE);
	world_next_post(&w, "p2", NOW + 30 * DAY - 1);
	assert_int_equal(world_settle_one(&w, &rule)->outcome, DECISION_HELD);
	assert_slice(w.settled.rows[0].note,
	    "at most once every 30 days per author: last fired 2026-11-21T10:00:00Z");
	world_next_post(&w, "p3", NOW + 30 * DAY);
	assert_int_equal(world_settle_one(&w, &rule)->outcome, DECISION_DONE);
	/* it runs from the firing, not from the held one */
	world_next_post(&w, "p4", NOW + 60 * DAY - 1);
	assert_int_equal(world_settle_one(&w, &rule)->outcome, DECISION_HELD);
	/* a clock that was set back */
	world_next_post(&w, "p5", NOW);
	assert_int_equal(world_settle_one(&w, &rule)->outcome, DECISION_HELD);
	world_fini(&w);
}

static void
a_cool_down_counts_by_its_scope(void **state)
{
	static const struct {
		const char *note;
		enum limit_scope scope;
		const char *author, *customer, *thread, *reply_to; /* of the second post */
		bool is_held;
	} cases[] = {
	    {"the same author", LIMIT_PER_AUTHOR, "jane", NULL, NULL, NULL, true},
	    {"another author", LIMIT_PER_AUTHOR, "joe", NULL, NULL, NULL, false},
	    {"another account of one customer", LIMIT_PER_AUTHOR, "joe", "1", NULL, NULL, true},
	    {"the same, per customer", LIMIT_PER_CUSTOMER, "joe", "1", NULL, NULL, true},
	    {"the same, per person", LIMIT_PER_SUBJECT, "joe", "1", NULL, NULL, true},
	    {"another customer", LIMIT_PER_CUSTOMER, "joe", "2", NULL, NULL, false},
	    {"anybody, per rule", LIMIT_PER_RULE, "joe", NULL, NULL, NULL, true},
	    {"an answer in the thread", LIMIT_PER_THREAD, "joe", NULL, "p1", NULL, true},
	    {"an answer to the post", LIMIT_PER_THREAD, "joe", NULL, NULL, "p1", true},
	    {"another thread", LIMIT_PER_THREAD, "jane", NULL, NULL, NULL, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct world w;
		struct action action = alert_action("support", SEVERITY_LOW);
		struct rule_head rule = make_rule("r", &action, 1);
		enum decision_outcome got;

		world_init(&w);
		world_add_customer(&w, &(struct customer_spec){.id = "1"});
		world_add_customer(&w, &(struct customer_spec){.id = "2"});
		rule.cooldown_ms = DAY;
		rule.cooldown_scope = cases[i].scope;
		w.occ.subject = S("a:jane");
		if (cases[i].customer != NULL)
			world_link(&w, "1");
		assert_int_equal(world_settle_one(&w, &rule)->outcome, DECISION_ALERTED);
		world_next_post(&w, "p2", NOW + HOUR);
		w.occ.customer = NULL;
		w.occ.subject = S(arena_printf(w.arena, "a:%s", cases[i].author));
		if (cases[i].customer != NULL)
			world_link(&w, cases[i].customer);
		w.post.thread = S(cases[i].thread);
		w.post.reply_to = S(cases[i].reply_to);
		got = world_settle_one(&w, &rule)->outcome;
		if (got != (cases[i].is_held ? DECISION_HELD : DECISION_ALERTED))
			print_error("%s: %s\n", cases[i].note, decision_outcome_name(got));
		assert_int_equal(got, cases[i].is_held ? DECISION_HELD : DECISION_ALERTED);
		world_fini(&w);
	}
}

static void
without_anybody_to_count_by_a_limited_rule_is_held(void **state)
{
	static const struct {
		enum limit_scope scope;
		const char *want;
	} cases[] = {
	    {LIMIT_PER_AUTHOR, "no author to count per: the post is anonymous"},
	    {LIMIT_PER_SUBJECT, "no author to count per: the post is anonymous"},
	    {LIMIT_PER_CUSTOMER, "no customer to count per: the author is not linked to one"},
	    {LIMIT_PER_THREAD, NULL},
	    {LIMIT_PER_RULE, NULL},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct world w;
		struct action action = alert_action("support", SEVERITY_LOW);
		struct rule_head rule = make_rule("r", &action, 1);
		const struct decision_row *row;

		world_init(&w);
		w.post.author.id = SLICE_NONE;
		w.occ.subject = SLICE_NONE;
		rule.cooldown_ms = DAY;
		rule.cooldown_scope = cases[i].scope;
		row = world_settle_one(&w, &rule);
		assert_int_equal(
		    row->outcome, cases[i].want != NULL ? DECISION_HELD : DECISION_ALERTED);
		if (cases[i].want != NULL)
			assert_slice(row->note, cases[i].want);
		world_fini(&w);
	}
}

static void
a_total_ends_a_rule(void **state)
{
	struct world w;
	struct action action = alert_action("support", SEVERITY_LOW);
	struct rule_head rule = make_rule("r", &action, 1);

	(void)state;
	world_init(&w);
	rule.caps = &(struct rule_cap){2, CAP_TOTAL, LIMIT_PER_RULE, false};
	rule.cap_count = 1;
	for (int i = 0; i < 4; i++) {
		world_next_post(&w, arena_printf(w.arena, "p%d", i), NOW + i);
		assert_int_equal(
		    world_settle_one(&w, &rule)->outcome, i < 2 ? DECISION_ALERTED : DECISION_HELD);
	}
	assert_slice(w.settled.rows[0].note, "at most 2 in total: it has fired 2 times");
	world_fini(&w);
}

static void
the_day_of_the_cap_is_the_persons_own(void **state)
{
	/* 2026-11-21T10:00Z is 23:00 in Auckland (UTC+13): two hours later it is another day there,
	 * but not in Berlin. */
	static const struct {
		const char *timezone, *brand;
		bool is_new_day;
	} cases[] = {
	    {"Pacific/Auckland", "UTC", true},
	    {"Europe/Berlin", "UTC", false},
	    {NULL, "Pacific/Auckland", true},
	    {"Not/AZone", "Pacific/Auckland", true},
	    {NULL, NULL, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct world w;
		struct action action = send_action("sorry", "file", NULL);
		struct rule_head one = make_rule("one", &action, 1),
				 two = make_rule("two", &action, 1);

		world_init(&w);
		world_add_customer(
		    &w, &(struct customer_spec){.id = "1", .timezone = cases[i].timezone});
		world_link(&w, "1");
		w.config.max_per_person_per_day = 1;
		w.config.brand_timezone = cases[i].brand;
		assert_int_equal(world_settle_one(&w, &one)->outcome, DECISION_QUEUED);
		/* the cap is over all rules */
		assert_int_equal(world_settle_one(&w, &two)->outcome, DECISION_SUPPRESSED);
		world_next_post(&w, "p2", NOW + 2 * HOUR);
		assert_int_equal(world_settle_one(&w, &one)->outcome,
		    cases[i].is_new_day ? DECISION_QUEUED : DECISION_SUPPRESSED);
		world_next_post(&w, "p3", NOW + DAY);
		assert_int_equal(world_settle_one(&w, &two)->outcome,
		    cases[i].is_new_day ? DECISION_SUPPRESSED : DECISION_QUEUED);
		world_fini(&w);
	}
}

/* --- deciding once, order, shadow
 * -------------------------------------------------------------------------- */

static void
a_rule_decides_once_on_an_occurrence(void **state)
{
	struct world w;
	struct action actions[] = {send_action("sorry", "file", "ten"),
	    send_action("sorry", "file", "ten"), alert_action("support", SEVERITY_HIGH)};
	struct rule_head rule = make_rule("r", actions, 3);
	struct firing firings[] = {
	    {.rule = &rule, .reason = S("why")}, {.rule = &rule, .reason = S("why")}};
	int64_t unused, taken, rows;

	(void)state;
	world_init(&w);
	world_add_customer(&w, &(struct customer_spec){.id = "1"});
	world_add_codes(&w, "ten", 5);
	world_link(&w, "1");
	world_settle(&w, firings, 2);
	/* the action that stands there twice is one */
	assert_int_equal(w.settled.count, 2);
	rows = world_count(&w, "decisions");
	assert_int_equal(rows, 2);
	for (int i = 0; i < 3; i++) {
		w.occ.now_ms = NOW + i;
		world_settle(&w, firings, 1);
		assert_int_equal(w.settled.count, 0);
		assert_int_equal(w.settled.fired, 0);
	}
	/* also when the author was linked, or unlinked, meanwhile */
	w.occ.customer = NULL;
	w.occ.subject = S("a:jane");
	world_settle(&w, firings, 1);
	assert_int_equal(world_count(&w, "decisions"), rows);
	must(store_offer_count(w.st, S("ten"), &unused, &taken, &w.err), &w);
	assert_int_equal(taken, 1);
	world_fini(&w);
}

static void
the_higher_priority_sets_the_attribute(void **state)
{
	struct world w;
	struct action low = profile_action(ACTION_SET, TARGET_CUSTOMER, "care_priority", "low");
	struct action high = profile_action(ACTION_SET, TARGET_CUSTOMER, "care_priority", "high");
	struct action other = profile_action(ACTION_SET, TARGET_CUSTOMER, "mood", "bad");
	struct rule_head rules[] = {make_rule("first", &low, 1), make_rule("second", &high, 1),
	    make_rule("third", &other, 1)};
	struct firing firings[] = {{.rule = &rules[0], .reason = S("a")},
	    {.rule = &rules[1], .reason = S("b")}, {.rule = &rules[2], .reason = S("c")}};
	struct history_row *history;
	size_t count;

	(void)state;
	world_init(&w);
	world_add_customer(&w, &(struct customer_spec){.id = "1"});
	world_link(&w, "1");
	rules[1].priority = 10;
	world_settle(&w, firings, 3);
	assert_slice(w.settled.rows[0].rule_id, "second");
	assert_int_equal(w.settled.rows[0].outcome, DECISION_DONE);
	assert_slice(w.settled.rows[1].rule_id, "first");
	assert_int_equal(w.settled.rows[1].outcome, DECISION_SUPPRESSED);
	assert_slice(w.settled.rows[1].note,
	    "'care_priority' was set by rule 'second' already, which goes first");
	assert_int_equal(w.settled.rows[2].outcome, DECISION_DONE);
	world_link(&w, "1");
	assert_int_equal(w.occ.customer->attribute_count, 2);
	assert_slice(w.occ.customer->attributes[0].values.items[0], "high");
	must(store_history_list(w.st, S("1"), 10, w.arena, &history, &count, &w.err), &w);
	assert_slice(history[1].source, "rule second");
	assert_slice(history[1].decision_id, w.settled.rows[0].id);
	/* equal priority: the order of the files */
	rules[1].priority = 0;
	world_next_post(&w, "p2", NOW + 1);
	world_settle(&w, firings, 2);
	assert_slice(w.settled.rows[0].rule_id, "first");
	assert_int_equal(w.settled.rows[0].outcome, DECISION_DONE);
	assert_int_equal(w.settled.rows[1].outcome, DECISION_SUPPRESSED);
	world_fini(&w);
}

static void
profiles_are_changed_with_history_and_only_of_those_who_do_not_object(void **state)
{
	struct world w;
	struct action actions[] = {
	    profile_action(ACTION_TAG, TARGET_AUTHOR, "fan", NULL),
	    profile_action(ACTION_TAG, TARGET_CUSTOMER, "vip", NULL),
	    profile_action(ACTION_ADD_TO_LIST, TARGET_CUSTOMER, "callback", NULL),
	    profile_action(ACTION_ADD_TO_LIST, TARGET_AUTHOR, "watched", NULL),
	    profile_action(ACTION_SET, TARGET_CUSTOMER, "mood", "bad"),
	};
	struct rule_head rule = make_rule("r", actions, 5);
	struct slice_list tags;
	struct history_row *history;
	size_t count;

	(void)state;
	world_init(&w);
	world_add_customer(&w, &(struct customer_spec){.id = "1"});
	/* a stranger: what is about the customer is suppressed */
	world_settle_one(&w, &rule);
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(w.settled.rows[i].outcome,
		    actions[i].target == TARGET_AUTHOR ? DECISION_DONE : DECISION_SUPPRESSED);
	assert_slice(w.settled.rows[1].note, "the author is not linked to a customer");
	/* a customer */
	world_next_post(&w, "p2", NOW);
	actions[1].for_ms = 90 * DAY;
	world_link(&w, "1");
	world_settle_one(&w, &rule);
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(w.settled.rows[i].outcome, DECISION_DONE);
	assert_slice(w.settled.rows[1].note, "tagged for 90 days");
	assert_slice(w.settled.rows[3].note, "was in the list already");
	must(store_tags_load(w.st, S("c:1"), NOW + 90 * DAY - 1, w.arena, &tags, &w.err), &w);
	assert_int_equal(tags.count, 1);
	must(store_tags_load(w.st, S("c:1"), NOW + 90 * DAY, w.arena, &tags, &w.err), &w);
	assert_int_equal(tags.count, 0);
	assert_int_equal(store_list_has(w.st, S("callback"), S("c:1"), &w.err), 1);
	assert_int_equal(
	    store_list_has(w.st, S("watched"), S("a:https://example.social/users/jane"), &w.err),
	    1);
	must(store_history_list(w.st, S("1"), 20, w.arena, &history, &count, &w.err), &w);
	assert_slice(history[0].field, "attribute:mood");
	assert_slice(history[1].field, "list:callback");
	assert_slice(history[2].field, "tag:vip");
	assert_slice(history[2].source, "rule r");
	/* somebody who objects, and somebody without a name */
	world_next_post(&w, "p3", NOW);
	w.post.author.objects_to_profiling = true;
	world_settle_one(&w, &rule);
	assert_slice(w.settled.rows[0].note, "the author objects to being profiled");
	assert_int_equal(w.settled.rows[1].outcome, DECISION_DONE);
	world_next_post(&w, "p4", NOW);
	w.post.author.objects_to_profiling = false;
	w.post.author.id = SLICE_NONE;
	world_settle_one(&w, &rule);
	assert_slice(w.settled.rows[0].note, "the post is anonymous");
	world_fini(&w);
}

static void
a_draft_waits_for_approval_also_for_strangers(void **state)
{
	struct world w;
	struct action action = draft_action("thanks"), with_offer = draft_action("thanks");
	struct rule_head rule = make_rule("r", &action, 1),
			 offering = make_rule("o", &with_offer, 1);
	const struct decision_row *row;
	struct message m;

	(void)state;
	world_init(&w);
	with_offer.offer = S("ten");
	world_add_codes(&w, "ten", 1);
	row = world_settle_one(&w, &rule);
	assert_int_equal(row->outcome, DECISION_DRAFTED);
	assert_slice(row->note, "waits for approval by 'social team'");
	m = world_message(&w, row->id);
	assert_int_equal(m.kind, MESSAGE_REPLY);
	assert_int_equal(m.state, MESSAGE_HELD);
	assert_int_equal(m.hold, HOLD_APPROVAL);
	assert_slice(m.channel, "social");
	assert_slice(m.address, "@jane@example.social");
	assert_slice(m.team, "social team");
	assert_slice(m.reply_handle, "{\"server\":\"https://example.social\",\"status_id\":\"1\"}");
	assert_slice(m.parts_json, "{\"reply\":\"@jane@example.social thank you\"}");
	/* no offers to strangers, not even in public */
	row = world_settle_one(&w, &offering);
	assert_slice(
	    row->note, "offers go to customers only: the author is not linked to a customer");
	/* where it goes */
	w.config.default_reply_channel = "file";
	world_next_post(&w, "p2", NOW);
	m = world_message(&w, world_settle_one(&w, &rule)->id);
	assert_slice(m.channel, "file");
	w.config.default_reply_channel = NULL;
	w.config.channel_count = 2;
	world_next_post(&w, "p3", NOW);
	m = world_message(&w, world_settle_one(&w, &rule)->id);
	assert_slice(m.channel, "file");
	w.config.channel_count = 1;
	world_next_post(&w, "p4", NOW);
	assert_slice(world_settle_one(&w, &rule)->note, "no channel can carry a reply");
	/* who is not answered */
	w.config.channel_count = 3;
	world_next_post(&w, "p5", NOW);
	w.post.author.objects_to_profiling = true;
	assert_slice(world_settle_one(&w, &rule)->note, "the author objects to being approached");
	world_next_post(&w, "p6", NOW);
	w.post.author.objects_to_profiling = false;
	w.post.author.handle = SLICE_NONE;
	assert_slice(
	    world_settle_one(&w, &rule)->note, "the post is anonymous: there is nobody to answer");
	world_fini(&w);
}

static void
a_shadow_rule_is_recorded_and_does_nothing_but_its_limits_move(void **state)
{
	struct world w;
	struct action actions[] = {send_action("sorry", "email", "ten"), draft_action("thanks"),
	    alert_action("support", SEVERITY_HIGH),
	    profile_action(ACTION_TAG, TARGET_AUTHOR, "fan", NULL),
	    profile_action(ACTION_SET, TARGET_CUSTOMER, "mood", "bad")};
	struct rule_head rule = make_rule("r", actions, 5);
	int64_t unused, taken;

	(void)state;
	world_init(&w);
	world_add_customer(&w, &(struct customer_spec){.id = "1", .has_no_service = true});
	world_add_codes(&w, "ten", 1);
	rule.is_shadow = true;
	rule.cooldown_ms = DAY;
	rule.cooldown_scope = LIMIT_PER_AUTHOR;
	world_link(&w, "1");
	world_settle_one(&w, &rule);
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(w.settled.rows[i].outcome, DECISION_SHADOW);
	assert_slice(w.settled.rows[0].note,
	    "shadow: it would be suppressed: the customer has not agreed to email for service");
	assert_slice(w.settled.rows[1].note, "shadow: it would be drafted");
	assert_slice(w.settled.rows[2].note, "shadow: an alert would be raised");
	assert_slice(w.settled.rows[3].note, "shadow: it would be done");
	assert_int_equal(world_count(&w, "outbox"), 0);
	assert_int_equal(world_count(&w, "alerts"), 0);
	assert_int_equal(world_count(&w, "tags"), 0);
	assert_int_equal(world_count(&w, "customer_attributes"), 0);
	must(store_offer_count(w.st, S("ten"), &unused, &taken, &w.err), &w);
	assert_int_equal(taken, 0);
	world_next_post(&w, "p2", NOW + HOUR);
	assert_int_equal(world_settle_one(&w, &rule)->outcome, DECISION_HELD);
	world_fini(&w);
}

static void
a_decisions_id_is_the_same_on_every_machine(void **state)
{
	char id[33], other[33];

	(void)state;
	decision_id_make(S("r"), S("p1"), S("alert"), S("a:jane"), id);
	assert_int_equal(strlen(id), 32);
	decision_id_make(S("r"), S("p1"), S("alert"), S("a:jane"), other);
	assert_string_equal(id, other);
	/* parts do not run together */
	decision_id_make(S("rp"), S("1"), S("alert"), S("a:jane"), other);
	assert_string_not_equal(id, other);
	decision_id_make(S("r"), S("p1"), S("alert"), SLICE_NONE, other);
	assert_string_not_equal(id, other);
}

/* --- laws
 * -------------------------------------------------------------------------------------------------
 */

#define PEOPLE 5
#define RULES 6
#define CODES 7

struct tally {
	int64_t last_ms[RULES][PEOPLE], deeds_ms[RULES][PEOPLE];
	int fired[RULES];
	int day[PEOPLE][8];
};

static bool
is_within(int64_t last_ms, int64_t now_ms, int64_t rest_ms)
{
	return last_ms != TIME_UNKNOWN && rest_ms > 0 && now_ms - last_ms < rest_ms;
}

/* What a simple bookkeeper, who knows nothing of the code, says about the rows of one firing: the rule
 * sends, and alerts. */
static void
check_firing(struct tally *t, const struct rule_head *rule, const struct decision_row *rows,
    size_t count, int r, int person, int64_t now_ms)
{
	bool is_held = is_within(t->last_ms[r][person], now_ms, rule->cooldown_ms) ||
	    (rule->cap_count > 0 && t->fired[r] >= rule->caps[0].max);
	bool rests = is_within(t->deeds_ms[r][person], now_ms, rule->cooldown_ms);
	int day = (int)((now_ms - NOW + 10 * HOUR) / DAY);
	bool has_message = false, has_alert = false;

	for (size_t i = 0; i < count; i++) {
		assert_int_equal(rows[i].outcome == DECISION_HELD, is_held);
		if (!is_held && rows[i].verb == ACTION_ALERT)
			assert_int_equal(
			    rows[i].outcome, rests ? DECISION_SUPPRESSED : DECISION_ALERTED);
		has_alert |= rows[i].outcome == DECISION_ALERTED;
		has_message |= rows[i].outcome == DECISION_QUEUED;
		t->day[person][day] += rows[i].outcome == DECISION_QUEUED;
	}
	assert_in_range(t->day[person][day], 0, 3);
	t->fired[r] += has_message || has_alert;
	if (has_message)
		t->last_ms[r][person] = now_ms;
	else if (has_alert)
		t->deeds_ms[r][person] = now_ms;
}

static void
run_random(uint64_t seed, struct world *w, int64_t *decisions_r)
{
	struct action actions[3] = {send_action("sorry", "file", "ten"),
	    send_action("sorry", "email", NULL), alert_action("support", SEVERITY_LOW)};
	struct rule_head rules[RULES];
	struct rule_cap totals[RULES];
	struct tally t;
	struct rng rng;
	int64_t now_ms = NOW;

	rng_init(&rng, seed);
	memset(&t, 0, sizeof t);
	for (int r = 0; r < RULES; r++) {
		rules[r] = make_rule(arena_printf(w->arena, "rule-%d", r), actions, 3);
		rules[r].cooldown_ms = (int64_t)rng_below(&rng, 4) * 3 * HOUR;
		rules[r].cooldown_scope = LIMIT_PER_AUTHOR;
		totals[r] = (struct rule_cap){
		    (int64_t)rng_below(&rng, 30), CAP_TOTAL, LIMIT_PER_RULE, false};
		rules[r].caps = &totals[r];
		rules[r].cap_count = totals[r].max > 0;
		rules[r].priority = (int32_t)rng_below(&rng, 3);
		for (int p = 0; p < PEOPLE; p++)
			t.last_ms[r][p] = t.deeds_ms[r][p] = TIME_UNKNOWN;
	}
	for (int i = 0; i < 300; i++) {
		struct firing firings[RULES];
		size_t count = 0;
		int person = (int)rng_below(&rng, PEOPLE);

		now_ms += (int64_t)rng_below(&rng, 30 * (uint64_t)MINUTE);
		/* some posts come again: an edit */
		if (i == 0 || rng_below(&rng, 5) > 0)
			world_next_post(w, arena_printf(w->arena, "p%d", i), now_ms);
		world_link(w, arena_printf(w->arena, "%d", person));
		for (int r = 0; r < RULES; r++)
			if (rng_below(&rng, 2) == 0)
				firings[count++] =
				    (struct firing){.rule = &rules[r], .reason = S("why")};
		world_settle(w, firings, count);
		assert_int_equal(w->settled.count % 3, 0);
		for (size_t k = 0; k < w->settled.count; k += 3) {
			int r = w->settled.rows[k].rule_id.ptr[5] - '0';

			check_firing(
			    &t, &rules[r], &w->settled.rows[k], 3, r, person, w->occ.now_ms);
		}
	}
	*decisions_r = world_count(w, "decisions");
}

static void
random_firings_never_pass_a_cap_a_cool_down_or_a_code(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 12; seed++) {
		struct world w;
		int64_t decisions, unused, taken, messages;

		world_init(&w);
		w.config.max_per_person_per_day = 3;
		for (int p = 0; p < PEOPLE; p++)
			world_add_customer(
			    &w, &(struct customer_spec){.id = arena_printf(w.arena, "%d", p)});
		world_add_codes(&w, "ten", CODES);
		print_message("seed %d\n", (int)seed);
		run_random(seed, &w, &decisions);
		must(store_offer_count(w.st, S("ten"), &unused, &taken, &w.err), &w);
		assert_true(taken <= PEOPLE);
		assert_int_equal(unused + taken, CODES);
		messages = world_count(&w, "outbox");
		/* the same input once more: not one new row */
		for (int i = 0; i < 300; i++) {
			struct decision_row *rows;
			size_t count;
			const char *id = arena_printf(w.arena, "p%d", i);

			must(store_decisions_of(w.st, S(id), w.arena, &rows, &count, &w.err), &w);
			world_next_post(&w, id, NOW + 30 * DAY);
			for (size_t k = 0; k < count; k++) {
				struct action action = send_action("sorry", "file", "ten");
				struct rule_head rule = make_rule(
				    arena_printf(w.arena, "%.*s", SLICE_ARG(rows[k].rule_id)),
				    &action, 1);
				struct firing f = {.rule = &rule, .reason = S("why")};

				world_settle(&w, &f, 1);
				assert_int_equal(w.settled.count, 0);
			}
		}
		assert_int_equal(world_count(&w, "decisions"), decisions);
		assert_int_equal(world_count(&w, "outbox"), messages);
		world_fini(&w);
	}
}

static void
without_memory_nothing_is_done_and_the_next_try_does_all(void **state)
{
	(void)state;
	for (int sticky = 0; sticky <= 1; sticky++) {
		for (unsigned nth = 1;; nth++) {
			struct world w;
			struct action actions[] = {send_action("sorry", "file", "ten"),
			    draft_action("thanks"), alert_action("support", SEVERITY_HIGH),
			    profile_action(ACTION_SET, TARGET_CUSTOMER, "mood", "bad")};
			struct rule_head rule = make_rule("r", actions, 4);
			struct firing f = {.rule = &rule, .reason = S("why")};
			bool hit;
			int rc;

			world_init(&w);
			world_add_customer(&w, &(struct customer_spec){.id = "1"});
			world_add_codes(&w, "ten", 1);
			world_link(&w, "1");
			w.in.firings = &f;
			w.in.firing_count = 1;
			must(store_begin(w.st, &w.err), &w);
			mem_fault_arm(nth, sticky);
			rc = actions_settle(
			    w.st, &w.config, w.templates, &w.in, w.arena, &w.settled, &w.err);
			hit = mem_fault_hit();
			mem_fault_arm(0, false);
			if (rc < 0) {
				store_rollback(w.st);
				assert_int_equal(world_count(&w, "decisions"), 0);
				assert_int_equal(world_count(&w, "outbox"), 0);
				world_settle(&w, &f, 1);
			} else {
				must(store_commit(w.st, &w.err), &w);
			}
			assert_int_equal(w.settled.count, 4);
			assert_int_equal(w.settled.rows[0].outcome, DECISION_QUEUED);
			assert_int_equal(w.settled.rows[1].outcome, DECISION_DRAFTED);
			assert_int_equal(w.settled.rows[2].outcome, DECISION_ALERTED);
			assert_int_equal(w.settled.rows[3].outcome, DECISION_DONE);
			assert_int_equal(world_count(&w, "outbox"), 4);
			world_fini(&w);
			if (!hit)
				break;
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_message_is_queued_for_a_customer_who_allows_it),
	    cmocka_unit_test(what_forbids_a_message_suppresses_it_with_words_and_uses_up_nothing),
	    cmocka_unit_test(a_message_too_large_is_suppressed_and_keeps_its_code),
	    cmocka_unit_test(while_sending_is_stopped_messages_are_queued_as_held),
	    cmocka_unit_test(a_rule_as_a_whole_is_held_back_with_its_reason),
	    cmocka_unit_test(a_cool_down_runs_from_the_last_firing_to_the_millisecond),
	    cmocka_unit_test(a_cool_down_counts_by_its_scope),
	    cmocka_unit_test(without_anybody_to_count_by_a_limited_rule_is_held),
	    cmocka_unit_test(a_total_ends_a_rule),
	    cmocka_unit_test(the_day_of_the_cap_is_the_persons_own),
	    cmocka_unit_test(a_rule_decides_once_on_an_occurrence),
	    cmocka_unit_test(the_higher_priority_sets_the_attribute),
	    cmocka_unit_test(profiles_are_changed_with_history_and_only_of_those_who_do_not_object),
	    cmocka_unit_test(a_draft_waits_for_approval_also_for_strangers),
	    cmocka_unit_test(a_shadow_rule_is_recorded_and_does_nothing_but_its_limits_move),
	    cmocka_unit_test(a_decisions_id_is_the_same_on_every_machine),
	    cmocka_unit_test(random_firings_never_pass_a_cap_a_cool_down_or_a_code),
	    cmocka_unit_test(without_memory_nothing_is_done_and_the_next_try_does_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
