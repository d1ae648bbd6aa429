#include "tests/actions/world.h"

#include "actions/actions_internal.h"
#include "actions/sequences.h"
#include "store/times.h"

static const struct action alert = {
    .verb = ACTION_ALERT, .text = {"alert", 5}, .queue = {"support", 7}};

static struct rule_head
rule_with(enum sequence_kind after, enum sequence_kind unless)
{
	return (struct rule_head){.id = S("care"),
	    .title = S("Care"),
	    .version = 3,
	    .act_within_ms = 2 * HOUR,
	    .after = {.kind = after, .within_ms = 3 * DAY, .template_id = S("sorry")},
	    .unless = {.kind = unless, .within_ms = 2 * HOUR},
	    .actions = &alert,
	    .action_count = 1};
}

/* A post for which these parts of the rule are true; its first row, NULL when there is none. */
static const struct decision_row *
post(struct world *w, const struct rule_head *rule, const char *id, int64_t at_ms, bool fires,
    bool marks_after, bool marks_unless)
{
	struct firing f[3];
	size_t n = 0;

	world_next_post(w, id, at_ms);
	w->in.post_no++;
	if (marks_unless)
		f[n++] = (struct firing){.rule = rule, .part = FIRING_UNLESS, .reason = S("u")};
	if (marks_after)
		f[n++] = (struct firing){.rule = rule, .part = FIRING_AFTER, .reason = S("a")};
	if (fires)
		f[n++] = (struct firing){.rule = rule, .part = FIRING_RULE, .reason = S("r")};
	world_settle(w, f, n);
	return w->settled.count > 0 ? &w->settled.rows[0] : NULL;
}

static void
assert_row(const struct decision_row *row, enum decision_outcome outcome, const char *note)
{
	assert_non_null(row);
	assert_string_equal(decision_outcome_name(row->outcome), decision_outcome_name(outcome));
	if (!has_text(row->note, note))
		fail_msg("expected '%s' in '%.*s'", note, SLICE_ARG(row->note));
}

/* ---- after ---- */

static void
a_rule_fires_only_after_what_must_come_before(void **state)
{
	struct world w;
	struct rule_head rule = rule_with(SEQUENCE_POST, SEQUENCE_NONE);

	(void)state;
	world_init(&w);
	/* the very post does not come before itself */
	assert_row(post(&w, &rule, "p1", NOW, true, true, false), DECISION_COUNTED,
	    "after a post within 3 days");
	assert_int_equal(w.settled.count, 1);
	assert_slice(w.settled.rows[0].action, "");
	assert_row(post(&w, &rule, "p2", NOW + 1, true, false, false), DECISION_ALERTED, "alert");
	assert_row(
	    post(&w, &rule, "p3", NOW + 3 * DAY, true, false, false), DECISION_ALERTED, "alert");
	assert_row(post(&w, &rule, "p4", NOW + 3 * DAY + 1, true, false, false), DECISION_COUNTED,
	    "no such post before");
	/* one that comes late looks at its own time */
	w.occ.now_ms = NOW + 4 * DAY;
	assert_row(post(&w, &rule, "p5", NOW - 1, true, false, false), DECISION_COUNTED, "");
	world_fini(&w);
}

static void
what_others_said_before_does_not_count(void **state)
{
	struct world w;
	struct rule_head rule = rule_with(SEQUENCE_POST, SEQUENCE_NONE);

	(void)state;
	world_init(&w);
	assert_null(post(&w, &rule, "p1", NOW, false, true, false));
	w.occ.subject = S("a:joe");
	assert_row(post(&w, &rule, "p2", NOW + 1, true, false, false), DECISION_COUNTED, "");
	w.occ.subject = SLICE_NONE;
	assert_row(post(&w, &rule, "p3", NOW + 2, true, true, false), DECISION_COUNTED,
	    "the post is anonymous");
	world_fini(&w);
}

static void
whose_posts_are_remembered(void **state)
{
	static const struct {
		const char *inert;
		bool acts_on_reposts, is_remembered;
	} cases[] = {
	    {NULL, false, true},
	    {INERT_FIRST_FETCH, false, true},
	    {INERT_OWN_ACCOUNT, false, false},
	    {INERT_OWN_ACCOUNT, true, false},
	    {INERT_REPOST, false, false},
	    {INERT_REPOST, true, true},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct world w;
		struct rule_head rule = rule_with(SEQUENCE_POST, SEQUENCE_NONE);

		world_init(&w);
		rule.acts_on_reposts = cases[i].acts_on_reposts;
		w.in.inert = cases[i].inert;
		post(&w, &rule, "p1", NOW, false, true, false);
		w.in.inert = NULL;
		assert_row(post(&w, &rule, "p2", NOW + 1, true, false, false),
		    cases[i].is_remembered ? DECISION_ALERTED : DECISION_COUNTED, "");
		world_fini(&w);
	}
}

/* A message because of that post, through the outbox, sent at that time. */
static void
record_sent(struct world *w, struct message *m, struct slice occurrence_id, int64_t at_ms)
{
	struct send_outcome done = {.result = SEND_DONE};
	struct decision_row d = {.rule_id = S("r"),
	    .occurrence_id = occurrence_id,
	    .subject = S("a:https://example.social/users/jane"),
	    .action = m->template_id,
	    .reason = S("")};
	enum message_state state;

	decision_id_make(d.rule_id, m->template_id, m->customer_id, d.subject, d.id);
	memcpy(m->id, d.id, sizeof m->id);
	m->decision_id = S(d.id);
	must(store_begin(w->st, &w->err), w);
	must(store_decision_insert(w->st, &d, &w->err), w);
	must(store_message_insert(w->st, m, &w->err), w);
	must(outbox_record(w->st, &w->config, &w->rng, at_ms, S(m->id), &done, &state, &w->err), w);
	must(store_commit(w->st, &w->err), w);
	assert_int_equal(state, MESSAGE_SENT);
}

/* To the person of the post. */
static void
send_one(struct world *w, const char *template_id, const char *customer_id, int64_t at_ms)
{
	struct message m = {.kind = customer_id != NULL ? MESSAGE_SEND : MESSAGE_REPLY,
	    .channel = S("file"),
	    .address = S(""),
	    .customer_id = S(customer_id),
	    .template_id = S(template_id),
	    .parts_json = S("{\"text\":\"t\"}"),
	    .state = MESSAGE_SENDING,
	    .claimed_at_ms = NOW,
	    .expires_at_ms = TIME_UNKNOWN};

	record_sent(w, &m, S("px"), at_ms);
}

static void
a_rule_fires_only_after_its_template_was_sent(void **state)
{
	struct world w;
	struct rule_head rule = rule_with(SEQUENCE_SENT, SEQUENCE_NONE);

	(void)state;
	world_init(&w);
	send_one(&w, "ad", NULL, NOW);
	assert_row(post(&w, &rule, "p1", NOW + 1, true, false, false), DECISION_COUNTED,
	    "after \"sorry\" was sent within 3 days: it was not");
	send_one(&w, "sorry", NULL, NOW + 5);
	assert_row(post(&w, &rule, "p2", NOW + 4, true, false, false), DECISION_COUNTED, "");
	assert_row(post(&w, &rule, "p3", NOW + 5, true, false, false), DECISION_ALERTED, "");
	assert_row(
	    post(&w, &rule, "p4", NOW + 6 + 3 * DAY, true, false, false), DECISION_COUNTED, "");
	/* a customer of another name */
	send_one(&w, "sorry", "17", NOW + 5);
	w.occ.subject = S("c:17");
	assert_row(post(&w, &rule, "p5", NOW + DAY, true, false, false), DECISION_ALERTED, "");
	world_fini(&w);
}

/* ---- unless ---- */

static void
a_rule_waits_for_what_must_not_come(void **state)
{
	struct world w;
	struct rule_head rule = rule_with(SEQUENCE_NONE, SEQUENCE_ANSWERED);
	struct timer_row *rows;
	size_t count;

	(void)state;
	world_init(&w);
	assert_row(post(&w, &rule, "p1", NOW, true, false, false), DECISION_WAITING,
	    "waits until 2026-11-21T12:00:00Z for an answer");
	assert_int_equal(w.settled.held, 1);
	assert_int_equal(w.settled.fired, 0);
	assert_int_equal(world_count(&w, "alerts"), 0);
	/* the same post again: nothing more */
	world_settle(&w, &(struct firing){.rule = &rule, .reason = S("r")}, 1);
	assert_int_equal(w.settled.count, 0);
	/* one that nothing may come of does not wait */
	w.in.inert = INERT_FIRST_FETCH;
	assert_row(post(&w, &rule, "p2", NOW, true, false, false), DECISION_HELD, "first fetch");
	w.in.inert = NULL;
	must(store_begin(w.st, &w.err), &w);
	must(store_timers_take(w.st, NOW + DAY, 10, w.arena, &rows, &count, &w.err), &w);
	assert_int_equal(count, 1);
	assert_int_equal(rows[0].due_at_ms, NOW + 2 * HOUR);
	assert_int_equal(rows[0].started_at_ms, NOW);
	assert_slice(rows[0].rule_id, "care");
	store_rollback(w.st);
	world_fini(&w);
}

static void
a_timer_never_begins_in_the_past(void **state)
{
	struct world w;
	struct rule_head rule = rule_with(SEQUENCE_NONE, SEQUENCE_ANSWERED);
	int64_t due_ms;

	(void)state;
	world_init(&w);
	rule.act_within_ms = DAY;
	world_next_post(&w, "p1", NOW);
	w.occ.now_ms = NOW + 5 * HOUR;
	world_settle(&w, &(struct firing){.rule = &rule, .reason = S("r")}, 1);
	assert_row(&w.settled.rows[0], DECISION_WAITING, "15:00:00");
	must(store_timers_next_due(w.st, &due_ms, &w.err), &w);
	assert_int_equal(due_ms, NOW + 5 * HOUR);
	world_fini(&w);
}

/* Judges the timer that began with post p1 of NOW. */
static int
judge(struct world *w, const struct rule_head *rule, const char *note)
{
	struct timer_row timer = {
	    .due_at_ms = NOW + 2 * HOUR, .rule_id = rule->id, .post_no = 1, .started_at_ms = NOW};
	struct slice why;
	struct post p = w->post;
	int rc;

	p.id = S("p1");
	p.thread = S("root");
	rc = sequences_judge_timer(
	    w->st, rule, &timer, p.id, &p, w->occ.subject, w->arena, &why, &w->err);
	must(rc, w);
	if (!has_text(why, note))
		fail_msg("expected '%s' in '%.*s'", note, SLICE_ARG(why));
	return rc;
}

static void
note_answer(struct world *w, const char *reply_to, const char *thread, int64_t at_ms)
{
	struct post own;

	post_init(&own);
	own.id = S("own");
	own.reply_to = S(reply_to);
	own.thread = S(thread);
	own.created_at_ms = own.fetched_at_ms = at_ms;
	must(store_begin(w->st, &w->err), w);
	must(sequences_note_answer(w->st, &own, w->arena, &w->err), w);
	must(store_commit(w->st, &w->err), w);
}

/* Another post of whom the post is by. */
static void
add_their_post(struct world *w, const char *id)
{
	struct stored_post sp = {.subject = w->occ.subject, .feed = S("demo")};

	post_init(&sp.post);
	sp.post.id = S(id);
	sp.post.source = S("replay");
	sp.post.text = S("and this, too");
	sp.post.created_at_ms = sp.post.fetched_at_ms = NOW - DAY;
	must(store_begin(w->st, &w->err), w);
	must(store_post_insert(w->st, &sp, &w->err), w);
	must(store_commit(w->st, &w->err), w);
}

/* "reply p1": a message of that kind because of p1, sent at that time. */
static void
send_because(struct world *w, const char *what, int64_t at_ms)
{
	struct message m = {.kind = what[0] == 'r' ? MESSAGE_REPLY : MESSAGE_SEND,
	    .customer_id = what[0] == 'r' ? SLICE_NONE : S("17"),
	    .team = what[0] == 'm' ? SLICE_NONE : S("care"),
	    .channel = S("file"),
	    .address = S(""),
	    .template_id = S("sorry"),
	    .parts_json = S("{\"text\":\"t\"}"),
	    .state = MESSAGE_SENDING,
	    .claimed_at_ms = NOW,
	    .expires_at_ms = TIME_UNKNOWN};

	record_sent(w, &m, S(strchr(what, ' ') + 1), at_ms);
}

static void
an_answer_is_a_reply_or_what_somebody_let_go(void **state)
{
	static const struct {
		const char *reply_to, *thread, *template_id;
		int64_t after_ms;
		const char *note;
		int expected;
	} cases[] = {
	    {"p1", NULL, NULL, HOUR, "answered at 2026-11-21T11:00:00Z", 1},
	    {"p1", NULL, NULL, 2 * HOUR, "answered at", 1},
	    {"p1", NULL, NULL, 2 * HOUR + 1, "not answered within 2 hours", 0},
	    {"p1", NULL, NULL, -1, "not answered", 0},
	    {"p2", "root", NULL, HOUR, "answered in the thread", 1},
	    {"p2", "p1", NULL, HOUR, "answered at", 1},
	    {"p2", "elsewhere", NULL, HOUR, "not answered", 0},
	    /* a reply to it that somebody let go; one to another post; what a rule sent by itself */
	    {NULL, NULL, "reply p1", HOUR, "answered at", 1},
	    {NULL, NULL, "reply p1", 3 * HOUR, "not answered", 0},
	    {NULL, NULL, "reply p7", HOUR, "not answered", 0},
	    {NULL, NULL, "mail p1", HOUR, "not answered", 0},
	    {NULL, NULL, "approved p1", HOUR, "answered at", 1},
	    {"their other post", NULL, NULL, HOUR, "answered on another post of theirs", 1},
	    {"their other post", NULL, NULL, -1, "not answered", 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct world w;
		struct rule_head rule = rule_with(SEQUENCE_NONE, SEQUENCE_ANSWERED);

		world_init(&w);
		add_their_post(&w, "their other post");
		if (cases[i].template_id != NULL)
			send_because(&w, cases[i].template_id, NOW + cases[i].after_ms);
		else
			note_answer(
			    &w, cases[i].reply_to, cases[i].thread, NOW + cases[i].after_ms);
		assert_int_equal(judge(&w, &rule, cases[i].note), cases[i].expected);
		world_fini(&w);
	}
}

static void
a_post_that_makes_it_needless_comes_strictly_afterwards(void **state)
{
	struct world w;
	struct rule_head rule = rule_with(SEQUENCE_NONE, SEQUENCE_POST);

	(void)state;
	world_init(&w);
	assert_row(post(&w, &rule, "p1", NOW, true, false, true), DECISION_WAITING,
	    "for a post that makes it needless");
	assert_int_equal(judge(&w, &rule, "no post within 2 hours"), 0);
	post(&w, &rule, "p2", NOW + 2 * HOUR + 1, false, false, true);
	assert_int_equal(judge(&w, &rule, "no post within 2 hours"), 0);
	post(&w, &rule, "p3", NOW + HOUR, false, false, true);
	assert_int_equal(judge(&w, &rule, "a post made it needless at 2026-11-21T11:00:00Z"), 1);
	w.occ.subject = SLICE_NONE;
	assert_int_equal(judge(&w, &rule, "no post within 2 hours"), 0);
	world_fini(&w);
}

static void
a_timer_settles_as_an_occurrence_of_its_own(void **state)
{
	struct world w;
	struct rule_head rule = rule_with(SEQUENCE_POST, SEQUENCE_ANSWERED);
	char waiting[33];

	(void)state;
	world_init(&w);
	post(&w, &rule, "p0", NOW - 1, false, true, false);
	assert_row(post(&w, &rule, "p1", NOW, true, false, false), DECISION_WAITING, "");
	memcpy(waiting, w.settled.rows[0].id, sizeof waiting);
	/* act within counts from when it fell due; what came before is not asked again */
	w.occ.kind = OCCURRENCE_TIMER;
	w.occ.at_ms = NOW + 10 * DAY;
	w.occ.now_ms = NOW + 10 * DAY + HOUR;
	world_settle(&w, &(struct firing){.rule = &rule, .reason = S("r")}, 1);
	assert_row(&w.settled.rows[0], DECISION_ALERTED, "alert");
	assert_slice(w.settled.rows[0].occurrence_id, "p1");
	assert_string_not_equal(w.settled.rows[0].id, waiting);
	world_settle(&w, &(struct firing){.rule = &rule, .reason = S("r")}, 1);
	assert_int_equal(w.settled.count, 0);
	world_next_post(&w, "p9", NOW);
	w.occ.now_ms = NOW + 3 * HOUR;
	world_settle(&w, &(struct firing){.rule = &rule, .reason = S("r")}, 1);
	assert_row(&w.settled.rows[0], DECISION_HELD, "older than 2 hours");
	world_fini(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_rule_fires_only_after_what_must_come_before),
	    cmocka_unit_test(what_others_said_before_does_not_count),
	    cmocka_unit_test(whose_posts_are_remembered),
	    cmocka_unit_test(a_rule_fires_only_after_its_template_was_sent),
	    cmocka_unit_test(a_rule_waits_for_what_must_not_come),
	    cmocka_unit_test(a_timer_never_begins_in_the_past),
	    cmocka_unit_test(an_answer_is_a_reply_or_what_somebody_let_go),
	    cmocka_unit_test(a_post_that_makes_it_needless_comes_strictly_afterwards),
	    cmocka_unit_test(a_timer_settles_as_an_occurrence_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
