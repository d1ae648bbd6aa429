/*
 * why_json.c - an explanation of a post or message as JSON.
 */
#include "api/api_internal.h"

#include "core/decision.h"
#include "core/occurrence.h"
#include "people/influence.h"

#include "api/why_internal.h"

static void
put_who(struct json_writer *w, const struct stored_post *sp)
{
	json_key(w, "who");
	json_object_begin(w);
	json_kv_str(w, "subject", sp->subject);
	json_kv_i64(w, "posts_seen", sp->author.posts_seen);
	json_kv_time(w, "first_seen_at", sp->author.first_seen_at_ms);
	json_key(w, "influence");
	influence_to_json(&sp->author.influence, w);
	api_put_regard(w, &sp->author);
	api_put_texts(w, "tags", sp->author.tags.items, sp->author.tags.count);
	json_key(w, "customer");
	if (sp->customer == NULL)
		json_put_null(w);
	else
		api_put_customer(w, sp->customer);
	json_object_end(w);
}

static void
put_part(struct json_writer *w, const char *key, const struct why_part *part)
{
	json_key(w, key);
	if (slice_is_set(part->json))
		json_put_raw(w, part->json);
	else
		json_put_null(w);
}

static void
put_decisions(struct json_writer *w, const struct why_rule *r)
{
	json_key(w, "decisions");
	json_array_begin(w);
	for (size_t i = 0; i < r->decision_count; i++) {
		json_object_begin(w);
		api_decision_members(w, &r->decisions[i].row);
		json_key(w, "message");
		if (r->decisions[i].has_message)
			api_put_message(w, &r->decisions[i].message);
		else
			json_put_null(w);
		json_object_end(w);
	}
	json_array_end(w);
}

/* The one condition that is told of a rule that was not true. */
static void
put_missing(struct json_writer *w, const struct why_rule *r)
{
	json_kv_i64(w, "short_by", (int64_t)r->short_by);
	json_key(w, "first_missing");
	if (r->short_by == 0) {
		json_put_null(w);
		return;
	}
	json_object_begin(w);
	json_kv_str(w, "condition", r->missing.condition);
	json_kv_cstr(w, "truth", r->missing.is_unknown ? "unknown" : "false");
	json_kv_str(w, r->missing.is_unknown ? "why" : "seen",
	    r->missing.seen.len > 0 ? r->missing.seen : SLICE_NONE);
	json_object_end(w);
}

static void
put_rule(struct json_writer *w, const struct why_rule *r, bool is_explained)
{
	json_object_begin(w);
	json_kv_str(w, "rule_id", r->id);
	json_kv_str(w, "title", r->title);
	json_kv_bool(w, "known", r->is_known);
	json_kv_cstr(w, "verdict", why_verdict_name(r->verdict));
	json_kv_str(w, "why_not", r->why_not);
	json_kv_bool(w, "decided", r->decision_count > 0);
	put_decisions(w, r);
	put_part(w, "conditions", &r->when);
	put_part(w, "after", &r->after);
	put_part(w, "unless", &r->unless);
	if (is_explained && r->is_known)
		put_missing(w, r);
	json_object_end(w);
}

static void
put_watch(struct json_writer *w, const struct why_rule *r)
{
	json_object_begin(w);
	json_kv_str(w, "watch_id", r->id);
	json_kv_str(w, "title", r->title);
	json_kv_bool(w, "counted", r->verdict == WHY_COUNTED);
	put_part(w, "over", &r->when);
	put_part(w, "out_of", &r->after);
	json_object_end(w);
}

static void
put_chain(struct json_writer *w, const struct why_chain *k)
{
	json_key(w, "chain");
	json_object_begin(w);
	json_key(w, "decision");
	if (k->has_decision)
		api_put_decision(w, &k->decision);
	else
		json_put_null(w);
	json_key(w, "rules");
	if (k->has_version) {
		json_object_begin(w);
		json_kv_i64(w, "version", k->version.version);
		json_kv_time(w, "applied_at", k->version.applied_at_ms);
		json_kv_str(w, "author", k->version.author);
		json_kv_str(w, "reason", k->version.reason);
		json_object_end(w);
	} else {
		json_put_null(w);
	}
	json_key(w, "steps");
	json_array_begin(w);
	for (size_t i = 0; i < k->step_count; i++) {
		json_object_begin(w);
		json_kv_time(w, "at", k->steps[i].at_ms);
		json_kv_str(w, "what", k->steps[i].what);
		json_object_end(w);
	}
	json_array_end(w);
	json_object_end(w);
}

static void
put_rules(struct json_writer *w, const struct why *y)
{
	json_key(w, "rules");
	json_array_begin(w);
	for (size_t i = 0; i < y->rule_count; i++)
		put_rule(w, &y->rules[i], y->unexplained == NULL);
	json_array_end(w);
	json_kv_i64(w, "rules_left_out", (int64_t)(y->left_out + y->left_decided));
	json_key(w, "left_out");
	json_object_begin(w);
	json_kv_i64(w, "decided", (int64_t)y->left_decided);
	json_kv_i64(w, "off", (int64_t)y->left_off);
	json_kv_i64(w, "not_in_period", (int64_t)y->left_period);
	json_kv_i64(w, "not_true", (int64_t)(y->left_out - y->left_off - y->left_period));
	json_object_end(w);
	json_key(w, "watches");
	json_array_begin(w);
	for (size_t i = 0; i < y->watch_count; i++)
		put_watch(w, &y->watches[i]);
	json_array_end(w);
}

int
why_say_json(struct api_call *c, const struct why *y, struct err *err)
{
	struct json_writer *w = api_object(c);

	if (y->has_message) {
		json_key(w, "message");
		api_put_message(w, &y->message);
		put_chain(w, &y->chain);
	}
	if (y->has_alert) {
		json_key(w, "alert");
		api_put_alert(w, &y->alert);
	}
	json_key(w, "post");
	if (y->sp == NULL)
		json_put_null(w);
	else if (api_put_post(c, w, y->sp, true, err) < 0)
		return -1;
	if (y->sp != NULL && !y->sp->is_expired && !y->sp->post.is_deleted)
		put_who(w, y->sp);
	json_key(w, "event");
	if (y->event == NULL) {
		json_put_null(w);
	} else {
		json_object_begin(w);
		api_event_members(w, y->event);
		json_object_end(w);
	}
	json_kv_cstr(w, "no_longer_known", y->unexplained);
	put_rules(w, y);
	json_key(w, "notes");
	json_array_begin(w);
	for (size_t i = 0; i < y->note_count; i++)
		json_put_cstr(w, y->notes[i]);
	json_array_end(w);
	api_object_end(c);
	return 0;
}
