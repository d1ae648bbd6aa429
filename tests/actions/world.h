/*
 * world.h - a small world for the tests of actions: a store in memory, three channels, one alert
 * queue, templates, and a post.
 */
#ifndef TESTS_ACTIONS_WORLD_H
#define TESTS_ACTIONS_WORLD_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "actions/actions.h"
#include "actions/alerts.h"
#include "actions/channels.h"
#include "actions/outbox.h"
#include "actions/sender.h"
#include "actions/templates.h"

#include "core/arena.h"
#include "core/buf.h"
#include "core/diag.h"
#include "core/err.h"
#include "core/json.h"
#include "core/mem.h"
#include "core/rng.h"
#include "core/timefmt.h"
#include "store/persons.h"
#include "store/posts.h"
#include "store/store.h"

#define NOW INT64_C(1795255200000) /* 2026-11-21T10:00:00Z */
#define MINUTE TIME_MINUTE_MS
#define HOUR TIME_HOUR_MS
#define DAY TIME_DAY_MS

static const char *const text_parts[] = {"text", NULL};
static const struct sender_ops email_ops = {
    .name = "email", .parts_needed = text_parts, .endpoint = "email"};
static const struct sender_ops file_ops = {
    .name = "file", .parts_needed = NULL, .is_local = true, .deduplicates = true};
static const struct sender_ops social_ops = {
    .name = "mastodon", .parts_needed = text_parts, .can_reply = true};

static const struct channel channels[] = {
    {"email", &email_ops, "email", 8, 0, 30000, 3600000, 2 * DAY, 0},
    {"file", &file_ops, NULL, 8, 0, 1000, 60000, 2 * DAY, 0},
    {"social", &social_ops, NULL, 4, 0, 30000, 3600000, 2 * DAY, 0},
};
static const char *const notify_list[] = {"file:", "email:oncall@example.org"};
static const char *const escalate_list[] = {"email:boss@example.org"};
static const struct alert_queue queues[] = {
    {"support", "Support", notify_list, 2, escalate_list, 1, 15 * MINUTE},
    {"pr", "Press", notify_list, 1, NULL, 0, 0},
};
static const char *const offer_names[] = {"ten"};

struct world {
	struct store *st;
	struct actions_config config;
	struct template_set *templates;
	struct arena *arena;
	struct rng rng;
	struct post post;
	struct score score;
	struct author_facts author;
	struct occurrence occ;
	struct settle_input in;
	struct settled settled;
	struct err err;
};

static inline struct slice
S(const char *text) {
	return slice_of(text);
}

static inline void
must(int rc, const struct world *w)
{
	if (rc < 0)
		print_error("%s\n", w->err.text);
	assert_true(rc >= 0);
}

static inline struct template_set *
world_templates(void)
{
	const struct template_file files[] = {
	    {S("sorry"), S("template.yaml"), "sorry/template.yaml", S("purpose: service\n")},
	    {S("sorry"), S("subject.hbs"), "sorry/subject.hbs", S("Sorry")},
	    {S("sorry"), S("text.hbs"), "sorry/text.hbs",
		S("Dear {{User.UserId}}, about {{Post.Text}}: {{Offer.Code}}")},
	    {S("ad"), S("template.yaml"), "ad/template.yaml", S("purpose: marketing\n")},
	    {S("ad"), S("text.hbs"), "ad/text.hbs", S("Buy!")},
	    {S("thanks"), S("template.yaml"), "thanks/template.yaml", S("purpose: service\n")},
	    {S("thanks"), S("reply.hbs"), "thanks/reply.hbs", S("{{Author.Handle}} thank you")},
	    {S("big"), S("template.yaml"), "big/template.yaml", S("purpose: service\n")},
	    {S("big"), S("text.hbs"), "big/text.hbs",
		S("{{replace (replace Post.Text 'o' Post.Text) 'o' Post.Text}}")},
	};
	struct diag_list *diags = diag_list_new();
	struct template_set *set = NULL;

	assert_int_equal(
	    template_set_compile(files, sizeof files / sizeof files[0], diags, &set, NULL), 0);
	diag_list_free(diags);
	return set;
}

static inline void
world_init(struct world *w)
{
	struct store_options o = {.mode = STORE_MEMORY, .now_ms = NOW};

	memset(w, 0, sizeof *w);
	must(store_open(&o, &w->st, &w->err), w);
	w->config = (struct actions_config){
	    .channels = channels,
	    .channel_count = sizeof channels / sizeof channels[0],
	    .queues = queues,
	    .queue_count = sizeof queues / sizeof queues[0],
	    .offers = offer_names,
	    .offer_count = 1,
	    .brand_timezone = "UTC",
	    .allowed_lateness_ms = HOUR,
	};
	w->templates = world_templates();
	w->arena = arena_new(512u << 20);
	rng_init(&w->rng, 42);
	post_init(&w->post);
	w->post.id = S("p1");
	w->post.text = S("no coffee");
	w->post.url = S("https://example.social/@jane/1");
	w->post.author.id = S("https://example.social/users/jane");
	w->post.author.handle = S("@jane@example.social");
	w->post.author.name = S("Jane");
	w->post.author.followers = 1200;
	w->post.reply_handle = S("{\"server\":\"https://example.social\",\"status_id\":\"1\"}");
	w->score.is_scored = true;
	w->score.label = SENTIMENT_NEGATIVE;
	w->score.score_milli = -620;
	w->occ = (struct occurrence){.id = S("p1"),
	    .at_ms = NOW,
	    .now_ms = NOW,
	    .post = &w->post,
	    .score = &w->score,
	    .author = &w->author,
	    .subject = S("a:https://example.social/users/jane")};
	w->in = (struct settle_input){.occ = &w->occ, .post_no = 1, .brand_name = S("Acme")};
}

static inline void
world_fini(struct world *w)
{
	store_close(w->st);
	template_set_unref(w->templates);
	arena_free(w->arena);
}

/* A new post by whoever w->post.author is. */
static inline void
world_next_post(struct world *w, const char *id, int64_t now_ms)
{
	w->post.id = arena_slice_dup(w->arena, S(id));
	w->occ.id = w->post.id;
	w->occ.at_ms = now_ms;
	w->occ.now_ms = now_ms;
}

/* The customer as the store has them, linked to the author of the post. */
static inline void
world_link(struct world *w, const char *id)
{
	struct customer *customer;

	must(store_customer_load(w->st, S(id), w->occ.now_ms, w->arena, &customer, &w->err), w);
	w->occ.customer = customer;
	w->occ.subject = S(arena_printf(w->arena, "c:%s", id));
}

struct customer_spec {
	const char *id, *timezone;
	bool has_no_email, is_opted_out, is_inactive;
	bool has_no_service, service_withdrawn, has_marketing;
};

static inline void
world_add_customer(struct world *w, const struct customer_spec *spec)
{
	struct endpoint e = {.id = S(arena_printf(w->arena, "e-%s", spec->id)),
	    .channel = S("email"),
	    .address = S(arena_printf(w->arena, "%s@example.org", spec->id)),
	    .is_opted_out = spec->is_opted_out,
	    .is_inactive = spec->is_inactive};
	struct consent c = {.channel = S("email"),
	    .purpose = PURPOSE_SERVICE,
	    .is_given = !spec->service_withdrawn};
	bool created;

	must(store_begin(w->st, &w->err), w);
	must(store_customer_put(w->st, S(spec->id), S(spec->timezone), SLICE_NONE, SLICE_NONE, NOW,
		 "test", &created, &w->err),
	    w);
	if (!spec->has_no_email)
		must(store_endpoint_put(w->st, S(spec->id), &e, S("{}"), NOW, "test", &w->err), w);
	if (!spec->has_no_service)
		must(store_consent_put(w->st, S(spec->id), &c, NOW, "test", &w->err), w);
	c = (struct consent){.channel = S("email"), .purpose = PURPOSE_MARKETING, .is_given = true};
	if (spec->has_marketing)
		must(store_consent_put(w->st, S(spec->id), &c, NOW, "test", &w->err), w);
	must(store_commit(w->st, &w->err), w);
}

static inline void
world_add_codes(struct world *w, const char *offer, int count)
{
	must(store_begin(w->st, &w->err), w);
	for (int i = 0; i < count; i++)
		must(store_offer_import(
			 w->st, S(offer), S(arena_printf(w->arena, "CODE-%04d", i)), &w->err),
		    w);
	must(store_commit(w->st, &w->err), w);
}

/* Settles in a transaction of its own, and commits. */
static inline void
world_settle(struct world *w, const struct firing *firings, size_t count)
{
	w->in.firings = firings;
	w->in.firing_count = count;
	must(store_begin(w->st, &w->err), w);
	must(
	    actions_settle(w->st, &w->config, w->templates, &w->in, w->arena, &w->settled, &w->err),
	    w);
	must(store_commit(w->st, &w->err), w);
}

static inline const struct decision_row *
world_settle_one(struct world *w, const struct rule_head *rule)
{
	struct firing f = {.rule = rule, .reason = S("sentiment is -0.62")};

	world_settle(w, &f, 1);
	assert_int_equal(w->settled.count, rule->action_count);
	return &w->settled.rows[0];
}

static inline struct message
world_message(struct world *w, const char *id)
{
	struct message m;

	must(store_message_load(w->st, S(id), w->arena, &m, &w->err), w);
	return m;
}

static inline int64_t
world_count(struct world *w, const char *table)
{
	int64_t count;

	must(store_count(w->st, table, &count, &w->err), w);
	return count;
}

static inline void
assert_slice(struct slice got, const char *want)
{
	if (!slice_eq_str(got, want))
		print_error("want '%s', got '%.*s'\n", want, SLICE_ARG(got));
	assert_true(slice_eq_str(got, want));
}

static inline bool
has_text(struct slice where, const char *what)
{
	return slice_is_set(where) && memmem(where.ptr, where.len, what, strlen(what)) != NULL;
}

/* Actions. */
static inline struct action
send_action(const char *template_id, const char *channel, const char *offer)
{
	static char texts[16][128];
	static int next;
	char *text = texts[next++ % 16];

	snprintf(text, 128, "send \"%s\" by %s to customer%s%s", template_id, channel,
	    offer != NULL ? " with offer " : "", offer != NULL ? offer : "");
	return (struct action){.verb = ACTION_SEND,
	    .target = TARGET_CUSTOMER,
	    .text = S(text),
	    .template_id = S(template_id),
	    .channel = S(channel),
	    .offer = S(offer)};
}

static inline struct action
draft_action(const char *template_id)
{
	return (struct action){.verb = ACTION_DRAFT_REPLY,
	    .text = S("draft reply for approval by \"social team\""),
	    .template_id = S(template_id),
	    .team = S("social team"),
	    .offer = SLICE_NONE};
}

static inline struct action
alert_action(const char *queue, enum severity severity)
{
	return (struct action){.verb = ACTION_ALERT,
	    .text = S("alert"),
	    .queue = S(queue),
	    .severity = severity,
	    .offer = SLICE_NONE};
}

static inline struct action
profile_action(
    enum action_verb verb, enum action_target target, const char *name, const char *value)
{
	return (struct action){.verb = verb,
	    .target = target,
	    .text = S(name),
	    .name = S(name),
	    .value = S(value),
	    .offer = SLICE_NONE};
}

static inline struct rule_head
make_rule(const char *id, const struct action *actions, size_t count)
{
	return (struct rule_head){.id = S(id),
	    .title = S("A rule"),
	    .version = 3,
	    .act_within_ms = 2 * HOUR,
	    .actions = actions,
	    .action_count = count};
}

#endif
