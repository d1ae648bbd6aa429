#include "people/topics.h"

#include <assert.h>
#include <string.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/json.h"
#include "core/timefmt.h"
#include "people/fixed.h"
#include "people/sketch.h"
#include "people/standing.h"
#include "store/standing.h"

#define VERSION 1
#define HALF_LIFE_MIN (INT64_C(60) * 24 * 60)
#define ENDORSER_MILLI 500
#define LOG_ENDORSERS INT64_C(2478566) /* log10(1 + 300) in millionths */
#define LOG_COUNT INT64_C(3477266) /* log10(1 + 3000) */

_Static_assert(
    TOPIC_STANDING_BYTES <= STORE_TOPIC_BYTES_MAX && STANDING_BYTES <= STORE_STANDING_BYTES_MAX,
    "states fit into their rows");

/* ---- one author on one topic -------------------------------------------------- */

static int64_t
minute_of(int64_t at_ms)
{
	return at_ms < 0 ? 0 : at_ms / TIME_MINUTE_MS;
}

static struct sketch
sketch_of(const struct topic_standing *t)
{
	struct topic_standing *own = (struct topic_standing *)(uintptr_t)t;

	return (struct sketch){own->endorsers, TOPIC_REGISTERS, &own->period};
}

static uint64_t
fade(int64_t age_min)
{
	return fixed_fade_q32((uint64_t)age_min, (uint64_t)HALF_LIFE_MIN);
}

void
topic_endorse(struct topic_standing *t, int64_t endorser, int32_t weight_milli, int64_t at_ms)
{
	int64_t at_min = minute_of(at_ms);
	uint64_t weight = ((uint64_t)weight_milli << 32) / 1000;

	assert(weight_milli >= 0 && weight_milli <= 1000);
	if (at_min > t->at_min) {
		t->count = fixed_times_q32(t->count, fade(at_min - t->at_min));
		t->at_min = at_min;
	} else if (at_min < t->at_min) {
		weight = fixed_times_q32(weight, fade(t->at_min - at_min));
	}
	t->count = t->count > UINT64_MAX / 2 - weight ? UINT64_MAX / 2 : t->count + weight;
	if (weight_milli >= ENDORSER_MILLI)
		sketch_add(sketch_of(t), fixed_scatter((uint64_t)endorser), at_min);
}

int64_t
topic_count_milli(const struct topic_standing *t, int64_t at_ms)
{
	int64_t at_min = minute_of(at_ms);
	uint64_t count = t->count;

	if (at_min > t->at_min)
		count = fixed_times_q32(count, fade(at_min - t->at_min));
	return (int64_t)((count >> 32) * 1000 + ((count & UINT32_MAX) * 1000 >> 32));
}

int64_t
topic_endorsers_milli(const struct topic_standing *t, int64_t at_ms)
{
	return sketch_count_milli(sketch_of(t), minute_of(at_ms));
}

static int64_t
half_of(int64_t log, int64_t full)
{
	return (log < full ? log : full) * 50 * 1000 / full;
}

int32_t
topic_influence(const struct topic_standing *t, int64_t at_ms)
{
	int64_t endorsers = topic_endorsers_milli(t, at_ms);
	int64_t milli;

	/* A sketch that saw five says 4.9 to 5.2, or fewer when two fell together. */
	if (endorsers < TOPIC_ENDORSERS_MIN * 1000 - 500)
		return -1;
	milli = half_of(fixed_log_count(endorsers), LOG_ENDORSERS) +
	    half_of(fixed_log_count(topic_count_milli(t, at_ms)), LOG_COUNT);
	return (int32_t)((milli + 500) / 1000);
}

int64_t
topic_rank(const struct topic_standing *t)
{
	if (t->count == 0)
		return 0;
	return fixed_log2_q16(t->count) + t->at_min * 65536 / HALF_LIFE_MIN;
}

/* ---- bytes ---------------------------------------------------------------------- */

void
topic_standing_write(const struct topic_standing *t, unsigned char bytes_r[TOPIC_STANDING_BYTES])
{
	unsigned char *at = bytes_r;

	*at++ = VERSION;
	at = standing_put_u64(at, t->count);
	at = standing_put_u64(at, (uint64_t)t->at_min);
	at = standing_put_u64(at, t->period);
	memcpy(at, t->endorsers, sizeof t->endorsers);
}

bool
topic_standing_read(const unsigned char *bytes, size_t len, struct topic_standing *t_r)
{
	const unsigned char *at = bytes + 1;
	uint64_t v;

	if (len != TOPIC_STANDING_BYTES || bytes[0] != VERSION)
		return false;
	at = standing_get_u64(at, &v);
	t_r->count = v < UINT64_MAX / 2 ? v : UINT64_MAX / 2;
	at = standing_get_u64(at, &v);
	t_r->at_min = v < INT64_MAX / 2 ? (int64_t)v : 0;
	at = standing_get_u64(at, &v);
	t_r->period = (uint32_t)v;
	memcpy(t_r->endorsers, at, sizeof t_r->endorsers);
	return true;
}

void
topic_standing_of(const struct topic_row *row, struct topic_standing *t_r)
{
	if (!topic_standing_read(row->state, row->state_len, t_r))
		memset(t_r, 0, sizeof *t_r);
}

void
topic_to_json(const struct topic_standing *t, int64_t at_ms, struct json_writer *w)
{
	int32_t influence = topic_influence(t, at_ms);

	json_object_begin(w);
	if (influence < 0)
		json_kv_null(w, "influence");
	else
		json_kv_i64(w, "influence", influence);
	json_kv_milli(w, "endorsers", topic_endorsers_milli(t, at_ms));
	json_kv_milli(w, "endorsements", topic_count_milli(t, at_ms));
	json_object_end(w);
}

/* ---- what a post is about --------------------------------------------------------- */

struct slice
topic_of_tag(struct slice tag, struct arena *a)
{
	char *name;

	if (tag.len > 0 && tag.ptr[0] == '#')
		tag = slice_make(tag.ptr + 1, tag.len - 1);
	if (tag.len == 0 || tag.len + 1 > STORE_TOPIC_NAME_MAX)
		return SLICE_NONE;
	name = arena_alloc(a, tag.len + 2);
	if (name == NULL)
		return SLICE_NONE;
	name[0] = '#';
	for (size_t i = 0; i < tag.len; i++) {
		char c = tag.ptr[i];

		/* Tags are compared without case; ASCII letters, as the networks do. */
		name[i + 1] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
	}
	name[tag.len + 1] = '\0';
	return slice_make(name, tag.len + 1);
}

static void
add_once(struct slice *list, size_t *count, struct slice topic)
{
	if (!slice_is_set(topic) || *count == TOPICS_OF_POST_MAX)
		return;
	for (size_t i = 0; i < *count; i++)
		if (slice_eq(list[i], topic))
			return;
	list[(*count)++] = topic;
}

int
topics_of_post(struct slice_list brand_ids, struct slice_list tags, struct arena *a,
    struct slice_list *topics_r, struct err *err)
{
	struct slice *list;
	size_t count = 0;

	*topics_r = (struct slice_list){NULL, 0};
	if (brand_ids.count == 0 && tags.count == 0)
		return 0;
	list = arena_array(a, TOPICS_OF_POST_MAX, sizeof *list);
	if (list == NULL)
		return err_set(err, ERR_NOMEM, "no memory for the topics of a post");
	for (size_t i = 0; i < brand_ids.count && count < TOPICS_OF_POST_MAX; i++) {
		struct slice id = brand_ids.items[i];

		if (id.len + 2 <= STORE_TOPIC_NAME_MAX)
			add_once(list, &count, slice_of(arena_printf(a, "b:%.*s", SLICE_ARG(id))));
	}
	for (size_t i = 0; i < tags.count && count < TOPICS_OF_POST_MAX; i++)
		add_once(list, &count, topic_of_tag(tags.items[i], a));
	*topics_r = (struct slice_list){list, count};
	return 0;
}

/* ---- rows -------------------------------------------------------------------------- */

int
topics_endorse(struct store *st, struct slice_list topics, int64_t author_no, int64_t endorser_no,
    int32_t weight_milli, int64_t at_ms, struct err *err)
{
	for (size_t i = 0; i < topics.count; i++) {
		struct topic_standing t;
		struct topic_row row;
		int rc = store_topic_get(st, topics.items[i], author_no, &row, err);

		if (rc < 0)
			return -1;
		topic_standing_of(&row, &t);
		topic_endorse(&t, endorser_no, weight_milli, at_ms);
		topic_standing_write(&t, row.state);
		row.state_len = TOPIC_STANDING_BYTES;
		row.rank = topic_rank(&t);
		row.updated_at_ms = at_ms;
		if (store_topic_put(st, topics.items[i], author_no, &row, rc == 0, err) < 0)
			return -1;
	}
	return 0;
}

int
topics_best(struct store *st, struct slice_list topics, int64_t author_no, int64_t at_ms,
    int32_t *influence_r, struct err *err)
{
	*influence_r = -1;
	for (size_t i = 0; i < topics.count; i++) {
		struct topic_standing t;
		struct topic_row row;
		int32_t influence;
		int rc = store_topic_get(st, topics.items[i], author_no, &row, err);

		if (rc < 0)
			return -1;
		if (rc == 0)
			continue;
		topic_standing_of(&row, &t);
		influence = topic_influence(&t, at_ms);
		if (influence > *influence_r)
			*influence_r = influence;
	}
	return 0;
}
