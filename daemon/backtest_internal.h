/*
 * backtest_internal.h - what one rule set did with the posts, counted as it happens; and the report.
 */
#ifndef DAEMON_BACKTEST_INTERNAL_H
#define DAEMON_BACKTEST_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/slice.h"
#include "daemon/backtest.h"

struct arena;
struct decision_row;
struct json_writer;
struct map;
struct snapshot;
struct stored_post;

#define BACKTEST_SAMPLES 5
#define BACKTEST_EXCERPT 160 /* bytes of a post's text in a sample */
#define BACKTEST_NOTES 12

/* Something that was done (or drafted, alerted ...), as both sides can name it. */
struct backtest_deed {
	uint64_t key; /* hash of rule, occurrence and action */
	int64_t post_no;
	uint32_t rule; /* index in the side's set */
};

struct backtest_sample {
	struct slice post_id, author, text, action, outcome, note;
	int64_t at_ms;
};

struct backtest_rule {
	int64_t matched; /* posts its conditions held for */
	int64_t fired, held, waiting, counted; /* of these */
	int64_t messages, drafts, alerts, changes, suppressed; /* actions */
	int64_t people; /* distinct subjects it fired for */
	int64_t cost_milli;
	struct backtest_sample samples[BACKTEST_SAMPLES];
	size_t sample_count;
	int64_t only_here; /* deeds the other side did not do */
	int64_t only_posts[BACKTEST_SAMPLES];
	size_t only_count;
	/* the firing its rows belong to */
	int64_t last_post_no;
	int last_kind;
};

struct backtest_watch {
	int64_t incidents, alerts;
	uint64_t last; /* hash of the incident its rows belong to */
};

/* One rule set on its way through the posts. */
struct backtest_side {
	const struct snapshot *snapshot;
	struct arena *arena; /* samples */
	struct backtest_rule *rules;
	size_t rule_count;
	struct backtest_watch *watches;
	size_t watch_count;
	struct map *people; /* "rule subject" seen */
	struct backtest_deed *deeds;
	size_t deed_count, deed_cap;
	int64_t people_total; /* distinct subjects over all rules */
	bool has_no_memory;
};

int backtest_side_init(
    struct backtest_side *s, const struct snapshot *snapshot, uint64_t hash_seed, struct err *err);
void backtest_side_fini(struct backtest_side *s);
/* A decision of the pipeline, about sp (NULL: about a crowd). */
void backtest_side_take(
    struct backtest_side *s, const struct decision_row *row, const struct stored_post *sp);
/* Counts what only one of the two did.  Sorts their deeds. */
void backtest_compare(struct backtest_side *draft, struct backtest_side *live);

struct backtest_facts {
	int64_t posts, gone, since_ms, until_ms;
	const char *notes[BACKTEST_NOTES]; /* what could not be known */
	size_t note_count;
};
void backtest_report(const struct backtest_facts *f, const struct backtest_side *draft,
    const struct backtest_side *live, struct json_writer *w);

#endif
