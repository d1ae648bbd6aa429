#include "tests/actions/world.h"

static int
count_audit(struct world *w)
{
	return (int)world_count(w, "audit");
}

/* --- a message of our making
 * ---------------------------------------------------------------------------- */

struct spec {
	enum message_kind kind;
	const char *channel;
	enum message_state state;
	enum message_hold hold;
	const char *customer;
};

static struct message
add_message(struct world *w, const char *id_seed, const struct spec *spec)
{
	struct message m = {
	    .kind = spec->kind,
	    .channel = S(spec->channel),
	    .address = spec->customer != NULL
		? S(arena_printf(w->arena, "%s@example.org", spec->customer))
		: S(""),
	    .customer_id = S(spec->customer),
	    .endpoint_id = spec->customer != NULL
		? S(arena_printf(w->arena, "e-%s", spec->customer))
		: SLICE_NONE,
	    .parts_json = S("{\"reply\":\"hello\",\"text\":\"t\"}"),
	    .state = spec->state,
	    .hold = spec->hold,
	    .next_at_ms = NOW,
	    .claimed_at_ms = TIME_UNKNOWN,
	    .expires_at_ms = TIME_UNKNOWN,
	    .created_at_ms = NOW,
	    .updated_at_ms = NOW,
	};

	decision_id_make(S(id_seed), S("p"), S("a"), S("s"), m.id);
	if (spec->state == MESSAGE_SENDING || spec->state == MESSAGE_LATER) {
		m.claimed_at_ms = NOW;
		m.attempts = 1;
	}
	must(store_begin(w->st, &w->err), w);
	assert_int_equal(store_message_insert(w->st, &m, &w->err), 1);
	must(store_commit(w->st, &w->err), w);
	return m;
}

static size_t
claim(struct world *w, int64_t now_ms, bool is_stopped, size_t limit, struct message **list_r)
{
	size_t count;

	must(store_begin(w->st, &w->err), w);
	must(outbox_claim(w->st, &w->config, now_ms, is_stopped, NULL, 0, limit, w->arena, list_r,
		 &count, &w->err),
	    w);
	must(store_commit(w->st, &w->err), w);
	return count;
}

static enum message_state
record(struct world *w, const char *id, int64_t now_ms, const struct send_outcome *outcome)
{
	enum message_state state = MESSAGE_STATE_COUNT;

	must(store_begin(w->st, &w->err), w);
	must(outbox_record(w->st, &w->config, &w->rng, now_ms, S(id), outcome, &state, &w->err), w);
	must(store_commit(w->st, &w->err), w);
	return state;
}

static int
act(struct world *w, enum outbox_verb verb, const char *id, const char *text, struct message *m_r)
{
	int rc;

	must(store_begin(w->st, &w->err), w);
	rc = outbox_act(w->st, &w->config, verb, S(id), S(text), "ada", "because", NOW + HOUR,
	    w->arena, m_r, &w->err);
	if (rc < 0)
		store_rollback(w->st);
	else
		must(store_commit(w->st, &w->err), w);
	return rc;
}

/* --- recovering
 * ------------------------------------------------------------------------------------------ */

static void
what_a_crash_left_in_the_open_is_judged_by_channel_and_kind(void **state)
{
	static const struct {
		struct spec spec;
		enum message_state want;
		bool is_repeat;
		const char *note;
	} cases[] = {
	    {{MESSAGE_SEND, "file", MESSAGE_SENDING, HOLD_NONE, NULL}, MESSAGE_LATER, false,
		"the channel deduplicates"},
	    {{MESSAGE_SEND, "email", MESSAGE_SENDING, HOLD_NONE, NULL}, MESSAGE_UNKNOWN, false,
		"a person decides"},
	    {{MESSAGE_REPLY, "social", MESSAGE_SENDING, HOLD_NONE, NULL}, MESSAGE_UNKNOWN, false,
		"a person decides"},
	    {{MESSAGE_NOTICE, "email", MESSAGE_SENDING, HOLD_NONE, NULL}, MESSAGE_LATER, true,
		"a missed alert is worse"},
	    {{MESSAGE_NOTICE, "file", MESSAGE_SENDING, HOLD_NONE, NULL}, MESSAGE_LATER, false,
		"the channel deduplicates"},
	    {{MESSAGE_SEND, "gone", MESSAGE_SENDING, HOLD_NONE, NULL}, MESSAGE_UNKNOWN, false,
		"an unknown channel"},
	    {{MESSAGE_SEND, "email", MESSAGE_READY, HOLD_NONE, NULL}, MESSAGE_READY, false,
		"not under way"},
	    {{MESSAGE_SEND, "email", MESSAGE_SENT, HOLD_NONE, NULL}, MESSAGE_SENT, false, "done"},
	};
	struct world w;
	struct message added[8];
	size_t count;

	(void)state;
	world_init(&w);
	for (size_t i = 0; i < 8; i++)
		added[i] = add_message(&w, arena_printf(w.arena, "%zu", i), &cases[i].spec);
	must(store_begin(w.st, &w.err), &w);
	must(outbox_recover(w.st, &w.config, NOW + HOUR, &count, &w.err), &w);
	must(store_commit(w.st, &w.err), &w);
	assert_int_equal(count, 6);
	for (size_t i = 0; i < 8; i++) {
		struct message m = world_message(&w, added[i].id);

		if (m.state != cases[i].want || m.is_repeat != cases[i].is_repeat)
			print_error("%s: %s\n", cases[i].note, message_state_name(m.state));
		assert_int_equal(m.state, cases[i].want);
		assert_int_equal(m.is_repeat, cases[i].is_repeat);
		if (m.state == MESSAGE_LATER)
			assert_int_equal(m.next_at_ms, NOW + HOUR);
	}
	must(store_begin(w.st, &w.err), &w);
	must(outbox_recover(w.st, &w.config, NOW + HOUR, &count, &w.err), &w);
	must(store_commit(w.st, &w.err), &w);
	assert_int_equal(count, 0);
	world_fini(&w);
}

static void
more_than_a_page_is_recovered(void **state)
{
	struct world w;
	size_t count;

	(void)state;
	world_init(&w);
	for (int i = 0; i < 450; i++)
		add_message(&w, arena_printf(w.arena, "%d", i),
		    &(struct spec){MESSAGE_SEND, "file", MESSAGE_SENDING, HOLD_NONE, NULL});
	must(store_begin(w.st, &w.err), &w);
	must(outbox_recover(w.st, &w.config, NOW, &count, &w.err), &w);
	must(store_commit(w.st, &w.err), &w);
	assert_int_equal(count, 450);
	world_fini(&w);
}

/* --- claiming
 * -------------------------------------------------------------------------------------------- */

static void
a_claimed_message_is_sending_and_not_offered_again(void **state)
{
	struct world w;
	struct action action = send_action("sorry", "email", NULL);
	struct rule_head rule = make_rule("make-it-right", &action, 1);
	struct message *list, m;

	(void)state;
	world_init(&w);
	world_add_customer(&w, &(struct customer_spec){.id = "1"});
	world_link(&w, "1");
	world_settle_one(&w, &rule);
	assert_int_equal(claim(&w, NOW - 1, false, 10, &list), 0);
	assert_int_equal(claim(&w, NOW, false, 10, &list), 1);
	assert_int_equal(list[0].state, MESSAGE_SENDING);
	assert_int_equal(list[0].attempts, 1);
	assert_slice(list[0].rule_id, "make-it-right");
	assert_slice(list[0].cause, "sentiment is -0.62");
	m = world_message(&w, list[0].id);
	assert_int_equal(m.state, MESSAGE_SENDING);
	assert_int_equal(m.claimed_at_ms, NOW);
	assert_int_equal(claim(&w, NOW + DAY, false, 10, &list), 0);
	world_fini(&w);
}

enum change {
	NO_CHANGE,
	WITHDRAW,
	OPT_OUT,
	DEACTIVATE,
	NEW_ADDRESS,
	NO_CUSTOMER
};

static void
make_change(struct world *w, enum change change)
{
	struct endpoint e = {.id = S("e-1"), .channel = S("email"), .address = S("1@example.org")};
	struct consent c = {.channel = S("email"), .purpose = PURPOSE_SERVICE, .is_given = false};

	must(store_begin(w->st, &w->err), w);
	e.is_opted_out = change == OPT_OUT;
	if (change == NEW_ADDRESS)
		e.address = S("other@example.org");
	if (change == WITHDRAW)
		must(store_consent_put(w->st, S("1"), &c, NOW, "test", &w->err), w);
	if (change == OPT_OUT || change == NEW_ADDRESS)
		must(store_endpoint_put(w->st, S("1"), &e, S("{}"), NOW, "test", &w->err), w);
	if (change == DEACTIVATE)
		must(store_endpoint_deactivate(w->st, S("e-1"), NOW, "bounced", &w->err), w);
	must(store_commit(w->st, &w->err), w);
}

static void
consent_and_address_are_judged_again_when_sending(void **state)
{
	static const struct {
		enum change change;
		const char *want; /* NULL: goes */
	} cases[] = {
	    {NO_CHANGE, NULL},
	    {WITHDRAW, "the customer has withdrawn consent to email for service"},
	    {OPT_OUT, "the customer has opted out of email"},
	    {DEACTIVATE,
		"the customer's email address is inactive: it was refused or switched off"},
	    {NEW_ADDRESS, "the customer's address changed meanwhile"},
	    {NO_CUSTOMER, "the customer is no longer known"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct world w;
		struct message *list, m;

		world_init(&w);
		if (cases[i].change != NO_CUSTOMER)
			world_add_customer(&w, &(struct customer_spec){.id = "1"});
		m = add_message(
		    &w, "m", &(struct spec){MESSAGE_SEND, "email", MESSAGE_READY, HOLD_NONE, "1"});
		make_change(&w, cases[i].change);
		assert_int_equal(claim(&w, NOW, false, 10, &list), cases[i].want == NULL);
		m = world_message(&w, m.id);
		assert_int_equal(
		    m.state, cases[i].want == NULL ? MESSAGE_SENDING : MESSAGE_SUPPRESSED);
		if (cases[i].want != NULL)
			assert_slice(m.reason, cases[i].want);
		world_fini(&w);
	}
}

static void
the_switch_holds_messages_and_makes_notices_wait(void **state)
{
	struct world w;
	struct message *list, send, reply, notice;
	int64_t still_held;

	(void)state;
	world_init(&w);
	world_add_customer(&w, &(struct customer_spec){.id = "1"});
	send = add_message(
	    &w, "s", &(struct spec){MESSAGE_SEND, "email", MESSAGE_READY, HOLD_NONE, "1"});
	reply = add_message(
	    &w, "r", &(struct spec){MESSAGE_REPLY, "social", MESSAGE_LATER, HOLD_NONE, NULL});
	notice = add_message(
	    &w, "n", &(struct spec){MESSAGE_NOTICE, "file", MESSAGE_READY, HOLD_NONE, NULL});
	add_message(
	    &w, "d", &(struct spec){MESSAGE_REPLY, "social", MESSAGE_HELD, HOLD_APPROVAL, NULL});
	must(store_begin(w.st, &w.err), &w);
	must(outbox_stop_all(w.st, "ada", "a wrong template", NOW, &w.err), &w);
	must(store_commit(w.st, &w.err), &w);
	assert_int_equal(claim(&w, NOW, true, 10, &list), 0);
	assert_int_equal(world_message(&w, send.id).hold, HOLD_BRAKE);
	assert_int_equal(world_message(&w, reply.id).state, MESSAGE_HELD);
	notice = world_message(&w, notice.id);
	assert_int_equal(notice.state, MESSAGE_READY);
	assert_int_equal(notice.next_at_ms, NOW + 30000);
	must(store_begin(w.st, &w.err), &w);
	must(outbox_resume_all(w.st, "ada", NOW + HOUR, &still_held, &w.err), &w);
	must(store_commit(w.st, &w.err), &w);
	/* the draft still waits for its person */
	assert_int_equal(still_held, 1);
	assert_int_equal(claim(&w, NOW + HOUR, false, 10, &list), 3);
	world_fini(&w);
}

static void
what_waited_too_long_behind_the_switch_expires(void **state)
{
	struct world w;
	struct message *list, m;
	int64_t still_held;

	(void)state;
	world_init(&w);
	m = add_message(
	    &w, "s", &(struct spec){MESSAGE_REPLY, "social", MESSAGE_READY, HOLD_NONE, NULL});
	assert_int_equal(claim(&w, NOW, true, 10, &list), 0);
	must(store_begin(w.st, &w.err), &w);
	must(outbox_resume_all(w.st, "ada", NOW + 3 * DAY, &still_held, &w.err), &w);
	must(store_commit(w.st, &w.err), &w);
	assert_int_equal(claim(&w, NOW + 3 * DAY, false, 10, &list), 0);
	assert_int_equal(world_message(&w, m.id).state, MESSAGE_EXPIRED);
	world_fini(&w);
}

static void
the_switch_says_who_and_why(void **state)
{
	struct world w;
	struct slice why;
	int64_t still_held;

	(void)state;
	world_init(&w);
	assert_int_equal(outbox_is_stopped(w.st, w.arena, &why, &w.err), 0);
	must(store_begin(w.st, &w.err), &w);
	must(outbox_stop_all(w.st, "ada", "a wrong template", NOW, &w.err), &w);
	must(store_commit(w.st, &w.err), &w);
	assert_int_equal(outbox_is_stopped(w.st, w.arena, &why, &w.err), 1);
	assert_slice(why, "a wrong template, by ada at 2026-11-21T10:00:00Z");
	must(store_begin(w.st, &w.err), &w);
	must(outbox_resume_all(w.st, "ada", NOW, &still_held, &w.err), &w);
	must(store_commit(w.st, &w.err), &w);
	assert_int_equal(outbox_is_stopped(w.st, w.arena, &why, &w.err), 0);
	assert_int_equal(count_audit(&w), 2);
	world_fini(&w);
}

static void
a_claim_takes_a_channels_share_and_no_more(void **state)
{
	struct world w;
	struct message *list;
	size_t by_file = 0, count;

	(void)state;
	world_init(&w);
	for (int i = 0; i < 20; i++)
		add_message(&w, arena_printf(w.arena, "f%d", i),
		    &(struct spec){MESSAGE_NOTICE, "file", MESSAGE_READY, HOLD_NONE, NULL});
	for (int i = 0; i < 20; i++)
		add_message(&w, arena_printf(w.arena, "s%d", i),
		    &(struct spec){MESSAGE_REPLY, "social", MESSAGE_READY, HOLD_NONE, NULL});
	count = claim(&w, NOW, false, 100, &list);
	for (size_t i = 0; i < count; i++)
		by_file += slice_eq_str(list[i].channel, "file");
	assert_int_equal(by_file, channel_claim_share(&channels[1]));
	assert_int_equal(count - by_file, channel_claim_share(&channels[2]));
	/* the limit goes first */
	assert_int_equal(claim(&w, NOW, false, 1, &list), 1);
	/* skipped channels */
	must(store_begin(w.st, &w.err), &w);
	must(outbox_claim(w.st, &w.config, NOW, false, (struct slice[]){S("file")}, 1, 100, w.arena,
		 &list, &count, &w.err),
	    &w);
	must(store_commit(w.st, &w.err), &w);
	for (size_t i = 0; i < count; i++)
		assert_slice(list[i].channel, "social");
	world_fini(&w);
}

static void
suppressed_ones_do_not_take_the_place_of_others(void **state)
{
	struct world w;
	struct message *list;

	(void)state;
	world_init(&w);
	world_add_customer(&w, &(struct customer_spec){.id = "1"});
	for (int i = 0; i < 50; i++)
		add_message(&w, arena_printf(w.arena, "x%d", i),
		    &(struct spec){MESSAGE_SEND, "email", MESSAGE_READY, HOLD_NONE, "nobody"});
	add_message(
	    &w, "good", &(struct spec){MESSAGE_SEND, "email", MESSAGE_READY, HOLD_NONE, "1"});
	assert_int_equal(claim(&w, NOW, false, 3, &list), 1);
	world_fini(&w);
}

static void
a_message_for_a_channel_that_is_gone_is_rejected(void **state)
{
	struct world w;
	struct message *list, m;

	(void)state;
	world_init(&w);
	m = add_message(
	    &w, "m", &(struct spec){MESSAGE_NOTICE, "pager", MESSAGE_READY, HOLD_NONE, NULL});
	assert_int_equal(claim(&w, NOW, false, 3, &list), 0);
	m = world_message(&w, m.id);
	assert_int_equal(m.state, MESSAGE_REJECTED);
	assert_slice(m.reason, "there is no channel 'pager' in the configuration");
	world_fini(&w);
}

/* --- recording
 * ------------------------------------------------------------------------------------------- */

static void
each_answer_leads_to_its_state(void **state)
{
	static const struct {
		const char *note;
		struct spec spec;
		struct send_outcome outcome;
		enum message_state want;
		bool is_repeat;
	} cases[] = {
	    {"done", {MESSAGE_SEND, "email", MESSAGE_SENDING, HOLD_NONE, NULL},
		{SEND_DONE, "250 ok", "id-7", -1, false, false}, MESSAGE_SENT, false},
	    {"later", {MESSAGE_SEND, "email", MESSAGE_SENDING, HOLD_NONE, NULL},
		{SEND_LATER, "451 try later", "", -1, false, false}, MESSAGE_LATER, false},
	    {"permanent", {MESSAGE_SEND, "email", MESSAGE_SENDING, HOLD_NONE, NULL},
		{SEND_PERMANENT, "550 no", "", -1, false, false}, MESSAGE_REJECTED, false},
	    {"unknown by mail", {MESSAGE_SEND, "email", MESSAGE_SENDING, HOLD_NONE, NULL},
		{SEND_UNKNOWN, "cut", "", -1, false, false}, MESSAGE_UNKNOWN, false},
	    {"unknown where repeats are told apart",
		{MESSAGE_SEND, "file", MESSAGE_SENDING, HOLD_NONE, NULL},
		{SEND_UNKNOWN, "cut", "", -1, false, false}, MESSAGE_LATER, false},
	    {"an unknown notice", {MESSAGE_NOTICE, "email", MESSAGE_SENDING, HOLD_NONE, NULL},
		{SEND_UNKNOWN, "cut", "", -1, false, false}, MESSAGE_LATER, true},
	    {"later, channel gone", {MESSAGE_SEND, "gone", MESSAGE_SENDING, HOLD_NONE, NULL},
		{SEND_LATER, "x", "", -1, false, false}, MESSAGE_REJECTED, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct world w;
		struct message m;

		world_init(&w);
		m = add_message(&w, "m", &cases[i].spec);
		if (record(&w, m.id, NOW + 1, &cases[i].outcome) != cases[i].want)
			print_error("%s\n", cases[i].note);
		m = world_message(&w, m.id);
		assert_int_equal(m.state, cases[i].want);
		assert_int_equal(m.is_repeat, cases[i].is_repeat);
		assert_slice(m.reason, cases[i].outcome.reason);
		if (cases[i].outcome.provider_id[0] != '\0')
			assert_slice(m.provider_id, cases[i].outcome.provider_id);
		world_fini(&w);
	}
}

static void
a_result_for_what_is_not_under_way_is_refused(void **state)
{
	struct world w;
	struct message m;
	struct send_outcome done = {.result = SEND_DONE};
	enum message_state got;

	(void)state;
	world_init(&w);
	m = add_message(
	    &w, "m", &(struct spec){MESSAGE_SEND, "file", MESSAGE_SENDING, HOLD_NONE, NULL});
	record(&w, m.id, NOW, &done);
	must(store_begin(w.st, &w.err), &w);
	assert_int_equal(
	    outbox_record(w.st, &w.config, &w.rng, NOW, S(m.id), &done, &got, &w.err), -1);
	assert_int_equal(w.err.kind, ERR_CONFLICT);
	assert_int_equal(outbox_record(w.st, &w.config, &w.rng, NOW,
			     S("00000000000000000000000000000000"), &done, &got, &w.err),
	    -1);
	assert_int_equal(w.err.kind, ERR_NOT_FOUND);
	store_rollback(w.st);
	world_fini(&w);
}

static void
a_dead_address_is_not_used_again(void **state)
{
	struct world w;
	struct message *list, m, next;
	struct send_outcome dead = {.result = SEND_PERMANENT,
	    .reason = "550 5.1.1 no such user",
	    .wait_ms = -1,
	    .is_address_dead = true};

	(void)state;
	world_init(&w);
	world_add_customer(&w, &(struct customer_spec){.id = "1"});
	m = add_message(
	    &w, "m", &(struct spec){MESSAGE_SEND, "email", MESSAGE_SENDING, HOLD_NONE, "1"});
	next = add_message(
	    &w, "n", &(struct spec){MESSAGE_SEND, "email", MESSAGE_READY, HOLD_NONE, "1"});
	assert_int_equal(record(&w, m.id, NOW, &dead), MESSAGE_REJECTED);
	world_link(&w, "1");
	assert_true(w.occ.customer->endpoints[0].is_inactive);
	assert_int_equal(claim(&w, NOW, false, 5, &list), 0);
	assert_int_equal(world_message(&w, next.id).state, MESSAGE_SUPPRESSED);
	world_fini(&w);
}

static void
a_servers_words_become_text_at_the_border(void **state)
{
	struct world w;
	struct message m;
	struct send_outcome rude = {.result = SEND_PERMANENT,
	    .reason = "550 caf\xe9 \xff",
	    .provider_id = "\xc3",
	    .wait_ms = -1,
	    .is_address_dead = true};

	(void)state;
	world_init(&w);
	world_add_customer(&w, &(struct customer_spec){.id = "1"});
	m = add_message(
	    &w, "m", &(struct spec){MESSAGE_SEND, "email", MESSAGE_SENDING, HOLD_NONE, "1"});
	assert_int_equal(record(&w, m.id, NOW, &rude), MESSAGE_REJECTED);
	m = world_message(&w, m.id);
	assert_slice(m.reason, "550 caf\xef\xbf\xbd \xef\xbf\xbd");
	assert_slice(m.provider_id, "\xef\xbf\xbd");
	world_fini(&w);
}

static void
a_wait_the_channel_asks_for_is_kept_and_capped(void **state)
{
	static const struct {
		int64_t asked_ms, least_ms, most_ms;
	} cases[] = {
	    {0, 15000, 30000},
	    {120000, 120000, 132000},
	    {90 * TIME_DAY_MS, TIME_DAY_MS, TIME_DAY_MS + TIME_DAY_MS / 10},
	    {-1, 15000, 30000},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		for (int turn = 0; turn < 20; turn++) {
			struct world w;
			struct message m;
			struct send_outcome later = {
			    .result = SEND_LATER, .wait_ms = cases[i].asked_ms};

			world_init(&w);
			rng_init(&w.rng, (uint64_t)turn);
			m = add_message(&w, "m",
			    &(struct spec){
				MESSAGE_SEND, "email", MESSAGE_SENDING, HOLD_NONE, NULL});
			record(&w, m.id, NOW, &later);
			m = world_message(&w, m.id);
			assert_in_range(m.next_at_ms - NOW, cases[i].least_ms, cases[i].most_ms);
			world_fini(&w);
		}
	}
}

static void
a_message_is_given_up_when_its_time_is_over_and_not_before(void **state)
{
	struct world w;
	struct message *list, m;
	struct send_outcome later = {.result = SEND_LATER, .reason = "451 busy", .wait_ms = 1000};
	int64_t now_ms = NOW;
	int tries = 0;

	(void)state;
	world_init(&w);
	world_add_customer(&w, &(struct customer_spec){.id = "1"});
	m = add_message(
	    &w, "m", &(struct spec){MESSAGE_SEND, "email", MESSAGE_READY, HOLD_NONE, "1"});
	/* it waited a day for its first try, which does not count against it */
	now_ms += DAY;
	for (;;) {
		assert_int_equal(claim(&w, now_ms, false, 5, &list), 1);
		tries++;
		later.wait_ms = 6 * HOUR;
		if (record(&w, m.id, now_ms, &later) != MESSAGE_LATER)
			break;
		m = world_message(&w, m.id);
		now_ms = m.next_at_ms;
	}
	m = world_message(&w, m.id);
	assert_int_equal(m.state, MESSAGE_EXPIRED);
	assert_true(has_text(m.reason, "gave up after"));
	assert_true(has_text(m.reason, "451 busy"));
	assert_in_range(now_ms - NOW - DAY, 2 * DAY - 7 * HOUR, 2 * DAY);
	assert_in_range(tries, 7, 8);
	/* a person who retries it gives it its full time again */
	assert_int_equal(act(&w, OUTBOX_RETRY, m.id, NULL, &m), 0);
	assert_int_equal(m.state, MESSAGE_READY);
	assert_int_equal(claim(&w, NOW + HOUR + DAY, false, 5, &list), 1);
	world_fini(&w);
}

static void
a_ready_message_nobody_could_send_expires(void **state)
{
	struct world w;
	struct message *list, m;

	(void)state;
	world_init(&w);
	m = add_message(
	    &w, "m", &(struct spec){MESSAGE_REPLY, "social", MESSAGE_READY, HOLD_NONE, NULL});
	assert_int_equal(claim(&w, NOW + 2 * DAY, false, 5, &list), 0);
	m = world_message(&w, m.id);
	assert_int_equal(m.state, MESSAGE_EXPIRED);
	assert_slice(m.reason, "not delivered within the channel's time");
	world_fini(&w);
}

static void
backoff_grows_with_full_jitter_between_its_bounds(void **state)
{
	struct rng rng;

	(void)state;
	rng_init(&rng, 3);
	for (int64_t attempt = 1; attempt <= 80; attempt++) {
		int64_t ceiling = attempt > 8 ? 100000 : 1000 * (INT64_C(1) << (attempt - 1));
		int64_t least = INT64_MAX, most = 0;

		if (ceiling > 100000)
			ceiling = 100000;
		for (int i = 0; i < 400; i++) {
			int64_t ms = outbox_backoff_ms(1000, 100000, attempt, &rng);

			assert_in_range(ms, 500, ceiling);
			least = ms < least ? ms : least;
			most = ms > most ? ms : most;
		}
		/* the whole range is used */
		assert_true(most > ceiling * 9 / 10);
		assert_true(least < (ceiling / 10 > 600 ? ceiling / 10 : 600));
	}
}

/* --- people
 * ---------------------------------------------------------------------------------------------- */

static void
each_verb_in_each_state_does_what_the_table_says(void **state)
{
	/* by state, held thrice: approval, brake, operator; '-' is a conflict */
	static const char *const states[] = {"held:approval", "held:brake", "held:operator",
	    "ready", "sending", "sent", "later", "rejected", "unknown", "suppressed", "expired",
	    "dropped"};
	static const struct {
		enum message_state state;
		enum message_hold hold;
	} starts[] = {{MESSAGE_HELD, HOLD_APPROVAL}, {MESSAGE_HELD, HOLD_BRAKE},
	    {MESSAGE_HELD, HOLD_OPERATOR}, {MESSAGE_READY, HOLD_NONE}, {MESSAGE_SENDING, HOLD_NONE},
	    {MESSAGE_SENT, HOLD_NONE}, {MESSAGE_LATER, HOLD_NONE}, {MESSAGE_REJECTED, HOLD_NONE},
	    {MESSAGE_UNKNOWN, HOLD_NONE}, {MESSAGE_SUPPRESSED, HOLD_NONE},
	    {MESSAGE_EXPIRED, HOLD_NONE}, {MESSAGE_DROPPED, HOLD_NONE}};
	/* r ready, h held by operator, d dropped */
	static const char *const table[] = {
	    [OUTBOX_APPROVE] = "r-----------",
	    [OUTBOX_REJECT] = "d-----------",
	    [OUTBOX_HOLD] = "-h-h--h-----",
	    [OUTBOX_RELEASE] = "-rr---------",
	    [OUTBOX_RETRY] = "------rrrrr-",
	    [OUTBOX_DROP] = "dddd--ddddd-",
	};

	(void)state;
	for (size_t verb = 0; verb < sizeof table / sizeof table[0]; verb++) {
		for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++) {
			struct world w;
			struct message m, got;
			int rc;

			world_init(&w);
			m = add_message(&w, "m",
			    &(struct spec){
				MESSAGE_REPLY, "social", starts[i].state, starts[i].hold, NULL});
			rc = act(&w, (enum outbox_verb)verb, m.id, NULL, &got);
			m = world_message(&w, m.id);
			if ((rc == 0) != (table[verb][i] != '-'))
				print_error("%s %s: %s\n", outbox_verb_name((enum outbox_verb)verb),
				    states[i], rc == 0 ? "done" : w.err.text);
			assert_int_equal(rc == 0, table[verb][i] != '-');
			if (rc < 0) {
				assert_int_equal(w.err.kind, ERR_CONFLICT);
				assert_int_equal(m.state, starts[i].state);
				assert_int_equal(m.hold, starts[i].hold);
				assert_int_equal(count_audit(&w), 0);
			} else {
				assert_int_equal(count_audit(&w), 1);
				assert_true(has_text(m.reason, "ada: because"));
				assert_int_equal(m.updated_at_ms, NOW + HOUR);
				assert_int_equal(m.is_repeat,
				    verb == OUTBOX_RETRY && starts[i].state == MESSAGE_UNKNOWN);
			}
			if (table[verb][i] == 'r') {
				assert_int_equal(m.state, MESSAGE_READY);
				assert_int_equal(m.hold, HOLD_NONE);
				assert_int_equal(m.next_at_ms, NOW + HOUR);
				assert_int_equal(m.claimed_at_ms, TIME_UNKNOWN);
			}
			if (table[verb][i] == 'h')
				assert_int_equal(m.hold, HOLD_OPERATOR);
			if (table[verb][i] == 'd')
				assert_int_equal(m.state, MESSAGE_DROPPED);
			world_fini(&w);
		}
	}
}

static void
a_conflict_says_what_would_work(void **state)
{
	static const struct {
		enum outbox_verb verb;
		struct spec spec;
		const char *want;
	} cases[] = {
	    {OUTBOX_RELEASE, {MESSAGE_REPLY, "social", MESSAGE_HELD, HOLD_APPROVAL, NULL},
		"it waits for approval: approve, reject or drop it"},
	    {OUTBOX_DROP, {MESSAGE_SEND, "file", MESSAGE_SENDING, HOLD_NONE, NULL},
		"it is being sent right now: wait for the result"},
	    {OUTBOX_RETRY, {MESSAGE_SEND, "file", MESSAGE_SENT, HOLD_NONE, NULL},
		"it has been sent, which cannot be undone"},
	    {OUTBOX_APPROVE, {MESSAGE_SEND, "file", MESSAGE_UNKNOWN, HOLD_NONE, NULL},
		"retry or drop it"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct world w;
		struct message m, got;

		world_init(&w);
		m = add_message(&w, "m", &cases[i].spec);
		assert_int_equal(act(&w, cases[i].verb, m.id, NULL, &got), -1);
		if (!has_text(S(w.err.text), cases[i].want))
			print_error("%s\n", w.err.text);
		assert_true(has_text(S(w.err.text), cases[i].want));
		assert_true(has_text(S(w.err.text), m.id));
		world_fini(&w);
	}
}

static void
approving_may_change_the_text(void **state)
{
	struct world w;
	struct message m, got;
	char long_text[66000];

	(void)state;
	memset(long_text, 'x', sizeof long_text);
	long_text[sizeof long_text - 1] = '\0';
	world_init(&w);
	m = add_message(
	    &w, "m", &(struct spec){MESSAGE_REPLY, "social", MESSAGE_HELD, HOLD_APPROVAL, NULL});
	assert_int_equal(act(&w, OUTBOX_APPROVE, m.id, "  ", &got), -1);
	assert_int_equal(act(&w, OUTBOX_APPROVE, m.id, "bad \xff", &got), -1);
	assert_int_equal(act(&w, OUTBOX_APPROVE, m.id, long_text, &got), -1);
	assert_int_equal(act(&w, OUTBOX_DROP, m.id, "text", &got), -1);
	assert_int_equal(world_message(&w, m.id).state, MESSAGE_HELD);
	/* a prefix of the id is enough */
	m.id[8] = '\0';
	assert_int_equal(act(&w, OUTBOX_APPROVE, m.id, "better \"words\"", &got), 0);
	assert_slice(world_message(&w, got.id).parts_json,
	    "{\"reply\":\"better \\\"words\\\"\",\"text\":\"t\"}");
	assert_int_equal(act(&w, OUTBOX_DROP, "ffffffffffff", NULL, &got), -1);
	assert_int_equal(w.err.kind, ERR_NOT_FOUND);
	world_fini(&w);
}

static void
while_sending_is_stopped_people_release_nothing_by_accident(void **state)
{
	struct world w;
	struct message draft, braked, got;

	(void)state;
	world_init(&w);
	draft = add_message(
	    &w, "d", &(struct spec){MESSAGE_REPLY, "social", MESSAGE_HELD, HOLD_APPROVAL, NULL});
	braked = add_message(
	    &w, "b", &(struct spec){MESSAGE_REPLY, "social", MESSAGE_HELD, HOLD_BRAKE, NULL});
	must(store_begin(w.st, &w.err), &w);
	must(outbox_stop_all(w.st, "ada", NULL, NOW, &w.err), &w);
	must(store_commit(w.st, &w.err), &w);
	assert_int_equal(act(&w, OUTBOX_APPROVE, draft.id, NULL, &got), 0);
	assert_int_equal(got.state, MESSAGE_HELD);
	assert_int_equal(got.hold, HOLD_BRAKE);
	assert_int_equal(act(&w, OUTBOX_RELEASE, braked.id, NULL, &got), -1);
	assert_true(has_text(S(w.err.text), "resume sending first"));
	world_fini(&w);
}

static void
verbs_have_names(void **state)
{
	enum outbox_verb v;

	(void)state;
	for (int i = OUTBOX_APPROVE; i <= OUTBOX_DROP; i++) {
		assert_true(outbox_verb_find(S(outbox_verb_name((enum outbox_verb)i)), &v));
		assert_int_equal(v, i);
	}
	assert_false(outbox_verb_find(S("explode"), &v));
}

/* --- crashes
 * ---------------------------------------------------------------------------------------------- */

/* A random life: settle, claim, record, crash (roll back, recover).  Each message to the file
 * channel is done once at most, none is lost. */
static void
random_lives_with_crashes_lose_nothing_and_double_only_where_allowed(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 20; seed++) {
		struct world w;
		struct action action = send_action("sorry", "email", NULL);
		struct rule_head rule = make_rule("r", &action, 1);
		struct message *list;
		struct rng rng;
		int64_t now_ms = NOW;
		size_t count, sent = 0, unknown = 0;
		int posts = 0;

		world_init(&w);
		rng_init(&rng, seed);
		world_add_customer(&w, &(struct customer_spec){.id = "1"});
		for (int step = 0; step < 200 || posts == 0; step++) {
			now_ms += 1000;
			if (rng_below(&rng, 2) == 0) {
				struct firing f = {.rule = &rule, .reason = S("why")};
				bool is_committed = rng_below(&rng, 4) > 0;

				world_next_post(&w, arena_printf(w.arena, "p%d", step), now_ms);
				world_link(&w, "1");
				w.in.firings = &f;
				w.in.firing_count = 1;
				must(store_begin(w.st, &w.err), &w);
				must(actions_settle(w.st, &w.config, w.templates, &w.in, w.arena,
					 &w.settled, &w.err),
				    &w);
				if (is_committed)
					must(store_commit(w.st, &w.err), &w);
				else
					store_rollback(w.st);
				posts += is_committed;
				continue;
			}
			count = claim(&w, now_ms, false, 3, &list);
			for (size_t i = 0; i < count; i++) {
				struct send_outcome done = {.result = SEND_DONE};

				/* the channel has it; the crash comes before it is recorded */
				if (rng_below(&rng, 5) == 0) {
					size_t open;

					must(store_begin(w.st, &w.err), &w);
					must(outbox_recover(w.st, &w.config, now_ms, &open, &w.err),
					    &w);
					must(store_commit(w.st, &w.err), &w);
					assert_int_equal(open, count - i);
					unknown += open;
					break;
				}
				assert_int_equal(
				    record(&w, list[i].id, now_ms, &done), MESSAGE_SENT);
				sent++;
			}
		}
		while ((count = claim(&w, now_ms, false, 8, &list)) > 0)
			for (size_t i = 0; i < count; i++) {
				record(&w, list[i].id, now_ms,
				    &(struct send_outcome){.result = SEND_DONE});
				sent++;
			}
		if (sent + unknown != (size_t)posts)
			print_error("seed %d: %zu sent, %zu unknown, %d posts\n", (int)seed, sent,
			    unknown, posts);
		assert_int_equal(sent + unknown, posts);
		assert_int_equal(world_count(&w, "outbox"), posts);
		world_fini(&w);
	}
}

static void
without_memory_claiming_and_recording_leave_no_half_done_work(void **state)
{
	(void)state;
	for (unsigned nth = 1;; nth++) {
		struct world w;
		struct message *list, m;
		struct send_outcome later = {.result = SEND_LATER, .reason = "x", .wait_ms = -1};
		enum message_state got;
		size_t count = 0;
		bool hit;
		int rc;

		world_init(&w);
		world_add_customer(&w, &(struct customer_spec){.id = "1"});
		m = add_message(
		    &w, "m", &(struct spec){MESSAGE_SEND, "email", MESSAGE_READY, HOLD_NONE, "1"});
		must(store_begin(w.st, &w.err), &w);
		mem_fault_arm(nth, false);
		rc = outbox_claim(
		    w.st, &w.config, NOW, false, NULL, 0, 5, w.arena, &list, &count, &w.err);
		if (rc == 0)
			rc = outbox_record(
			    w.st, &w.config, &w.rng, NOW, S(m.id), &later, &got, &w.err);
		hit = mem_fault_hit();
		mem_fault_arm(0, false);
		if (rc < 0) {
			store_rollback(w.st);
			assert_int_equal(world_message(&w, m.id).state, MESSAGE_READY);
		} else {
			must(store_commit(w.st, &w.err), &w);
			assert_int_equal(world_message(&w, m.id).state, MESSAGE_LATER);
		}
		world_fini(&w);
		if (!hit)
			break;
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_a_crash_left_in_the_open_is_judged_by_channel_and_kind),
	    cmocka_unit_test(more_than_a_page_is_recovered),
	    cmocka_unit_test(a_claimed_message_is_sending_and_not_offered_again),
	    cmocka_unit_test(consent_and_address_are_judged_again_when_sending),
	    cmocka_unit_test(the_switch_holds_messages_and_makes_notices_wait),
	    cmocka_unit_test(what_waited_too_long_behind_the_switch_expires),
	    cmocka_unit_test(the_switch_says_who_and_why),
	    cmocka_unit_test(a_claim_takes_a_channels_share_and_no_more),
	    cmocka_unit_test(suppressed_ones_do_not_take_the_place_of_others),
	    cmocka_unit_test(a_message_for_a_channel_that_is_gone_is_rejected),
	    cmocka_unit_test(each_answer_leads_to_its_state),
	    cmocka_unit_test(a_result_for_what_is_not_under_way_is_refused),
	    cmocka_unit_test(a_dead_address_is_not_used_again),
	    cmocka_unit_test(a_servers_words_become_text_at_the_border),
	    cmocka_unit_test(a_wait_the_channel_asks_for_is_kept_and_capped),
	    cmocka_unit_test(a_message_is_given_up_when_its_time_is_over_and_not_before),
	    cmocka_unit_test(a_ready_message_nobody_could_send_expires),
	    cmocka_unit_test(backoff_grows_with_full_jitter_between_its_bounds),
	    cmocka_unit_test(each_verb_in_each_state_does_what_the_table_says),
	    cmocka_unit_test(a_conflict_says_what_would_work),
	    cmocka_unit_test(approving_may_change_the_text),
	    cmocka_unit_test(while_sending_is_stopped_people_release_nothing_by_accident),
	    cmocka_unit_test(verbs_have_names),
	    cmocka_unit_test(random_lives_with_crashes_lose_nothing_and_double_only_where_allowed),
	    cmocka_unit_test(without_memory_claiming_and_recording_leave_no_half_done_work),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
