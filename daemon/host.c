#include "daemon/host.h"

#include <assert.h>

#include "core/arena.h"
#include "core/clock.h"
#include "core/diag.h"
#include "core/err.h"
#include "store/outbox.h"

#include "daemon/backtests.h"
#include "daemon/bundle.h"
#include "daemon/config.h"
#include "daemon/home.h"
#include "daemon/rules_change.h"
#include "daemon/snapshot.h"

static enum bundle_use
use_of(enum api_bundle_use use)
{
	switch (use) {
	case API_BUNDLE_CHECK: return BUNDLE_CHECK;
	case API_BUNDLE_APPLY: return BUNDLE_APPLY;
	case API_BUNDLE_ROLLBACK: return BUNDLE_ROLLBACK;
	}
	return BUNDLE_CHECK;
}

static int
rules_prepare(void *cookie, struct store *st, struct slice bundle_json, enum api_bundle_use use,
    const char *author, const char *reason, int64_t base_version, int64_t *version_r,
    struct diag_list *diags, struct err *err)
{
	struct host *h = cookie;
	struct rules_ask ask = {use_of(use), author, reason, base_version, clock_now_ms(h->clock)};
	struct bundle b;
	int rc;

	assert(h->prepared == NULL);
	h->prepared_diags = diag_list_new();
	if (h->prepared_diags == NULL)
		return err_set(err, ERR_NOMEM, "no memory for the findings");
	if (bundle_parse(bundle_json, h->arena, &b, err) < 0)
		return -1;
	rc = rules_change_prepare(
	    st, h->live->config, h->live->lexicon, &b, &ask, h->prepared_diags, &h->prepared, err);
	diag_add_all(diags, h->prepared_diags);
	if (rc == 0)
		*version_r = rules_change_base(h->prepared);
	return rc;
}

static int
rules_commit(
    void *cookie, struct store *st, int64_t *version_r, struct diag_list *diags, struct err *err)
{
	struct host *h = cookie;

	assert(h->prepared != NULL);
	diag_add_all(diags, h->prepared_diags);
	if (rules_change_commit(st, h->prepared, version_r, err) < 0)
		return -1;
	h->is_committed = !rules_change_is_same(h->prepared);
	return 0;
}

bool
host_has_parts(const struct host *h)
{
	return h->prepared != NULL && rules_change_has_parts(h->prepared);
}

int
host_stage(struct host *h, struct store *st, struct err *err)
{
	return rules_change_stage(st, h->prepared, err);
}

struct snapshot *
host_committed(struct host *h)
{
	return h->is_committed ? rules_change_peek(h->prepared) : NULL;
}

static int
rules_draft(void *cookie, struct store *st, struct slice bundle_json, int64_t base_version,
    const struct rule_set **draft_r, struct diag_list *diags, struct err *err)
{
	struct host *h = cookie;
	struct rules_ask ask = {BUNDLE_CHECK, "", "", base_version, clock_now_ms(h->clock)};
	struct bundle b;
	int rc;

	if (bundle_parse(bundle_json, h->arena, &b, err) < 0)
		return -1;
	rules_change_free(h->draft);
	h->draft = NULL;
	rc = rules_change_prepare(
	    st, h->live->config, h->live->lexicon, &b, &ask, diags, &h->draft, err);
	if (rc == 0)
		*draft_r = rules_change_peek(h->draft)->rules;
	return rc;
}

static int
rules_of(void *cookie, struct store *st, int64_t version, const struct rule_set **set_r,
    const struct template_set **templates_r, struct err *err)
{
	struct host *h = cookie;
	const struct snapshot *s = h->live;
	int rc;

	if (version != h->live->version) {
		snapshot_unref(h->past);
		h->past = NULL;
		rc = home_snapshot_of(st, NULL, h->live->lexicon, version, &h->past, err);
		if (rc <= 0)
			return rc;
		s = h->past;
	}
	*set_r = s->rules;
	*templates_r = s->templates;
	return 1;
}

/* ---- backtests ------------------------------------------------------------------- */

static int
backtest_start(void *cookie, struct store *st, struct slice bundle_json, int64_t since_ms,
    int64_t until_ms, int64_t *id_r, struct diag_list *diags, struct err *err)
{
	struct host *h = cookie;
	const struct rule_set *rules;
	int rc;

	if (h->backtests == NULL)
		return err_set(err, ERR_BUSY,
		    "only a running daemon keeps backtests; `earshot backtest` needs none");
	rc = rules_draft(cookie, st, bundle_json, -1, &rules, diags, err);
	if (rc != 0)
		return rc;
	return backtests_start(
	    h->backtests, rules_change_peek(h->draft), h->live, since_ms, until_ms, id_r, err);
}

static int
backtest_show(void *cookie, int64_t id, struct buf *out, struct err *err)
{
	struct host *h = cookie;

	return h->backtests == NULL ? 0 : backtests_show(h->backtests, id, out, err);
}

static bool
backtest_stop(void *cookie, int64_t id)
{
	struct host *h = cookie;

	return h->backtests != NULL && backtests_stop(h->backtests, id) == 1;
}

static int
folder_hash(void *cookie, char hash_r[65], struct err *err)
{
	struct host *h = cookie;
	const struct config *config = h->live->config;
	struct arena *a = arena_new(4 * (size_t)BUNDLE_BYTES_MAX);
	struct diag_list *diags = diag_list_new();
	struct bundle b;
	int rc = -1;

	if (a == NULL || diags == NULL)
		err_set(err, ERR_NOMEM, "no memory to read the rules folder");
	else
		rc = bundle_read(
		    config->rules_dir, NULL, 0, config->templates_dir, a, diags, &b, err);
	if (rc == 0 && diag_count(diags, DIAG_ERROR) > 0)
		rc = 1;
	if (rc == 0)
		bundle_hash(&b, hash_r);
	diag_list_free(diags);
	arena_free(a);
	return rc;
}

void
host_init(struct host *h, struct snapshot *live, struct arena *a, const struct clock *clock,
    struct backtests *backtests, struct slice sources_json, struct slice channels_json)
{
	*h = (struct host){.live = live, .arena = a, .clock = clock, .backtests = backtests};
	h->api = (struct api_host){.cookie = h,
	    .rules_prepare = rules_prepare,
	    .rules_commit = rules_commit,
	    .rules_draft = rules_draft,
	    .rules_of = rules_of,
	    .folder_hash = folder_hash,
	    .backtest_start = backtest_start,
	    .backtest_show = backtest_show,
	    .backtest_stop = backtest_stop,
	    .sources_json = sources_json,
	    .channels_json = channels_json};
}

void
host_fini(struct host *h)
{
	snapshot_unref(h->past);
	rules_change_free(h->draft);
	rules_change_free(h->prepared);
	diag_list_free(h->prepared_diags);
	h->past = NULL;
	h->draft = h->prepared = NULL;
	h->prepared_diags = NULL;
}
