/*
 * crowd_internal.h - what a watch keeps of its posts.
 *
 *	crowd_hits	the posts that count, in the order of their times, with a window of each width
 *			that slides over them (crowd_hits.c)
 *	crowd_base	posts a share is a share of, by minutes (crowd_base.c)
 *	crowd_run	one watch: both of these, what is usual, the incident (crowd.c)
 *
 * What may fail for want of memory are the functions that add; sliding takes none.
 */
#ifndef RULES_CROWD_INTERNAL_H
#define RULES_CROWD_INTERNAL_H

#include "rules/crowd.h"
#include "rules/engine_internal.h"
#include "rules/limits_internal.h"
#include "rules/spike.h"

/* ---- distinct authors ---- */

/* How often each author is in a window: open addressing, with room made before it is needed. */
struct author_set {
	struct author_slot {
		uint64_t author; /* 0: empty */
		uint32_t posts;
	} * slots;
	size_t mask, count;
};
/* Room for `authors` different ones. */
int author_set_reserve(struct author_set *s, size_t authors);
void author_set_add(struct author_set *s, uint64_t author);
void author_set_remove(struct author_set *s, uint64_t author);
void author_set_fini(struct author_set *s);

/* ---- hits ---- */

struct crowd_hit {
	int64_t at_ms;
	uint64_t author; /* 0: nobody */
};

/* Hits from lo up to the set's hi are in it: later than now - within_ms, not later than now. */
struct crowd_window {
	int64_t within_ms;
	size_t lo;
	bool has_authors;
	struct author_set authors;
};

struct crowd_hits {
	struct crowd_hit *room;
	size_t first, count, cap; /* hits are room[first] and the count-1 behind it, by time */
	size_t hi; /* hits that are not later than now_ms */
	int64_t now_ms; /* INT64_MIN: not judged yet */
	int64_t keep_ms; /* older ones are forgotten */
	int64_t lost_ms; /* latest that was given up for want of room; INT64_MIN: none */
	struct crowd_window *windows; /* the owner's */
	size_t window_count;
	struct author_set scratch;
	bool has_scratch; /* authors of other stretches are asked for */
};

int crowd_hits_add(struct crowd_hits *h, int64_t at_ms, uint64_t author);
void crowd_hits_advance(struct crowd_hits *h, int64_t now_ms);
size_t crowd_hits_in(const struct crowd_hits *h, const struct crowd_window *w);
/* Were hits given up that the window would have held? */
bool crowd_hits_is_short(const struct crowd_hits *h, int64_t within_ms);
/* When the next hit leaves a window, or one from the future enters; INT64_MAX: none. */
int64_t crowd_hits_next_change(const struct crowd_hits *h);
/* Hits with from_ms <= time < until_ms, and by how many authors (needs has_scratch). */
size_t crowd_hits_between(const struct crowd_hits *h, int64_t from_ms, int64_t until_ms);
size_t crowd_hits_authors(struct crowd_hits *h, int64_t from_ms, int64_t until_ms);
/* The first hit at or after a time, as a number from room[first] on. */
size_t crowd_hits_from(const struct crowd_hits *h, int64_t at_ms);
void crowd_hits_fini(struct crowd_hits *h);

/* ---- base ---- */

/* Sum of the minutes from first to last. */
struct base_window {
	int64_t within_ms, first, last, sum;
};

struct crowd_base {
	int64_t *minutes; /* of minute m at m % size; NULL: no share is asked for */
	int64_t size;
	int64_t top; /* latest minute held; INT64_MIN: none yet */
	struct base_window *windows; /* the owner's */
	size_t window_count;
};

int crowd_base_init(struct crowd_base *b, int64_t keep_ms);
void crowd_base_add(struct crowd_base *b, int64_t minute, int64_t n);
void crowd_base_advance(struct crowd_base *b, int64_t now_ms);
/* Posts of the minutes from one to another, both included. */
int64_t crowd_base_between(const struct crowd_base *b, int64_t first, int64_t last);
/* The full minute a share within that time reaches back to. */
int64_t crowd_base_first(int64_t now_ms, int64_t within_ms);
int64_t minute_of(int64_t at_ms);
void crowd_base_fini(struct crowd_base *b);

/* ---- one watch ---- */

/* What is usual is learned from buckets that ended CROWD_LAG_MS ago, so that most late posts are in. */
#define CROWD_LAG_MS (INT64_C(5) * 60000)
#define CROWD_BUCKET_MS (INT64_C(5) * 60000) /* of counts; of authors: the time asked about */
/* A bucket is learned at most so long after it could be: an older one was not watched. */
#define CROWD_LATE_MS (INT64_C(5) * 60000)
/* Rows are needed a little longer than windows reach back: shares begin at a full minute. */
#define CROWD_SPARE_MS INT64_C(60000)
/* After a pause of the watching "fewer than" is not known for a while. */
#define CROWD_PAUSE_MS (INT64_C(10) * 60000)
#define CROWD_DETECTORS_MAX 3
#define CROWD_STATE_MAX 2048
#define CROWD_NEVER INT64_MAX
#define CROWD_NOW INT64_C(0)

struct crowd_detector {
	bool is_of_authors;
	int64_t bucket_ms;
	int64_t next_ms; /* begin of the next bucket; INT64_MIN: not begun */
	struct spike spike;
	bool is_silent;
};

/* What a line of `when` sees. */
struct crowd_seen {
	int64_t value; /* posts, authors; of a share the watched ones */
	int64_t base; /* of a share */
	double usual; /* SPIKE_UNKNOWN */
	bool is_at_least; /* there were more than are kept */
	enum tristate truth;
};

struct crowd_run {
	const struct compiled_watch *watch;
	const struct watch_head *head;
	struct crowd_hits hits;
	struct crowd_window windows[RULES_CROWD_TESTS_MAX];
	struct crowd_base base;
	struct base_window base_windows[RULES_CROWD_TESTS_MAX];
	uint8_t window_of[RULES_CROWD_TESTS_MAX]; /* of each test, in windows or base_windows */
	uint8_t widest; /* its window */
	struct crowd_detector detectors[CROWD_DETECTORS_MAX];
	size_t detector_count;
	bool has_falling; /* a line asks "at most" or "below" */
	int64_t from_ms, until_ms; /* it counts posts of that time only */
	bool is_off;
	uint64_t subject; /* hash of what it counts: what is usual holds for that */

	bool is_active;
	int64_t since_ms, peak;
	int64_t quiet_since_ms; /* first judgement without a crowd; TIME_UNKNOWN: there is one */
	int64_t looked_since_ms; /* TIME_UNKNOWN: not judged yet */
	int64_t judged_ms, written_ms; /* last judgement, and the one last written; TIME_UNKNOWN */

	bool is_changed;
};

bool crowd_is_falling(const struct crowd_test *t); /* at most, below */
/* Steps the detector over the buckets that are over. */
void crowd_learn(struct crowd_run *r, struct crowd_detector *d, int64_t now_ms);
/* What each line sees; true when all hold. */
bool crowd_look(const struct crowd_run *r, int64_t now_ms, struct crowd_seen *seen);
/* When it is to be judged though nothing is added; CROWD_NEVER. */
int64_t crowd_run_due(const struct crowd_run *r, int64_t now_ms);
/* The truth of one line. */
enum tristate crowd_truth(const struct crowd_run *r, const struct crowd_test *t,
    const struct crowd_seen *s, int64_t now_ms);
/* The detector that knows a test's usual; NULL: it asks for none. */
const struct crowd_detector *
crowd_detector_of(const struct crowd_run *r, const struct crowd_test *t);
/* "count within 10 minutes 57 is at least 20; ...": in the arena; ptr NULL without memory. */
struct slice crowd_reason(
    const struct crowd_run *r, const struct crowd_seen *seen, bool begins, struct arena *a);

struct crowd {
	struct rule_set *set;
	struct crowd_run *runs;
	size_t run_count;
	int64_t *due_ms; /* when each is to be judged; CROWD_NOW: a post was added */
	int64_t now_ms; /* of the last judgement */
};

#endif
