#include "daemon/pipeline_internal.h"

#include <assert.h>
#include <string.h>

#include "core/arena.h"
#include "core/clock.h"
#include "core/err.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/metrics.h"
#include "nlp/nlp.h"
#include "people/local_time.h"
#include "people/link_codes.h"
#include "people/people.h"
#include "people/suggest.h"
#include "platform/blackbox.h"
#include "platform/zone_clock.h"
#include "rules/rules.h"
#include "rules/segments.h"
#include "store/days.h"
#include "store/erasure.h"
#include "store/persons.h"
#include "store/posts.h"
#include "store/store.h"
#include "store/timers.h"

#include "actions/outbox.h"
#include "actions/sequences.h"
#include "daemon/config.h"
#include "daemon/snapshot.h"

int
pipeline_new(const struct pipeline_env *env, struct snapshot *snapshot, struct pipeline **p_r,
    struct err *err)
{
	struct pipeline *p;

	assert(env->store != NULL && env->clock != NULL);
	p = mem_zalloc(sizeof *p);
	if (p == NULL)
		return err_set(err, ERR_NOMEM, "no memory for the pipeline");
	p->env = *env;
	p->scorer = scorer_new();
	p->arena = arena_new(PIPELINE_ARENA_BYTES);
	p->judging = arena_new(PIPELINE_ARENA_BYTES);
	p->zones = zone_clock_new();
	if (p->scorer == NULL || p->arena == NULL || p->judging == NULL || p->zones == NULL) {
		pipeline_free(p);
		return err_set(err, ERR_NOMEM, "no memory for the pipeline");
	}
	p->snapshot = snapshot_ref(snapshot);
	pipeline_segments_init(p);
	*p_r = p;
	return 0;
}

void
pipeline_free(struct pipeline *p)
{
	if (p == NULL)
		return;
	for (size_t i = 0; i < p->account_count; i++)
		mem_free(p->accounts[i]);
	if (p->snapshot != NULL)
		pipeline_segments_fini(p);
	pipeline_watch_drop(p);
	snapshot_unref(p->snapshot);
	scorer_free(p->scorer);
	zone_clock_free(p->zones);
	arena_free(p->arena);
	arena_free(p->judging);
	mem_free(p);
}

void
pipeline_swap(struct pipeline *p, struct snapshot *snapshot)
{
	struct snapshot *old = p->snapshot;

	pipeline_watch_swap(p);
	pipeline_segments_drop(p);
	p->snapshot = snapshot_ref(snapshot);
	p->asks_influence = rule_set_asks_customer_influence(snapshot->rules);
	snapshot_unref(old);
}

struct snapshot *
pipeline_snapshot(struct pipeline *p)
{
	return p->snapshot;
}

void
pipeline_person_erased(struct pipeline *p)
{
	p->knows_timers = false;
	pipeline_watch_drop(p);
}

void
pipeline_set_brake_file(struct pipeline *p, bool is_there)
{
	p->is_brake_file_there = is_there;
}

int
pipeline_set_sender_accounts(struct pipeline *p, const char *const *accounts, size_t count)
{
	for (size_t i = 0; i < p->account_count; i++)
		mem_free(p->accounts[i]);
	p->account_count = 0;
	for (size_t i = 0; i < count && i < PIPELINE_ACCOUNTS_MAX; i++) {
		char *copy = mem_strdup(accounts[i]);

		if (copy == NULL)
			return -1;
		p->accounts[p->account_count++] = copy;
	}
	return 0;
}

static void
phase(struct pipeline *p, enum blackbox_phase which)
{
	if (p->env.blackbox != NULL)
		p->env.blackbox->phase = which;
}

/* ---- one post ------------------------------------------------------------ */

/* An account may be named by its id, its handle or its address; an address spells a handle, too. */
struct account_names {
	struct slice names[4];
};

static struct account_names
account_names_of(const struct author *author, struct arena *a)
{
	return (struct account_names){{author->id, author->url, handle_key_make(a, author->handle),
	    handle_key_make(a, author->url)}};
}

static bool
account_is(struct slice account, const struct account_names *author)
{
	for (size_t i = 0; i < sizeof author->names / sizeof *author->names; i++)
		if (slice_is_set(author->names[i]) && slice_eq(account, author->names[i]))
			return true;
	return false;
}

/* Posts by the brand's own accounts and by our own senders decide nothing. */
bool
pipeline_author_is_own(const struct pipeline *p, const struct author *author)
{
	struct account_names names = account_names_of(author, p->arena);

	for (size_t i = 0; i < p->snapshot->own_accounts.count; i++)
		if (account_is(p->snapshot->own_accounts.items[i], &names))
			return true;
	for (size_t i = 0; i < p->account_count; i++)
		if (account_is(slice_of(p->accounts[i]), &names))
			return true;
	return false;
}

static const char *
post_inertia(const struct page *page, const struct post *post, bool is_own)
{
	if (page->is_first_fetch)
		return INERT_FIRST_FETCH;
	if (is_own)
		return INERT_OWN_ACCOUNT;
	if (slice_is_set(post->repost_of))
		return INERT_REPOST;
	return NULL;
}

/* Whoever was erased does not come back by being fetched again.  The post is not stored; nothing of it is
 * told but that it came.  1, 0, -1. */
static int
post_is_erased(struct pipeline *p, const struct post *post, struct err *err)
{
	struct slice handle = SLICE_NONE;

	if (handle_key_read(p->arena, post->author.handle, &handle, err) < 0)
		return -1;
	return store_post_is_erased(p->env.store, post->id, post->author.id, handle, err);
}

static int
post_delete(struct pipeline *p, const struct page *page, const struct post *post, int64_t now_ms,
    struct page_result *result, struct err *err)
{
	struct post_ref ref;
	int64_t cancelled = 0;
	int rc;

	rc = store_post_find(p->env.store, post->id, &ref, err);
	if (rc < 0)
		return -1;
	if (rc == 0) {
		rc = post_is_erased(p, post, err);
		if (rc != 0) { /* an id may name them */
			result->erased += rc > 0;
			return rc < 0 ? -1 : 0;
		}
		if (store_post_insert_deleted(p->env.store, post->id, page->feed, now_ms, err) < 0)
			return -1;
		result->deleted++;
		return 0;
	}
	if (ref.is_deleted) {
		result->duplicates++;
		return 0;
	}
	if (store_post_forget_copies(p->env.store, ref.post_no, post->id, now_ms, err) < 0 ||
	    store_post_delete(p->env.store, ref.post_no, err) < 0 ||
	    store_days_post_changed(p->env.store, ref.post_no, now_ms, err) < 0 ||
	    store_timers_cancel_for_post(p->env.store, ref.post_no, &cancelled, err) < 0 ||
	    store_messages_cancel_for_post(p->env.store, ref.post_no, now_ms,
		"the post was deleted upstream", &cancelled, err) < 0)
		return -1;
	result->deleted++;
	return 0;
}

/* Hashtags and mentions that stand in the text, of a post that came without a list of them. */
static int
names_from_text(const struct stored_post *sp, enum token_kind kind, struct arena *a,
    struct slice_list *list, struct err *err)
{
	struct slice *items;
	size_t n = 0;

	if (list->count > 0)
		return 0;
	for (size_t i = 0; i < sp->score.token_count; i++)
		n += sp->score.tokens[i].kind == kind;
	if (n == 0)
		return 0;
	n = n < POST_TAGS_MAX ? n : POST_TAGS_MAX;
	items = arena_array(a, n, sizeof *items);
	if (items == NULL)
		return err_set(err, ERR_NOMEM, "no memory for the tags of a post");
	for (size_t i = 0, at = 0; at < n; i++) {
		const struct token *t = &sp->score.tokens[i];

		if (t->kind == kind) /* without its '#' or '@', which is one byte once folded */
			items[at++] = slice_make(t->folded.ptr + 1, t->folded.len - 1);
	}
	*list = (struct slice_list){items, n};
	return 0;
}

int
pipeline_name(
    const struct snapshot *snapshot, struct stored_post *sp, struct arena *a, struct err *err)
{
	const struct brand_set *brands = rule_set_brands(snapshot->rules);
	struct slice *ids;

	if (names_from_text(sp, TOKEN_HASHTAG, a, &sp->post.tags, err) < 0 ||
	    names_from_text(sp, TOKEN_MENTION, a, &sp->post.mentions, err) < 0)
		return -1;
	ids = arena_array(a, sp->score.brand_count + 1, sizeof *ids);
	if (ids == NULL)
		return err_set(err, ERR_NOMEM, "no memory for the brands of a post");
	for (size_t i = 0; i < sp->score.brand_count; i++) {
		assert(sp->score.brands[i] < brands->brand_count);
		ids[i] = brands->brands[sp->score.brands[i]].id;
	}
	sp->brand_ids = (struct slice_list){ids, sp->score.brand_count};
	return 0;
}

/* Tokens, score and brands of a post's text. */
static int
post_score(struct pipeline *p, struct stored_post *sp, struct err *err)
{
	if (nlp_score(p->scorer, p->snapshot->lexicon, p->snapshot->matcher, sp->post.text,
		sp->post.lang, p->arena, &sp->score, err) < 0)
		return -1;
	return pipeline_name(p->snapshot, sp, p->arena, err);
}

int
pipeline_in_list(
    void *cookie, struct slice list, enum action_target who, const struct occurrence *occ)
{
	const struct list_question *q = cookie;
	const char *key = NULL;

	if (who == TARGET_CUSTOMER)
		return occ->customer == NULL
		    ? -1
		    : store_list_has_customer(q->store, list, occ->customer, q->arena, NULL);
	if (occ->post == NULL || !slice_is_set(occ->post->author.id))
		return -1;
	key = arena_printf(q->arena, "a:%.*s", SLICE_ARG(occ->post->author.id));
	return key == NULL ? -1 : store_list_has(q->store, list, slice_of(key), NULL);
}

int
pipeline_facts(struct pipeline *p, struct rule_facts *facts_r, struct err *err)
{
	struct list_question *question = ARENA_NEW(p->arena, struct list_question);

	if (question == NULL)
		return err_set(err, ERR_NOMEM, "no memory to judge an occurrence");
	*question = (struct list_question){p->env.store, p->arena};
	*facts_r = (struct rule_facts){.cookie = question, .in_list = pipeline_in_list};
	return 0;
}

int
pipeline_remember(struct pipeline *p, const struct stored_post *sp, const struct stored_event *e,
    const struct settled *settled, struct err *err)
{
	struct tell *node = ARENA_NEW(p->arena, struct tell);

	if (node == NULL)
		return err_set(err, ERR_NOMEM, "no memory for decisions");
	p->fired += settled->fired;
	p->held += settled->held;
	p->queued += settled->queued;
	p->alerted += settled->alerted;
	p->decisions += settled->count;
	p->has_new_timers |= settled->has_timers;
	p->has_open |= settled->has_open;
	for (size_t i = 0; i < settled->count; i++)
		p->has_new_timers |= settled->rows[i].outcome == DECISION_WAITING;
	node->post = sp;
	node->event = e;
	node->settled = *settled;
	for (size_t i = 0; i < settled->count && p->env.rehearsed != NULL; i++)
		if (actions_tell(&p->snapshot->config->actions, &node->settled, i, p->arena, err) <
		    0)
			return -1;
	*p->tell_tail = node;
	p->tell_tail = &node->next;
	return 0;
}

/* `suggest link` of a rule. */
static int
suggest(void *cookie, const struct occurrence *occ, struct slice decision_id, struct slice *note_r,
    struct err *err)
{
	struct pipeline *p = cookie;
	struct suggest_input in = {.post = occ->post,
	    .lang = occ->score == NULL ? "" : occ->score->lang,
	    .source_may_match = occ->post == NULL || !occ->post->may_not_match,
	    .decision_id = decision_id};
	struct suggest_found found;
	const char *note;

	if (suggest_links(p->env.store, &in, occ->now_ms, p->arena, &found, err) < 0)
		return -1;
	note = found.why_not != NULL ? found.why_not
	    : found.count == 0
	    ? "nobody new was found whom the author may be"
	    : arena_printf(p->arena, "%zu customer%s suggested, the best at %d %%", found.count,
		  found.count == 1 ? "" : "s", (int)found.confidence);
	*note_r = slice_of(note);
	return note == NULL ? err_set(err, ERR_NOMEM, "no memory for a suggestion") : 0;
}

static int
settle(struct pipeline *p, const struct settle_input *in, const struct stored_post *sp,
    const struct stored_event *e, size_t *queued_r, struct err *err)
{
	struct settled settled = {0};
	struct settle_input with_zones = *in;

	with_zones.zones = p->zones;
	with_zones.suggest = suggest;
	with_zones.suggest_cookie = p;
	with_zones.slowest_ms = p->slowest_ms;
	if (actions_settle(p->env.store, &p->snapshot->config->actions, p->snapshot->templates,
		&with_zones, p->arena, &settled, err) < 0)
		return -1;
	*queued_r = settled.queued + settled.alerted; /* an alert has its notices */
	return pipeline_remember(p, sp, e, &settled, err);
}

int
pipeline_settle(struct pipeline *p, const struct settle_input *in, const struct stored_post *sp,
    size_t *queued_r, struct err *err)
{
	return settle(p, in, sp, NULL, queued_r, err);
}

int
pipeline_settle_event(struct pipeline *p, const struct settle_input *in,
    const struct stored_event *e, size_t *queued_r, struct err *err)
{
	return settle(p, in, NULL, e, queued_r, err);
}

/* Most posts that watches count fire nothing else. */
static bool
has_rules(const struct firing *firings, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (firings[i].part != FIRING_WATCHED && firings[i].part != FIRING_BASE)
			return true;
	return false;
}

int
pipeline_decide(
    struct pipeline *p, struct stored_post *sp, int64_t now_ms, size_t *queued_r, struct err *err)
{
	const struct brand_set *brands = rule_set_brands(p->snapshot->rules);
	struct list_question question = {p->env.store, p->arena};
	struct rule_facts facts = {.cookie = &question, .in_list = pipeline_in_list};
	struct occurrence occ = {0};
	struct firing *firings = NULL;
	size_t count = 0;
	struct settle_input in = {0};

	occ.kind = OCCURRENCE_POST;
	occ.id = sp->post.id;
	occ.at_ms = post_event_at_ms(&sp->post);
	occ.now_ms = now_ms;
	occ.behind_ms = sp->behind_ms;
	occ.post = &sp->post;
	occ.score = &sp->score;
	occ.author = &sp->author;
	occ.customer = sp->customer;
	occ.subject = sp->subject;
	local_time_fill(p->zones, p->snapshot->config->actions.brand_timezone, &occ);
	*queued_r = 0;
	if (rule_set_evaluate(p->snapshot->rules, &occ, &facts, p->arena, &firings, &count, err) <
	    0)
		return -1;
	if (count > 0 && pipeline_watch_post(p, sp, firings, count, now_ms, err) < 0)
		return -1;
	if (!has_rules(firings, count))
		return pipeline_remember(p, sp, NULL, &(struct settled){0}, err);
	in.occ = &occ;
	in.post_no = sp->post_no;
	in.inert = sp->inert;
	in.firings = firings;
	in.firing_count = count;
	if (sp->score.brand_count > 0)
		in.brand_name = brands->brands[sp->score.brands[0]].title;
	in.is_sending_stopped = p->is_stopped;
	in.mode = p->mode;
	return pipeline_settle(p, &in, sp, queued_r, err);
}

/* A code in a post links its author before it is looked up who that is. */
static int
post_codes(struct pipeline *p, const struct post *post, int64_t now_ms, struct err *err)
{
	struct slice prefix = slice_of(p->snapshot->config->code_prefix);
	struct link_codes_seen seen;

	if (link_codes_read(
		p->env.store, post, prefix, !post->may_not_match, now_ms, p->arena, &seen, err) < 0)
		return -1;
	p->codes_used += seen.is_used;
	p->codes_wrong += seen.wrong;
	if (slice_is_set(seen.words))
		log_event(p->env.log, seen.is_used ? LOG_INFO : LOG_WARN, "link.code", "author",
		    post->author.id.ptr, "what", seen.words.ptr, NULL);
	return 0;
}

/* A post whose id is known: an edit, or the same again. */
static int
post_again(struct pipeline *p, struct stored_post *sp, const struct post_ref *ref, int64_t now_ms,
    struct page_result *result, struct err *err)
{
	struct person_seen seen;

	if (ref->is_deleted || ref->is_expired ||
	    ref->text_hash == store_text_hash(sp->post.text)) {
		result->duplicates++;
		if (ref->is_deleted || ref->is_expired)
			return 0;
		return store_post_counts(p->env.store, ref->post_no, sp->post.likes,
		    sp->post.replies, sp->post.reposts, err);
	}
	if (post_score(p, sp, err) < 0 ||
	    (!pipeline_author_is_own(p, &sp->post.author) &&
		post_codes(p, &sp->post, now_ms, err) < 0) ||
	    people_see(p->env.store, &sp->post, &p->snapshot->config->influence, now_ms, false,
		p->arena, &seen, err) < 0)
		return -1;
	sp->author = seen.author;
	sp->customer = seen.customer;
	sp->subject = seen.subject;
	result->revised++;
	if (store_post_revise(p->env.store, ref->post_no, sp, err) < 0)
		return -1;
	return sp->customer == NULL
	    ? 0
	    : store_days_post_changed(p->env.store, ref->post_no, now_ms, err);
}

/* A reply to a post we have is in its thread, however far down it stands; sources seldom name one.  A
 * thread is named by the post it began with, or by the oldest one we know of. */
static int
join_thread(struct pipeline *p, struct stored_post *sp, struct err *err)
{
	struct stored_post *parent;
	int rc;

	if (slice_is_set(sp->post.thread) || !slice_is_set(sp->post.reply_to))
		return 0;
	rc = store_post_load(p->env.store, sp->post.reply_to, p->arena, &parent, err);
	if (rc <= 0)
		return rc;
	sp->post.thread = slice_is_set(parent->post.thread) ? parent->post.thread
	    : slice_is_set(parent->post.reply_to)           ? parent->post.reply_to
							    : parent->post.id;
	return 0;
}

/* What the customer said counts for the customer their account is linked to; reposts are others' words. */
static int
count_day(struct pipeline *p, const struct stored_post *sp, const struct person_seen *seen,
    int64_t now_ms, struct err *err)
{
	const struct day_entry entry = {.what = DAY_POST,
	    .at_ms = post_event_at_ms(&sp->post),
	    .score_milli = sp->score.score_milli,
	    .is_complaint = (sp->score.intents & (1u << INTENT_COMPLAINT)) != 0};

	if (seen->customer == NULL || slice_is_set(sp->post.repost_of))
		return 0;
	return store_day_add(p->env.store, seen->linked_id, &entry, now_ms, err);
}

static int
post_take(struct pipeline *p, const struct page *page, const struct post *post, int64_t now_ms,
    struct page_result *result, struct err *err)
{
	struct stored_post *sp;
	struct post_ref ref;
	struct person_seen seen;
	size_t queued;
	bool is_own;
	int rc;

	if (post->is_deleted)
		return post_delete(p, page, post, now_ms, result, err);
	sp = ARENA_NEW(p->arena, struct stored_post);
	if (sp == NULL)
		return err_set(err, ERR_NOMEM, "no memory for a post");
	sp->post = *post;
	sp->feed = page->feed;
	sp->rules_version = p->snapshot->version;
	rc = store_post_find(p->env.store, post->id, &ref, err);
	if (rc < 0)
		return -1;
	if (rc == 1)
		return post_again(p, sp, &ref, now_ms, result, err);
	rc = post_is_erased(p, post, err);
	if (rc != 0) {
		result->erased += rc > 0;
		return rc < 0 ? -1 : 0;
	}
	is_own = pipeline_author_is_own(p, &post->author);
	if (post_score(p, sp, err) < 0 || (!is_own && post_codes(p, post, now_ms, err) < 0) ||
	    people_see(p->env.store, post, &p->snapshot->config->influence, now_ms, true, p->arena,
		&seen, err) < 0)
		return -1;
	if (slice_is_set(seen.unlinked))
		log_event(p->env.log, LOG_WARN, "link.ended", "author", post->author.id.ptr, "why",
		    seen.unlinked.ptr, NULL);
	sp->author = seen.author;
	sp->customer = seen.customer;
	sp->subject = seen.subject;
	sp->inert = post_inertia(page, post, is_own);
	sp->behind_ms = pipeline_stream_ahead(p, page, post_event_at_ms(post));
	if (pipeline_regard(p, sp, is_own, now_ms, err) < 0 ||
	    pipeline_segments_fill(p, seen.customer, now_ms, err) < 0 ||
	    join_thread(p, sp, err) < 0 || store_post_insert(p->env.store, sp, err) < 0 ||
	    count_day(p, sp, &seen, now_ms, err) < 0 ||
	    (is_own && sequences_note_answer(p->env.store, &sp->post, err) < 0) ||
	    pipeline_decide(p, sp, now_ms, &queued, err) < 0 ||
	    pipeline_segments_settle(p, err) < 0)
		return -1;
	result->stored++;
	result->queued += (int64_t)queued;
	return 0;
}

/* ---- one batch ----------------------------------------------------------- */

static int
page_take(struct pipeline *p, struct page *page, struct page_result *result, struct err *err)
{
	int64_t now_ms = clock_now_ms(p->env.clock);
	int64_t newest_ms = TIME_UNKNOWN;
	const struct source_config *source = config_source(p->snapshot->config, page->feed);

	if (pipeline_stream_begin(p, page, err) < 0)
		return -1;
	for (size_t i = 0; i < page->count; i++) {
		struct post *post = &page->posts[i];

		post->may_not_match = source != NULL && !source->may_match;
		if (post_take(p, page, post, now_ms, result, err) < 0)
			return err_prefix(err, "post '%.200s'", post->id.ptr);
		if (!post->is_deleted && post_event_at_ms(post) > newest_ms)
			newest_ms = post_event_at_ms(post);
	}
	for (size_t i = 0; i < page->reject_count; i++) {
		if (store_reject(p->env.store, now_ms, page->feed, page->rejects[i].reason.ptr,
			page->rejects[i].excerpt, err) < 0)
			return -1;
		result->rejected++;
	}
	result->rejected += (int64_t)page->rejects_lost;
	result->repaired += (int64_t)page->repaired;
	if (page->telling_count > 0)
		return pipeline_take_tellings(p, page, result, err);
	if (pipeline_stream_end(p, page, newest_ms, err) < 0)
		return -1;
	return store_source_advance(p->env.store, page->feed, page->cursor, result->stored,
	    newest_ms, page->ends_first_fetch, err);
}

int
pipeline_begin(struct pipeline *p, struct err *err)
{
	struct slice why;
	int rc;

	arena_reset(p->arena);
	arena_reset(p->judging);
	p->tell = NULL;
	p->tell_tail = &p->tell;
	p->has_new_timers = false;
	p->fired = p->held = p->queued = p->alerted = p->decisions = 0;
	p->codes_used = p->codes_wrong = 0;
	if (store_begin(p->env.store, err) < 0)
		return -1;
	rc = outbox_is_stopped(p->env.store, p->arena, &why, err);
	if (rc < 0)
		return -1;
	p->is_stopped = rc == 1 || p->is_brake_file_there;
	if (pipeline_streams_begin(p, err) < 0)
		return -1;
	if (pipeline_segments_begin(p, clock_now_ms(p->env.clock), err) < 0)
		return -1;
	return pipeline_watch_begin(p, clock_now_ms(p->env.clock), err);
}

static void
batch_count(struct pipeline *p, const struct page_result *results, size_t count)
{
	struct metrics *m = p->env.metrics;

	for (size_t i = 0; i < count; i++) {
		metrics_add(m, METRIC_POSTS_STORED, results[i].stored);
		metrics_add(m, METRIC_POSTS_DUPLICATE, results[i].duplicates);
		metrics_add(m, METRIC_POSTS_REVISED, results[i].revised);
		metrics_add(m, METRIC_POSTS_DELETED, results[i].deleted);
		metrics_add(m, METRIC_POSTS_REJECTED, results[i].rejected);
		metrics_add(m, METRIC_POSTS_ERASED, results[i].erased);
		metrics_add(m, METRIC_TEXT_REPAIRED, results[i].repaired);
		metrics_add(m, METRIC_EVENTS_STORED, results[i].events_stored);
		metrics_add(m, METRIC_EVENTS_DUPLICATE, results[i].events_duplicate);
		metrics_add(m, METRIC_EVENTS_REFUSED, results[i].events_refused);
	}
	metrics_add(m, METRIC_BATCHES, 1);
}

static void
decisions_count(struct pipeline *p)
{
	struct metrics *m = p->env.metrics;

	metrics_add(m, METRIC_DECISIONS, (int64_t)p->decisions);
	metrics_add(m, METRIC_DECISIONS_HELD, (int64_t)p->held);
	metrics_add(m, METRIC_RULES_FIRED, (int64_t)p->fired);
	metrics_add(m, METRIC_MESSAGES_QUEUED, (int64_t)p->queued);
	metrics_add(m, METRIC_ALERTS_OPENED, (int64_t)p->alerted);
	metrics_add(m, METRIC_LINK_CODES_USED, (int64_t)p->codes_used);
	metrics_add(m, METRIC_LINK_CODES_WRONG, (int64_t)p->codes_wrong);
}

static void
batch_tell(struct pipeline *p)
{
	for (const struct tell *t = p->tell; t != NULL; t = t->next) {
		if (t->post != NULL && p->env.stored != NULL)
			p->env.stored(p->env.cookie, t->post);
		for (size_t i = 0; i < t->settled.count && p->env.decided != NULL; i++)
			p->env.decided(p->env.cookie, &t->settled.rows[i]);
		for (size_t i = 0; i < t->settled.count && p->env.rehearsed != NULL; i++)
			p->env.rehearsed(p->env.cookie, t->post, t->event, &t->settled.rows[i]);
	}
}

int
pipeline_commit(struct pipeline *p, struct err *err)
{
	if (pipeline_watch_judge(p, clock_now_ms(p->env.clock), err) < 0 ||
	    store_flush(p->env.store, err) < 0)
		return -1;
	phase(p, PHASE_IN_COMMIT);
	if (store_commit(p->env.store, err) < 0)
		return -1;
	phase(p, PHASE_AFTER_COMMIT);
	if (p->has_new_timers)
		p->knows_timers = false;
	decisions_count(p);
	batch_tell(p);
	return 0;
}

void
pipeline_undo(struct pipeline *p, struct err *err)
{
	/* Trying the very same again would fail again: a smaller batch may do. */
	if (err != NULL && arena_is_full(p->arena))
		err->kind = ERR_LIMIT;
	store_rollback(p->env.store);
	pipeline_watch_drop(p);
	pipeline_segments_drop(p);
	metrics_add(p->env.metrics, METRIC_COMMIT_FAILURES, 1);
}

int
pipeline_batch(struct pipeline *p, struct page *const *pages, size_t count,
    struct page_result *results, pipeline_commit_fn *before_commit, void *cookie, struct err *err)
{
	int rc = -1;

	assert(!store_in_transaction(p->env.store));
	memset(results, 0, count * sizeof *results);
	phase(p, PHASE_PARSING);
	if (pipeline_begin(p, err) < 0)
		goto out;
	for (size_t i = 0; i < count; i++)
		if (page_take(p, pages[i], &results[i], err) < 0)
			goto out;
	phase(p, PHASE_BEFORE_COMMIT);
	if (before_commit != NULL && before_commit(cookie, p->env.store, results, err) < 0)
		goto out;
	if (pipeline_commit(p, err) < 0)
		goto out;
	if (count > 0)
		results[0].queued += (int64_t)p->watch_queued;
	batch_count(p, results, count);
	rc = 0;
out:
	if (rc < 0) {
		pipeline_undo(p, err);
		memset(results, 0, count * sizeof *results);
	}
	phase(p, PHASE_IDLE);
	return rc;
}
