/*
 * rows.c - rows of the store as JSON: one shape each, wherever they appear.
 */
#include "api/api_internal.h"

#include <stdio.h>

#include "core/decision.h"
#include "core/occurrence.h"
#include "core/post.h"
#include "core/score.h"
#include "rules/rules.h"
#include "store/outbox.h"
#include "store/posts.h"

void
api_put_texts(struct json_writer *w, const char *key, const struct slice *items, size_t count)
{
	json_key(w, key);
	json_array_begin(w);
	for (size_t i = 0; i < count; i++)
		json_put_str(w, items[i]);
	json_array_end(w);
}

struct slice
api_brand_title(const struct api_env *env, struct slice id)
{
	const struct brand_set *set = env->rules == NULL ? NULL : rule_set_brands(env->rules);

	for (size_t i = 0; set != NULL && i < set->brand_count; i++)
		if (slice_eq(set->brands[i].id, id))
			return set->brands[i].title;
	return id;
}

/* ---- posts ------------------------------------------------------------ */

static void
put_reasons(struct json_writer *w, const struct score *s, struct slice text)
{
	json_key(w, "reasons");
	json_array_begin(w);
	for (size_t i = 0; i < s->reason_count; i++) {
		const struct contribution *c = &s->reasons[i];

		json_object_begin(w);
		json_kv_i64(w, "start", c->start);
		json_kv_i64(w, "len", c->len);
		if (c->start <= text.len && c->len <= text.len - c->start && slice_is_set(text))
			json_kv_str(w, "text", slice_make(text.ptr + c->start, c->len));
		json_kv_str(w, "entry", entry_text(c->entry));
		json_kv_cstr(w, "source", entry_source_name(c->entry->source));
		json_kv_milli(w, "weight", c->weight_milli);
		json_kv_milli(w, "effect", c->effect_milli);
		json_kv_cstr(w, "modifiers", c->modifiers);
		json_object_end(w);
	}
	json_array_end(w);
	if (s->smaller_reasons > 0) {
		json_kv_i64(w, "smaller_reasons", s->smaller_reasons);
		json_kv_milli(w, "smaller_reasons_effect", s->smaller_effect_milli);
	}
}

static void
put_intent_reasons(struct json_writer *w, const struct score *s, struct slice text)
{
	json_key(w, "intent_reasons");
	json_array_begin(w);
	for (size_t i = 0; i < s->intent_reason_count; i++) {
		const struct intent_reason *r = &s->intent_reasons[i];

		json_object_begin(w);
		json_kv_cstr(w, "intent", intent_name(r->intent));
		json_kv_i64(w, "start", r->start);
		json_kv_i64(w, "len", r->len);
		if (r->start <= text.len && r->len <= text.len - r->start && slice_is_set(text))
			json_kv_str(w, "text", slice_make(text.ptr + r->start, r->len));
		json_kv_str(w, "entry", r->pattern);
		json_object_end(w);
	}
	json_array_end(w);
}

/* Of an expired or deleted post only what searching needed is left. */
static void
put_score_left(struct json_writer *w, const struct score *s)
{
	json_key(w, "sentiment");
	json_object_begin(w);
	json_kv_cstr(w, "label", sentiment_label_name(s->label));
	json_kv_milli(w, "score", s->score_milli);
	json_object_end(w);
}

/* The display names of the brands found, as score_to_json() wants them. */
static int
put_score(struct api_call *c, struct json_writer *w, const struct stored_post *sp, struct err *err)
{
	size_t count = sp->brand_ids.count;
	uint16_t *indices = arena_array(c->env->arena, count + 1, sizeof *indices);
	const char **names = arena_array(c->env->arena, count + 1, sizeof *names);
	struct score s = sp->score;

	if (indices == NULL || names == NULL)
		return api_nomem(c, err);
	for (size_t i = 0; i < count; i++) {
		struct slice title = api_brand_title(c->env, sp->brand_ids.items[i]);

		indices[i] = (uint16_t)i;
		names[i] = arena_strndup(c->env->arena, title.ptr, title.len);
		if (names[i] == NULL)
			return api_nomem(c, err);
	}
	s.brands = indices;
	s.brand_count = count;
	score_to_json(&s, names, false, sp->post.text, w);
	return 0;
}

int
api_put_post(struct api_call *c, struct json_writer *w, const struct stored_post *sp,
    bool with_reasons, struct err *err)
{
	bool is_gone = sp->is_expired || sp->post.is_deleted;

	json_object_begin(w);
	json_kv_i64(w, "no", sp->post_no);
	json_kv_str(w, "feed", sp->feed);
	post_members_to_json(&sp->post, is_gone, w);
	if (is_gone)
		put_score_left(w, &sp->score);
	else if (put_score(c, w, sp, err) < 0)
		return -1;
	if (with_reasons && !is_gone) {
		put_reasons(w, &sp->score, sp->post.text);
		put_intent_reasons(w, &sp->score, sp->post.text);
	}
	json_kv_str(w, "subject", sp->subject);
	json_kv_str(w, "customer_id", sp->customer == NULL ? SLICE_NONE : sp->customer->id);
	json_kv_cstr(w, "inert", sp->inert);
	json_kv_i64(w, "rules_version", sp->rules_version);
	json_kv_i64(w, "revision", sp->revision);
	json_kv_bool(w, "expired", sp->is_expired);
	if (is_gone)
		json_kv_cstr(w, "no_longer_known",
		    sp->post.is_deleted ? "the post was deleted upstream"
					: "the post is past its retention");
	json_object_end(w);
	return 0;
}

/* ---- decisions -------------------------------------------------------- */

void
api_decision_members(struct json_writer *w, const struct decision_row *d)
{
	json_kv_cstr(w, "id", d->id);
	json_kv_str(w, "rule_id", d->rule_id);
	json_kv_i64(w, "rules_version", d->rules_version);
	json_kv_str(w, "occurrence_id", d->occurrence_id);
	json_kv_str(w, "subject", d->subject);
	json_kv_str(w, "action", d->action);
	json_kv_cstr(w, "verb", action_verb_name(d->verb));
	json_kv_cstr(w, "outcome", decision_outcome_name(d->outcome));
	json_kv_str(w, "reason", d->reason);
	json_kv_str(w, "note", d->note);
	json_kv_time(w, "at", d->at_ms);
	json_kv_time(w, "event_at", d->event_at_ms);
}

void
api_put_decision(struct json_writer *w, const struct decision_row *d)
{
	json_object_begin(w);
	api_decision_members(w, d);
	json_object_end(w);
}

/* ---- messages --------------------------------------------------------- */

static void
put_stored_json(struct json_writer *w, const char *key, struct slice json)
{
	json_key(w, key);
	if (json.len > 0)
		json_put_raw(w, json);
	else
		json_put_null(w);
}

void
api_message_members(struct json_writer *w, const struct message *m)
{
	json_kv_i64(w, "no", m->message_no);
	json_kv_cstr(w, "id", m->id);
	json_kv_cstr(w, "kind", message_kind_name(m->kind));
	json_kv_cstr(w, "state", message_state_name(m->state));
	json_kv_cstr(w, "hold", m->hold == HOLD_NONE ? NULL : message_hold_name(m->hold));
	json_kv_str(w, "reason", m->reason);
	json_kv_str(w, "rule_id", m->rule_id);
	json_kv_str(w, "cause", m->cause);
	json_kv_str(w, "decision_id", m->decision_id);
	if (m->alert_no > 0)
		json_kv_i64(w, "alert_id", m->alert_no);
	else
		json_kv_null(w, "alert_id");
	json_kv_str(w, "channel", m->channel);
	json_kv_str(w, "address", m->address);
	json_kv_cstr(w, "purpose", purpose_name(m->purpose));
	json_kv_str(w, "customer_id", m->customer_id);
	json_kv_str(w, "endpoint_id", m->endpoint_id);
	json_kv_str(w, "template", m->template_id);
	json_kv_str(w, "team", m->team);
	put_stored_json(w, "parts", m->parts_json);
	put_stored_json(w, "reply_handle", m->reply_handle);
	json_kv_str(w, "offer", m->offer);
	json_kv_str(w, "offer_code", m->offer_code);
	json_kv_i64(w, "attempts", m->attempts);
	json_kv_str(w, "provider_id", m->provider_id);
	json_kv_bool(w, "repeat", m->is_repeat);
	json_kv_time(w, "next_at", m->next_at_ms);
	json_kv_time(w, "claimed_at", m->claimed_at_ms);
	json_kv_time(w, "expires_at", m->expires_at_ms);
	json_kv_time(w, "created_at", m->created_at_ms);
	json_kv_time(w, "updated_at", m->updated_at_ms);
}

void
api_put_message(struct json_writer *w, const struct message *m)
{
	json_object_begin(w);
	api_message_members(w, m);
	json_object_end(w);
}

int
api_message_cause(struct api_call *c, struct message *m, struct err *err)
{
	struct decision_row d;
	struct alert_row alert;
	int rc = 0;

	if (slice_is_set(m->decision_id)) {
		rc = store_decision_load(c->env->store, m->decision_id, c->env->arena, &d, err);
		if (rc == 1) {
			m->rule_id = d.rule_id;
			m->cause = d.reason;
		}
	} else if (m->alert_no > 0) {
		rc = store_alert_load(c->env->store, m->alert_no, c->env->arena, &alert, err);
		if (rc == 1) {
			m->rule_id = alert.rule_id;
			m->cause = alert.reason;
		}
	}
	return rc < 0 ? -1 : 0;
}

void
api_put_counts(struct json_writer *w, const int64_t *counts)
{
	json_object_begin(w);
	for (int i = 0; i < MESSAGE_STATE_COUNT; i++)
		json_kv_i64(w, message_state_name((enum message_state)i), counts[i]);
	json_object_end(w);
}

/* ---- alerts ----------------------------------------------------------- */

void
api_alert_members(struct json_writer *w, const struct alert_row *row)
{
	json_kv_i64(w, "id", row->alert_no);
	json_kv_str(w, "queue", row->queue);
	json_kv_cstr(w, "severity", severity_name(row->severity));
	json_kv_cstr(w, "state", alert_state_name(row->state));
	json_kv_str(w, "title", row->title);
	json_kv_str(w, "rule_id", row->rule_id);
	json_kv_str(w, "reason", row->reason);
	json_kv_str(w, "group", row->group_key);
	json_kv_str(w, "post_id", row->post_id);
	json_kv_i64(w, "count", row->count);
	json_kv_i64(w, "notices", row->notices);
	json_kv_time(w, "opened_at", row->opened_at_ms);
	json_kv_time(w, "last_at", row->last_at_ms);
	json_kv_time(w, "repeat_at", row->repeat_at_ms);
	json_kv_str(w, "changed_by", row->changed_by);
	json_kv_time(w, "changed_at", row->changed_at_ms);
	json_kv_str(w, "change_note", row->change_note);
}

void
api_put_alert(struct json_writer *w, const struct alert_row *row)
{
	json_object_begin(w);
	api_alert_members(w, row);
	json_object_end(w);
}
