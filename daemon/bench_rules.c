/*
 * bench_rules.c - posts through compiled rules: how many a second, beside nothing; and with
 * cool-downs and windows, settled against the store as the pipeline does it but rolled back, so that
 * decisions are made and not kept.
 *
 * Looking up the words of the posts in the rules is a step of its own, before: each figure is told without
 * it and with it.
 *
 * Time is what the process used of a processor, so that neighbours count little.
 */
#include "daemon/bench.h"

#include <malloc.h>
#include <stdio.h>

#include "core/err.h"
#include "core/post.h"
#include "core/score.h"
#include "platform/sysclock.h"
#include "platform/zone_clock.h"
#include "rules/rules.h"
#include "store/store.h"

#include "actions/actions.h"
#include "daemon/config.h"
#include "daemon/snapshot.h"

/* So many rules for each keyword and tag of the vocabulary let ten of 10,000 be true. */
#define RULES_PER_WORD 18

static size_t
heap_bytes(void)
{
	struct mallinfo2 m = mallinfo2();

	return m.uordblks + m.hblkhd;
}

/* Each figure is the best of so many turns: neighbours take the processor's caches as well. */
#define TURNS 10

static bool
turn_goes_on(const struct bench *b, int64_t took_ns, int64_t posts)
{
	return (double)took_ns < b->seconds * 1e9 / 3 / TURNS || posts < 2 * BENCH_BATCH;
}

static int64_t
per_second(int64_t posts, int64_t took_ns)
{
	return (int64_t)((double)posts * 1e9 / (double)took_ns);
}

struct run { /* one set of rules that is measured */
	struct bench *b;
	struct bench_world world;
	struct snapshot *snapshot;
	struct arena *arena;
	size_t rules;
	int64_t compile_ns;
	int64_t spent_ns, look_up_ns; /* of a turn, without and for looking words up */
	int64_t best, best_with_look_up; /* posts a second, of all turns */
	size_t bytes; /* of the compiled rules */
	int touched; /* what was read; nobody looks */
};

/* A post comes to the rules just after it was scored: its words and brands are near the processor. */
#define NEAR_POSTS 32

static void
touch(struct run *r, size_t from)
{
	for (size_t i = from; i < from + NEAR_POSTS; i++) {
		const struct score *s = &r->world.scores[i % r->world.count];
		const struct post *p = &r->world.posts[i % r->world.count];

		for (size_t k = 0; k < s->token_count; k++)
			r->touched ^= s->tokens[k].folded[0] + (int)s->tokens[k].kind;
		if (s->brand_count > 0)
			r->touched ^= s->brands[0];
		r->touched ^= p->id.ptr[0] + p->author.id.ptr[0] + p->author.handle.ptr[0] +
		    p->tags.items[0].ptr[0];
		r->touched ^= r->world.occurrences[i % r->world.count].subject.ptr[0];
	}
}

/* As the pipeline does for each post before it evaluates; in the arena. */
static int
look_up(struct run *r, size_t from, struct err *err)
{
	int64_t began = sysclock_cpu_ns();

	for (size_t i = from; i < from + NEAR_POSTS; i++) {
		struct occurrence *occ = &r->world.occurrences[i % r->world.count];

		if (rule_set_look_up(r->snapshot->rules, occ->score, r->arena, &occ->words, err) <
		    0)
			return -1;
	}
	r->look_up_ns += sysclock_cpu_ns() - began;
	return 0;
}

static void
turn_begin(struct run *r)
{
	r->spent_ns = r->look_up_ns = 0;
}

static void
turn_end(struct run *r, int64_t posts)
{
	int64_t without = per_second(posts, r->spent_ns);
	int64_t with = per_second(posts, r->spent_ns + r->look_up_ns);

	r->best = without > r->best ? without : r->best;
	r->best_with_look_up = with > r->best_with_look_up ? with : r->best_with_look_up;
}

static void
put_best(const struct run *r, struct json_writer *w)
{
	json_kv_i64(w, "rules", (int64_t)r->rules);
	json_kv_i64(w, "posts_per_s", r->best);
	json_kv_i64(w, "posts_per_s_with_look_up", r->best_with_look_up);
}

static void
run_fini(struct run *r)
{
	snapshot_unref(r->snapshot);
	arena_free(r->arena);
	bench_world_fini(&r->world);
}

static int
run_begin(
    struct bench *b, size_t rules, size_t words, bool with_state, struct run *r, struct err *err)
{
	size_t bytes;

	*r = (struct run){.b = b, .rules = rules, .arena = arena_new(64u * 1024 * 1024)};
	if (r->arena == NULL)
		return err_set(err, ERR_NOMEM, "no memory");
	if (bench_world_make(b, rules, words, with_state, &r->world, err) < 0)
		return -1;
	bytes = heap_bytes();
	r->compile_ns = sysclock_cpu_ns();
	if (bench_compile(b, r->world.rules, &r->snapshot, err) < 0)
		return -1;
	r->compile_ns = sysclock_cpu_ns() - r->compile_ns;
	r->bytes = heap_bytes() - bytes;
	return bench_world_score(b, &r->world, r->snapshot, err);
}

/* ---- rules alone ----------------------------------------------------------------------- */

static int
evaluate_some(struct run *r, size_t from, int64_t *fired, struct err *err)
{
	struct rule_facts none = {.in_list = NULL};
	int64_t began;

	touch(r, from);
	if (look_up(r, from, err) < 0)
		return -1;
	began = sysclock_cpu_ns();
	for (size_t i = from; i < from + NEAR_POSTS; i++) {
		struct firing *firings;
		size_t n;

		if (rule_set_evaluate(r->snapshot->rules, &r->world.occurrences[i % r->world.count],
			&none, r->arena, &firings, &n, err) < 0)
			return -1;
		*fired += (int64_t)n;
	}
	arena_reset(r->arena);
	r->spent_ns += sysclock_cpu_ns() - began;
	return 0;
}

static int
bench_stateless(struct bench *b, size_t rules, size_t words, struct err *err)
{
	struct run r;
	int64_t done = 0, fired = 0;
	int rc = run_begin(b, rules, words, false, &r, err);

	for (int turn = 0; rc == 0 && turn <= TURNS; turn++) { /* the first warms up */
		int64_t before = done;

		turn_begin(&r);
		while (rc == 0 && turn_goes_on(b, r.spent_ns, done - before)) {
			rc = evaluate_some(&r, (size_t)done, &fired, err);
			done += NEAR_POSTS;
		}
		if (rc == 0)
			turn_end(&r, done - before);
	}
	if (rc == 0 && b->export_dir != NULL && rules == 10000)
		rc = bench_world_export(&r.world, b->export_dir, err);
	if (rc == 0) {
		json_object_begin(&b->w);
		put_best(&r, &b->w);
		json_kv_milli(&b->w, "true_per_post", fired * 1000 / done);
		json_kv_i64(&b->w, "compile_ms", r.compile_ns / 1000000);
		json_kv_i64(&b->w, "bytes_per_rule", (int64_t)(r.bytes / rules));
		json_object_end(&b->w);
	}
	run_fini(&r);
	return rc;
}

/* ---- with what rules remember --------------------------------------------------------------- */

struct mix {
	struct run run;
	struct store *store;
	struct zone_clock *zones;
	int64_t fired, held;
};

static int
settle_one(struct mix *m, struct occurrence *occ, struct err *err)
{
	struct rule_facts none = {.in_list = NULL};
	struct settle_input in = {.occ = occ, .mode = SETTLE_REHEARSE, .zones = m->zones};
	struct settled settled = {0};
	struct firing *firings;

	if (rule_set_evaluate(m->run.snapshot->rules, occ, &none, m->run.arena, &firings,
		&in.firing_count, err) < 0)
		return -1;
	in.firings = firings;
	if (actions_settle(m->store, &m->run.snapshot->config->actions, m->run.snapshot->templates,
		&in, m->run.arena, &settled, err) < 0)
		return -1;
	m->fired += (int64_t)settled.fired;
	m->held += (int64_t)settled.held;
	return 0;
}

/* All but every tenth, whose authors stay unknown; twice, so that windows are full. */
static int
warm_up(struct mix *m, struct err *err)
{
	int rc = 0;

	for (int64_t before_ms = 2 * TIME_HOUR_MS; rc == 0 && before_ms > 0;
	     before_ms -= TIME_HOUR_MS) {
		if (store_begin(m->store, err) < 0)
			return -1;
		for (size_t i = 0; rc == 0 && i < m->run.world.count; i++) {
			struct occurrence occ = m->run.world.occurrences[i];

			occ.now_ms -= before_ms;
			occ.at_ms -= before_ms;
			occ.words = NULL;
			if (i % 10 != 9)
				rc = settle_one(m, &occ, err);
			if (i % BENCH_BATCH == 0)
				arena_reset(m->run.arena);
		}
		if (rc < 0)
			store_rollback(m->store);
		else
			rc = store_commit(m->store, err);
	}
	return rc;
}

static int
settle_some(struct mix *m, size_t from, struct err *err)
{
	int rc = store_begin(m->store, err);
	int64_t began = 0;

	if (rc < 0)
		return -1;
	for (size_t i = from; rc == 0 && i < from + BENCH_BATCH; i++) {
		if (i % NEAR_POSTS == 0) {
			m->run.spent_ns += i == from ? 0 : sysclock_cpu_ns() - began;
			arena_reset(m->run.arena);
			touch(&m->run, i);
			rc = look_up(&m->run, i, err);
			began = sysclock_cpu_ns();
		}
		if (rc == 0)
			rc = settle_one(m, &m->run.world.occurrences[i % m->run.world.count], err);
	}
	m->run.spent_ns += sysclock_cpu_ns() - began;
	store_rollback(m->store);
	return rc;
}

static int
measure_mix(struct mix *m, struct err *err)
{
	struct json_writer *w = &m->run.b->w;
	int64_t done = 0;
	int rc = warm_up(m, err);

	m->fired = m->held = 0;
	for (int turn = 0; rc == 0 && turn <= TURNS; turn++) { /* the first warms up */
		int64_t before = done;

		turn_begin(&m->run);
		while (rc == 0 && turn_goes_on(m->run.b, m->run.spent_ns, done - before)) {
			rc = settle_some(m, (size_t)done, err);
			done += BENCH_BATCH;
		}
		if (rc == 0)
			turn_end(&m->run, done - before);
	}
	if (rc < 0)
		return -1;
	json_object_begin(w);
	put_best(&m->run, w);
	json_kv_milli(w, "fired_per_post", m->fired * 1000 / done);
	json_kv_milli(w, "held_per_post", m->held * 1000 / done);
	json_kv_i64(w, "bytes_per_rule", (int64_t)(m->run.bytes / m->run.rules));
	json_object_end(w);
	return 0;
}

static int
bench_mix(struct bench *b, size_t rules, struct err *err)
{
	struct mix m = {0};
	struct store_options o = {.mode = STORE_WRITER};
	char path[128];
	int rc = run_begin(b, rules, rules / RULES_PER_WORD, true, &m.run, err);

	snprintf(path, sizeof path, "%s/rules.db", b->dir);
	o.path = path;
	o.now_ms = m.run.world.occurrences != NULL ? m.run.world.occurrences[0].now_ms : 0;
	m.zones = zone_clock_new();
	if (rc == 0 && m.zones == NULL)
		rc = err_set(err, ERR_NOMEM, "no memory");
	if (rc == 0)
		rc = store_open(&o, &m.store, err);
	if (rc == 0)
		rc = measure_mix(&m, err);
	store_close(m.store);
	zone_clock_free(m.zones);
	run_fini(&m.run);
	return rc;
}

/* ---- all -------------------------------------------------------------------------------------- */

static int
measure_stateless(struct bench *b, struct err *err)
{
	static const size_t sizes[] = {10, 1000, 10000, 100000};
	int rc = 0;

	json_key(&b->w, "stateless");
	json_array_begin(&b->w);
	for (size_t i = 0; rc == 0 && i < sizeof sizes / sizeof *sizes; i++) {
		if (b->only_rules != 0 && b->only_rules != sizes[i])
			continue;
		fprintf(stderr, "%zu rules ...\n", sizes[i]);
		rc = bench_stateless(b, sizes[i], sizes[i] / RULES_PER_WORD + 1, err);
	}
	if (rc == 0 && b->only_rules == 0) /* a hundred true ones */
		rc = bench_stateless(b, 100000, 10000 / RULES_PER_WORD + 1, err);
	json_array_end(&b->w);
	return rc;
}

int
bench_rules(struct bench *b, struct err *err)
{
	int rc;

	json_key(&b->w, "rules");
	json_object_begin(&b->w);
	rc = measure_stateless(b, err);
	if (rc == 0 && (b->only_rules == 0 || b->only_rules == 10000)) {
		fprintf(stderr, "10000 rules with cool-downs and windows ...\n");
		json_key(&b->w, "remembering");
		rc = bench_mix(b, 10000, err);
	}
	json_object_end(&b->w);
	return rc;
}
