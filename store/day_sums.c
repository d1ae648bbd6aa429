#include "store/day_sums.h"

#include <assert.h>

#include "store/store_internal.h"

static const int64_t spans[STATS_SPAN_COUNT] = {7, 30, STATS_DAYS_MAX};

_Static_assert(
    DAY_SUMS_BYTES == 8 + 8 * DAY_NUMBER_COUNT * STATS_SPAN_COUNT, "eight bytes a number");

/* ---- as bytes ----------------------------------------------------------------- */

/* The least byte first. */
static int64_t
get_number(const unsigned char *p)
{
	uint64_t v = 0;

	for (int i = 7; i >= 0; i--)
		v = v << 8 | p[i];
	return (int64_t)v;
}

static void
put_number(unsigned char *p, int64_t n)
{
	for (int i = 0; i < 8; i++)
		p[i] = (unsigned char)((uint64_t)n >> 8 * i);
}

void
day_sums_read(struct slice bytes, struct day_sums *s_r)
{
	const unsigned char *p = (const unsigned char *)bytes.ptr;

	s_r->day = DAY_SUMS_NONE;
	if (bytes.len != DAY_SUMS_BYTES)
		return;
	s_r->day = get_number(p);
	for (size_t k = 0; k < DAY_NUMBER_COUNT; k++)
		for (size_t i = 0; i < STATS_SPAN_COUNT; i++)
			s_r->n[k][i] = get_number(p += 8);
}

struct slice
day_sums_write(const struct day_sums *s, unsigned char out[DAY_SUMS_BYTES])
{
	unsigned char *p = out;

	put_number(p, s->day);
	for (size_t k = 0; k < DAY_NUMBER_COUNT; k++)
		for (size_t i = 0; i < STATS_SPAN_COUNT; i++)
			put_number(p += 8, s->n[k][i]);
	return slice_make((const char *)out, DAY_SUMS_BYTES);
}

/* ---- days come and go ------------------------------------------------------------ */

void
day_sums_add(struct day_sums *s, int64_t day, const int64_t n[DAY_NUMBER_COUNT])
{
	assert(s->day != DAY_SUMS_NONE);
	for (size_t i = 0; i < STATS_SPAN_COUNT; i++)
		if (day <= s->day && day > s->day - spans[i])
			for (size_t k = 0; k < DAY_NUMBER_COUNT; k++)
				s->n[k][i] += n[k];
}

static void
read_numbers(struct query *q, int first, int64_t n_r[DAY_NUMBER_COUNT])
{
	for (int k = 0; k < DAY_NUMBER_COUNT; k++)
		n_r[k] = query_int(q, first + k);
}

#define NUMBERS "day, posts, score_sum_milli, complaints, contacts, events FROM customer_days "

static int
add_up(
    struct store *st, struct slice customer_id, int64_t today, struct day_sums *s, struct err *err)
{
	int64_t n[DAY_NUMBER_COUNT];
	struct query q;
	int rc;

	memset(s, 0, sizeof *s);
	s->day = today;
	if (query_open(&q, st,
		"SELECT " NUMBERS "WHERE customer_id = ?1 AND day > ?2 AND day <= ?3", err) < 0)
		return -1;
	query_bind_text(&q, customer_id);
	query_bind_int(&q, today - STATS_DAYS_MAX);
	query_bind_int(&q, today);
	while ((rc = query_step(&q, err)) > 0) {
		read_numbers(&q, 1, n);
		day_sums_add(s, query_int(&q, 0), n);
	}
	query_close(&q);
	return rc;
}

/* The days that leave each span between s->day and today, and those that come into all of them. */
static int
move_on(
    struct store *st, struct slice customer_id, int64_t today, struct day_sums *s, struct err *err)
{
	int64_t n[DAY_NUMBER_COUNT];
	struct query q;
	int rc;

	if (query_open(&q, st,
		"SELECT 0, " NUMBERS
		"WHERE customer_id = ?1 AND day > ?2 - 7 AND day <= ?3 - 7 UNION ALL SELECT "
		"1, " NUMBERS "WHERE customer_id = ?1 AND day > ?2 - 30 AND day <= ?3 - 30 UNION "
		"ALL SELECT 2, " NUMBERS
		"WHERE customer_id = ?1 AND day > ?2 - 90 AND day <= ?3 - 90 UNION ALL SELECT "
		"3, " NUMBERS "WHERE customer_id = ?1 AND day > ?2 AND day <= ?3",
		err) < 0)
		return -1;
	query_bind_text(&q, customer_id);
	query_bind_int(&q, s->day);
	query_bind_int(&q, today);
	s->day = today;
	while ((rc = query_step(&q, err)) > 0) {
		int64_t span = query_int(&q, 0);

		read_numbers(&q, 2, n);
		if (span == STATS_SPAN_COUNT)
			day_sums_add(s, query_int(&q, 1), n);
		else
			for (size_t k = 0; k < DAY_NUMBER_COUNT; k++)
				s->n[k][span] -= n[k];
	}
	query_close(&q);
	return rc;
}
_Static_assert(STATS_DAYS_MAX == 90 && STATS_SPAN_COUNT == 3, "numbers in the statement above");

int
day_sums_follow(
    struct store *st, struct slice customer_id, int64_t today, struct day_sums *s, struct err *err)
{
	if (s->day == today)
		return 0;
	if (s->day != DAY_SUMS_NONE && s->day < today && today - s->day <= DAY_SUMS_BEHIND_MAX)
		return move_on(st, customer_id, today, s, err);
	return add_up(st, customer_id, today, s, err);
}
