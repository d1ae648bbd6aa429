/*
 * spike.h - is more being said than usual?  One streaming detector for `earshot spikes` and for the
 * crowd watches of the rule language.  docs/spikes.md tells the method and its figures.
 *
 * Counts of posts in buckets go in, in order of time; out come a score, an alert where something
 * begins, what would have been usual, and whether a feed that normally speaks has fallen silent.
 *
 * Ownership: plain values of fixed size; nothing to free, no allocation, no clock.
 * Errors:    none but in spike_read().  A bucket that begins before the last one ended, or whose
 *            time or length makes no sense, is not counted: its answer has score 0 and the state
 *            stays as it is.
 * Threads:   as the caller's data.
 * Sameness:  the same samples give the same answers; state that was written and read goes on as if
 *            it had not been.
 * Too early: nothing is known before SPIKE_EARLY_MS and SPIKE_EARLY_BUCKETS buckets.  Until then
 *            usual is SPIKE_UNKNOWN and there is no score, alert or silence.  From then on, and all
 *            through the first day, the usual is the level of the last hours; the hours of the day
 *            are told apart as they come round again, the days of the week likewise.
 */
#ifndef RULES_SPIKE_H
#define RULES_SPIKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

#define SPIKE_UNKNOWN (-1)
#define SPIKE_EARLY_MS INT64_C(3600000)
#define SPIKE_EARLY_BUCKETS 6
#define SPIKE_BUCKET_MS_MAX (INT64_C(31) * 86400000)
#define SPIKE_SCORE_ALERT 0.5 /* the one threshold: an alert has this score or more */

/* A count seen through a memory of some minutes. */
struct spike_smooth {
	double value; /* posts per hour */
	double usual; /* what usual counts would have given */
	double weight2; /* sum of the squared weights of the buckets in it */
};

/* The highest for some days, which one outlier cannot raise by much. */
struct spike_record {
	double value;
	double before; /* what it was when it began to be raised */
	double since_ms; /* when that was */
};

/* Everything the detector remembers: words of 8 bytes, no pointers.  Opaque by agreement. */
struct spike {
	int64_t first_at_ms; /* begin of the first bucket */
	int64_t next_at_ms; /* end of the last one */
	int64_t buckets;
	int64_t warm_at_ms; /* no alerts before */
	int64_t told_at_ms; /* the last alert */
	int64_t is_told; /* ... and it has not calmed down since */
	int64_t heard_at_ms; /* end of the last bucket with a post */
	double told_value; /* volume then */
	double level; /* posts per hour, without rhythm */
	double noise; /* variance of a bucket's count over its mean */
	double hours[24]; /* factors of the hours of the day, UTC; their mean is 1 */
	double days[7]; /* ... and of the days of the week from Thursday on */
	struct spike_smooth slow, fast;
	struct spike_record slow_top, fast_top, share_top;
	double share_usual; /* of the posts watched; SPIKE_UNKNOWN */
	double share_count, share_base; /* smoothed posts per hour */
	double per_author; /* usual posts of one author in a bucket; SPIKE_UNKNOWN */
	double missed; /* usual posts since the last one */
	double missed_top; /* the most that were ever missed and came back */
};

struct spike_sample {
	int64_t at_ms; /* begin of the bucket */
	int64_t bucket_ms; /* its length: above 0, at most SPIKE_BUCKET_MS_MAX */
	int64_t count; /* posts that count; a negative one is taken as 0 */
	int64_t authors; /* distinct authors of those; SPIKE_UNKNOWN */
	int64_t base_count; /* all posts watched, of which count are part; SPIKE_UNKNOWN */
};

struct spike_answer {
	double score; /* 0..1; SPIKE_SCORE_ALERT and more where an alert is */
	bool alert; /* something begins here, or has become much larger since it was told */
	double usual; /* count that was to be expected in this bucket; SPIKE_UNKNOWN */
	bool is_silent; /* a feed that normally speaks says nothing: broken rather than calm */
	double share_usual; /* usual count / base_count; SPIKE_UNKNOWN */
};

void spike_init(struct spike *s);
void spike_step(struct spike *s, const struct spike_sample *sample, struct spike_answer *answer_r);

/* Posts that are usual in a window of length_ms that ends at at_ms, by what was learned so far; 0 is
 * possible, SPIKE_UNKNOWN means too early to know.  Any time may be asked about. */
double spike_usual(const struct spike *s, int64_t at_ms, int64_t length_ms);

/* The state as bytes for the store: "SPK", a version, the words of the struct in order, little
 * endian, and a checksum.  Another version is refused: the caller begins anew. */
#define SPIKE_VERSION 1
#define SPIKE_BYTES (4 + sizeof(struct spike) + 8)
void spike_write(const struct spike *s, unsigned char out[SPIKE_BYTES]);
/* 0, or -1 with err when the bytes are not such a state; *s is untouched then. */
int spike_read(struct spike *s, const void *bytes, size_t len, struct err *err);

#endif
