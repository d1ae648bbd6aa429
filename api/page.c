/*
 * page.c - the status page: is it alive, what was heard, what fired and why, what waits, what
 * fails.
 *
 * GET /   200, HTML; 503 as a page that says so when the database cannot be read
 *
 * One page from one snapshot, made anew for each request: no script, no state, nothing to keep in
 * step.  It reloads itself.
 */
#include "api/page_internal.h"

#include <stdio.h>
#include <string.h>

#include "core/metrics.h"
#include "actions/outbox.h"
#include "rules/crowd.h"
#include "rules/rules.h"
#include "store/store.h"

#include "api/api_internal.h"

#define RELOAD_S 3

/* Made by the build from api/assets/page.css. */
extern const char embed_api_assets_page_css[];
extern const char embed_api_assets_page_css_end[];

/* ---- loading --------------------------------------------------------------- */

static int
load_post_of(struct api_call *c, struct slice id, const struct stored_post **sp_r, struct err *err)
{
	struct stored_post *sp = NULL;
	int rc = id.len == 0 ? 0 : store_post_load(c->env->store, id, c->env->arena, &sp, err);

	if (rc == 1)
		*sp_r = sp;
	return rc < 0 ? -1 : 0;
}

static int
load_messages(struct api_call *c, int state, int hold, struct page_message *out, size_t room,
    size_t *count, struct err *err)
{
	struct message_filter f = {.state = state, .hold = hold, .channel = SLICE_NONE};
	struct decision_row d;
	struct message *list;
	size_t n;

	f.limit = room - *count;
	if (f.limit == 0)
		return 0;
	if (store_messages_list(c->env->store, &f, c->env->arena, &list, &n, err) < 0)
		return -1;
	for (size_t i = 0; i < n; i++) {
		struct page_message *pm = &out[(*count)++];
		int rc = 0;

		pm->m = list[i];
		if (api_message_cause(c, &pm->m, err) < 0)
			return -1;
		if (slice_is_set(pm->m.decision_id))
			rc = store_decision_load(
			    c->env->store, pm->m.decision_id, c->env->arena, &d, err);
		if (rc < 0 || (rc == 1 && load_post_of(c, d.occurrence_id, &pm->sp, err) < 0))
			return -1;
	}
	return 0;
}

static bool
is_same_firing(const struct decision_row *a, const struct decision_row *b)
{
	return slice_eq(a->rule_id, b->rule_id) && slice_eq(a->occurrence_id, b->occurrence_id);
}

static int
load_firings(struct api_call *c, struct page *p, struct err *err)
{
	struct decision_row *rows;
	size_t count;
	int64_t next;

	if (store_decisions_list(c->env->store, SLICE_NONE, 0, PAGE_DECISIONS, c->env->arena, &rows,
		&count, &next, err) < 0)
		return -1;
	for (size_t i = 0; i < count && p->firing_count < PAGE_FIRINGS;) {
		struct page_firing *f = &p->firings[p->firing_count++];

		f->rows = &rows[i];
		while (i < count && is_same_firing(f->rows, &rows[i])) {
			f->count++;
			i++;
		}
		if (load_post_of(c, f->rows[0].occurrence_id, &f->sp, err) < 0)
			return -1;
	}
	return 0;
}

static int
load_alerts(struct api_call *c, struct page *p, struct err *err)
{
	if (store_alerts_list(c->env->store, -1, SLICE_NONE, 0, PAGE_ALERTS_COUNTED, c->env->arena,
		&p->alerts, &p->alerts_open, err) < 0)
		return -1;
	p->alert_count = p->alerts_open < PAGE_ALERTS ? p->alerts_open : PAGE_ALERTS;
	for (size_t i = 0; i < p->alert_count; i++)
		if (load_post_of(c, p->alerts[i].post_id, &p->alert_posts[i], err) < 0)
			return -1;
	return 0;
}

/* What is still paused now. */
static int
load_pauses(struct api_call *c, struct page *p, struct err *err)
{
	struct pause_row *rows;
	size_t count;

	if (store_pauses_list(c->env->store, c->env->arena, &rows, &count, err) < 0)
		return -1;
	p->pauses = rows;
	for (size_t i = 0; i < count; i++)
		if (rows[i].until_ms == TIME_UNKNOWN || rows[i].until_ms > p->now_ms)
			p->pauses[p->pause_count++] = rows[i];
	return 0;
}

/* A folder that cannot be read is no difference: `earshot status` says that it cannot be told. */
static int
compare_folder(struct api_call *c, struct page *p, struct err *err)
{
	struct rules_version live;
	char hash[65];
	int rc = store_rules_load(c->env->store, c->env->rules_version, c->env->arena, &live, err);

	if (rc <= 0)
		return rc;
	p->folder_differs = c->env->host->folder_hash(c->env->host->cookie, hash, err) == 0 &&
	    !slice_eq_str(live.content_hash, hash);
	return 0;
}

static int
page_load(struct api_call *c, struct page *p, struct err *err)
{
	struct store *st = c->env->store;
	struct arena *a = c->env->arena;
	int stopped;

	if (store_posts_list(st, 0, PAGE_POSTS, a, &p->posts, &p->post_count, err) < 0 ||
	    load_firings(c, p, err) < 0 || load_alerts(c, p, err) < 0 ||
	    load_messages(
		c, MESSAGE_HELD, HOLD_APPROVAL, p->drafts, PAGE_DRAFTS, &p->draft_count, err) < 0 ||
	    load_messages(c, MESSAGE_HELD, HOLD_BRAKE, p->held, PAGE_HELD, &p->held_count, err) <
		0 ||
	    load_messages(c, MESSAGE_HELD, HOLD_OPERATOR, p->held, PAGE_HELD, &p->held_count, err) <
		0 ||
	    load_messages(c, MESSAGE_UNKNOWN, -1, p->unknown, PAGE_FAILED, &p->unknown_count, err) <
		0 ||
	    load_messages(
		c, MESSAGE_REJECTED, -1, p->rejected, PAGE_FAILED, &p->rejected_count, err) < 0 ||
	    store_rejects_list(st, PAGE_REJECTS, a, &p->rejects, &p->reject_count, err) < 0 ||
	    store_incidents_open(st, PAGE_INCIDENTS, a, &p->incidents, &p->incident_count, err) <
		0 ||
	    load_messages(
		c, MESSAGE_HELD, HOLD_PAUSE, p->paused, PAGE_PAUSED, &p->paused_count, err) < 0 ||
	    load_pauses(c, p, err) < 0 || compare_folder(c, p, err) < 0 ||
	    store_messages_count(st, p->counts, err) < 0)
		return -1;
	stopped = outbox_is_stopped(st, a, &p->stopped_why, err);
	if (stopped < 0)
		return -1;
	p->is_stopped = stopped == 1 || c->env->is_brake_file_there;
	if (stopped != 1)
		p->stopped_why = SLICE_LIT("the brake file is there");
	return 0;
}

/* ---- frame -------------------------------------------------------------------- */

static void
head(struct buf *b)
{
	buf_addf(b,
	    "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
	    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
	    "'unsafe-inline'; base-uri 'none'; form-action 'none'\">"
	    "<meta http-equiv=\"refresh\" content=\"%d\">"
	    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
	    "<meta name=\"referrer\" content=\"no-referrer\"><title>Earshot</title>\n<style>\n",
	    RELOAD_S);
	buf_add(b, embed_api_assets_page_css,
	    (size_t)(embed_api_assets_page_css_end - embed_api_assets_page_css));
	buf_add_str(b, "</style></head>\n<body>\n");
}

static void
title_bar(
    struct buf *b, const char *tone, const char *word, const struct api_env *env, int64_t now_ms)
{
	char at[TIME_TEXT_MAX], age[TIME_TEXT_MAX];

	time_format_rfc3339(now_ms / 1000 * 1000, at);
	buf_addf(b,
	    "<header><div class=\"wrap\"><h1><svg width=\"22\" height=\"22\" viewBox=\"0 0 22 22\" "
	    "fill=\"none\" stroke=\"currentColor\" stroke-width=\"2\" stroke-linecap=\"round\" "
	    "aria-hidden=\"true\"><circle cx=\"5\" cy=\"11\" r=\"2\" fill=\"currentColor\"/>"
	    "<path d=\"M10 6.5a6.4 6.4 0 0 1 0 9\"/><path d=\"M14 3.5a10.6 10.6 0 0 1 0 "
	    "15\"/></svg>"
	    "Earshot</h1><span class=\"pill %s\">%s</span><span class=\"meta\">version "
	    "%s · rules version %lld · up %s · as of %s</span></div></header>\n",
	    tone, word, EARSHOT_VERSION, (long long)env->rules_version,
	    time_format_age(now_ms - env->started_at_ms, age), at);
}

static void
banner(struct buf *b, const char *tone, const char *title, struct slice words, const char *command)
{
	buf_addf(b, "<div class=\"banner %s\" role=\"status\"><div class=\"wrap\"><b>%s</b>", tone,
	    title);
	html_bdi(b, words, PAGE_TEXT_MAX);
	if (command != NULL)
		buf_addf(b, " <code>%s</code>", command);
	buf_add_str(b, "</div></div>\n");
}

/* What is said of a crowd while it lasts. */
static void
incident_banner(struct buf *b, const struct page *p, const struct incident_row *row)
{
	int i = p->env->rules == NULL ? -1 : rule_set_find_watch(p->env->rules, row->watch_id);

	buf_add_str(b, "<div class=\"banner bad\" role=\"status\"><div class=\"wrap\"><b>");
	html_bdi(
	    b, i < 0 ? row->watch_id : rule_set_watch(p->env->rules, (size_t)i)->rule.title, 160);
	buf_add_str(b, "</b>");
	html_bdi(b, row->reason, PAGE_TEXT_MAX);
	buf_add_str(b, " <span class=\"meta\">since ");
	html_time(b, row->started_at_ms, p->now_ms);
	buf_addf(b,
	    "</span> <a href=\"/api/v1/why?format=text&amp;incident=%lld\">what was "
	    "seen</a></div></div>\n",
	    (long long)row->incident_no);
}

/* "promotions", or the title of a rule. */
static struct slice
paused_name(const struct page *p, struct slice what)
{
	static const size_t prefix = sizeof PAUSE_RULE_PREFIX - 1;
	struct slice id;
	int i;

	if (!slice_starts_with(what, PAUSE_RULE_PREFIX))
		return SLICE_LIT("Promotions are paused.");
	id = slice_make(what.ptr + prefix, what.len - prefix);
	i = p->env->rules == NULL ? -1 : rule_set_find(p->env->rules, id);
	return i < 0 ? id : rule_set_head(p->env->rules, (size_t)i)->title;
}

static void
pause_banner(struct buf *b, const struct page *p, const struct pause_row *row)
{
	static const size_t prefix = sizeof PAUSE_RULE_PREFIX - 1;
	bool is_rule = slice_starts_with(row->what, PAUSE_RULE_PREFIX);
	char until[TIME_TEXT_MAX];

	buf_add_str(b, "<div class=\"banner warn\" role=\"status\"><div class=\"wrap\"><b>");
	html_bdi(b, paused_name(p, row->what), 160);
	buf_add_str(b, is_rule ? " is paused.</b>" : "</b>");
	html_bdi(b, row->reason, PAGE_TEXT_MAX);
	buf_add_str(b, " <span class=\"meta\">by ");
	html_bdi(b, row->cause, 80);
	buf_add_str(b, " since ");
	html_time(b, row->at_ms, p->now_ms);
	if (row->until_ms != TIME_UNKNOWN)
		buf_addf(b, " until %s", time_format_rfc3339(row->until_ms / 1000 * 1000, until));
	buf_add_str(b, "</span> <code>earshot resume ");
	html_text(
	    b, is_rule ? slice_make(row->what.ptr + prefix, row->what.len - prefix) : row->what);
	buf_add_str(b, "</code></div></div>\n");
}

static void
pause_banners(struct buf *b, const struct page *p)
{
	char more[80];

	for (size_t i = 0; i < p->pause_count && i < PAGE_PAUSES; i++)
		pause_banner(b, p, &p->pauses[i]);
	if (p->pause_count <= PAGE_PAUSES)
		return;
	snprintf(more, sizeof more, "%zu more pauses stand in the status.",
	    p->pause_count - PAGE_PAUSES);
	banner(b, "warn", "And more.", slice_of(more), "earshot status");
}

static void
tile(struct buf *b, int64_t n, const char *word, const char *tone)
{
	buf_addf(b, "<li class=\"%s\"><b>%lld</b><span>%s</span></li>", tone, (long long)n, word);
}

static int64_t
counted(const struct page *p, enum metric which)
{
	return p->env->metrics == NULL ? 0 : metrics_get(p->env->metrics, which);
}

static void
tiles(struct buf *b, const struct page *p)
{
	int64_t wait = p->counts[MESSAGE_HELD];

	buf_add_str(b, "<ul class=\"tiles\">");
	tile(b, counted(p, METRIC_POSTS_STORED), "posts heard", "");
	tile(b, counted(p, METRIC_RULES_FIRED), "rules fired", "");
	tile(b, p->counts[MESSAGE_SENT], "messages sent", "good");
	tile(b, wait, "wait for a person", wait > 0 ? "warn" : "");
	tile(b, (int64_t)p->alerts_open,
	    p->alerts_open == PAGE_ALERTS_COUNTED ? "alerts and more, not resolved"
						  : "alerts not resolved",
	    p->alerts_open > 0 ? "bad" : "");
	tile(b, (int64_t)p->failing, p->failing == 1 ? "thing fails" : "things fail",
	    p->failing > 0 ? "bad" : "");
	buf_add_str(b, "</ul>\n");
}

static void
foot(struct buf *b)
{
	buf_add_str(b,
	    "<footer class=\"wrap\"><a href=\"/api/v1/status\">status as JSON</a>"
	    "<a href=\"/metrics\">metrics</a><a href=\"/api/v1/openapi.json\">API</a>"
	    "</footer></body></html>\n");
}

static void
write_page(struct buf *b, const struct page *p)
{
	const char *tone = p->env->is_store_failing ? "bad" : p->is_stopped ? "warn" : "good";

	head(b);
	title_bar(b, tone,
	    p->env->is_store_failing ? "Database failing"
		: p->is_stopped      ? "Sending stopped"
		: p->env->is_daemon  ? "Listening"
				     : "Not running",
	    p->env, p->now_ms);
	if (p->env->is_store_failing)
		banner(b, "bad", "The database refuses to commit.",
		    SLICE_LIT("Nothing new is taken until it does; it is tried again by itself."),
		    NULL);
	if (p->is_stopped)
		banner(b, "warn", "Sending is stopped.", p->stopped_why, "earshot outbox resume");
	for (size_t i = 0; i < p->incident_count; i++)
		incident_banner(b, p, &p->incidents[i]);
	pause_banners(b, p);
	if (p->folder_differs)
		banner(b, "note", "The folder differs from what is live.",
		    SLICE_LIT("What was changed there does nothing until it is applied."),
		    "earshot plan");
	buf_add_str(b, "<div class=\"wrap\">");
	tiles(b, p);
	buf_add_str(b, "<main><div class=\"column\">");
	page_alerts(b, p);
	page_waiting(b, p);
	buf_add_str(b, "</div><div class=\"column\">");
	page_fired(b, p);
	buf_add_str(b, "</div><div class=\"column\">");
	page_failing(b, p);
	page_feeds(b, p);
	page_heard(b, p);
	buf_add_str(b, "</div></main></div>\n");
	foot(b);
}

/* What cannot be read must not look like silence. */
static void
write_unreadable(struct api_call *c, const struct err *why)
{
	struct buf *b = &c->reply->body;

	c->reply->status = 503;
	c->reply->content_type = "text/html; charset=utf-8";
	head(b);
	title_bar(b, "bad", "Database failing", c->env, clock_now_ms(c->env->clock));
	banner(b, "bad", "The database cannot be read.", slice_of(why->text), NULL);
	foot(b);
	if (buf_failed(b))
		api_problem_err(c->reply, why);
}

int
api_page_get(struct api_call *c, struct err *err)
{
	struct page *p = ARENA_NEW(c->env->arena, struct page);
	struct json_doc *sources = NULL, *channels = NULL;
	int rc = 0;

	if (p == NULL)
		return api_nomem(c, err);
	p->env = c->env;
	p->now_ms = clock_now_ms(c->env->clock);
	if (page_load(c, p, err) < 0) {
		if (err->kind != ERR_STORE)
			return -1;
		write_unreadable(c, err);
		return 0;
	}
	rc = json_parse(c->env->host->sources_json, &sources, NULL, err);
	if (rc == 0)
		rc = json_parse(c->env->host->channels_json, &channels, NULL, err);
	if (rc == 0) {
		p->sources = json_root(sources);
		p->channels = json_root(channels);
		p->failing = page_broken(p) + (c->env->is_store_failing ? 1 : 0) +
		    (size_t)(p->counts[MESSAGE_UNKNOWN] + p->counts[MESSAGE_REJECTED]);
		c->reply->status = 200;
		c->reply->content_type = "text/html; charset=utf-8";
		write_page(&c->reply->body, p);
	}
	json_doc_free(sources);
	json_doc_free(channels);
	return rc;
}
