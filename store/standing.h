/*
 * standing.h - rows of what others think of an author, in all and on a topic.  people/ knows what the
 * states say; here they are bytes.
 *
 * Rows are changed in an overlay and written with the batch: a failed commit leaves them as they were.
 *
 * Limits: a topic has at most STORE_TOPIC_AUTHORS_MAX authors and there are at most STORE_TOPICS_MAX
 *         topics; who has least, and the topics longest not heard of, make room a tenth at a time.
 * Errors: -1 and err; the transaction is broken then.
 * Threads: pipeline thread inside a transaction; those that read, any with a store of its own.
 */
#ifndef STORE_STANDING_H
#define STORE_STANDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/slice.h"

struct arena;
struct err;
struct store;

#define STORE_STANDING_BYTES_MAX 256
#define STORE_TOPIC_BYTES_MAX 96
#define STORE_TOPIC_AUTHORS_MAX 500
#define STORE_TOPICS_MAX 2000
#define STORE_TOPIC_NAME_MAX 256 /* bytes; longer ones are no topics */

struct standing_row {
	uint32_t state_len; /* 0: none */
	unsigned char state[STORE_STANDING_BYTES_MAX];
	int64_t items, credited, credit_milli; /* adoption */
	int64_t updated_at_ms;
};

/* 1, 0 (*row_r is empty), -1. */
int store_standing_get(
    struct store *st, int64_t author_no, struct standing_row *row_r, struct err *err);
int store_standing_put(
    struct store *st, int64_t author_no, const struct standing_row *row, struct err *err);

/* Those credited for at least three items, most credit first. */
struct early_row {
	int64_t author_no, items, credited, credit_milli;
	struct slice author_id, handle;
};
int store_standing_early(struct store *st, size_t limit, struct arena *a, struct early_row **rows_r,
    size_t *count_r, struct err *err);

/* --- topics --- */

struct topic_row {
	uint32_t state_len;
	unsigned char state[STORE_TOPIC_BYTES_MAX];
	int64_t rank;
	int64_t updated_at_ms;
};
int store_topic_get(struct store *st, struct slice topic, int64_t author_no,
    struct topic_row *row_r, struct err *err); /* 1, 0, -1 */
/* is_new: store_topic_get() just said 0; makes room when there is none. */
int store_topic_put(struct store *st, struct slice topic, int64_t author_no,
    const struct topic_row *row, bool is_new, struct err *err);

struct author_topic {
	struct slice topic;
	struct topic_row row;
};
/* The highest rank first. */
int store_topics_of_author(struct store *st, int64_t author_no, size_t limit, struct arena *a,
    struct author_topic **rows_r, size_t *count_r, struct err *err);

/* --- whom a post speaks of --- */

struct endorsed_row {
	int64_t author_no;
	bool objects; /* to profiling */
	bool is_own; /* an account of the brand's, as their post said */
	struct slice handle_key;
};
/* Who wrote that post; who has that handle (lower case; of several the newest account). 1, 0, -1. */
int store_endorsed_by_post(struct store *st, struct slice post_id, struct arena *a,
    struct endorsed_row *row_r, struct err *err);
int store_endorsed_by_handle(struct store *st, struct slice handle_key, struct arena *a,
    struct endorsed_row *row_r, struct err *err);

/* Nothing of this author's standing, topics and places is left. */
int store_standing_erase(struct store *st, int64_t author_no, struct err *err);

#endif
