/*
 * standing.h - what others think of an author, from what they do: who reposts, quotes, answers or
 * mentions somebody endorses them.
 *
 * Of each author one state of STANDING_BYTES: endorsements of each kind, counted three times so that they fade
 * with half-lives of six hours, two weeks and two months; and how many different people they came
 * from lately (sketch.h, 128 registers: standard error 9.2 %, each of 30 days).  Counts fade when
 * they are looked at, not by themselves.
 *
 * Integers, and the order of endorsements of the same minute does not matter: the same posts give
 * the same state on every machine.
 *
 * Pure: no clock, no store.  Threads: any.
 */
#ifndef PEOPLE_STANDING_H
#define PEOPLE_STANDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct influence_facts;
struct json_writer;

/* The strongest first: who is both answered and mentioned by a post is answered. */
enum endorsement {
	ENDORSE_REPOST,
	ENDORSE_QUOTE,
	ENDORSE_REPLY,
	ENDORSE_MENTION,
	ENDORSE_KIND_COUNT
};

enum standing_span {
	STANDING_HOURS, /* half-life six hours */
	STANDING_WEEKS, /* two weeks: "lately" */
	STANDING_MONTHS, /* two months */
	STANDING_SPAN_COUNT
};

#define STANDING_REGISTERS 128
#define STANDING_SKETCH_BYTES 128 /* SKETCH_BYTES(STANDING_REGISTERS) */

struct standing {
	uint64_t counts[ENDORSE_KIND_COUNT][STANDING_SPAN_COUNT]; /* 2^-32ths, as of at_min */
	int64_t at_min; /* minutes since 1970 */
	uint32_t period;
	uint8_t endorsers[STANDING_SKETCH_BYTES];
};

/* As it is stored: version, then the members in order, little-endian. */
#define STANDING_BYTES (1 + 8 * 12 + 8 + 8 + STANDING_SKETCH_BYTES)

/* "reposts" */
const char *standing_kind_name(enum endorsement kind);

void standing_init(struct standing *s); /* nobody endorsed them */
/* The endorser is a number of theirs (their row's).  weight_milli: 1000, less for who may be a machine; who is
 * more likely a machine than not (below 500) is no endorser of the count of different ones.  An
 * endorsement of before the last one counts as faded as it is. */
void standing_endorse(struct standing *s, enum endorsement kind, int64_t endorser,
    int32_t weight_milli, int64_t at_ms);

/* As of then, in thousandths. */
int64_t standing_count_milli(
    const struct standing *s, enum endorsement kind, enum standing_span span, int64_t at_ms);
int64_t standing_endorsers_milli(const struct standing *s, int64_t at_ms);

/* Into what influence is made of: what we saw, which is a part of what there was. */
void standing_to_facts(const struct standing *s, int64_t at_ms, struct influence_facts *facts);

void standing_write(const struct standing *s, unsigned char bytes_r[STANDING_BYTES]);
/* False: these are no bytes of ours. */
bool standing_read(const unsigned char *bytes, size_t len, struct standing *s_r);

/* {"endorsers": 12.3, "reposts": {"hours", "weeks", "months"}, "quotes": ..., ...} */
void standing_to_json(const struct standing *s, int64_t at_ms, struct json_writer *w);

/* A number as bytes, little-endian, and back, for those who store more of them; where the next one goes. */
unsigned char *standing_put_u64(unsigned char *at, uint64_t v);
const unsigned char *standing_get_u64(const unsigned char *at, uint64_t *v_r);

#endif
