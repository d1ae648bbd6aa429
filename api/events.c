/*
 * events.c - what customers did: in, and out.
 *
 * POST /api/v1/events                  201 at least one was taken; 400 none was; the daemon does it, and
 *                                      answers after the commit
 * GET  /api/v1/events                  200; newest first
 * GET  /api/v1/events/{id}             200, 404
 * GET  /api/v1/customers/{id}/events   200, 404; with those of customers merged into this one
 */
#include "api/api_internal.h"

#include "core/occurrence.h"
#include "store/events.h"
#include "store/persons.h"

/* ---- in ------------------------------------------------------------------- */

static void
put_faults(struct json_writer *w, const struct api_event_fault *faults, size_t count)
{
	json_key(w, "errors");
	json_array_begin(w);
	for (size_t i = 0; i < count; i++) {
		json_object_begin(w);
		json_kv_i64(w, "index", (int64_t)faults[i].index);
		json_kv_str(w, "reason", faults[i].why);
		json_object_end(w);
	}
	json_array_end(w);
}

void
api_events_reply(struct api_reply *reply, const struct api_events_result *r,
    const struct api_event_fault *faults, size_t fault_count)
{
	struct json_writer w;

	api_taken(reply, &w, r->stored + r->duplicates + r->identified > 0, "no-valid-event",
	    "an event needs at least {\"customer\":\"...\",\"name\":\"...\"}; the errors say what "
	    "is wrong",
	    "none of the events could be taken");
	json_kv_i64(&w, "stored", r->stored);
	json_kv_i64(&w, "duplicates", r->duplicates);
	json_kv_i64(&w, "identified", r->identified);
	json_kv_i64(&w, "refused", r->refused);
	json_kv_i64(&w, "customers_created", r->customers_created);
	put_faults(&w, faults, fault_count);
	json_object_end(&w);
}

/* What is told goes another way: parsed by a reader, committed by the pipeline. */
int
api_events_post(struct api_call *c, struct err *err)
{
	(void)c;
	return err_set(err, ERR_BUSY, "events are taken by a running daemon");
}

/* ---- out ------------------------------------------------------------------ */

static void
put_properties(struct json_writer *w, const struct event *e)
{
	json_key(w, "properties");
	json_object_begin(w);
	for (size_t i = 0; i < e->property_count; i++) {
		json_key_slice(w, e->properties[i].name);
		json_array_begin(w);
		for (size_t k = 0; k < e->properties[i].values.count; k++)
			json_put_str(w, e->properties[i].values.items[k]);
		json_array_end(w);
	}
	json_object_end(w);
}

void
api_event_members(struct json_writer *w, const struct stored_event *e)
{
	json_kv_i64(w, "no", e->event_no);
	json_kv_str(w, "id", e->event.id);
	json_kv_str(w, "customer_id", e->is_expired ? SLICE_NONE : e->customer_id);
	json_kv_str(w, "name", e->is_expired ? SLICE_NONE : e->event.name);
	json_kv_str(w, "source", e->is_expired ? SLICE_NONE : e->event.source);
	json_kv_time(w, "at", e->at_ms);
	json_kv_time(w, "received_at", e->received_at_ms);
	put_properties(w, &e->event);
	json_kv_cstr(w, "inert", e->inert);
	json_kv_i64(w, "rules_version", e->rules_version);
	json_kv_bool(w, "expired", e->is_expired);
}

static int
put_list(struct api_call *c, struct slice customer_id, struct err *err)
{
	struct stored_event **list;
	struct json_writer *w;
	size_t limit, count, shown;
	int64_t before;

	if (api_query_page(c, &before, &limit) < 0 ||
	    store_events_list(c->env->store, customer_id, before, limit + 1, c->env->arena, &list,
		&count, err) < 0)
		return -1;
	shown = count > limit ? limit : count;
	w = api_items(c);
	for (size_t i = 0; i < shown; i++) {
		json_object_begin(w);
		api_event_members(w, list[i]);
		json_object_end(w);
	}
	api_items_end(c, count > limit ? list[shown - 1]->event_no : 0);
	return 0;
}

int
api_events_list(struct api_call *c, struct err *err)
{
	return put_list(c, SLICE_NONE, err);
}

int
api_events_of_customer(struct api_call *c, struct err *err)
{
	struct customer *customer;
	struct slice id = c->params[0];
	int rc = store_customer_load(
	    c->env->store, id, clock_now_ms(c->env->clock), c->env->arena, &customer, err);

	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND, "there is no customer '%.*s'", SLICE_ARG(id));
	return rc < 0 ? -1 : put_list(c, customer->id, err);
}

int
api_events_show(struct api_call *c, struct err *err)
{
	struct stored_event *e;
	int rc = store_event_load(c->env->store, c->params[0], c->env->arena, &e, err);

	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND, "the event '%.*s' was never received",
		    SLICE_ARG(c->params[0]));
	if (rc < 0)
		return -1;
	api_event_members(api_object(c), e);
	api_object_end(c);
	return 0;
}
