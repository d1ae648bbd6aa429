/*
 * workload.h - batches as the pipeline makes them: posts with authors, cool-downs, caps, event times,
 * decisions, messages, codes, alerts, timers that begin and are taken, watches with incidents and
 * pauses, a profile change, and the cursor that covers them, in one transaction.
 *
 * A batch may be done again: posts that are there are skipped with all they caused, so that the
 * rows at the end depend only on which batches are in.
 */
#ifndef TESTS_STORE_WORKLOAD_H
#define TESTS_STORE_WORKLOAD_H

#include "store/pauses.h"
#include "store/timers.h"
#include "store/times.h"
#include "store/watches.h"
#include "tests/store/store_fixture.h"

#define WORKLOAD_BATCHES 5
#define WORKLOAD_POSTS 24
#define WORKLOAD_AUTHORS 9

struct work {
	struct store *st;
	struct arena *a;
	int batch;
	int64_t now_ms;
	int64_t new_posts;
	bool is_short;
};

/* Texts of ours that there was no memory for: the batch is given up at its end, whatever the store
 * said. */
static struct slice
work_keep(struct work *w, const char *text)
{
	w->is_short |= text == NULL;
	return slice_of(text == NULL ? "?" : text);
}

#define work_text(w, ...) work_keep((w), arena_printf((w)->a, __VA_ARGS__))

static int
work_count(struct work *w, struct slice rule, enum state_kind kind, struct slice key)
{
	struct rule_counter c;

	if (store_counter_get(w->st, rule, kind, key, &c, ERR) < 0)
		return -1;
	c.count++;
	c.last_at_ms = w->now_ms;
	return store_counter_put(w->st, rule, kind, key, &c, ERR);
}

static int
work_decide(struct work *w, int i, const struct stored_post *sp)
{
	struct slice rule = work_text(w, "rule-%d", i % 3), code = SLICE_NONE;
	struct decision_row d = {.rule_id = rule,
	    .rules_version = 1,
	    .occurrence_id = sp->post.id,
	    .post_no = sp->post_no,
	    .subject = sp->subject,
	    .action = SLICE_LIT("send \"sorry\" by email to customer"),
	    .verb = ACTION_SEND,
	    .outcome = DECISION_QUEUED,
	    .reason = SLICE_LIT("sentiment is -0.7, below -0.4"),
	    .at_ms = w->now_ms,
	    .event_at_ms = w->now_ms};
	struct message m = {.kind = MESSAGE_SEND,
	    .channel = SLICE_LIT("email"),
	    .address = SLICE_LIT("someone@example.org"),
	    .purpose = PURPOSE_SERVICE,
	    .template_id = SLICE_LIT("sorry"),
	    .parts_json =
		SLICE_LIT("{\"subject\":\"We are sorry\",\"text\":\"Here is a code for you.\"}"),
	    .state = MESSAGE_READY,
	    .next_at_ms = w->now_ms,
	    .claimed_at_ms = TIME_UNKNOWN,
	    .expires_at_ms = w->now_ms + TIME_DAY_MS,
	    .created_at_ms = w->now_ms,
	    .updated_at_ms = w->now_ms};
	int taken;

	snprintf(d.id, sizeof d.id, "%016x%016x", w->batch + 1, i + 1);
	snprintf(m.id, sizeof m.id, "%s", d.id);
	m.decision_id = slice_of(d.id);
	taken = store_offer_take(
	    w->st, SLICE_LIT("ten"), sp->subject, m.decision_id, w->now_ms, w->a, &code, ERR);
	if (taken < 0)
		return -1;
	m.offer = SLICE_LIT("ten");
	m.offer_code = taken == 1 ? code : SLICE_NONE;
	if (store_decision_insert(w->st, &d, ERR) < 0 || store_message_insert(w->st, &m, ERR) < 0 ||
	    work_count(w, rule, STATE_COOLDOWN, sp->subject) < 0 ||
	    work_count(w, rule, STATE_TOTAL, SLICE_LIT("")) < 0)
		return -1;
	return work_count(w, SLICE_LIT(""), STATE_PERSON_DAY,
	    work_text(w, "%.*s|2026-11-21", SLICE_ARG(sp->subject)));
}

static int
work_alert(struct work *w, const struct stored_post *sp)
{
	struct alert_row row = {.queue = SLICE_LIT("support"),
	    .group_key = sp->subject,
	    .severity = SEVERITY_HIGH,
	    .title = SLICE_LIT("Help before they ask"),
	    .rule_id = SLICE_LIT("support-issue"),
	    .reason = SLICE_LIT("intent is support"),
	    .post_id = sp->post.id,
	    .count = 1,
	    .opened_at_ms = w->now_ms,
	    .last_at_ms = w->now_ms,
	    .repeat_at_ms = w->now_ms + TIME_HOUR_MS,
	    .changed_at_ms = TIME_UNKNOWN};
	int rc = store_alert_find_open(w->st, row.queue, row.group_key, w->a, &row, ERR);

	if (rc > 0) {
		row.count++;
		row.last_at_ms = w->now_ms;
		rc = store_alert_update(w->st, &row, ERR);
	} else if (rc == 0) {
		rc = store_alert_insert(w->st, &row, ERR);
	}
	if (rc < 0)
		return -1;
	return store_alert_add_post(w->st, row.alert_no, sp->post.id, sp->post.id, w->now_ms, ERR);
}

/* What rules remember of a post: when it was, that something is waited for, that a watch counted it. */
static int
work_remember(struct work *w, int i, const struct stored_post *sp)
{
	struct slice rule = work_text(w, "rule-%d", i % 3);
	struct rule_times t;
	struct timer_row timer = {.due_at_ms = w->now_ms + (1 + i % 4) * TIME_MINUTE_MS,
	    .rule_id = rule,
	    .post_no = sp->post_no,
	    .subject = sp->subject,
	    .started_at_ms = w->now_ms};
	struct watch_hit hit = {
	    SLICE_LIT("storm"), w->now_ms, sp->post_no, (uint64_t)sp->author.author_no};

	if (store_times_get(w->st, rule, (enum times_part)(i % 3), sp->subject, &t, ERR) < 0)
		return -1;
	if (rule_times_add(&t, w->now_ms + i) &&
	    store_times_put(w->st, rule, (enum times_part)(i % 3), sp->subject, &t, ERR) < 0)
		return -1;
	if (i % 3 == 0 && store_timer_put(w->st, &timer, ERR) < 0)
		return -1;
	if (store_watch_base_add(w->st, hit.watch_id, w->now_ms / TIME_MINUTE_MS, 1, ERR) < 0)
		return -1;
	return i % 2 == 0 ? store_watch_hit_put(w->st, &hit, ERR) : 0;
}

/* What came due, and the crowd of this batch: it begins with every second one and ends with the
 * next; with the last the oldest rows are tidied. */
static int
work_due(struct work *w)
{
	struct incident_row incident = {.watch_id = SLICE_LIT("storm"),
	    .rules_version = 1,
	    .started_at_ms = w->now_ms,
	    .reason = work_text(w, "count is %d", w->batch)};
	struct pause_row pause = {SLICE_LIT(PAUSE_PROMOTIONS), SLICE_LIT("watch storm"),
	    incident.reason, w->now_ms, TIME_UNKNOWN};
	struct timer_row *timers;
	size_t count;
	int64_t lifted;
	bool more;

	if (store_timers_take(w->st, w->now_ms, 100, w->a, &timers, &count, ERR) < 0 ||
	    store_watch_state_put(w->st, incident.watch_id, incident.reason, w->now_ms, ERR) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (work_count(w, timers[i].rule_id, STATE_TOTAL, SLICE_LIT("timers")) < 0)
			return -1;
	if (w->batch % 2 == 0)
		return store_incident_begin(w->st, &incident, ERR) < 0
		    ? -1
		    : store_pause_put(w->st, &pause, ERR);
	if (store_incident_end(
		w->st, incident.watch_id, w->now_ms, SLICE_LIT("quiet"), w->batch, ERR) < 0 ||
	    store_pause_lift(w->st, pause.what, pause.cause, &lifted, ERR) < 0)
		return -1;
	return store_watch_tidy(
	    w->st, incident.watch_id, w->now_ms - 2 * TIME_MINUTE_MS, 20, &more, ERR);
}

static int
work_post(struct work *w, int i)
{
	static const struct slice brands[] = {{"acme", 4}};
	struct stored_post sp = {
	    .feed = SLICE_LIT("fediverse"), .brand_ids = {brands, 1}, .rules_version = 1};
	struct link_row link;
	int rc;

	post_init(&sp.post);
	sp.post.id = work_text(w, "https://example.org/statuses/%d-%d", w->batch, i);
	sp.post.source = SLICE_LIT("mastodon");
	sp.post.text =
	    work_text(w, "My acme machine broke after %d days, case %d. Terrible!", i, w->batch);
	sp.post.created_at_ms = sp.post.fetched_at_ms = w->now_ms;
	sp.post.author.id =
	    work_text(w, "https://example.org/users/%d", (w->batch + i) % WORKLOAD_AUTHORS);
	sp.post.author.handle =
	    work_text(w, "@User%d@example.org", (w->batch + i) % WORKLOAD_AUTHORS);
	sp.post.author.followers = 100 + w->batch;
	sp.score = (struct score){
	    .lang = "en", .score_milli = -700, .negative_milli = 1000, .is_scored = true};
	sp.subject = work_text(w, "a:%.*s", SLICE_ARG(sp.post.author.id));
	rc = store_post_find(w->st, sp.post.id, &(struct post_ref){0}, ERR);
	if (rc != 0)
		return rc < 0 ? -1 : 0;
	if (store_author_see(w->st, &sp.post.author, w->now_ms, true, &sp.author, ERR) < 0 ||
	    store_link_by_author(w->st, sp.post.author.id, w->a, &link, ERR) < 0 ||
	    store_post_insert(w->st, &sp, ERR) < 0)
		return -1;
	w->new_posts++;
	if ((i % 2 == 0 && work_decide(w, i, &sp) < 0) || work_remember(w, i, &sp) < 0)
		return -1;
	return i % 7 == 0 ? work_alert(w, &sp) : 0;
}

/* What a rule changes about a person: a tag, an attribute, a link. */
static int
work_person(struct work *w)
{
	struct slice value = work_text(w, "level %d", w->batch);
	struct slice customer = work_text(w, "customer-%d", w->batch % 2);
	struct link_row link = {.customer_id = customer,
	    .handle_key = work_text(w, "@user%d@example.org", w->batch),
	    .proof = SLICE_LIT("imported handle"),
	    .linked_at_ms = w->now_ms,
	    .unlinked_at_ms = TIME_UNKNOWN};
	bool created;
	struct link_row *links;
	size_t count;

	if (store_customer_put(w->st, customer, SLICE_NONE, SLICE_LIT("de_DE"), SLICE_NONE,
		w->now_ms, "test", &created, ERR) < 0 ||
	    store_customer_set(w->st, customer, SLICE_LIT("care"), (struct slice_list){&value, 1},
		w->now_ms, "rule make-it-right", SLICE_NONE, ERR) < 0 ||
	    store_tag_put(w->st, SLICE_LIT("c:customer-0"), value, w->now_ms, TIME_UNKNOWN, ERR) <
		0 ||
	    store_links_by_handle(w->st, link.handle_key, w->a, &links, &count, ERR) < 0)
		return -1;
	return count > 0 ? 0 : store_link_add(w->st, &link, ERR);
}

static int
work_batch_inside(struct work *w)
{
	struct slice cursor = work_text(w, "%d", w->batch + 1);

	for (int i = 0; i < WORKLOAD_POSTS; i++)
		if (work_post(w, i) < 0)
			return -1;
	if (w->new_posts > 0 && (work_person(w) < 0 || work_due(w) < 0))
		return -1;
	if (w->new_posts == 0)
		return 0;
	return store_source_advance(
	    w->st, SLICE_LIT("fediverse"), cursor, w->new_posts, w->now_ms, true, ERR);
}

/* One batch in one transaction. 0 acknowledged, -1 not. */
static int
work_batch(struct store *st, int batch)
{
	struct work w = {.st = st,
	    .a = arena_new(8 << 20),
	    .batch = batch,
	    .now_ms = FIXTURE_NOW_MS + batch * TIME_MINUTE_MS};
	int rc = -1;

	if (w.a == NULL)
		return err_set(ERR, ERR_NOMEM, "no memory");
	if (store_begin(st, ERR) < 0)
		goto out;
	if (work_batch_inside(&w) < 0 || w.is_short) {
		if (w.is_short)
			err_set(ERR, ERR_NOMEM, "no memory for a batch");
		store_rollback(st);
		goto out;
	}
	rc = store_commit(st, ERR);
	if (rc == 0 && batch % 2 == 1)
		store_idle(st);
out:
	arena_free(w.a);
	return rc;
}

/* What must be there before the batches: codes, in a transaction of its own. */
static int
work_prepare(struct store *st)
{
	if (store_begin(st, ERR) < 0)
		return -1;
	for (int i = 0; i < 40; i++) {
		char code[32];

		snprintf(code, sizeof code, "TEN-%04d", i);
		if (store_offer_import(st, SLICE_LIT("ten"), slice_of(code), ERR) < 0) {
			store_rollback(st);
			return -1;
		}
	}
	return store_commit(st, ERR);
}

/* How many batches a database holds, by its cursor. */
__attribute__((unused)) static int
work_cursor(const char *path)
{
	return (int)ask_number(path,
	    "SELECT coalesce((SELECT CAST(cursor AS INTEGER) FROM sources WHERE name = "
	    "'fediverse'), 0)");
}

/* All rows after 0, 1, ... WORKLOAD_BATCHES batches, undisturbed. Each to be freed with mem_free().
 */
__attribute__((unused)) static void
work_references(const char *dir, char *dumps[WORKLOAD_BATCHES + 1])
{
	for (int k = 0; k <= WORKLOAD_BATCHES; k++) {
		char name[32];
		char *path;
		struct store *st;

		snprintf(name, sizeof name, "reference-%d.db", k);
		path = path_join(dir, name);
		OK(fixture_open(path, STORE_WRITER, NULL, &st));
		OK(work_prepare(st));
		for (int b = 0; b < k; b++)
			OK(work_batch(st, b));
		store_close(st);
		dumps[k] = dump_all(path);
		unlink(path);
		mem_free(path);
	}
}

/* The first line that differs, to be read by a person. */
__attribute__((unused)) static void
assert_same_rows(const char *got, const char *want, const char *note)
{
	const char *line = got;

	if (strcmp(got, want) == 0)
		return;
	for (size_t i = 0; got[i] == want[i]; i++)
		if (got[i] == '\n')
			line = got + i + 1;
	fail_msg("%s: rows differ\n got  %.160s\n want %.160s", note, line, want + (line - got));
}

#endif
