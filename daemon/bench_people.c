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

static int64_t
now_ns(void)
{
	return clock_mono_ns(sysclock());
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
	int64_t began, took, done = 0, at_ms = BEGIN_MS;

	if (states == NULL)
		return err_set(err, ERR_NOMEM, "no memory for the authors");
	began = now_ns();
	do {
		for (size_t i = 0; i < ROUND; i++, done++) {
			at_ms += 37;
			standing_endorse(&states[somebody(b, STATES)],
			    (enum endorsement)(done % ENDORSE_KIND_COUNT), done % 5000, 1000,
			    at_ms);
		}
		took = now_ns() - began;
	} while ((double)took < b->seconds * 1e9);
	mem_free(states);
	json_kv_i64(&b->w, "endorsement_ns", took / done);
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

static int
endorse_many(struct bench *b, struct store *st, uint64_t authors, int64_t *done_r, int64_t *took_r,
    int64_t *commit_r, struct err *err)
{
	int64_t began = now_ns(), done = 0, at_ms = BEGIN_MS, commits = 0;

	while ((double)(now_ns() - began) < b->seconds * 1e9) {
		int64_t before;

		if (store_begin(st, err) < 0)
			return -1;
		for (size_t i = 0; i < ROUND; i++, done++) {
			at_ms += 37;
			if (endorse_one(st, 1 + somebody(b, authors), done % 5000, at_ms, err) < 0)
				return -1;
		}
		before = now_ns();
		if (store_commit(st, err) < 0)
			return -1;
		commits += now_ns() - before;
	}
	*done_r = done;
	*took_r = now_ns() - began - commits;
	*commit_r = commits;
	return 0;
}

static int
measure_store(struct bench *b, const char *name, uint64_t authors, struct err *err)
{
	struct store_options o = {.mode = STORE_MEMORY, .now_ms = BEGIN_MS};
	struct store *st = NULL;
	int64_t done = 1, took = 0, commits = 0;
	int rc = store_open(&o, &st, err);

	if (rc == 0)
		rc = endorse_many(b, st, authors, &done, &took, &commits, err);
	store_close(st);
	if (rc < 0)
		return -1;
	json_key(&b->w, name);
	json_object_begin(&b->w);
	json_kv_i64(&b->w, "authors", (int64_t)authors);
	json_kv_i64(&b->w, "update_ns", took / done);
	json_kv_i64(&b->w, "row_written_ns", commits / done);
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
