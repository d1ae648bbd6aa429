/*
 * crowd.h - the watches of a rule set over time: what was counted, what is usual, and the incidents
 * that begin and end.
 *
 * The caller adds the posts whose `over posts where` or `out of` was true, and asks for a judgement
 * after each post that was added and when crowd_next_due() says so (a crowd also ends, or falls
 * silent, while nobody speaks).  Windows end at the time of the judgement and reach back over event
 * times; a post later than the widest window counts for nothing, one that is ahead of the judgement
 * counts when its time has come.  A share reaches back to the full minute, with both its parts.
 *
 * The usual is learned from buckets of minutes that have been over for some (rules/spike.h), and is
 * not known at first; what is not known is not true.  "At most" and "below" are not known before the
 * watch has looked on for the time they ask about.
 *
 * Ownership: a crowd holds a reference to its rule set.
 * Limits:    CROWD_HITS_MAX posts a watch; beyond them the oldest go and the counts say "at least".
 * Errors:    after a crowd_judge() that fails the crowd is not to be used: fill a new one from the
 *            rows.  A crowd_add() that fails has counted nothing.
 * Crashes:   nothing here is durable.  The caller keeps rows (hits, base minutes, crowd_state_write())
 *            in the transaction of the posts and fills a new crowd from them.
 * Threads:   one crowd, one thread.  No clock: time comes in.
 */
#ifndef RULES_CROWD_H
#define RULES_CROWD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/decision.h"
#include "core/slice.h"

struct arena;
struct buf;
struct crowd;
struct err;
struct rule_set;

#define CROWD_HITS_MAX 65536

/* A watch as the rest of the house sees it. */
struct watch_head {
	struct rule_head rule; /* id, title, version, shadow, actions */
	int64_t quiet_ms; /* `until quiet for` */
	int64_t
	    widest_ms; /* posts and minutes are needed so far back: its widest window, or more */
	bool has_base; /* it asks for a share */
};
size_t rule_set_watch_count(const struct rule_set *set);
const struct watch_head *rule_set_watch(const struct rule_set *set, size_t i);
/* The watch whose head a firing of FIRING_WATCHED or FIRING_BASE names. */
size_t rule_set_watch_of(const struct rule_set *set, const struct rule_head *rule);
int rule_set_find_watch(const struct rule_set *set, struct slice id); /* index, or -1 */
/* The longest time its `when` looks back over. */
int64_t rule_set_watch_window(const struct rule_set *set, size_t i);
struct rule_period rule_set_watch_period(const struct rule_set *set, size_t i, int64_t now_ms);
bool rule_set_watch_is_off(const struct rule_set *set, size_t i);
void rule_set_print_watch(const struct rule_set *set, size_t i, struct buf *out);

int crowd_new(struct rule_set *set, struct crowd **crowd_r, struct err *err);
void crowd_free(struct crowd *c);

/* Watch i of a new crowd goes on with all that the one of its id knows in the crowd before, which is then
 * good for crowd_free() and for other watches alone.  false: they count other things or over other times; then
 * it is to be filled from the rows. */
bool crowd_take_over(struct crowd *c, size_t i, struct crowd *old);

/* A post was counted by watch i: FIRING_WATCHED or FIRING_BASE. author 0: anonymous, which is nobody
 * distinct.  -1 without memory. */
int crowd_add(struct crowd *c, size_t i, enum firing_part part, int64_t at_ms, uint64_t author,
    struct err *err);
/* From the store's rows at start: n posts of the base in that minute (event time / 60,000). */
int crowd_add_base(struct crowd *c, size_t i, int64_t minute, int64_t n, struct err *err);

enum crowd_turn {
	CROWD_BEGINS,
	CROWD_ENDS
};
struct crowd_change {
	size_t watch;
	enum crowd_turn turn;
	int64_t since_ms; /* when the incident began */
	int64_t peak; /* most posts its widest window held */
	struct slice reason; /* the values seen, one line; in the arena */
};
/* All watches that were touched since, or are due: what begins and what ends now.  now_ms is never
 * less than the time before (an earlier one is taken for that).  The incident of a watch that is off
 * ends. */
int crowd_judge(struct crowd *c, int64_t now_ms, struct arena *a, struct crowd_change **changes_r,
    size_t *count_r, struct err *err);
/* When to judge at the latest although nothing is added: at most once a second, a past time for at
 * once; TIME_UNKNOWN: no need. */
int64_t crowd_next_due(const struct crowd *c);

bool crowd_is_active(const struct crowd *c, size_t i, int64_t *since_ms_r);
/* The incident of watch i was ended by others; it begins anew at the next judging if it still holds. */
void crowd_stand_down(struct crowd *c, size_t i);
/* Has its state (incident, detector) changed since it was written last? */
bool crowd_is_changed(const struct crowd *c, size_t i);
/* The state of watch i in a versioned form of at most 2 KB; read answers false for what it does not
 * know, which leaves the watch as new.  Of a watch that counts other posts than it did when this was
 * written only the incident is taken over: what was usual then is not usual now. */
int crowd_state_write(struct crowd *c, size_t i, struct buf *out);
bool crowd_state_read(struct crowd *c, size_t i, struct slice state);
/* Every test of watch i with the value seen now, as lines of text or JSON: for status and why. */
int crowd_explain(const struct crowd *c, size_t i, int64_t now_ms, struct arena *a,
    struct buf *text_out, struct buf *json_out, struct err *err);

#endif
