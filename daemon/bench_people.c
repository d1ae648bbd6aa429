/*
 * bench_people.c - what it costs to count an endorsement: the arithmetic alone, and through the cache of
 * author_standing, of a million authors of whom some are spoken of much more than others.
 */
#include <string.h>

#include "core/clock.h"
#include "core/err.h"
#include "core/mem.h"
#include "people/standing.h"
#include "platform/sysclock.h"
#include "store/standing.h"
#include "store/store.h"

#include "daemon/bench.h"

#define AUTHORS 1000000
#define STATES 65536 /* of the arithmetic alone: 15 MB */
#define ROUND 4096
#define BEGIN_MS INT64_C(1795255200000)

/* Of a processor, and of the clock on the wall: who has neighbours sees the first alone. */
struct time_ns {
	int64_t cpu, wall;
};

static struct time_ns
now(void)
{
	return (struct time_ns){sysclock_cpu_ns(), clock_mono_ns(sysclock())};
}

static void
add_since(struct time_ns *sum, struct time_ns began)
{
	struct time_ns t = now();

	sum->cpu += t.cpu - began.cpu;
	sum->wall += t.wall - began.wall;
}

static void
put_times(struct bench *b, const char *name, struct time_ns took, int64_t count)
{
	json_key(&b->w, name);
	json_object_begin(&b->w);
	json_kv_i64(&b->w, "cpu_ns", took.cpu / count);
	json_kv_i64(&b->w, "wall_ns", took.wall / count);
	json_object_end(&b->w);
}

/* The square of an even chance: a few are spoken of all the time. */
static int64_t
somebody(struct bench *b, uint64_t count)
{
	uint64_t chance = rng_below(&b->rng, 1 << 20);

	return (int64_t)((chance * chance >> 20) * count >> 20);
}

static int
measure_arithmetic(struct bench *b, struct err *err)
{
	struct standing *states = mem_array(STATES, sizeof *states);
	struct time_ns began, took;
	int64_t done = 0, at_ms = BEGIN_MS;

	if (states == NULL)
		return err_set(err, ERR_NOMEM, "no memory for the authors");
	began = now();
	do {
		for (size_t i = 0; i < ROUND; i++, done++) {
			at_ms += 37;
			standing_endorse(&states[somebody(b, STATES)],
			    (enum endorsement)(done % ENDORSE_KIND_COUNT), done % 5000, 1000,
			    at_ms);
		}
		took = (struct time_ns){0};
		add_since(&took, began);
	} while ((double)took.wall < b->seconds * 1e9);
	mem_free(states);
	put_times(b, "endorsement", took, done);
	return 0;
}

/* As the pipeline does it: read, endorse, put. */
static int
endorse_one(struct store *st, int64_t author_no, int64_t endorser, int64_t at_ms, struct err *err)
{
	struct standing_row row;
	struct standing s;

	if (store_standing_get(st, author_no, &row, err) < 0)
		return -1;
	if (!standing_read(row.state, row.state_len, &s))
		standing_init(&s);
	standing_endorse(&s, ENDORSE_REPLY, endorser, 1000, at_ms);
	standing_write(&s, row.state);
	row.state_len = STANDING_BYTES;
	row.updated_at_ms = at_ms;
	return store_standing_put(st, author_no, &row, err);
}

struct endorsed {
	int64_t count;
	struct time_ns updates, commits;
};

static int
endorse_round(
    struct bench *b, struct store *st, uint64_t authors, struct endorsed *e, struct err *err)
{
	struct time_ns began;

	if (store_begin(st, err) < 0)
		return -1;
	began = now();
	for (size_t i = 0; i < ROUND; i++, e->count++)
		if (endorse_one(st, 1 + somebody(b, authors), e->count % 5000,
			BEGIN_MS + 37 * e->count, err) < 0)
			return -1;
	add_since(&e->updates, began);
	began = now();
	if (store_commit(st, err) < 0)
		return -1;
	add_since(&e->commits, began);
	return 0;
}

static int
measure_store(struct bench *b, const char *name, uint64_t authors, struct err *err)
{
	struct store_options o = {.mode = STORE_MEMORY, .now_ms = BEGIN_MS};
	struct store *st = NULL;
	struct endorsed e = {0};
	int64_t began;
	int rc = store_open(&o, &st, err);

	began = now().wall;
	while (rc == 0 && (e.count == 0 || (double)(now().wall - began) < b->seconds * 1e9))
		rc = endorse_round(b, st, authors, &e, err);
	store_close(st);
	if (rc < 0)
		return -1;
	json_key(&b->w, name);
	json_object_begin(&b->w);
	json_kv_i64(&b->w, "authors", (int64_t)authors);
	put_times(b, "update", e.updates, e.count);
	put_times(b, "row_written", e.commits, e.count);
	json_object_end(&b->w);
	return 0;
}

int
bench_people(struct bench *b, struct err *err)
{
	json_key(&b->w, "people");
	json_object_begin(&b->w);
	json_kv_i64(&b->w, "state_bytes", STANDING_BYTES);
	if (measure_arithmetic(b, err) < 0 || measure_store(b, "in_the_cache", 20000, err) < 0 ||
	    measure_store(b, "a_million", AUTHORS, err) < 0)
		return -1;
	json_object_end(&b->w);
	return 0;
}
