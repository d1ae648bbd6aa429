#include "daemon/rules_change.h"

#include <assert.h>
#include <string.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/diag.h"
#include "core/err.h"
#include "core/map.h"
#include "core/mem.h"
#include "rules/crowd.h"
#include "rules/rules.h"
#include "store/outbox.h"

#include "daemon/bundle.h"
#include "daemon/examples.h"
#include "daemon/snapshot.h"

#define ALIVE_MAX 4000000u /* ids that live or rest */

struct rules_change {
	struct rules_ask ask;
	struct arena *arena;
	struct snapshot *snapshot;
	int64_t live_version;
	bool is_same;
	char hash[65];
	struct buf text; /* the bundle, as it is stored */
	/* What is written already; stage_no 0: nothing is. */
	int64_t stage_no, part_count;
	size_t staged_bytes, staged_ids;
	/* Ids that begin to live (again), and those that end; written in this order. */
	struct slice *born, *gone;
	size_t born_count, gone_count;
};

void
rules_change_free(struct rules_change *c)
{
	if (c == NULL)
		return;
	snapshot_unref(c->snapshot);
	buf_fini(&c->text);
	arena_free(c->arena);
	mem_free(c);
}

static struct rules_change *
change_new(const struct rules_ask *ask)
{
	struct rules_change *c = mem_zalloc(sizeof *c);

	if (c == NULL)
		return NULL;
	buf_init(&c->text, 2 * (size_t)BUNDLE_BYTES_MAX);
	c->arena = arena_new(4 * (size_t)BUNDLE_BYTES_MAX);
	c->ask = *ask;
	if (c->arena != NULL) {
		c->ask.author = arena_strdup(c->arena, ask->author);
		c->ask.reason = arena_strdup(c->arena, ask->reason);
	}
	if (c->arena == NULL || c->ask.author == NULL || c->ask.reason == NULL) {
		rules_change_free(c);
		return NULL;
	}
	return c;
}

/* ---- ids ------------------------------------------------------------------------ */

/* Rules first, then watches: a watch leaves decisions under its id as a rule does. */
static size_t
id_count(const struct rule_set *set)
{
	return rule_set_count(set) + rule_set_watch_count(set);
}

static struct slice
id_at(const struct rule_set *set, size_t i)
{
	size_t rules = rule_set_count(set);

	return i < rules ? rule_set_head(set, i)->id : rule_set_watch(set, i - rules)->rule.id;
}

struct ids {
	struct rules_change *c;
	struct map *alive; /* ids that live or rest; those of the new rules are taken out */
	bool has_no_memory;
};

static int
take_alive(void *cookie, struct slice id, struct err *err)
{
	struct ids *ids = cookie;
	static char mark; /* stands for "there" */

	return map_put(ids->alive, id, &mark) < 0
	    ? err_set(err, ERR_NOMEM, "no memory for the ids of the rules")
	    : 0;
}

/* An id that is new, or was dropped: which is a finding unless an old version comes back. */
static int
judge_id(struct store *store, struct rules_change *c, struct slice id, struct diag_list *diags,
    struct err *err)
{
	int rc = store_rule_id_was_dropped(store, id, err);

	if (rc < 0)
		return -1;
	if (rc == 0 || c->ask.use == BUNDLE_ROLLBACK) {
		c->born[c->born_count++] = id;
		return 0;
	}
	diag_add_file(diags, DIAG_ERROR, "R090", NULL,
	    "choose a new id: cool-downs and history hang on the old one",
	    "the id '%.*s' belonged to a rule or watch that was removed", SLICE_ARG(id));
	return 1;
}

/* What is left of the living ones ends; when an old version comes back it rests, and may come back
 * as well. */
static int
collect_gone(struct rules_change *c, const struct map *alive)
{
	struct slice id;
	size_t pos = 0;

	if (c->ask.use == BUNDLE_ROLLBACK)
		return 0;
	c->gone = arena_array(c->arena, map_count(alive) + 1, sizeof *c->gone);
	if (c->gone == NULL)
		return -1;
	while (map_next(alive, &pos, &id) != NULL) {
		struct slice copy = arena_slice_dup(c->arena, id);

		if (!slice_is_set(copy))
			return -1;
		c->gone[c->gone_count++] = copy;
	}
	return 0;
}

static int
judge_ids(struct store *store, struct rules_change *c, struct diag_list *diags, struct err *err)
{
	const struct rule_set *set = c->snapshot->rules;
	struct ids ids = {.c = c, .alive = map_new(0, ALIVE_MAX, NULL)};
	size_t n = id_count(set);
	int found = 0, rc = -1;

	c->born = arena_array(c->arena, n + 1, sizeof *c->born);
	if (ids.alive == NULL || c->born == NULL) {
		err_set(err, ERR_NOMEM, "no memory for the ids of the rules");
		goto out;
	}
	if (store_rule_ids_alive(store, take_alive, &ids, err) < 0)
		goto out;
	for (size_t i = 0; i < n; i++) {
		struct slice id = id_at(set, i);

		if (map_get(ids.alive, id) != NULL) {
			map_remove(ids.alive, id);
			continue;
		}
		rc = judge_id(store, c, id, diags, err);
		if (rc < 0)
			goto out;
		found |= rc;
	}
	rc = found;
	if (collect_gone(c, ids.alive) < 0)
		rc = err_set(err, ERR_NOMEM, "no memory for the ids of the rules");
out:
	map_free(ids.alive);
	return rc;
}

/* ---- ready ------------------------------------------------------------------------ */

static int
compare_with_live(struct store *store, struct rules_change *c, struct err *err)
{
	struct arena *a = arena_new(2 * (size_t)BUNDLE_BYTES_MAX);
	struct rules_version live = {0};
	int rc;

	if (a == NULL)
		return err_set(err, ERR_NOMEM, "no memory for the rules");
	rc = store_rules_live(store, a, &live, err);
	if (rc >= 0) {
		c->live_version = rc == 1 ? live.version : 0;
		c->is_same = rc == 1 && slice_eq_str(live.content_hash, c->hash);
		rc = 0;
	}
	arena_free(a);
	if (rc == 0 && c->ask.base_version >= 0 && c->ask.base_version != c->live_version)
		return err_set(err, ERR_CONFLICT,
		    "changed meanwhile: version %lld is live, you edited version %lld",
		    (long long)c->live_version, (long long)c->ask.base_version);
	return rc;
}

static int
print_text(struct rules_change *c, const struct bundle *b, struct err *err)
{
	bundle_print(b, &c->text);
	if (!buf_failed(&c->text))
		return 0;
	return err_set(err, ERR_LIMIT, "rules and templates together are over %d MB",
	    BUNDLE_BYTES_MAX / (1024 * 1024));
}

static int
prepare(struct store *store, struct rules_change *c, struct config *config,
    struct lexicon_set *lexicon, const struct bundle *b, struct diag_list *diags, struct err *err)
{
	int rc;

	bundle_hash(b, c->hash);
	if (compare_with_live(store, c, err) < 0)
		return -1;
	rc = snapshot_compile(b, config, lexicon, c->live_version + 1, diags, &c->snapshot, err);
	if (rc == 0)
		rc = examples_try(c->snapshot, diags, err);
	if (rc == 0)
		rc = rule_set_judge_periods(c->snapshot->rules, c->ask.now_ms, diags, err);
	if (rc == 0 && !c->is_same)
		rc = judge_ids(store, c, diags, err);
	if (rc == 0 && c->ask.use != BUNDLE_CHECK)
		rc = print_text(c, b, err);
	return rc;
}

int
rules_change_prepare(struct store *store, struct config *config, struct lexicon_set *lexicon,
    const struct bundle *b, const struct rules_ask *ask, struct diag_list *diags,
    struct rules_change **c_r, struct err *err)
{
	struct rules_change *c = change_new(ask);
	int rc;

	if (c == NULL)
		return err_set(err, ERR_NOMEM, "no memory for the rules");
	rc = prepare(store, c, config, lexicon, b, diags, err);
	if (rc == 0) {
		*c_r = c;
		c = NULL; /* the caller's now */
	}
	rules_change_free(c);
	return rc;
}

struct snapshot *
rules_change_peek(const struct rules_change *c)
{
	return c->snapshot;
}

bool
rules_change_is_same(const struct rules_change *c)
{
	return c->is_same;
}

int64_t
rules_change_base(const struct rules_change *c)
{
	return c->live_version;
}

/* ---- parts ----------------------------------------------------------------------------- */

/* What posts wait for a part is a fraction of a millisecond. */
#define PART_BYTES (64 * (size_t)1024)
#define PART_IDS 100

static size_t
ids_left(const struct rules_change *c)
{
	return c->born_count + c->gone_count - c->staged_ids;
}

bool
rules_change_has_parts(const struct rules_change *c)
{
	return !c->is_same && c->text.len > PART_BYTES &&
	    (c->staged_bytes < c->text.len || ids_left(c) > 0);
}

static int
stage_text(struct store *store, struct rules_change *c, struct err *err)
{
	struct slice rest = buf_slice(&c->text);

	rest.ptr += c->staged_bytes;
	rest.len -= c->staged_bytes;
	if (rest.len > PART_BYTES)
		rest.len = PART_BYTES;
	if (store_rules_stage(store, &c->stage_no, c->part_count, rest, err) < 0)
		return -1;
	c->staged_bytes += rest.len;
	c->part_count++;
	return 0;
}

/* The version is the one after what was live when it was made ready: nothing else goes live. */
static int
stage_ids(struct store *store, struct rules_change *c, size_t max, struct err *err)
{
	for (; max > 0 && ids_left(c) > 0; max--, c->staged_ids++) {
		size_t i = c->staged_ids;
		int rc = i < c->born_count
		    ? store_rule_id_begin(store, c->stage_no, c->born[i], c->live_version + 1, err)
		    : store_rule_id_end(
			  store, c->stage_no, c->gone[i - c->born_count], c->live_version, err);

		if (rc < 0)
			return -1;
	}
	return 0;
}

int
rules_change_stage(struct store *store, struct rules_change *c, struct err *err)
{
	assert(rules_change_has_parts(c));
	return c->staged_bytes < c->text.len ? stage_text(store, c, err)
					     : stage_ids(store, c, PART_IDS, err);
}

/* ---- live -------------------------------------------------------------------------- */

static int
is_still_next(struct store *store, const struct rules_change *c, struct err *err)
{
	int64_t live = 0;

	if (store_rules_live_version(store, &live, err) < 0)
		return -1;
	if (live == c->live_version)
		return 0;
	return err_set(err, ERR_CONFLICT,
	    "changed meanwhile: version %lld went live while this was made ready", (long long)live);
}

int
rules_change_commit(
    struct store *store, struct rules_change *c, int64_t *version_r, struct err *err)
{
	struct rules_version v = {.applied_at_ms = c->ask.now_ms,
	    .author = slice_of(c->ask.author),
	    .reason = slice_of(c->ask.reason),
	    .content_hash = slice_of(c->hash),
	    .bundle_json = buf_slice(&c->text)};

	assert(c->ask.use != BUNDLE_CHECK);
	if (is_still_next(store, c, err) < 0)
		return -1;
	*version_r = c->live_version;
	if (c->is_same)
		return 0;
	if (store_rules_stage_number(store, &c->stage_no, err) < 0 ||
	    stage_ids(store, c, SIZE_MAX, err) < 0)
		return -1;
	v.stage_no = c->stage_no;
	if (store_rules_put(store, &v, err) < 0)
		return -1;
	*version_r = v.version;
	return 0;
}
