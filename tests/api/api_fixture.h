/*
 * api_fixture.h - what the tests of this room share: a store in memory, live rules, and a way for a
 * post that is the pipeline's in small; calls as a client makes them, with the transaction the
 * daemon puts around a handler.
 */
#ifndef TESTS_API_API_FIXTURE_H
#define TESTS_API_API_FIXTURE_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "actions/actions.h"
#include "actions/channels.h"
#include "actions/outbox.h"
#include "actions/sender.h"
#include "actions/templates.h"
#include "api/api.h"
#include "core/arena.h"
#include "core/clock.h"
#include "core/diag.h"
#include "core/err.h"
#include "core/json.h"
#include "core/mem.h"
#include "core/metrics.h"
#include "nlp/nlp.h"
#include "people/adopters.h"
#include "people/influence.h"
#include "people/people.h"
#include "rules/rules.h"
#include "store/outbox.h"
#include "store/persons.h"
#include "store/posts.h"
#include "store/store.h"

#define FIXTURE_NOW_MS INT64_C(1795255200000) /* 2026-11-21T10:00:00Z */
#define FIXTURE_VERSIONS_MAX 8

#define OK(call)                                                                                   \
	do {                                                                                       \
		if ((call) < 0)                                                                    \
			fail_msg("%s:%d: %s: %s", __FILE__, __LINE__, #call, fixture_err.text);    \
	} while (0)

static struct err fixture_err;
#define ERR (&fixture_err)

static const char fixture_rules[] =
    "brand acme \"Acme Coffee\"\n"
    "  called \"acme\", \"@acmecoffee\"\n"
    "end\n"
    "list staff \"Our people\"\n"
    "  \"@mira@social.example\"\n"
    "end\n"
    "rule support-issue \"Help before they ask\"\n"
    "  when all of\n"
    "    brand is acme\n"
    "    text contains \"help\"\n"
    "    not author is in list staff\n"
    "  end\n"
    "  then\n"
    "    alert \"support\" as high\n"
    "    send \"we-are-on-it\" by email to customer\n"
    "  end\n"
    "end\n"
    "rule thanks \"Say thank you\"\n"
    "  when all of\n"
    "    brand is acme\n"
    "    text contains \"love\"\n"
    "  end\n"
    "  then\n"
    "    draft reply \"thank-you\" for approval by \"social team\"\n"
    "    add author to list friends\n"
    "  end\n"
    "  at most once every 7 days per author\n"
    "end\n"
    "rule quiet \"Off for now\"\n"
    "  when all of\n"
    "    author.followers is at least 10k\n"
    "  end\n"
    "  then\n"
    "    tag author \"big\"\n"
    "  end\n"
    "  off\n"
    "  canary 12.5%\n"
    "  approval by \"social team\"\n"
    "  happening 2 times within 1 hour per person\n"
    "  at most 5 per day per thread\n"
    "  spend at most 99.50 per month\n"
    "end\n"
    "list friends \"Friends\"\n"
    "  \"@first@social.example\"\n"
    "end\n";

static const struct template_file fixture_templates[] = {
    {SLICE_INIT("we-are-on-it"), SLICE_INIT("template.yaml"),
	"templates/we-are-on-it/template.yaml", SLICE_INIT("purpose: service\n")},
    {SLICE_INIT("we-are-on-it"), SLICE_INIT("subject.hbs"), "templates/we-are-on-it/subject.hbs",
	SLICE_INIT("We are on it, {{User.UserAttributes.FirstName}}")},
    {SLICE_INIT("we-are-on-it"), SLICE_INIT("text.hbs"), "templates/we-are-on-it/text.hbs",
	SLICE_INIT("You wrote: {{Post.Text}}")},
    {SLICE_INIT("thank-you"), SLICE_INIT("template.yaml"), "templates/thank-you/template.yaml",
	SLICE_INIT("purpose: service\n")},
    {SLICE_INIT("thank-you"), SLICE_INIT("reply.hbs"), "templates/thank-you/reply.hbs",
	SLICE_INIT("Thank you, {{Author.Handle}}!")},
};

static const char *const fixture_parts[] = {"text", NULL};
static const struct sender_ops fixture_ops = {.name = "file",
    .parts_needed = fixture_parts,
    .is_local = true,
    .deduplicates = true,
    .can_reply = true};
static const struct channel fixture_channels[] = {
    {"email", &fixture_ops, "email", 4, 0, 1000, 60000, 86400000, 0},
    {"social", &fixture_ops, NULL, 4, 60, 1000, 60000, 86400000, 0},
};
static const char *const fixture_notify[] = {"social:"};
static const struct alert_queue fixture_queues[] = {
    {"support", "Help for customers", fixture_notify, 1, fixture_notify, 1, 900000}};
static const struct actions_config fixture_actions = {
    .channels = fixture_channels,
    .channel_count = 2,
    .queues = fixture_queues,
    .queue_count = 1,
    .default_reply_channel = "social",
    .brand_timezone = "UTC",
};

static const char fixture_csv[] = "ChannelType,Address,OptOut,User.UserId,User.UserAttributes."
				  "FirstName,User.UserAttributes.SocialHandle\n"
				  "EMAIL,ann@example.org,NONE,u-1,Ann,@ann@social.example\n"
				  "EMAIL,bob@example.org,ALL,u-2,Bob,@bob@social.example\n";

struct fixture {
	struct store *st;
	struct arena *a; /* of the test */
	struct arena *call_arena; /* of one call */
	struct clock_virtual clock;
	struct metrics metrics;
	struct lexicon_set *lexicon;
	struct scorer *scorer;
	struct template_set *templates;
	struct rule_set *sets[FIXTURE_VERSIONS_MAX]; /* by version */
	struct matcher *matcher;
	int64_t version;
	struct api_host host;
	const char *if_match; /* of the calls to come */
	int pauses; /* of the last call */
	struct api_env env; /* as the last call left it */
	struct api_reply reply; /* of the last call */
	struct json_doc *doc; /* its body, when it is JSON */
	int64_t serial;
	struct rules_version prepared;
};

/* ---- the host ----------------------------------------------------------------- */

__attribute__((unused)) static int
fixture_tokenise(
    void *cookie, struct slice text, struct arena *a, struct token **tokens_r, size_t *count_r)
{
	struct fixture *f = cookie;

	return nlp_tokenise(f->scorer, text, SLICE_NONE, a, tokens_r, count_r, NULL);
}

__attribute__((unused)) static int
fixture_compile(struct fixture *f, struct slice text, int64_t version, struct diag_list *diags,
    struct rule_set **set_r, struct err *err)
{
	struct rule_env env = {.cookie = f, .tokenise = fixture_tokenise};
	struct rule_source source = {"acme.rules", text};

	return rule_set_compile(&source, 1, version, &env, diags, set_r, err);
}

__attribute__((unused)) static int
fixture_prepare(void *cookie, struct store *st, struct slice json, enum api_bundle_use use,
    const char *author, const char *reason, int64_t base, int64_t *version_r,
    struct diag_list *diags, struct err *err)
{
	struct fixture *f = cookie;
	struct rule_set *set = NULL;
	struct json_doc *doc = NULL;
	int rc;

	(void)st;
	(void)use;
	if (base >= 0 && base != f->version)
		return err_set(err, ERR_CONFLICT, "changed meanwhile: version %lld is live",
		    (long long)f->version);
	if (json_parse(json, &doc, NULL, err) < 0)
		return -1;
	rc = fixture_compile(f, json_get_str(json_get(json_root(doc), "rules"), "acme.rules"),
	    f->version + 1, diags, &set, err);
	json_doc_free(doc);
	rule_set_unref(set);
	if (rc != 0)
		return rc;
	f->prepared = (struct rules_version){.applied_at_ms = f->clock.at_ms,
	    .author = slice_of(author),
	    .reason = slice_of(reason),
	    .content_hash = SLICE_LIT("hash"),
	    .bundle_json = json};
	*version_r = f->version;
	return 0;
}

__attribute__((unused)) static int
fixture_commit(
    void *cookie, struct store *st, int64_t *version_r, struct diag_list *diags, struct err *err)
{
	struct fixture *f = cookie;

	(void)diags;
	if (store_rules_put(st, &f->prepared, err) < 0)
		return -1;
	*version_r = f->prepared.version;
	return 0;
}

__attribute__((unused)) static int
fixture_rules_of(void *cookie, struct store *st, int64_t version, const struct rule_set **set_r,
    const struct template_set **templates_r, struct err *err)
{
	struct fixture *f = cookie;

	(void)st;
	(void)err;
	if (version < 1 || version >= FIXTURE_VERSIONS_MAX - 1 || f->sets[version] == NULL)
		return 0;
	*set_r = f->sets[version];
	*templates_r = f->templates;
	return 1;
}

/* Takes the place of the version to come among the sets, so that it lives as long as the fixture. */
__attribute__((unused)) static int
fixture_draft(void *cookie, struct store *st, struct slice json, int64_t base,
    const struct rule_set **draft_r, struct diag_list *diags, struct err *err)
{
	struct fixture *f = cookie;
	struct rule_set **place = &f->sets[FIXTURE_VERSIONS_MAX - 1];
	struct json_doc *doc = NULL;
	int rc;

	(void)st;
	if (base >= 0 && base != f->version)
		return err_set(err, ERR_CONFLICT, "changed meanwhile: version %lld is live",
		    (long long)f->version);
	if (json_parse(json, &doc, NULL, err) < 0)
		return -1;
	rule_set_unref(*place);
	*place = NULL;
	rc = fixture_compile(f, json_get_str(json_get(json_root(doc), "rules"), "acme.rules"),
	    f->version + 1, diags, place, err);
	json_doc_free(doc);
	if (rc == 0)
		*draft_r = *place;
	return rc;
}

/* The fixture's backtest: number 1 is always there, and runs. */
__attribute__((unused)) static int
fixture_backtest_start(void *cookie, struct store *st, struct slice json, int64_t since_ms,
    int64_t until_ms, int64_t *id_r, struct diag_list *diags, struct err *err)
{
	const struct rule_set *draft;

	*id_r = 1;
	assert_true(since_ms < until_ms);
	return fixture_draft(cookie, st, json, -1, &draft, diags, err);
}

__attribute__((unused)) static int
fixture_backtest_show(void *cookie, int64_t id, struct buf *out, struct err *err)
{
	(void)cookie;
	(void)err;
	if (id != 1)
		return 0;
	buf_add_str(out,
	    "{\"id\":1,\"state\":\"running\",\"started_at\":\"2026-11-21T10:00:00Z\",\"done\":0,"
	    "\"total\":9,"
	    "\"error\":null,\"report\":null}");
	return 1;
}

__attribute__((unused)) static bool
fixture_backtest_stop(void *cookie, int64_t id)
{
	(void)cookie;
	return id == 1;
}

__attribute__((unused)) static int
fixture_folder_hash(void *cookie, char hash_r[65], struct err *err)
{
	(void)cookie;
	(void)err;
	snprintf(hash_r, 65, "another hash");
	return 0;
}

/* Makes a text live as the daemon does at its start. */
__attribute__((unused)) static void
fixture_live(struct fixture *f, const char *text)
{
	struct diag_list *diags = diag_list_new();
	struct rules_version v = {.applied_at_ms = FIXTURE_NOW_MS,
	    .author = SLICE_LIT("test"),
	    .reason = SLICE_LIT("first"),
	    .content_hash = SLICE_LIT("h"),
	    .bundle_json = SLICE_LIT("{\"rules\":{},\"templates\":{}}")};
	struct buf findings;

	OK(store_begin(f->st, ERR));
	OK(store_rules_put(f->st, &v, ERR));
	OK(store_commit(f->st, ERR));
	f->version = v.version;
	if (fixture_compile(f, slice_of(text), v.version, diags, &f->sets[v.version], ERR) != 0) {
		buf_init(&findings, 65536);
		diag_print(diags, &findings);
		fail_msg("the fixture's rules: %s", buf_str(&findings));
	}
	matcher_unref(f->matcher);
	f->matcher = NULL;
	OK(matcher_new(rule_set_brands(f->sets[v.version]), &f->matcher, ERR));
	diag_list_free(diags);
}

/* Read once a program: it takes longer than most tests, and nothing changes it. */
__attribute__((unused)) static struct lexicon_set *
fixture_lexicon(void)
{
	static struct lexicon_set *shared;

	if (shared == NULL)
		OK(lexicon_set_new(&shared, ERR));
	return shared;
}

/* ---- life ------------------------------------------------------------------------ */

__attribute__((unused)) static int
fixture_setup(void **state)
{
	struct fixture *f = mem_zalloc(sizeof *f);
	struct store_options o = {.mode = STORE_MEMORY, .now_ms = FIXTURE_NOW_MS};
	struct diag_list *diags = diag_list_new();

	assert_non_null(f);
	clock_virtual_init(&f->clock, FIXTURE_NOW_MS);
	metrics_init(&f->metrics);
	api_reply_init(&f->reply);
	f->a = arena_new(256u * 1024 * 1024);
	f->call_arena = arena_new(256u * 1024 * 1024);
	OK(store_open(&o, &f->st, ERR));
	f->lexicon = lexicon_set_ref(fixture_lexicon());
	f->scorer = scorer_new();
	assert_int_equal(template_set_compile(fixture_templates, 5, diags, &f->templates, ERR), 0);
	diag_list_free(diags);
	f->host = (struct api_host){.cookie = f,
	    .rules_prepare = fixture_prepare,
	    .rules_commit = fixture_commit,
	    .rules_draft = fixture_draft,
	    .rules_of = fixture_rules_of,
	    .folder_hash = fixture_folder_hash,
	    .backtest_start = fixture_backtest_start,
	    .backtest_show = fixture_backtest_show,
	    .backtest_stop = fixture_backtest_stop,
	    .sources_json = SLICE_LIT("[]"),
	    .channels_json = SLICE_LIT("[]")};
	fixture_live(f, fixture_rules);
	*state = f;
	return 0;
}

__attribute__((unused)) static int
fixture_teardown(void **state)
{
	struct fixture *f = *state;

	json_doc_free(f->doc);
	api_reply_fini(&f->reply);
	for (size_t i = 0; i < FIXTURE_VERSIONS_MAX; i++)
		rule_set_unref(f->sets[i]);
	matcher_unref(f->matcher);
	template_set_unref(f->templates);
	scorer_free(f->scorer);
	lexicon_set_unref(f->lexicon);
	store_close(f->st);
	arena_free(f->call_arena);
	arena_free(f->a);
	mem_free(f);
	return 0;
}

/* ---- posts ------------------------------------------------------------------------- */

/* A post as a collector would hand it over; change what matters before fixture_take(). */
__attribute__((unused)) static struct post
fixture_post(struct fixture *f, const char *handle, const char *text)
{
	struct post p;

	post_init(&p);
	f->serial++;
	p.id =
	    slice_of(arena_printf(f->a, "https://social.example/posts/%lld", (long long)f->serial));
	p.url = p.id;
	p.source = SLICE_LIT("mastodon");
	p.text = slice_of(text);
	p.lang = SLICE_LIT("en");
	p.created_at_ms = p.fetched_at_ms = f->clock.at_ms;
	if (handle != NULL) {
		p.author.id =
		    slice_of(arena_printf(f->a, "https://social.example/users/%s", handle));
		p.author.handle = slice_of(arena_printf(f->a, "@%s@social.example", handle));
		p.author.name = slice_of(arena_strdup(f->a, handle));
		p.author.followers = 120;
	}
	return p;
}

/* In a transaction that is open. */
__attribute__((unused)) static void
fixture_take_in(struct fixture *f, const struct post *post, const char *inert)
{
	const struct rule_set *set = f->sets[f->version];
	const struct brand_set *brands = rule_set_brands(set);
	struct stored_post *sp = ARENA_NEW(f->a, struct stored_post);
	struct rule_facts facts = {.in_list = NULL};
	struct settle_input in = {0};
	struct settled settled = {0};
	struct occurrence occ = {0};
	struct firing *firings = NULL;
	struct person_seen seen;
	struct slice *ids;
	size_t count = 0;

	sp->post = *post;
	sp->feed = SLICE_LIT("fediverse");
	sp->inert = inert;
	sp->rules_version = f->version;
	OK(nlp_score(
	    f->scorer, f->lexicon, f->matcher, post->text, post->lang, f->a, &sp->score, ERR));
	ids = arena_array(f->a, sp->score.brand_count + 1, sizeof *ids);
	for (size_t i = 0; i < sp->score.brand_count; i++)
		ids[i] = brands->brands[sp->score.brands[i]].id;
	sp->brand_ids = (struct slice_list){ids, sp->score.brand_count};
	OK(people_see(
	    f->st, post, &influence_weights_default, f->clock.at_ms, true, f->a, &seen, ERR));
	sp->author = seen.author;
	sp->customer = seen.customer;
	sp->subject = seen.subject;
	assert_int_equal(store_post_insert(f->st, sp, ERR), 1);
	occ = (struct occurrence){.kind = OCCURRENCE_POST,
	    .id = post->id,
	    .at_ms = post_event_at_ms(post),
	    .now_ms = f->clock.at_ms,
	    .post = post,
	    .score = &sp->score,
	    .author = &sp->author,
	    .customer = sp->customer,
	    .subject = sp->subject};
	OK(rule_set_evaluate(set, &occ, &facts, f->a, &firings, &count, ERR));
	in = (struct settle_input){.occ = &occ,
	    .post_no = sp->post_no,
	    .inert = inert,
	    .firings = firings,
	    .firing_count = count,
	    .brand_name = SLICE_LIT("Acme Coffee")};
	OK(actions_settle(f->st, &fixture_actions, f->templates, &in, f->a, &settled, ERR));
}

__attribute__((unused)) static struct slice
fixture_take(struct fixture *f, const struct post *post)
{
	OK(store_begin(f->st, ERR));
	fixture_take_in(f, post, NULL);
	OK(store_commit(f->st, ERR));
	return post->id;
}

__attribute__((unused)) static struct slice
fixture_say(struct fixture *f, const char *handle, const char *text)
{
	struct post p = fixture_post(f, handle, text);

	return fixture_take(f, &p);
}

/* ---- calls --------------------------------------------------------------------------- */

/* What web.c does with a request: the status, the reply in f->reply. */
__attribute__((unused)) static int
fixture_call_raw(struct fixture *f, const char *method, const char *target, struct slice body)
{
	const char *question = strchr(target, '?'), *allow = NULL;
	struct api_request q = {.method = method,
	    .body = body,
	    .who = "http:127.0.0.1",
	    .if_match = f->if_match == NULL ? SLICE_NONE : slice_of(f->if_match)};
	const struct api_route *route;
	enum api_place place;
	int status = 0;

	arena_reset(f->call_arena);
	q.path =
	    question == NULL ? slice_of(target) : slice_make(target, (size_t)(question - target));
	q.query = question == NULL ? SLICE_NONE : slice_of(question + 1);
	f->env = (struct api_env){.store = f->st,
	    .arena = f->call_arena,
	    .clock = &f->clock.base,
	    .metrics = &f->metrics,
	    .actions = &fixture_actions,
	    .rules = f->sets[f->version],
	    .rules_version = f->version,
	    .handle_attribute = "SocialHandle",
	    .code_prefix = "acme",
	    .influence = &influence_weights_default,
	    .retention_ms = 90 * TIME_DAY_MS,
	    .adoption = &adoption_config_default,
	    .is_daemon = true,
	    .may_pause = true,
	    .started_at_ms = FIXTURE_NOW_MS - 3600000,
	    .is_brake_file_there = f->env.is_brake_file_there,
	    .is_store_failing = f->env.is_store_failing,
	    .host = &f->host};
	api_reply_fini(&f->reply);
	api_reply_init(&f->reply);
	route = api_route_find(method, q.path, &status, &allow);
	if (route == NULL) {
		assert_int_equal(allow == NULL, status == 404);
		return status;
	}
	place = api_route_place(route);
	if (place == API_LOOP)
		f->env.store = NULL;
	if (place != API_LOOP && place != API_WRITER_OWN)
		OK(store_begin(f->st, ERR));
	if (place == API_WRITER_PREPARED) {
		f->env.is_preparing = true;
		api_handle(route, &f->env, &q, &f->reply);
		f->env.is_preparing = false;
		place = API_WRITER;
	}
	if (f->reply.status < 400) {
		api_reply_fini(&f->reply);
		api_reply_init(&f->reply);
		api_handle(route, &f->env, &q, &f->reply);
	}
	for (f->pauses = 0; f->env.wants_more; f->pauses++) {
		assert_int_equal(place, API_WRITER_OWN);
		assert_false(store_in_transaction(f->st));
		api_handle(route, &f->env, &q, &f->reply);
	}
	if (place == API_READER || (place == API_WRITER && f->reply.status >= 400))
		store_rollback(f->st);
	else if (place == API_WRITER)
		OK(store_commit(f->st, ERR));
	return f->reply.status;
}

/* The same, and the answer as JSON in f->doc. */
__attribute__((unused)) static const struct json *
fixture_call(
    struct fixture *f, const char *method, const char *target, const char *body, int status)
{
	int got = fixture_call_raw(f, method, target, slice_of(body));

	if (got != status)
		fail_msg("%s %s: %d, expected %d: %s", method, target, got, status,
		    buf_str(&f->reply.body));
	json_doc_free(f->doc);
	f->doc = NULL;
	if (json_parse(buf_slice(&f->reply.body), &f->doc, NULL, ERR) < 0)
		fail_msg(
		    "%s %s: %s in %s", method, target, fixture_err.text, buf_str(&f->reply.body));
	return json_root(f->doc);
}

__attribute__((unused)) static const struct json *
fixture_get(struct fixture *f, const char *target)
{
	return fixture_call(f, "GET", target, NULL, 200);
}

/* A refusal: its code, and that it is a problem as RFC 9457 has it. */
__attribute__((unused)) static void
fixture_refused(struct fixture *f, const char *method, const char *target, const char *body,
    int status, const char *code)
{
	const struct json *p = fixture_call(f, method, target, body, status);
	int64_t n = 0;

	assert_string_equal(f->reply.content_type, "application/problem+json");
	assert_true(json_i64(json_get(p, "status"), &n) && n == status);
	assert_true(json_get_str(p, "title").len > 0 && json_get_str(p, "detail").len > 0);
	assert_true(slice_eq_str(json_get_str(p, "type"), "about:blank"));
	if (!slice_eq_str(json_get_str(p, "code"), code))
		fail_msg("%s %s: code %.*s, expected %s: %s", method, target,
		    SLICE_ARG(json_get_str(p, "code")), code, buf_str(&f->reply.body));
}

__attribute__((unused)) static void
assert_text(const struct json *obj, const char *key, const char *want)
{
	struct slice got = json_get_str(obj, key);

	if (!slice_eq_str(got, want))
		fail_msg("%s is '%.*s', expected '%s'", key, SLICE_ARG(got), want);
}

__attribute__((unused)) static void
assert_number(const struct json *obj, const char *key, int64_t want)
{
	int64_t got = -1;

	if (!json_i64(json_get(obj, key), &got) || got != want)
		fail_msg("%s is %lld, expected %lld", key, (long long)got, (long long)want);
}

__attribute__((unused)) static void
assert_truth(const struct json *obj, const char *key, bool want)
{
	bool got = !want;

	if (!json_bool(json_get(obj, key), &got) || got != want)
		fail_msg("%s is not %s", key, want ? "true" : "false");
}

__attribute__((unused)) static void
assert_says(const struct fixture *f, const char *words)
{
	if (strstr(buf_str(&f->reply.body), words) == NULL)
		fail_msg("'%s' is not in: %s", words, buf_str(&f->reply.body));
}

__attribute__((unused)) static void
assert_says_not(const struct fixture *f, const char *words)
{
	if (strstr(buf_str(&f->reply.body), words) != NULL)
		fail_msg("'%s' is in: %s", words, buf_str(&f->reply.body));
}

__attribute__((unused)) static void
fixture_import(struct fixture *f)
{
	assert_number(
	    fixture_call(f, "POST", "/api/v1/customers/import", fixture_csv, 200), "created", 2);
}

#endif
