/*
 * bench.h - what the measurements of `earshot bench` share.
 */
#ifndef DAEMON_BENCH_H
#define DAEMON_BENCH_H

#include <stddef.h>
#include <stdint.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/json.h"
#include "core/occurrence.h"
#include "core/rng.h"
#include "core/slice.h"

struct err;
struct lexicon_set;
struct post;
struct snapshot;
struct verb_call;

#define BENCH_POSTS 4096
#define BENCH_BATCH 256

struct bench {
	struct verb_call *call;
	struct rng rng;
	struct arena *arena;
	struct post *posts;
	struct slice *texts; /* of --texts; NULL: invented here */
	size_t text_count;
	struct lexicon_set *lexicon;
	struct json_writer w;
	struct buf out;
	double seconds;
	size_t only_rules; /* how many rules to measure; 0: all sizes */
	const char *export_dir; /* where the rules and posts measured are written to; NULL */
	char dir[64]; /* for databases; removed afterwards */
};

/* "Honestly, the new roast is really good<tail> :)", in the bench's arena; NULL without memory. */
const char *bench_text(struct bench *b, size_t i, const char *tail);
/* Of no configuration but the built-in one.  -1 and err, also when the rules do not compile. */
int bench_compile(struct bench *b, struct slice rules, struct snapshot **s_r, struct err *err);

/* Rules and posts shaped like what the service exists for, from a fixed seed. */
struct bench_world {
	struct arena *arena;
	struct slice rules;
	struct post *posts;
	struct score *scores; /* made by bench_world_score() */
	struct author_facts *authors;
	struct occurrence *occurrences;
	size_t count; /* posts */
};

/* words: among how many keywords and tags the rules and posts choose; the fewer, the more rules are
 * true.  with_state: cool-downs, and windows for a third of the rules. */
int bench_world_make(struct bench *b, size_t rules, size_t words, bool with_state,
    struct bench_world *w_r, struct err *err);
int bench_world_score(struct bench *b, struct bench_world *w, struct snapshot *s, struct err *err);
/* rules.json and facts.ndjson (what each post gives a condition to compare with). */
int bench_world_export(struct bench_world *w, const char *dir, struct err *err);
void bench_world_fini(struct bench_world *w);

/* The object "rules" of the figures. */
int bench_rules(struct bench *b, struct err *err);
/* The object "people". */
int bench_people(struct bench *b, struct err *err);
/* The object "swap": a minute or more, so only when it is asked for. */
int bench_swap(struct bench *b, struct err *err);

#endif
