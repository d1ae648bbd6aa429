/*
 * fuzz_api.c - any bytes as a request: "METHOD path?query\nbody".  Laws: every request ends with a
 * status between 200 and 599 and an answer that is whole: JSON where it says so, and no byte of it
 * that is not text; who is not let in gets 401 or 403.
 */
#include <stdint.h>
#include <string.h>

#include "api/api.h"

#include "actions/channels.h"
#include "core/arena.h"
#include "core/buf.h"
#include "core/clock.h"
#include "core/diag.h"
#include "core/err.h"
#include "core/json.h"
#include "core/metrics.h"
#include "core/score.h"
#include "core/utf8.h"
#include "people/adopters.h"
#include "people/import.h"
#include "people/influence.h"
#include "rules/rules.h"
#include "tests/fuzz/fuzz_law.h"
#include "tests/fuzz/store_again.h"

/* What the host is given as a bundle is always JSON. */
static int
refuse_bundle(struct slice bundle, struct err *err)
{
	struct json_doc *doc = NULL;

	LAW(json_parse(bundle, &doc, NULL, err) == 0);
	json_doc_free(doc);
	return err_set(err, ERR_CONFLICT, "nothing can be applied here");
}

static int
no_prepare(void *cookie, struct store *st, struct slice bundle, enum api_bundle_use use,
    const char *author, const char *reason, int64_t base, int64_t *version_r,
    struct diag_list *diags, struct err *err)
{
	(void)cookie, (void)st, (void)use, (void)version_r, (void)diags;
	LAW(author != NULL && reason != NULL && base >= -1);
	return refuse_bundle(bundle, err);
}

static int
no_commit(
    void *cookie, struct store *st, int64_t *version_r, struct diag_list *diags, struct err *err)
{
	(void)cookie, (void)st, (void)version_r, (void)diags;
	return err_set(err, ERR_CONFLICT, "nothing was prepared");
}

static int
no_draft(void *cookie, struct store *st, struct slice bundle, int64_t base,
    const struct rule_set **draft_r, struct diag_list *diags, struct err *err)
{
	(void)cookie, (void)st, (void)draft_r, (void)diags;
	LAW(base >= -1);
	return refuse_bundle(bundle, err);
}

static int
no_folder(void *cookie, char hash_r[65], struct err *err)
{
	(void)cookie, (void)hash_r, (void)err;
	return 1;
}

static int
no_start(void *cookie, struct store *st, struct slice bundle, int64_t since_ms, int64_t until_ms,
    int64_t *id_r, struct diag_list *diags, struct err *err)
{
	(void)cookie, (void)st, (void)id_r, (void)diags;
	LAW(since_ms < until_ms);
	return refuse_bundle(bundle, err);
}

static int
no_show(void *cookie, int64_t id, struct buf *out, struct err *err)
{
	(void)cookie, (void)id, (void)out, (void)err;
	return 0;
}

static bool
no_stop(void *cookie, int64_t id)
{
	(void)cookie, (void)id;
	return false;
}

static int
no_rules(void *cookie, struct store *st, int64_t version, const struct rule_set **set_r,
    const struct template_set **templates_r, struct err *err)
{
	(void)cookie, (void)st, (void)version, (void)set_r, (void)templates_r, (void)err;
	return 0;
}

/* A text is one word here. */
static int
tokenise(void *cookie, struct slice text, struct arena *a, struct token **tokens_r, size_t *count_r)
{
	struct token *t = arena_array(a, 1, sizeof *t);

	(void)cookie;
	if (t == NULL)
		return -1;
	*t = token_of(TOKEN_WORD, text);
	t->len = (uint32_t)text.len;
	*tokens_r = t;
	*count_r = 1;
	return 0;
}

/* What requests may name: a rule, a watch, segments of both kinds. */
static const struct rule_set *
live_rules(void)
{
	static const char text[] =
	    "brand acme \"Acme\"\n  called \"acme\"\nend\n"
	    "rule r \"R\"\n  when all of\n    sentiment is below -0.4\n  end\n"
	    "  then\n    alert \"support\" as high\n  end\nend\n"
	    "watch w \"W\"\n  over posts where all of\n    brand is acme\n  end\n"
	    "  when all of\n    count within 10 minutes is at least 20\n  end\n"
	    "  then\n    pause promotions\n  end\n"
	    "  until quiet for 30 minutes\nend\n"
	    "segment s \"S\" imported\nend\n"
	    "segment t \"T\"\n  when all of\n    customer.country is \"DE\"\n"
	    "  end\nend\n";
	static const struct rule_env env = {.tokenise = tokenise};
	const struct rule_source source = {"fuzz.rules", slice_of(text)};
	static struct rule_set *set;
	struct diag_list *diags;
	struct buf out;

	if (set != NULL)
		return set;
	diags = diag_list_new();
	buf_init(&out, 1u << 20);
	LAW(diags != NULL);
	if (rule_set_compile(&source, 1, 1, &env, diags, &set, NULL) != 0) {
		diag_print(diags, &out);
		fprintf(stderr, "%s\n", buf_str(&out));
		abort();
	}
	buf_fini(&out);
	diag_list_free(diags);
	return set;
}

/* Somebody to ask about. */
static void
fill_store(struct store *st)
{
	static const char csv[] = "id,endpoint:email,attribute:Tier,handle,list:staff\n"
				  "c1,a@b.example,gold,@a@m.example,yes\n"
				  "c2,c@d.example,,,no\n";
	const struct import_options o = {.file = "x", .now_ms = INT64_C(1795255100000)};
	struct diag_list *diags = diag_list_new();
	struct import_report report;
	struct import *i = NULL;

	LAW(import_new(st, &o, diags, &i, NULL) == 0);
	LAW(import_feed(i, slice_of(csv), NULL) == 0 && import_end(i, &report, NULL) == 0);
	LAW(report.created == 2);
	import_free(i);
	diag_list_free(diags);
}

static void
check_json(struct slice text)
{
	struct json_doc *doc = NULL;

	LAW(json_parse(text, &doc, NULL, NULL) == 0);
	json_doc_free(doc);
}

/* What is ndjson is one document a line; anything else with JSON in its name is one whole. */
static void
check_reply(const struct api_reply *reply)
{
	struct slice body = buf_slice(&reply->body);

	LAW(reply->status >= 200 && reply->status < 600 && reply->content_type != NULL);
	LAW(!buf_failed(&reply->body));
	LAW(utf8_is_valid(body));
	if (strstr(reply->content_type, "ndjson") != NULL) {
		while (body.len > 0)
			check_json(slice_split(&body, '\n'));
	} else if (strstr(reply->content_type, "json") != NULL) {
		check_json(body);
	}
}

static void
check_admission(struct slice bytes)
{
	struct slice host = slice_split(&bytes, '\n'), origin = slice_split(&bytes, '\n');
	struct api_reply reply;

	for (int with_token = 0; with_token < 2; with_token++) {
		api_reply_init(&reply);
		if (api_admit(with_token ? "token" : NULL, false, bytes, host, origin, &reply) <
		    0) {
			LAW(reply.status == 401 || reply.status == 403);
			check_reply(&reply);
		}
		api_reply_fini(&reply);
	}
}

/* False when the store is no longer as it was: an import commits by itself. */
static bool
handle(struct store *st, const struct api_request *q, struct arena *a)
{
	static const struct actions_config config = {0};
	struct api_host host = {.rules_prepare = no_prepare,
	    .rules_commit = no_commit,
	    .rules_draft = no_draft,
	    .folder_hash = no_folder,
	    .rules_of = no_rules,
	    .backtest_start = no_start,
	    .backtest_show = no_show,
	    .backtest_stop = no_stop,
	    .sources_json = SLICE_LIT("[]"),
	    .channels_json = SLICE_LIT("[]")};
	struct api_env env = {.arena = a,
	    .actions = &config,
	    .host = &host,
	    .rules = q->body.len % 8 == 7 ? NULL : live_rules(),
	    .rules_version = 1,
	    .handle_attribute = "SocialHandle",
	    .code_prefix = "acme",
	    .influence = &influence_weights_default,
	    .adoption = &adoption_config_default,
	    .retention_ms = INT64_C(7776000000),
	    .is_daemon = true};
	struct clock_virtual clock;
	struct metrics metrics;
	struct api_reply reply;
	const struct api_route *r;
	const char *allow = NULL;
	enum api_place place;
	int status = 0;

	clock_virtual_init(&clock, INT64_C(1795255200000));
	metrics_init(&metrics);
	env.clock = &clock.base;
	env.metrics = &metrics;
	r = api_route_find(q->method, q->path, &status, &allow);
	if (r == NULL) {
		LAW(status == 404 || (status == 405 && allow != NULL));
		return true;
	}
	place = api_route_place(r);
	env.store = place == API_LOOP ? NULL : st;
	api_reply_init(&reply);
	if (place == API_READER || place == API_WRITER)
		LAW(store_begin(st, NULL) == 0);
	api_handle(r, &env, q, &reply);
	LAW(place == API_WRITER_OWN ? !store_in_transaction(st) : true);
	store_rollback(st);
	check_reply(&reply);
	api_reply_fini(&reply);
	return place != API_WRITER_OWN;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const methods[] = {"GET", "POST", "HEAD", "PUT", "PATCH", "DELETE"};
	const struct store_options o = {.mode = STORE_MEMORY, .now_ms = 1, .cache_entries = 64};
	struct slice rest = slice_make((const char *)data, size), target;
	struct api_request q = {.who = "fuzz"};
	struct arena *a = arena_new(64u * 1024 * 1024);
	static struct store_again desk;
	static bool is_clean;

	if (size == 0 || a == NULL) {
		arena_free(a);
		return 0;
	}
	if (!is_clean)
		fill_store(store_again(&desk, &o));
	q.method = methods[data[0] % (sizeof methods / sizeof *methods)];
	rest = slice_make(rest.ptr + 1, rest.len - 1);
	check_admission(rest);
	target = slice_split(&rest, '\n');
	q.body = rest;
	q.path = slice_split(&target, '?');
	q.query = target;
	is_clean = handle(desk.st, &q, a);
	arena_free(a);
	return 0;
}
