/*
 * pipeline_events.c - what apps, shops and support systems tell: customers brought up to date, events
 * stored, and what the rules say to them, in the transaction of their page.
 */
#include "daemon/pipeline_internal.h"

#include <assert.h>

#include "core/arena.h"
#include "core/clock.h"
#include "core/err.h"
#include "core/telling.h"
#include "people/events.h"
#include "people/local_time.h"
#include "rules/rules.h"
#include "store/days.h"
#include "store/events.h"
#include "store/store.h"

#include "daemon/snapshot.h"

/* ---- what the rules say ---------------------------------------------------- */

int
pipeline_event_occurrence(
    struct pipeline *p, const struct stored_event *e, struct occurrence *occ_r, struct err *err)
{
	*occ_r = (struct occurrence){.kind = OCCURRENCE_EVENT,
	    .id = event_occurrence_id(p->arena, e->event.id),
	    .at_ms = e->at_ms,
	    .behind_ms = e->behind_ms,
	    .customer = e->customer,
	    .event = &e->event,
	    .subject = e->subject};
	if (!slice_is_set(occ_r->id))
		return err_set(err, ERR_NOMEM, "no memory for an event");
	return 0;
}

int
pipeline_decide_event(struct pipeline *p, const struct stored_event *e, int64_t now_ms,
    size_t *queued_r, struct err *err)
{
	struct firing *firings = NULL;
	struct settle_input in = {0};
	struct rule_facts facts;
	struct occurrence occ;
	size_t count = 0;

	*queued_r = 0;
	if (pipeline_event_occurrence(p, e, &occ, err) < 0 || pipeline_facts(p, &facts, err) < 0)
		return -1;
	occ.now_ms = now_ms;
	local_time_fill(p->zones, p->snapshot->config->actions.brand_timezone, &occ);
	if (rule_set_evaluate(p->snapshot->rules, &occ, &facts, p->arena, &firings, &count, err) <
	    0)
		return -1;
	if (count == 0)
		return 0;
	in.occ = &occ;
	in.event_no = e->event_no;
	in.inert = e->inert;
	in.firings = firings;
	in.firing_count = count;
	in.is_sending_stopped = p->is_stopped;
	in.mode = p->mode;
	return pipeline_settle_event(p, &in, e, queued_r, err);
}

/* ---- one telling ------------------------------------------------------------- */

/* A copy of a refusal that outlives the batch. */
static int
refuse(struct page *page, struct telling *t, struct slice why, struct page_result *result,
    struct err *err)
{
	t->refused = arena_slice_dup(page->arena, why);
	if (!slice_is_set(t->refused))
		return err_set(err, ERR_NOMEM, "no memory for an event");
	result->events_refused++;
	return 0;
}

static int
take_event(struct pipeline *p, const struct page *page, const struct telling *t,
    struct slice customer_id, struct page_result *result, struct err *err)
{
	struct stored_event *e = ARENA_NEW(p->arena, struct stored_event);
	struct customer *customer = NULL;
	size_t queued = 0;

	if (e == NULL)
		return err_set(err, ERR_NOMEM, "no memory for an event");
	*e = (struct stored_event){.event = {.id = t->id,
				       .name = t->name,
				       .source = t->source,
				       .properties = t->properties,
				       .property_count = t->property_count},
	    .customer_id = customer_id,
	    .at_ms = t->at_ms,
	    .received_at_ms = t->received_at_ms,
	    .behind_ms = pipeline_stream_ahead(p, page, t->at_ms),
	    .rules_version = p->snapshot->version};
	if (events_customer(p->env.store, customer_id, t->received_at_ms, p->arena, &customer,
		&e->subject, err) <= 0)
		return -1;
	e->customer = customer;
	if (store_event_insert(p->env.store, e, err) < 0 ||
	    store_day_add(p->env.store, customer_id,
		&(struct day_entry){.what = DAY_EVENT, .at_ms = t->at_ms}, t->received_at_ms,
		err) < 0 ||
	    pipeline_decide_event(p, e, clock_now_ms(p->env.clock), &queued, err) < 0 ||
	    pipeline_segments_settle(p, err) < 0)
		return -1;
	result->events_stored++;
	result->queued += (int64_t)queued;
	return 0;
}

/* Who somebody is is no event: its id alone is kept, so that an old one sent again changes nothing. */
static int
keep_id(struct pipeline *p, const struct telling *t, struct err *err)
{
	struct stored_event e = {.event = {.id = t->id},
	    .at_ms = t->at_ms,
	    .received_at_ms = t->received_at_ms,
	    .is_expired = true};

	return store_event_insert(p->env.store, &e, err) < 0 ? -1 : 0;
}

static int
take_alias(struct pipeline *p, struct page *page, struct telling *t, struct page_result *result,
    struct err *err)
{
	struct slice why = SLICE_NONE;
	int rc = events_alias(p->env.store, t, p->arena, &why, err);

	if (rc < 0)
		return -1;
	if (slice_is_set(why))
		return refuse(page, t, why, result, err);
	result->customers_told += rc;
	result->strangers += rc == 0;
	return rc == 0 ? 0 : keep_id(p, t, err);
}

static int
take_telling(struct pipeline *p, struct page *page, struct telling *t, struct page_result *result,
    struct err *err)
{
	struct slice customer_id = SLICE_NONE, why = SLICE_NONE;
	bool was_created = false;
	int rc = store_event_exists(p->env.store, t->id, err);

	if (rc < 0)
		return -1;
	if (rc == 1) {
		result->events_duplicate++;
		return 0;
	}
	if (t->kind == TELLING_ALIAS)
		return take_alias(p, page, t, result, err);
	rc = events_whose(p->env.store, t, p->arena, &customer_id, &why, err);
	if (rc <= 0)
		return rc < 0 ? -1 : refuse(page, t, why, result, err);
	rc = events_apply(p->env.store, t, customer_id, p->arena, &was_created, err);
	if (rc < 0)
		return -1;
	result->customers_created += was_created;
	if (t->kind == TELLING_EVENT)
		return take_event(p, page, t, customer_id, result, err);
	result->customers_told++;
	return keep_id(p, t, err);
}

int
pipeline_take_tellings(
    struct pipeline *p, struct page *page, struct page_result *result, struct err *err)
{
	int64_t newest_ms = TIME_UNKNOWN;

	for (size_t i = 0; i < page->telling_count; i++) {
		struct telling *t = &page->tellings[i];

		/* of a batch that is tried again */
		t->refused = SLICE_NONE;
		if (take_telling(p, page, t, result, err) < 0)
			return err_prefix(err, "event '%.200s'", t->id.ptr);
		if (t->at_ms > newest_ms && !slice_is_set(t->refused))
			newest_ms = t->at_ms;
	}
	return pipeline_stream_end(p, page, newest_ms, err);
}
