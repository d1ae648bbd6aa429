/*
 * Decisions and messages as rows.
 */
#include "tests/store/store_fixture.h"

#include <string.h>

/* ---- decisions -------------------------------------------------------- */

static struct decision_row
decision(int n, const char *rule_id, const char *occurrence)
{
	struct decision_row d = {.rule_id = slice_of(rule_id),
	    .rules_version = 3,
	    .occurrence_kind = OCCURRENCE_POST,
	    .occurrence_id = slice_of(occurrence),
	    .post_no = 5,
	    .subject = SLICE_LIT("c:1"),
	    .action = SLICE_LIT("alert \"support\" as high"),
	    .verb = ACTION_ALERT,
	    .outcome = DECISION_ALERTED,
	    .reason = SLICE_LIT("intent is support"),
	    .note = SLICE_NONE,
	    .at_ms = 10,
	    .event_at_ms = 9};

	snprintf(d.id, sizeof d.id, "%08x%024x", (unsigned)n, 7u);
	return d;
}

static void
a_decision_is_recorded_once(void **state)
{
	struct fixture *f = *state;
	struct decision_row d = decision(1, "r1", "p1"), got, *rows;
	size_t count;

	OK(store_begin(f->st, ERR));
	assert_int_equal(
	    store_decision_exists(f->st, OCCURRENCE_POST, d.occurrence_id, d.rule_id, ERR), 0);
	assert_int_equal(store_decision_insert(f->st, &d, ERR), 1);
	assert_int_equal(store_decision_insert(f->st, &d, ERR), 0);
	assert_int_equal(
	    store_decision_exists(f->st, OCCURRENCE_POST, d.occurrence_id, d.rule_id, ERR), 1);
	assert_int_equal(
	    store_decision_exists(f->st, OCCURRENCE_POST, d.occurrence_id, SLICE_LIT("r2"), ERR),
	    0);
	OK(store_commit(f->st, ERR));
	OK(store_decisions_of(f->st, SLICE_LIT("p1"), f->a, &rows, &count, ERR));
	assert_int_equal(count, 1);
	assert_int_equal(store_decision_load(f->st, slice_of(d.id), f->a, &got, ERR), 1);
	assert_string_equal(got.id, d.id);
	assert_string_equal(got.action.ptr, d.action.ptr);
	assert_int_equal(got.verb, ACTION_ALERT);
	assert_int_equal(got.outcome, DECISION_ALERTED);
	assert_int_equal(got.post_no, 5);
	assert_int_equal(got.event_at_ms, 9);
	assert_false(slice_is_set(got.note));
	assert_string_equal(decision_outcome_name(got.outcome), "alerted");
	assert_int_equal(store_decision_load(f->st, SLICE_LIT("00000001"), f->a, &got, ERR), 1);
	assert_int_equal(store_decision_load(f->st, SLICE_LIT("ffffffff"), f->a, &got, ERR), 0);
	assert_int_equal(store_decision_load(f->st, SLICE_LIT("0000"), f->a, &got, ERR), 0);
}

static void
decisions_are_listed_in_pages_of_all_or_one_rule(void **state)
{
	struct fixture *f = *state;
	struct decision_row *rows;
	size_t count, seen = 0;
	int64_t next = 0;

	OK(store_begin(f->st, ERR));
	for (int i = 1; i <= 10; i++) {
		struct decision_row d = decision(i, i % 2 == 0 ? "even" : "odd", "p");

		OK(store_decision_insert(f->st, &d, ERR));
	}
	OK(store_commit(f->st, ERR));
	do {
		OK(store_decisions_list(
		    f->st, SLICE_LIT("odd"), next, 2, f->a, &rows, &count, &next, ERR));
		for (size_t i = 0; i < count; i++)
			assert_string_equal(rows[i].rule_id.ptr, "odd");
		seen += count;
	} while (next != 0);
	assert_int_equal(seen, 5);
	OK(store_decisions_list(f->st, SLICE_NONE, 0, 4, f->a, &rows, &count, &next, ERR));
	assert_int_equal(count, 4);
	assert_memory_equal(rows[0].id, "0000000a", 8);
	assert_int_equal(next, 7);
}

/* ---- messages --------------------------------------------------------- */

static struct message
message(int n, const char *channel, enum message_state s, int64_t next_at_ms)
{
	struct message m = {.kind = MESSAGE_SEND,
	    .channel = slice_of(channel),
	    .address = SLICE_LIT("a@example.org"),
	    .purpose = PURPOSE_MARKETING,
	    .customer_id = SLICE_LIT("c-1"),
	    .parts_json = SLICE_LIT("{\"text\":\"hello\"}"),
	    .state = s,
	    .hold = s == MESSAGE_HELD ? HOLD_APPROVAL : HOLD_NONE,
	    .next_at_ms = next_at_ms,
	    .claimed_at_ms = TIME_UNKNOWN,
	    .expires_at_ms = TIME_UNKNOWN,
	    .created_at_ms = 1,
	    .updated_at_ms = 1};

	snprintf(m.id, sizeof m.id, "%08x%024x", (unsigned)n, 9u);
	return m;
}

static void
a_message_loads_as_it_was_stored(void **state)
{
	struct fixture *f = *state;
	struct message m = message(0xabcdef, "email", MESSAGE_READY, 100), got;

	m.decision_id = SLICE_LIT("d1");
	m.alert_no = 4;
	m.endpoint_id = SLICE_LIT("e1");
	m.template_id = SLICE_LIT("sorry");
	m.reply_handle = SLICE_LIT("{\"status_id\":\"1\"}");
	m.offer = SLICE_LIT("ten");
	m.offer_code = SLICE_LIT("TEN-1");
	m.team = SLICE_LIT("social team");
	m.reason = SLICE_LIT("because");
	m.attempts = 2;
	m.expires_at_ms = 5000;
	m.provider_id = SLICE_LIT("<1@x>");
	m.is_repeat = true;
	OK(store_begin(f->st, ERR));
	assert_int_equal(store_message_insert(f->st, &m, ERR), 1);
	assert_true(m.message_no > 0);
	assert_int_equal(store_message_insert(f->st, &m, ERR), 0);
	OK(store_commit(f->st, ERR));
	assert_int_equal(store_message_load(f->st, slice_of(m.id), f->a, &got, ERR), 1);
	assert_int_equal(got.message_no, m.message_no);
	assert_string_equal(got.id, m.id);
	assert_string_equal(got.decision_id.ptr, "d1");
	assert_int_equal(got.alert_no, 4);
	assert_string_equal(got.channel.ptr, "email");
	assert_string_equal(got.address.ptr, "a@example.org");
	assert_int_equal(got.purpose, PURPOSE_MARKETING);
	assert_string_equal(got.customer_id.ptr, "c-1");
	assert_string_equal(got.endpoint_id.ptr, "e1");
	assert_string_equal(got.template_id.ptr, "sorry");
	assert_string_equal(got.parts_json.ptr, "{\"text\":\"hello\"}");
	assert_string_equal(got.reply_handle.ptr, "{\"status_id\":\"1\"}");
	assert_string_equal(got.offer.ptr, "ten");
	assert_string_equal(got.offer_code.ptr, "TEN-1");
	assert_string_equal(got.team.ptr, "social team");
	assert_string_equal(got.reason.ptr, "because");
	assert_string_equal(got.provider_id.ptr, "<1@x>");
	assert_int_equal(got.attempts, 2);
	assert_int_equal(got.next_at_ms, 100);
	assert_int_equal(got.expires_at_ms, 5000);
	assert_true(got.claimed_at_ms == TIME_UNKNOWN && got.is_repeat);
}

static void
an_update_changes_what_it_may(void **state)
{
	struct fixture *f = *state;
	struct message m = message(1, "email", MESSAGE_READY, 100), got;

	OK(store_begin(f->st, ERR));
	OK(store_message_insert(f->st, &m, ERR));
	m.state = MESSAGE_SENDING;
	m.claimed_at_ms = 200;
	m.attempts = 1;
	m.reason = SLICE_LIT("on its way");
	m.updated_at_ms = 200;
	OK(store_message_update(f->st, &m, ERR));
	OK(store_commit(f->st, ERR));
	assert_int_equal(store_message_load(f->st, slice_of(m.id), f->a, &got, ERR), 1);
	assert_int_equal(got.state, MESSAGE_SENDING);
	assert_int_equal(got.claimed_at_ms, 200);
	assert_string_equal(got.reason.ptr, "on its way");
	assert_string_equal(message_state_name(got.state), "sending");
	assert_string_equal(message_kind_name(got.kind), "send");
	assert_string_equal(message_hold_name(HOLD_BRAKE), "brake");
}

static void
an_id_may_be_cut_short_while_it_is_unique(void **state)
{
	struct fixture *f = *state;
	struct message one = message(0x11111100, "file", MESSAGE_READY, 1),
		       two = message(0x11111122, "file", MESSAGE_READY, 1), got;

	OK(store_begin(f->st, ERR));
	OK(store_message_insert(f->st, &one, ERR));
	OK(store_message_insert(f->st, &two, ERR));
	assert_int_equal(store_message_load(f->st, SLICE_LIT("1111112"), f->a, &got, ERR), 1);
	assert_string_equal(got.id, two.id);
	assert_int_equal(store_message_load(f->st, SLICE_LIT("111111"), f->a, &got, ERR), -1);
	assert_int_equal(fixture_err.kind, ERR_CONFLICT);
	assert_int_equal(store_message_load(f->st, SLICE_LIT("11111"), f->a, &got, ERR), 0);
	assert_int_equal(store_message_load(f->st, SLICE_LIT("zzzzzz"), f->a, &got, ERR), 0);
	OK(store_commit(f->st, ERR)); /* an ambiguous question breaks nothing */
}

static void
what_is_due_comes_oldest_first_and_passes_over_channels(void **state)
{
	struct fixture *f = *state;
	static const struct {
		const char *channel;
		enum message_state state;
		int64_t next_at_ms;
	} rows[] = {
	    {"email", MESSAGE_READY, 300},
	    {"webhook", MESSAGE_LATER, 100},
	    {"email", MESSAGE_SENT, 50},
	    {"email", MESSAGE_LATER, 200},
	    {"file", MESSAGE_READY, 200},
	    {"file", MESSAGE_HELD, 10},
	    {"email", MESSAGE_READY, 900},
	};
	static const int expected[] = {2, 4, 5, 1};
	struct slice skip = SLICE_LIT("webhook");
	struct message *list;
	size_t count;
	int64_t at_ms;

	OK(store_begin(f->st, ERR));
	OK(store_messages_next_due(f->st, &at_ms, ERR));
	assert_true(at_ms == TIME_UNKNOWN);
	for (int i = 0; i < 7; i++) {
		struct message m =
		    message(i + 1, rows[i].channel, rows[i].state, rows[i].next_at_ms);

		OK(store_message_insert(f->st, &m, ERR));
	}
	OK(store_commit(f->st, ERR));
	OK(store_messages_due(f->st, 500, NULL, 0, 10, f->a, &list, &count, ERR));
	assert_int_equal(count, 4);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(list[i].message_no, expected[i]);
	OK(store_messages_due(f->st, 500, NULL, 0, 2, f->a, &list, &count, ERR));
	assert_int_equal(count, 2);
	assert_int_equal(list[1].message_no, 4);
	OK(store_messages_due(f->st, 500, &skip, 1, 10, f->a, &list, &count, ERR));
	assert_int_equal(count, 3);
	assert_int_equal(list[0].message_no, 4);
	OK(store_messages_due(f->st, 50, NULL, 0, 10, f->a, &list, &count, ERR));
	assert_int_equal(count, 0);
	OK(store_messages_next_due(f->st, &at_ms, ERR));
	assert_int_equal(at_ms, 100);
}

static void
messages_are_listed_by_state_hold_and_channel_and_counted(void **state)
{
	struct fixture *f = *state;
	struct message *list;
	struct message_filter any = {.state = -1, .hold = -1, .channel = SLICE_NONE, .limit = 4},
			      filter;
	int64_t counts[MESSAGE_STATE_COUNT];
	size_t count;

	OK(store_begin(f->st, ERR));
	for (int i = 1; i <= 9; i++) {
		struct message m = message(
		    i, i % 3 == 0 ? "file" : "email", i % 2 == 0 ? MESSAGE_HELD : MESSAGE_SENT, 1);

		OK(store_message_insert(f->st, &m, ERR));
	}
	OK(store_commit(f->st, ERR));
	OK(store_messages_list(f->st, &any, f->a, &list, &count, ERR));
	assert_int_equal(count, 4);
	assert_int_equal(list[0].message_no, 9);
	any.before_no = list[3].message_no;
	OK(store_messages_list(f->st, &any, f->a, &list, &count, ERR));
	assert_int_equal(list[0].message_no, 5);
	filter = (struct message_filter){MESSAGE_HELD, HOLD_APPROVAL, SLICE_LIT("file"), 0, 10};
	OK(store_messages_list(f->st, &filter, f->a, &list, &count, ERR));
	assert_int_equal(count, 1);
	assert_int_equal(list[0].message_no, 6);
	filter.hold = HOLD_BRAKE;
	OK(store_messages_list(f->st, &filter, f->a, &list, &count, ERR));
	assert_int_equal(count, 0);
	filter = (struct message_filter){-1, -1, SLICE_LIT("file"), 0, 10};
	OK(store_messages_list(f->st, &filter, f->a, &list, &count, ERR));
	assert_int_equal(count, 3);
	OK(store_messages_in_state(f->st, MESSAGE_HELD, 3, f->a, &list, &count, ERR));
	assert_int_equal(count, 3);
	assert_int_equal(list[0].message_no, 2);
	OK(store_messages_count(f->st, counts, ERR));
	assert_int_equal(counts[MESSAGE_HELD], 4);
	assert_int_equal(counts[MESSAGE_SENT], 5);
	assert_int_equal(counts[MESSAGE_READY], 0);
}

static void
a_deleted_post_cancels_what_waits_because_of_it(void **state)
{
	struct fixture *f = *state;
	static const struct {
		enum message_state state;
		enum message_kind kind;
		bool cancelled;
	} rows[] = {
	    {MESSAGE_HELD, MESSAGE_REPLY, true},
	    {MESSAGE_READY, MESSAGE_SEND, true},
	    {MESSAGE_LATER, MESSAGE_SEND, true},
	    {MESSAGE_SENT, MESSAGE_SEND, false},
	    {MESSAGE_SENDING, MESSAGE_SEND, false},
	    {MESSAGE_READY, MESSAGE_NOTICE, false},
	};
	struct rng r;
	struct stored_post *sp;
	int64_t cancelled;

	rng_init(&r, 1);
	sp = random_stored_post(&r, f->a);
	OK(store_begin(f->st, ERR));
	OK(store_post_insert(f->st, sp, ERR));
	for (int i = 0; i < 7; i++) {
		struct decision_row d =
		    decision(i, "r1", i == 6 ? "another post" : sp->post.id.ptr);
		struct message m = message(i, "email", i == 6 ? MESSAGE_READY : rows[i].state, 1);

		m.kind = i == 6 ? MESSAGE_SEND : rows[i].kind;
		m.decision_id = slice_of(d.id);
		OK(store_decision_insert(f->st, &d, ERR));
		OK(store_message_insert(f->st, &m, ERR));
	}
	OK(store_messages_cancel_for_post(
	    f->st, sp->post_no, 77, "the post was deleted", &cancelled, ERR));
	OK(store_commit(f->st, ERR));
	assert_int_equal(cancelled, 3);
	for (int i = 0; i < 7; i++) {
		struct message m = message(i, "email", MESSAGE_READY, 1), got;

		assert_int_equal(store_message_load(f->st, slice_of(m.id), f->a, &got, ERR), 1);
		if (i < 6 && rows[i].cancelled) {
			assert_int_equal(got.state, MESSAGE_DROPPED);
			assert_string_equal(got.reason.ptr, "the post was deleted");
			assert_int_equal(got.updated_at_ms, 77);
		} else {
			assert_int_equal(got.state, i < 6 ? rows[i].state : MESSAGE_READY);
		}
	}
}

/* ---- counted again ------------------------------------------------------- */

static int
note_firing(void *cookie, const struct firing_row *row, struct err *err)
{
	struct buf *seen = cookie;

	(void)err;
	buf_addf(seen, "%s%.*s/%.*s ", row->is_first ? "" : "+", SLICE_ARG(row->rule_id),
	    SLICE_ARG(row->occurrence_id));
	return 0;
}

/* What a backtest counts of the past: each action that was done, its firing once. */
static void
a_firing_is_told_by_each_action_that_was_done(void **state)
{
	static const struct {
		const char *rule, *occurrence, *note;
		enum decision_outcome outcome;
		int64_t at_ms;
	} rows[] = {
	    {"r1", "p1", NULL, DECISION_ALERTED, 10},
	    {"r1", "p1", NULL, DECISION_ALERTED, 10},
	    {"r2", "p1", NULL, DECISION_SUPPRESSED, 10},
	    {"r2", "p1", NULL, DECISION_ALERTED, 10},
	    {"r3", "p1", NULL, DECISION_HELD, 10},
	    {"r4", "p1", NULL, DECISION_COUNTED, 10},
	    {"r5", "p1", NULL, DECISION_WAITING, 10},
	    {"r6", "p1", "shadow: it would be sent", DECISION_SHADOW, 10},
	    {"r7", "p1", SHADOW_SUPPRESSED ": no consent", DECISION_SHADOW, 10},
	    {"r8", "p1", NULL, DECISION_SHADOW, 10},
	    {"r1", "p2", SHADOW_SUPPRESSED, DECISION_ALERTED, 19},
	    {"r1", "p3", NULL, DECISION_ALERTED, 20},
	};
	struct fixture *f = *state;
	struct buf seen;

	OK(store_begin(f->st, ERR));
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct decision_row d = decision((int)i, rows[i].rule, rows[i].occurrence);

		d.outcome = rows[i].outcome;
		d.note = slice_of(rows[i].note);
		d.at_ms = rows[i].at_ms;
		assert_int_equal(store_decision_insert(f->st, &d, ERR), 1);
	}
	for (int with_threads = 0; with_threads <= 1; with_threads++) {
		buf_init(&seen, 1000);
		OK(store_firings_before(f->st, 20, with_threads, note_firing, &seen, ERR));
		assert_string_equal(buf_str(&seen), "r1/p1 +r1/p1 r2/p1 r6/p1 r8/p1 r1/p2 ");
		buf_fini(&seen);
	}
	OK(store_commit(f->st, ERR));
}

static int
note_message(void *cookie, const struct firing_row *row, struct err *err)
{
	struct buf *seen = cookie;

	(void)err;
	buf_addf(seen, "%.*s:%lld:%lld:%lld ", SLICE_ARG(row->rule_id), (long long)row->at_ms,
	    (long long)row->counts_day, (long long)row->cost_milli);
	return 0;
}

static void
a_message_is_told_if_it_counts_or_cost_something(void **state)
{
	static const struct {
		enum message_state state;
		int64_t created_at_ms, counts_day, cost_milli;
	} rows[] = {
	    {MESSAGE_READY, 1, 20000, 0},
	    {MESSAGE_READY, 2, 0, 50},
	    {MESSAGE_DROPPED, 3, 0, 50}, /* what was to be spent was given back */
	    {MESSAGE_READY, 4, 0, 0},
	    {MESSAGE_DROPPED, 5, 20001, 50},
	    {MESSAGE_READY, 6, 20000, 50},
	};
	struct fixture *f = *state;
	struct decision_row d = decision(1, "r1", "p1");
	struct buf seen;

	OK(store_begin(f->st, ERR));
	assert_int_equal(store_decision_insert(f->st, &d, ERR), 1);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct message m = message((int)i, "email", rows[i].state, 1);

		m.decision_id = slice_of(d.id);
		m.created_at_ms = rows[i].created_at_ms;
		m.counts_day = rows[i].counts_day;
		m.cost_milli = rows[i].cost_milli;
		assert_int_equal(store_message_insert(f->st, &m, ERR), 1);
	}
	buf_init(&seen, 1000);
	OK(store_messages_counted_before(f->st, 6, note_message, &seen, ERR));
	assert_string_equal(buf_str(&seen), "r1:1:20000:0 r1:2:0:50 r1:5:20001:50 ");
	buf_fini(&seen);
	OK(store_commit(f->st, ERR));
}

#define T(test) cmocka_unit_test_setup_teardown(test, fixture_setup, fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(a_decision_is_recorded_once),
	    T(decisions_are_listed_in_pages_of_all_or_one_rule),
	    T(a_message_loads_as_it_was_stored),
	    T(an_update_changes_what_it_may),
	    T(an_id_may_be_cut_short_while_it_is_unique),
	    T(what_is_due_comes_oldest_first_and_passes_over_channels),
	    T(messages_are_listed_by_state_hold_and_channel_and_counted),
	    T(a_deleted_post_cancels_what_waits_because_of_it),
	    T(a_firing_is_told_by_each_action_that_was_done),
	    T(a_message_is_told_if_it_counts_or_cost_something),
	};

	fixture_use_memory_files();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
