/*
 * test_courier.c - the courier between a scripted pipeline and a fake channel.  Time is a virtual
 * clock; the loop's own timers are only waited for where a test says so.
 */
#include "tests/actions/world.h"

#include "actions/courier.h"

#include "core/clock.h"
#include "platform/loop.h"

#define MESSAGES_MAX 200

/* --- a fake channel
 * ------------------------------------------------------------------------------------- */

enum habit {
	ANSWER_NOW,
	ANSWER_WHEN_TOLD
};

struct pending {
	send_done_fn *done;
	void *cookie;
	char id[33];
};

struct fake {
	enum habit habit;
	struct send_outcome answer;
	struct pending pending[MESSAGES_MAX];
	size_t pending_count, most_at_once, sends;
	bool is_closed;
	char seen_text[64], seen_rule[64], seen_reason[64];
};

static int
fake_open(struct sender *s, const struct options *set, void **state_r, struct err *err)
{
	struct fake *f = mem_zalloc(sizeof *f);

	(void)s;
	(void)set;
	if (f == NULL)
		return err_set(err, ERR_NOMEM, "no memory");
	f->answer = (struct send_outcome){.result = SEND_DONE, .wait_ms = -1};
	*state_r = f;
	return 0;
}

static void
fake_send(void *state, const struct outbox_item *item, send_done_fn *done, void *cookie)
{
	struct fake *f = state;
	struct pending *p;

	assert_false(f->is_closed);
	f->sends++;
	snprintf(f->seen_text, sizeof f->seen_text, "%.*s",
	    SLICE_ARG(json_get_str(item->parts, "text")));
	snprintf(f->seen_rule, sizeof f->seen_rule, "%.*s", SLICE_ARG(item->rule_id));
	snprintf(f->seen_reason, sizeof f->seen_reason, "%.*s", SLICE_ARG(item->reason));
	if (f->habit == ANSWER_NOW) {
		done(cookie, &f->answer);
		return;
	}
	assert_true(f->pending_count < MESSAGES_MAX);
	p = &f->pending[f->pending_count++];
	*p = (struct pending){done, cookie, ""};
	snprintf(p->id, sizeof p->id, "%.*s", SLICE_ARG(item->id));
	if (f->pending_count > f->most_at_once)
		f->most_at_once = f->pending_count;
}

/* What is under way is reported as unknown, as the contract says. */
static void
fake_close(void *state)
{
	struct fake *f = state;
	struct send_outcome cut = {.result = SEND_UNKNOWN, .reason = "closed", .wait_ms = -1};

	f->is_closed = true;
	for (size_t i = 0; i < f->pending_count; i++)
		f->pending[i].done(f->pending[i].cookie, &cut);
	mem_free(f);
}

static const struct sender_ops fake_ops = {
    .name = "fake", .open = fake_open, .send = fake_send, .close = fake_close};

/* The oldest that waits is answered. */
static void
answer_one(struct fake *f)
{
	struct pending p = f->pending[0];

	assert_true(f->pending_count > 0);
	memmove(f->pending, f->pending + 1, --f->pending_count * sizeof p);
	p.done(p.cookie, &f->answer);
}

/* --- a scripted pipeline
 * --------------------------------------------------------------------------------- */

enum row_state {
	READY,
	SENDING,
	ENDED
};

struct row {
	struct message m;
	enum row_state state;
	int64_t due_at_ms;
	int tries;
	struct send_outcome last;
};

struct bench {
	struct clock_virtual clock;
	struct loop *loop;
	struct channel channels[2];
	struct actions_config config;
	struct sender *senders[2];
	struct fake *fakes[2];
	struct courier *courier;
	struct row rows[MESSAGES_MAX];
	size_t row_count, claims, records;
	bool answers_at_once; /* else when bench_answer() is called */
	bool is_asked;
	size_t limit;
	char skip[4][16];
	size_t skip_count;
	char stopped[32];
	struct err err;
};

static void bench_answer(struct bench *b);

static void
on_claim(void *cookie, size_t limit, const struct slice *skip, size_t skip_count)
{
	struct bench *b = cookie;

	assert_false(b->is_asked);
	assert_true(limit > 0);
	b->is_asked = true;
	b->claims++;
	b->limit = limit;
	b->skip_count = skip_count;
	for (size_t i = 0; i < skip_count; i++)
		snprintf(b->skip[i], sizeof b->skip[i], "%.*s", SLICE_ARG(skip[i]));
	if (b->answers_at_once)
		bench_answer(b);
}

static bool
is_skipped(struct bench *b, const struct row *r)
{
	for (size_t i = 0; i < b->skip_count; i++)
		if (slice_eq_str(r->m.channel, b->skip[i]))
			return true;
	return false;
}

/* As outbox_claim() does: what is due, not skipped, within each channel's share. */
static void
bench_answer(struct bench *b)
{
	struct message *list[MESSAGES_MAX];
	int64_t share[2] = {
	    channel_claim_share(&b->channels[0]), channel_claim_share(&b->channels[1])};
	int64_t next_ms = TIME_UNKNOWN;
	size_t count = 0;

	assert_true(b->is_asked);
	for (size_t i = 0; i < b->row_count; i++) {
		struct row *r = &b->rows[i];
		size_t lane = slice_eq_str(r->m.channel, "one") ? 0 : 1;

		if (r->state != READY)
			continue;
		if (r->due_at_ms <= b->clock.at_ms && !is_skipped(b, r) && count < b->limit &&
		    share[lane] > 0) {
			share[lane]--;
			r->state = SENDING;
			r->tries++;
			r->m.attempts = r->tries;
			list[count++] = &r->m;
		} else if (next_ms == TIME_UNKNOWN || r->due_at_ms < next_ms) {
			next_ms = r->due_at_ms;
		}
	}
	b->is_asked = false;
	courier_deliver(b->courier, list, count, next_ms);
}

static void
on_record(void *cookie, const char *id, const struct send_outcome *outcome)
{
	struct bench *b = cookie;

	b->records++;
	for (size_t i = 0; i < b->row_count; i++)
		if (strcmp(b->rows[i].m.id, id) == 0) {
			assert_int_equal(b->rows[i].state, SENDING);
			b->rows[i].last = *outcome;
			b->rows[i].state = outcome->result == SEND_LATER ? READY : ENDED;
			b->rows[i].due_at_ms = b->clock.at_ms + 1000;
			return;
		}
	fail();
}

static void
on_stopped(void *cookie, const char *channel, const char *why)
{
	struct bench *b = cookie;

	snprintf(b->stopped, sizeof b->stopped, "%s: %s", channel, why);
}

static void
bench_init(struct bench *b)
{
	memset(b, 0, sizeof *b);
	clock_virtual_init(&b->clock, NOW);
	assert_int_equal(loop_new(&b->loop, &b->err), 0);
	b->channels[0] = (struct channel){"one", &fake_ops, NULL, 4, 0, 1000, 2000, DAY, 0};
	b->channels[1] = (struct channel){"two", &fake_ops, NULL, 4, 0, 1000, 2000, DAY, 0};
	b->config = (struct actions_config){.channels = b->channels, .channel_count = 2};
	b->answers_at_once = true;
}

static void
bench_start(struct bench *b)
{
	struct sender_host env = {.loop = b->loop, .clock = &b->clock.base};
	struct courier_host host = {b, on_claim, on_record, on_stopped};

	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(sender_new(b->channels[i].name, &fake_ops, NULL, NULL, &env,
				     &b->senders[i], &b->err),
		    0);
		b->fakes[i] = sender_state(b->senders[i]);
	}
	assert_int_equal(courier_new(&b->config, b->senders, &env, &host, &b->courier, &b->err), 0);
}

static void
bench_fini(struct bench *b)
{
	courier_close(b->courier);
	sender_free(b->senders[0]);
	sender_free(b->senders[1]);
	courier_free(b->courier);
	loop_free(b->loop);
}

static void
bench_add(struct bench *b, const char *channel, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct row *r = &b->rows[b->row_count];

		*r = (struct row){.due_at_ms = b->clock.at_ms};
		r->m = (struct message){.channel = S(channel),
		    .parts_json = S("{\"text\":\"hello\"}"),
		    .rule_id = S("r1"),
		    .cause = S("because"),
		    .created_at_ms = NOW};
		snprintf(r->m.id, sizeof r->m.id, "%032zu", b->row_count++);
	}
}

static size_t
count_state(const struct bench *b, enum row_state state)
{
	size_t n = 0;

	for (size_t i = 0; i < b->row_count; i++)
		n += b->rows[i].state == state;
	return n;
}

static void
pass(struct bench *b, int64_t ms)
{
	clock_virtual_set(&b->clock, b->clock.at_ms + ms);
	courier_wake(b->courier);
}

/* --- tests
 * -------------------------------------------------------------------------------------------------
 */

static void
everything_due_is_carried_when_channels_answer_at_once(void **state)
{
	struct bench b;
	struct courier_channel_status status[2];

	(void)state;
	bench_init(&b);
	bench_add(&b, "one", 50);
	bench_add(&b, "two", 30);
	bench_start(&b);
	courier_wake(b.courier);
	assert_int_equal(count_state(&b, ENDED), 80);
	assert_int_equal(b.fakes[0]->sends, 50);
	assert_int_equal(b.records, 80);
	assert_string_equal(b.fakes[0]->seen_text, "hello");
	assert_string_equal(b.fakes[0]->seen_rule, "r1");
	assert_string_equal(b.fakes[0]->seen_reason, "because");
	assert_true(courier_is_idle(b.courier));
	assert_int_equal(courier_status(b.courier, status, 2), 2);
	assert_int_equal(status[0].sent, 50);
	assert_int_equal(status[1].sent, 30);
	bench_fini(&b);
}

static void
never_more_are_under_way_than_a_channel_allows(void **state)
{
	struct bench b;
	size_t turns = 0;

	(void)state;
	bench_init(&b);
	bench_add(&b, "one", 60);
	bench_add(&b, "two", 3);
	bench_start(&b);
	b.fakes[0]->habit = ANSWER_WHEN_TOLD;
	courier_wake(b.courier);
	/* a full channel does not keep the other waiting */
	assert_int_equal(b.fakes[1]->sends, 3);
	while (b.fakes[0]->pending_count > 0 && turns++ < 1000) {
		assert_true(b.fakes[0]->pending_count <= 4);
		/* nothing is claimed that cannot be handed over at once */
		assert_int_equal(count_state(&b, SENDING), b.fakes[0]->pending_count);
		assert_int_equal(courier_in_flight(b.courier), b.fakes[0]->pending_count);
		answer_one(b.fakes[0]);
	}
	assert_int_equal(count_state(&b, ENDED), 63);
	assert_int_equal(b.fakes[0]->most_at_once, 4);
	bench_fini(&b);
}

static void
a_channel_of_one_sends_one_after_the_other(void **state)
{
	struct bench b;

	(void)state;
	bench_init(&b);
	b.channels[0].max_concurrent = 1;
	bench_add(&b, "one", 5);
	bench_start(&b);
	b.fakes[0]->habit = ANSWER_WHEN_TOLD;
	courier_wake(b.courier);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(b.fakes[0]->pending_count, 1);
		answer_one(b.fakes[0]);
	}
	assert_int_equal(b.fakes[0]->most_at_once, 1);
	assert_int_equal(count_state(&b, ENDED), 5);
	bench_fini(&b);
}

static void
no_minute_ever_sees_more_than_the_rate(void **state)
{
	enum {
		STEP_MS = 100,
		STEPS = 6000,
		MINUTE_STEPS = 600
	};
	static const int64_t rates[] = {1, 2, 6, 7, 30, 61, 300, 3000};

	(void)state;
	for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++) {
		struct bench b;
		static size_t sends[STEPS + 1];
		size_t worst = 0, rate = (size_t)rates[i];

		bench_init(&b);
		b.channels[0].max_per_minute = rates[i];
		b.channels[0].max_concurrent = 20;
		bench_start(&b);
		sends[0] = 0;
		for (int s = 0; s < STEPS; s++) {
			if (count_state(&b, READY) == 0) {
				b.row_count = 0;
				bench_add(&b, "one", 100);
			}
			pass(&b, STEP_MS);
			sends[s + 1] = b.fakes[0]->sends;
		}
		for (int s = MINUTE_STEPS; s <= STEPS; s++)
			if (sends[s] - sends[s - MINUTE_STEPS] > worst)
				worst = sends[s] - sends[s - MINUTE_STEPS];
		if (worst > rate || sends[STEPS] < rate * 85 / 10)
			print_error("rate %zu: worst minute %zu, in ten minutes %zu\n", rate, worst,
			    sends[STEPS]);
		assert_true(worst <= rate);
		/* and the rate is nearly used: ten minutes, less what one share and a tenth of a
		 * second cost */
		assert_true(sends[STEPS] >= rate * 85 / 10);
		bench_fini(&b);
	}
}

static void
a_limited_channel_does_not_slow_the_other(void **state)
{
	struct bench b;

	(void)state;
	bench_init(&b);
	b.channels[0].max_per_minute = 1;
	bench_add(&b, "one", 10);
	bench_add(&b, "two", 40);
	bench_start(&b);
	courier_wake(b.courier);
	assert_int_equal(b.fakes[0]->sends, 1);
	assert_int_equal(b.fakes[1]->sends, 40);
	bench_fini(&b);
}

static void
what_comes_back_later_is_tried_again_when_due(void **state)
{
	struct bench b;

	(void)state;
	bench_init(&b);
	bench_add(&b, "one", 2);
	bench_start(&b);
	b.fakes[0]->answer.result = SEND_LATER;
	courier_wake(b.courier);
	assert_int_equal(b.fakes[0]->sends, 2);
	pass(&b, 500);
	assert_int_equal(b.fakes[0]->sends, 2);
	b.fakes[0]->answer.result = SEND_DONE;
	pass(&b, 500);
	assert_int_equal(b.fakes[0]->sends, 4);
	assert_int_equal(b.rows[0].tries, 2);
	assert_int_equal(count_state(&b, ENDED), 2);
	bench_fini(&b);
}

static void
stop_loop(void *cookie)
{
	loop_stop(cookie);
}

static void
run_for(struct bench *b, int64_t ms)
{
	struct loop_timer *t = loop_timer_new(b->loop, stop_loop, b->loop);

	loop_timer_start(t, ms);
	loop_run(b->loop);
	loop_timer_free(t);
}

static void
the_timer_wakes_it_when_the_next_is_due(void **state)
{
	struct bench b;

	(void)state;
	bench_init(&b);
	bench_add(&b, "one", 1);
	b.rows[0].due_at_ms = NOW + 30;
	bench_start(&b);
	courier_wake(b.courier);
	assert_int_equal(b.fakes[0]->sends, 0);
	clock_virtual_set(&b.clock, NOW + 30);
	run_for(&b, 300);
	assert_int_equal(b.fakes[0]->sends, 1);
	bench_fini(&b);
}

static void
nothing_to_do_asks_nothing(void **state)
{
	struct bench b;
	size_t claims;

	(void)state;
	bench_init(&b);
	bench_start(&b);
	courier_wake(b.courier);
	claims = b.claims;
	assert_int_equal(claims, 1);
	run_for(&b, 100);
	assert_int_equal(b.claims, claims);
	bench_fini(&b);
}

static void
one_request_at_a_time_and_a_wake_meanwhile_is_not_lost(void **state)
{
	struct bench b;

	(void)state;
	bench_init(&b);
	b.answers_at_once = false;
	bench_start(&b);
	courier_wake(b.courier);
	assert_true(b.is_asked);
	courier_wake(b.courier);
	courier_wake(b.courier);
	assert_int_equal(b.claims, 1);
	/* the answer was made before the new message was there: the wake must ask again */
	b.is_asked = false;
	courier_deliver(b.courier, NULL, 0, TIME_UNKNOWN);
	bench_add(&b, "one", 1);
	assert_int_equal(b.claims, 2);
	bench_answer(&b);
	assert_int_equal(b.fakes[0]->sends, 1);
	if (b.is_asked)
		bench_answer(&b);
	assert_true(courier_is_idle(b.courier));
	bench_fini(&b);
}

static void
a_channel_that_stops_itself_is_left_alone_until_somebody_restarts_it(void **state)
{
	struct bench b;
	struct courier_channel_status status[2];

	(void)state;
	bench_init(&b);
	bench_add(&b, "one", 5);
	bench_add(&b, "two", 5);
	bench_start(&b);
	b.fakes[0]->answer = (struct send_outcome){.result = SEND_PERMANENT,
	    .reason = "535 login refused",
	    .wait_ms = -1,
	    .stops_channel = true};
	courier_wake(b.courier);
	assert_string_equal(b.stopped, "one: 535 login refused");
	/* its share was claimed: one was tried, the other is put back untried */
	assert_int_equal(b.fakes[0]->sends, 1);
	assert_int_equal(b.rows[0].last.result, SEND_PERMANENT);
	assert_int_equal(b.rows[1].last.result, SEND_LATER);
	assert_int_equal(b.fakes[1]->sends, 5);
	courier_status(b.courier, status, 2);
	assert_true(status[0].is_stopped);
	assert_string_equal(status[0].stopped_why, "535 login refused");
	assert_int_equal(status[0].failed, 1);
	pass(&b, 5000);
	assert_int_equal(b.fakes[0]->sends, 1);
	/* the other channel is asked for, although something waits for the stopped one all the time
	 */
	bench_add(&b, "two", 1);
	b.rows[10].due_at_ms = b.clock.at_ms + 2000;
	courier_wake(b.courier);
	clock_virtual_set(&b.clock, b.clock.at_ms + 2000);
	run_for(&b, 1500);
	assert_int_equal(b.fakes[1]->sends, 6);
	b.fakes[0]->answer = (struct send_outcome){.result = SEND_DONE, .wait_ms = -1};
	courier_restart_channel(b.courier, S("one"));
	assert_int_equal(b.fakes[0]->sends, 5);
	assert_int_equal(count_state(&b, ENDED), 11);
	bench_fini(&b);
}

static void
draining_finishes_what_is_under_way_and_claims_no_more(void **state)
{
	struct bench b;

	(void)state;
	bench_init(&b);
	bench_add(&b, "one", 10);
	bench_start(&b);
	b.fakes[0]->habit = ANSWER_WHEN_TOLD;
	courier_wake(b.courier);
	assert_int_equal(b.fakes[0]->pending_count, 4);
	courier_drain(b.courier);
	assert_false(courier_is_idle(b.courier));
	while (b.fakes[0]->pending_count > 0)
		answer_one(b.fakes[0]);
	assert_true(courier_is_idle(b.courier));
	courier_wake(b.courier);
	assert_int_equal(b.fakes[0]->sends, 4);
	assert_int_equal(count_state(&b, READY), 6);
	bench_fini(&b);
}

static void
closing_reports_what_is_under_way_as_unknown(void **state)
{
	struct bench b;

	(void)state;
	bench_init(&b);
	bench_add(&b, "one", 3);
	bench_start(&b);
	b.fakes[0]->habit = ANSWER_WHEN_TOLD;
	courier_wake(b.courier);
	bench_fini(&b);
	assert_int_equal(b.records, 3);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(b.rows[i].last.result, SEND_UNKNOWN);
}

static void
a_claim_answered_after_closing_is_given_back(void **state)
{
	struct bench b;

	(void)state;
	bench_init(&b);
	b.answers_at_once = false;
	bench_add(&b, "one", 2);
	bench_start(&b);
	courier_wake(b.courier);
	courier_close(b.courier);
	assert_false(courier_is_idle(b.courier));
	bench_answer(&b);
	assert_true(courier_is_idle(b.courier));
	assert_int_equal(b.fakes[0]->sends, 0);
	assert_int_equal(b.rows[0].last.result, SEND_LATER);
	assert_string_equal(b.rows[0].last.reason, "we are stopping");
	bench_fini(&b);
}

static void
senders_may_outlive_the_courier(void **state)
{
	struct bench b;

	(void)state;
	bench_init(&b);
	bench_add(&b, "one", 3);
	bench_start(&b);
	b.fakes[0]->habit = ANSWER_WHEN_TOLD;
	courier_wake(b.courier);
	courier_free(b.courier);
	sender_free(b.senders[0]);
	sender_free(b.senders[1]);
	loop_free(b.loop);
	assert_int_equal(b.records, 0);
}

static void
a_message_that_cannot_be_read_is_refused_and_the_rest_goes_on(void **state)
{
	struct bench b;

	(void)state;
	bench_init(&b);
	bench_add(&b, "one", 3);
	b.rows[0].m.parts_json = S("{\"text\":");
	bench_start(&b);
	courier_wake(b.courier);
	assert_int_equal(b.rows[0].last.result, SEND_PERMANENT);
	assert_int_equal(b.rows[2].last.result, SEND_DONE);
	bench_fini(&b);
}

static void
a_channel_that_did_not_open_is_skipped(void **state)
{
	struct bench b;
	struct sender_host env;
	struct courier_host host = {&b, on_claim, on_record, on_stopped};
	struct sender *none[2] = {NULL, NULL};

	(void)state;
	bench_init(&b);
	bench_start(&b);
	courier_free(b.courier);
	env = (struct sender_host){.loop = b.loop, .clock = &b.clock.base};
	none[1] = b.senders[1];
	assert_int_equal(courier_new(&b.config, none, &env, &host, &b.courier, &b.err), 0);
	bench_add(&b, "one", 1);
	bench_add(&b, "two", 1);
	courier_wake(b.courier);
	assert_int_equal(b.skip_count, 1);
	assert_string_equal(b.skip[0], "one");
	assert_int_equal(b.fakes[1]->sends, 1);
	bench_fini(&b);
}

static void
without_memory_messages_are_put_back(void **state)
{
	(void)state;
	for (unsigned nth = 1;; nth++) {
		struct bench b;
		bool hit;

		bench_init(&b);
		bench_add(&b, "one", 3);
		bench_start(&b);
		mem_fault_arm(nth, false);
		courier_wake(b.courier);
		hit = mem_fault_hit();
		mem_fault_arm(0, false);
		assert_int_equal(count_state(&b, SENDING), 0);
		assert_int_equal(b.fakes[0]->sends + (hit ? 1 : 0), 3);
		pass(&b, 2000);
		assert_int_equal(count_state(&b, ENDED), 3);
		bench_fini(&b);
		if (!hit)
			break;
	}
}

static void
random_answers_and_pauses_carry_each_message_to_its_end_once(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 30; seed++) {
		struct bench b;
		struct rng rng;
		int turns = 0;

		rng_init(&rng, seed);
		bench_init(&b);
		b.answers_at_once = rng_below(&rng, 2) == 0;
		b.channels[0].max_per_minute = (int64_t)rng_below(&rng, 3) * 200;
		b.channels[0].max_concurrent = 1 + (int64_t)rng_below(&rng, 9);
		b.channels[1].max_concurrent = 1 + (int64_t)rng_below(&rng, 3);
		bench_start(&b);
		b.fakes[0]->habit = ANSWER_WHEN_TOLD;
		b.fakes[1]->habit = rng_below(&rng, 2) == 0 ? ANSWER_NOW : ANSWER_WHEN_TOLD;
		while ((b.row_count < 150 || count_state(&b, ENDED) < b.row_count) &&
		    turns++ < 20000) {
			struct fake *f = b.fakes[rng_below(&rng, 2)];

			if (b.row_count < 150 && rng_below(&rng, 3) == 0) {
				bench_add(&b, rng_below(&rng, 2) == 0 ? "one" : "two", 1);
				courier_wake(b.courier);
			}
			f->answer.result = rng_below(&rng, 4) == 0 ? SEND_LATER : SEND_DONE;
			if (f->pending_count > 0)
				answer_one(f);
			if (b.is_asked && rng_below(&rng, 2) == 0)
				bench_answer(&b);
			if (rng_below(&rng, 4) == 0)
				pass(&b, (int64_t)rng_below(&rng, 700));
			assert_true(
			    b.fakes[0]->pending_count <= (size_t)b.channels[0].max_concurrent);
			assert_true(
			    b.fakes[1]->pending_count <= (size_t)b.channels[1].max_concurrent);
		}
		if (count_state(&b, ENDED) != 150)
			print_error("seed %d: %zu of 150\n", (int)seed, count_state(&b, ENDED));
		assert_int_equal(count_state(&b, ENDED), 150);
		if (b.is_asked)
			bench_answer(&b);
		bench_fini(&b);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(everything_due_is_carried_when_channels_answer_at_once),
	    cmocka_unit_test(never_more_are_under_way_than_a_channel_allows),
	    cmocka_unit_test(a_channel_of_one_sends_one_after_the_other),
	    cmocka_unit_test(no_minute_ever_sees_more_than_the_rate),
	    cmocka_unit_test(a_limited_channel_does_not_slow_the_other),
	    cmocka_unit_test(what_comes_back_later_is_tried_again_when_due),
	    cmocka_unit_test(the_timer_wakes_it_when_the_next_is_due),
	    cmocka_unit_test(nothing_to_do_asks_nothing),
	    cmocka_unit_test(one_request_at_a_time_and_a_wake_meanwhile_is_not_lost),
	    cmocka_unit_test(a_channel_that_stops_itself_is_left_alone_until_somebody_restarts_it),
	    cmocka_unit_test(draining_finishes_what_is_under_way_and_claims_no_more),
	    cmocka_unit_test(closing_reports_what_is_under_way_as_unknown),
	    cmocka_unit_test(a_claim_answered_after_closing_is_given_back),
	    cmocka_unit_test(senders_may_outlive_the_courier),
	    cmocka_unit_test(a_message_that_cannot_be_read_is_refused_and_the_rest_goes_on),
	    cmocka_unit_test(a_channel_that_did_not_open_is_skipped),
	    cmocka_unit_test(without_memory_messages_are_put_back),
	    cmocka_unit_test(random_answers_and_pauses_carry_each_message_to_its_end_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
