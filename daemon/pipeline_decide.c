/*
 * pipeline_decide.c - what the rules say to an occurrence, settled, and remembered to be told after the commit.
 */
#include "daemon/pipeline_internal.h"

#include "core/arena.h"
#include "core/err.h"
#include "people/local_time.h"
#include "people/suggest.h"
#include "rules/rules.h"
#include "store/persons.h"
#include "store/posts.h"

#include "daemon/config.h"
#include "daemon/snapshot.h"

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
	if (rule_set_look_up(p->snapshot->rules, occ.score, p->arena, &occ.words, err) < 0)
		return -1;
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
