/*
 * topics.h - standing on a topic: who is listened to about a brand, or under a tag.
 *
 * A topic is a brand ("b:acme") or a tag ("#coffee") of the post that endorses.  Of each author on a
 * topic one small state: endorsements with a half-life of two months, and different endorsers (64 registers:
 * standard error 13 %, under 10 % below ten).  store/standing.h bounds how many are kept: who has least
 * makes room.
 *
 * Influence on a topic, 0 to 100, once TOPIC_ENDORSERS_MIN different people were seen to endorse them
 * there: half of it L(endorsers) / L(300), half L(endorsements) / L(3000), each at most 1, L(x) being
 * log10(1 + x).
 *
 * Pure but for topics_endorse() and topics_best(), which are for the pipeline thread inside a transaction.
 */
#ifndef PEOPLE_TOPICS_H
#define PEOPLE_TOPICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/post.h"
#include "core/slice.h"

struct arena;
struct err;
struct json_writer;
struct store;
struct topic_row;

#define TOPICS_OF_POST_MAX 8
#define TOPIC_ENDORSERS_MIN 5
#define TOPIC_REGISTERS 64

struct topic_standing {
	uint64_t count; /* 2^-32ths, as of at_min */
	int64_t at_min;
	uint32_t period;
	uint8_t endorsers[TOPIC_REGISTERS];
};
#define TOPIC_STANDING_BYTES (1 + 8 + 8 + 8 + TOPIC_REGISTERS)

void topic_endorse(struct topic_standing *t, int64_t endorser, int32_t weight_milli, int64_t at_ms);
int64_t topic_count_milli(const struct topic_standing *t, int64_t at_ms);
int64_t topic_endorsers_milli(const struct topic_standing *t, int64_t at_ms);
/* -1: too few were seen to say. */
int32_t topic_influence(const struct topic_standing *t, int64_t at_ms);
/* The larger, the more it is now and at any later time: endorsements of a time far back, had they
 * faded backwards. */
int64_t topic_rank(const struct topic_standing *t);

void
topic_standing_write(const struct topic_standing *t, unsigned char bytes_r[TOPIC_STANDING_BYTES]);
bool topic_standing_read(const unsigned char *bytes, size_t len, struct topic_standing *t_r);
/* Of a row as it is stored; one that is no state of ours is an empty one. */
void topic_standing_of(const struct topic_row *row, struct topic_standing *t_r);

/* {"influence": 40 or null, "endorsers": 12.3, "endorsements": 30.5} */
void topic_to_json(const struct topic_standing *t, int64_t at_ms, struct json_writer *w);

/* What a post is about, at most TOPICS_OF_POST_MAX: its brands, then its tags, each once. */
int topics_of_post(struct slice_list brand_ids, struct slice_list tags, struct arena *a,
    struct slice_list *topics_r, struct err *err);
/* "#Coffee" or "coffee" -> "#coffee"; SLICE_NONE: too long, or without memory. */
struct slice topic_of_tag(struct slice tag, struct arena *a);

int topics_endorse(struct store *st, struct slice_list topics, int64_t author_no,
    int64_t endorser_no, int32_t weight_milli, int64_t at_ms, struct err *err);
/* The most over these topics; -1: of none of them enough is known.  0, -1 with err */
int topics_best(struct store *st, struct slice_list topics, int64_t author_no, int64_t at_ms,
    int32_t *influence_r, struct err *err);

#endif
