/*
 * why_watch.c - why a watch saw a crowd: what each line of it saw when that began, what it sees now,
 * the posts that counted, and what was done.
 *
 * What it saw then is the stored reason; which posts counted is known as long as its windows reach.
 */
#include "api/api_internal.h"

#include <stdio.h>

#include "rules/crowd.h"
#include "rules/rules.h"
#include "store/posts.h"
#include "store/watches.h"

#include "api/watch_load.h"
#include "api/why_internal.h"

#define POSTS_SHOWN 20
#define ALL_POSTS_MS (24 * TIME_HOUR_MS) /* looked back over when the watch of then is gone */

struct why_watch {
	struct api_call *c;
	struct err *err;
	struct slice id;
	const struct incident_row *row; /* NULL: none yet */
	/* of the version of then; SLICE_NONE: no longer known */
	struct slice title, text, in_words;
	int64_t window_ms;
	/* now; SLICE_NONE: it is not among the live ones */
	struct slice now_text, now_json;
	struct decision_row *decisions;
	size_t decision_count;
	struct watch_post *hits;
	struct stored_post *posts[POSTS_SHOWN]; /* beside hits; NULL: gone */
	size_t hit_count;
	int64_t hit_total;
	const char *lost; /* why not all posts are known; NULL: they are */
};

static int
keep(struct why_watch *y, const struct buf *b, struct slice *s_r)
{
	*s_r = buf_failed(b) ? SLICE_NONE : arena_slice_dup(y->c->env->arena, buf_slice(b));
	return slice_is_set(*s_r) ? 0 : api_nomem(y->c, y->err);
}

/* The watch as it was in the version of the incident; of one that saw none yet, as it is. */
static int
load_definition(struct why_watch *y)
{
	struct api_env *env = y->c->env;
	const struct rule_set *set = env->rules;
	const struct template_set *templates;
	struct buf b;
	int i, rc = 1;

	y->window_ms = ALL_POSTS_MS;
	if (y->row != NULL)
		rc = env->host->rules_of(
		    env->host->cookie, env->store, y->row->rules_version, &set, &templates, y->err);
	i = rc <= 0 || set == NULL ? -1 : rule_set_find_watch(set, y->id);
	if (i < 0)
		return rc < 0 ? -1 : 0;
	y->window_ms = rule_set_watch_window(set, (size_t)i);
	buf_init(&b, WHY_TEXT_MAX);
	buf_add(&b, rule_set_watch(set, (size_t)i)->rule.title.ptr,
	    rule_set_watch(set, (size_t)i)->rule.title.len);
	rc = keep(y, &b, &y->title);
	buf_clear(&b);
	rule_set_print_watch(set, (size_t)i, &b);
	rc = rc < 0 ? -1 : keep(y, &b, &y->text);
	buf_clear(&b);
	rule_set_describe_watch(set, (size_t)i, &b);
	rc = rc < 0 ? -1 : keep(y, &b, &y->in_words);
	buf_fini(&b);
	return rc;
}

static int
load_now(struct why_watch *y)
{
	struct api_env *env = y->c->env;
	int i = env->rules == NULL ? -1 : rule_set_find_watch(env->rules, y->id), rc;
	int64_t now_ms = clock_now_ms(env->clock);
	struct crowd *crowd = NULL;
	struct buf text, json;

	if (i < 0)
		return 0;
	if (watch_load(env->store, env->rules, now_ms, NULL, &crowd, y->err) < 0)
		return -1;
	buf_init(&text, WHY_TEXT_MAX);
	buf_init(&json, WHY_TEXT_MAX);
	rc = crowd_explain(crowd, (size_t)i, now_ms, env->arena, &text, &json, y->err);
	if (rc == 0)
		rc = keep(y, &text, &y->now_text);
	if (rc == 0)
		rc = keep(y, &json, &y->now_json);
	buf_fini(&text);
	buf_fini(&json);
	crowd_free(crowd);
	return rc;
}

static int
load_posts(struct why_watch *y)
{
	struct api_env *env = y->c->env;
	int64_t until_ms = clock_now_ms(env->clock), since_ms = until_ms - y->window_ms;

	if (y->row != NULL) {
		since_ms = y->row->started_at_ms - y->window_ms;
		if (y->row->ended_at_ms != TIME_UNKNOWN)
			until_ms = y->row->ended_at_ms;
	}
	if (store_watch_posts(env->store, y->id, since_ms, until_ms, POSTS_SHOWN, env->arena,
		&y->hits, &y->hit_count, &y->hit_total, y->err) < 0)
		return -1;
	for (size_t i = 0; i < y->hit_count; i++)
		if (store_post_load_no(
			env->store, y->hits[i].post_no, env->arena, &y->posts[i], y->err) < 0)
			return -1;
	if (y->row != NULL && y->hit_total == 0)
		y->lost = "which posts it counted is no longer known";
	else if (y->row != NULL && y->row->peak > y->hit_total)
		y->lost = "which posts it counted at first is no longer known";
	return 0;
}

static int
load_decisions(struct why_watch *y)
{
	const char *occurrence;

	if (y->row == NULL)
		return 0;
	occurrence = arena_printf(
	    y->c->env->arena, "w:%.*s:%lld", SLICE_ARG(y->id), (long long)y->row->started_at_ms);
	if (occurrence == NULL)
		return api_nomem(y->c, y->err);
	return store_decisions_of(y->c->env->store, slice_of(occurrence), y->c->env->arena,
	    &y->decisions, &y->decision_count, y->err);
}

/* ---- JSON ----------------------------------------------------------------- */

static void
put_incident(struct json_writer *w, const struct incident_row *row)
{
	struct slice rest = row->reason;

	json_object_begin(w);
	api_incident_members(w, row);
	json_key(w, "began");
	json_array_begin(w);
	while (slice_is_set(rest) && rest.len > 0)
		json_put_str(w, slice_trim(slice_split(&rest, ';')));
	json_array_end(w);
	json_object_end(w);
}

static void
put_posts(struct json_writer *w, const struct why_watch *y)
{
	json_key(w, "posts");
	json_array_begin(w);
	for (size_t i = 0; i < y->hit_count; i++) {
		const struct stored_post *sp = y->posts[i];

		json_object_begin(w);
		json_kv_str(w, "id", sp == NULL ? SLICE_NONE : sp->post.id);
		json_kv_time(w, "at", y->hits[i].at_ms);
		json_kv_str(w, "text", sp == NULL ? SLICE_NONE : sp->post.text);
		json_object_end(w);
	}
	json_array_end(w);
	json_kv_i64(w, "posts_counted", y->hit_total);
	json_kv_cstr(w, "no_longer_known", y->lost);
}

static int
say_json(struct why_watch *y)
{
	struct json_writer *w = api_object(y->c);

	json_key(w, "incident");
	if (y->row == NULL)
		json_put_null(w);
	else
		put_incident(w, y->row);
	json_key(w, "watch");
	json_object_begin(w);
	json_kv_str(w, "id", y->id);
	json_kv_str(w, "title", y->title);
	json_kv_str(w, "text", y->text);
	json_kv_str(w, "in_words", y->in_words);
	json_object_end(w);
	json_key(w, "now");
	if (slice_is_set(y->now_json))
		json_put_raw(w, y->now_json);
	else
		json_put_null(w);
	json_key(w, "decisions");
	json_array_begin(w);
	for (size_t i = 0; i < y->decision_count; i++)
		api_put_decision(w, &y->decisions[i]);
	json_array_end(w);
	put_posts(w, y);
	json_key(w, "rules");
	json_array_begin(w);
	json_array_end(w);
	api_object_end(y->c);
	return 0;
}

/* ---- lines ------------------------------------------------------------------ */

static void
say_times(struct buf *b, const struct incident_row *row)
{
	char at[TIME_TEXT_MAX];

	buf_addf(b, "incident %lld, since %s", (long long)row->incident_no,
	    time_format_rfc3339(row->started_at_ms, at));
	if (row->ended_at_ms == TIME_UNKNOWN)
		buf_add_str(b, ", under way");
	else
		buf_addf(b, " until %s, at most %lld posts at once",
		    time_format_rfc3339(row->ended_at_ms, at), (long long)row->peak);
	buf_addf(b, ", rules version %lld\n", (long long)row->rules_version);
}

static void
say_incident(struct buf *b, const struct why_watch *y)
{
	const struct incident_row *row = y->row;
	struct slice rest = row->reason;

	say_times(b, row);
	buf_add_str(b, "  when it began\n");
	while (slice_is_set(rest) && rest.len > 0) {
		buf_add_str(b, "    true     ");
		why_words(b, slice_trim(slice_split(&rest, ';')));
		buf_add_char(b, '\n');
	}
	if (slice_is_set(row->end_reason)) {
		buf_add_str(b, "  it ended because ");
		why_words(b, row->end_reason);
		buf_add_char(b, '\n');
	}
	for (size_t i = 0; i < y->decision_count; i++) {
		const struct decision_row *d = &y->decisions[i];

		buf_addf(b, "  %s: ", decision_outcome_name(d->outcome));
		why_words(b, d->action);
		if (d->note.len > 0) {
			buf_add_str(b, " - ");
			why_words(b, d->note);
		}
		buf_add_char(b, '\n');
	}
}

static void
say_posts(struct buf *b, const struct why_watch *y)
{
	char at[TIME_TEXT_MAX];

	if (y->hit_total > 0)
		buf_addf(b, "\nit counted %lld post%s%s\n", (long long)y->hit_total,
		    y->hit_total == 1 ? "" : "s",
		    y->hit_total > (int64_t)y->hit_count ? ", first these:" : ":");
	for (size_t i = 0; i < y->hit_count; i++) {
		const struct stored_post *sp = y->posts[i];

		buf_addf(b, "  %s  ", time_format_rfc3339(y->hits[i].at_ms, at));
		if (sp == NULL)
			buf_add_str(b, "no longer known");
		else
			why_words(b, sp->post.id);
		if (sp != NULL) {
			buf_add_str(b, "  ");
			why_words(b,
			    slice_is_set(sp->post.text)
				? sp->post.text
				: SLICE_LIT("its words are no longer known"));
		}
		buf_add_char(b, '\n');
	}
	if (y->lost != NULL)
		buf_addf(b, "note    %s\n", y->lost);
}

static int
say_text(const struct why_watch *y)
{
	struct buf *b = &y->c->reply->body;

	y->c->reply->status = 200;
	y->c->reply->content_type = "text/plain; charset=utf-8";
	buf_add_str(b, "watch ");
	why_words(b, y->id);
	if (slice_is_set(y->title)) {
		buf_add_str(b, " \"");
		why_words(b, y->title);
		buf_add_char(b, '"');
	}
	buf_add_char(b, '\n');
	if (slice_is_set(y->in_words)) {
		buf_add_str(b, "  ");
		why_words(b, y->in_words);
		buf_add_char(b, '\n');
	}
	buf_add_char(b, '\n');
	if (y->row == NULL)
		buf_add_str(b, "it saw no crowd yet\n");
	else
		say_incident(b, y);
	buf_add_str(b, "\nnow\n");
	if (slice_is_set(y->now_text))
		why_lines(b, y->now_text);
	else
		buf_add_str(b, "  the watch is not among the live ones\n");
	say_posts(b, y);
	return 0;
}

int
why_watch_say(struct api_call *c, struct slice watch_id, const struct incident_row *row,
    bool is_text, struct err *err)
{
	struct why_watch *y = ARENA_NEW(c->env->arena, struct why_watch);

	if (y == NULL)
		return api_nomem(c, err);
	y->c = c;
	y->err = err;
	y->id = watch_id;
	y->row = row;
	if (load_definition(y) < 0 || load_now(y) < 0 || load_posts(y) < 0 || load_decisions(y) < 0)
		return -1;
	return is_text ? say_text(y) : say_json(y);
}
