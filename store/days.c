/*
 * days.c - customers' days: one row changes for each post of a linked author.
 */
#include "store/days.h"

#include "store/customers_internal.h"

static int64_t
first_day(int64_t now_ms)
{
	return now_ms / TIME_DAY_MS - (STATS_DAYS_MAX - 1);
}

/* ---- adding ------------------------------------------------------------- */

static int
add_to_day(struct store *st, struct slice customer_id, int64_t day,
    const int64_t n[DAY_NUMBER_COUNT], struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"INSERT INTO customer_days (customer_id, day, posts, score_sum_milli, complaints, "
		"contacts, events) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (customer_id, "
		"day) DO UPDATE SET posts = posts + excluded.posts, score_sum_milli = "
		"score_sum_milli + excluded.score_sum_milli, complaints = complaints + "
		"excluded.complaints, contacts = contacts + excluded.contacts, "
		"events = events + excluded.events",
		err) < 0)
		return -1;
	query_bind_text(&q, customer_id);
	query_bind_int(&q, day);
	for (size_t k = 0; k < DAY_NUMBER_COUNT; k++)
		query_bind_int(&q, n[k]);
	return query_run(&q, err);
}

/* The last times of their row, and the sums; 1, 0 nobody, -1. */
static int
read_row(struct store *st, struct slice customer_id, struct customer_stats *last_r,
    struct day_sums *sums_r, struct err *err)
{
	struct query q;
	int rc;

	if (query_open(&q, st,
		"SELECT last_post_at_ms, last_contact_at_ms, last_event_at_ms, sums FROM customers "
		"WHERE id = ?1",
		err) < 0)
		return -1;
	query_bind_text(&q, customer_id);
	rc = query_step(&q, err);
	if (rc > 0) {
		last_r->last_post_at_ms = query_time(&q, 0);
		last_r->last_contact_at_ms = query_time(&q, 1);
		last_r->last_event_at_ms = query_time(&q, 2);
		day_sums_read(query_peek_blob(&q, 3), sums_r);
		if (query_check(&q, err) < 0)
			rc = -1;
	}
	query_close(&q);
	return rc;
}

static void
note_last(struct customer_stats *last, const struct day_entry *e)
{
	int64_t *at_ms = e->what == DAY_POST ? &last->last_post_at_ms
	    : e->what == DAY_CONTACT         ? &last->last_contact_at_ms
					     : &last->last_event_at_ms;

	if (e->at_ms > *at_ms) /* TIME_UNKNOWN is the least */
		*at_ms = e->at_ms;
}

static int
write_row(struct store *st, struct slice customer_id, const struct customer_stats *last,
    const struct day_sums *sums, struct err *err)
{
	unsigned char bytes[DAY_SUMS_BYTES];
	struct query q;

	if (query_open(&q, st,
		"UPDATE customers SET last_post_at_ms = ?2, last_contact_at_ms = ?3, "
		"last_event_at_ms = ?4, sums = ?5 WHERE id = ?1",
		err) < 0)
		return -1;
	query_bind_text(&q, customer_id);
	query_bind_time(&q, last->last_post_at_ms);
	query_bind_time(&q, last->last_contact_at_ms);
	query_bind_time(&q, last->last_event_at_ms);
	query_bind_blob(&q, sums->day == DAY_SUMS_NONE ? SLICE_NONE : day_sums_write(sums, bytes));
	return query_run(&q, err);
}

/* The sums are brought to today before the day has what is new. */
static int
add_to_both(struct store *st, struct slice customer_id, const struct day_entry *e, int64_t today,
    struct day_sums *sums, struct err *err)
{
	const int64_t n[DAY_NUMBER_COUNT] = {[DAY_POSTS] = e->what == DAY_POST,
	    [DAY_SCORE_MILLI] = e->what == DAY_POST ? e->score_milli : 0,
	    [DAY_COMPLAINTS] = e->what == DAY_POST && e->is_complaint,
	    [DAY_CONTACTS] = e->what == DAY_CONTACT,
	    [DAY_EVENTS] = e->what == DAY_EVENT};

	if (day_sums_follow(st, customer_id, today, sums, err) < 0 ||
	    add_to_day(st, customer_id, e->at_ms / TIME_DAY_MS, n, err) < 0)
		return -1;
	day_sums_add(sums, e->at_ms / TIME_DAY_MS, n);
	return 0;
}

int
store_day_add(struct store *st, struct slice customer_id, const struct day_entry *e, int64_t now_ms,
    struct err *err)
{
	struct customer_stats last = {0};
	struct day_sums sums;
	int rc = read_row(st, customer_id, &last, &sums, err);

	if (rc <= 0)
		return rc;
	note_last(&last, e);
	if (e->at_ms / TIME_DAY_MS >= first_day(now_ms) &&
	    add_to_both(st, customer_id, e, now_ms / TIME_DAY_MS, &sums, err) < 0)
		return -1;
	if (write_row(st, customer_id, &last, &sums, err) < 0)
		return -1;
	return store_customer_touched(st, customer_id, err);
}

/* ---- counting anew ------------------------------------------------------ */

#define LINKED_AUTHORS                                                                             \
	"(SELECT author_no FROM links JOIN authors w ON w.id = links.author_id WHERE "             \
	"links.customer_id = ?1 AND links.unlinked_at_ms IS NULL)"

/* The posts of some days; -1. */
static int
rebuild_days(struct store *st, struct slice customer_id, int64_t from, int64_t to, struct err *err)
{
	static const char *const sql[] = {
	    "UPDATE customer_days SET posts = 0, score_sum_milli = 0, complaints = 0 WHERE "
	    "customer_id = ?1 AND day BETWEEN ?2 AND ?3",
	    "INSERT INTO customer_days (customer_id, day, posts, score_sum_milli, complaints, "
	    "contacts, events) SELECT ?1, event_at_ms / 86400000, count(*), sum(score_milli), "
	    "sum(is_complaint), 0, 0 FROM posts WHERE author_no IN " LINKED_AUTHORS
	    " AND event_at_ms >= ?2 * 86400000 AND event_at_ms < (?3 + 1) * 86400000 AND "
	    "is_deleted = 0 AND repost_of IS NULL GROUP BY 2 ON CONFLICT (customer_id, day) DO "
	    "UPDATE SET posts = excluded.posts, score_sum_milli = excluded.score_sum_milli, "
	    "complaints = excluded.complaints",
	    "DELETE FROM customer_days WHERE customer_id = ?1 AND day BETWEEN ?2 AND ?3 AND "
	    "posts = 0 AND contacts = 0 AND events = 0",
	};

	for (size_t i = 0; i < sizeof sql / sizeof *sql; i++) {
		struct query q;

		if (query_open(&q, st, sql[i], err) < 0)
			return -1;
		query_bind_text(&q, customer_id);
		query_bind_int(&q, from);
		query_bind_int(&q, to);
		if (query_run(&q, err) < 0)
			return -1;
	}
	return 0;
}

/* The sums are added up when they are wanted next. */
static int
rebuild_last(struct store *st, struct slice customer_id, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"UPDATE customers SET last_post_at_ms = (SELECT max(event_at_ms) FROM posts WHERE "
		"author_no IN " LINKED_AUTHORS " AND is_deleted = 0 AND repost_of IS NULL), "
		"sums = NULL WHERE id = ?1",
		err) < 0)
		return -1;
	query_bind_text(&q, customer_id);
	return query_run(&q, err);
}

int
store_days_rebuild(struct store *st, struct slice customer_id, int64_t now_ms, struct err *err)
{
	if (rebuild_days(st, customer_id, first_day(now_ms), now_ms / TIME_DAY_MS, err) < 0)
		return -1;
	return rebuild_last(st, customer_id, err) < 0
	    ? -1
	    : store_customer_touched(st, customer_id, err);
}

int
store_days_post_changed(struct store *st, int64_t post_no, int64_t now_ms, struct err *err)
{
	struct arena *a = arena_new(STORE_ROW_MAX);
	struct slice customer_id = SLICE_NONE;
	int64_t day = 0;
	struct query q;
	int rc;

	if (a == NULL)
		return store_nomem(st, NULL, err);
	rc = query_open(&q, st,
	    "SELECT customer_id, event_at_ms / 86400000 FROM posts JOIN authors w USING "
	    "(author_no) "
	    "JOIN links ON links.author_id = w.id WHERE post_no = ?1 AND unlinked_at_ms IS NULL "
	    "ORDER BY link_no DESC LIMIT 1",
	    err);
	if (rc == 0) {
		query_bind_int(&q, post_no);
		rc = query_step(&q, err);
		if (rc > 0) {
			customer_id = query_text(&q, 0, a);
			day = query_int(&q, 1);
			rc = query_check(&q, err) < 0 ? -1 : 1;
		}
		query_close(&q);
	}
	if (rc > 0 && day >= first_day(now_ms))
		rc = rebuild_days(st, customer_id, day, day, err);
	if (rc > 0 || (rc == 0 && slice_is_set(customer_id)))
		rc = rebuild_last(st, customer_id, err);
	if (rc == 0 && slice_is_set(customer_id))
		rc = store_customer_touched(st, customer_id, err);
	arena_free(a);
	return rc < 0 ? -1 : 0;
}

/* ---- loading ------------------------------------------------------------ */

static int64_t
later(int64_t a_ms, int64_t b_ms)
{
	return a_ms > b_ms ? a_ms : b_ms; /* TIME_UNKNOWN is the least */
}

int
days_load(struct store *st, struct slice customer_id, int64_t now_ms, const struct day_sums *sums,
    struct customer_stats *s, struct err *err)
{
	struct day_sums now = *sums;
	int64_t last = later(s->last_post_at_ms, s->last_contact_at_ms);

	last = later(last, s->last_event_at_ms);
	if (last == TIME_UNKNOWN || last / TIME_DAY_MS < first_day(now_ms))
		return 0; /* nothing happened in the days that count */
	if (day_sums_follow(st, customer_id, now_ms / TIME_DAY_MS, &now, err) < 0)
		return -1;
	memcpy(s->posts, now.n[DAY_POSTS], sizeof s->posts);
	memcpy(s->sentiment_milli, now.n[DAY_SCORE_MILLI], sizeof s->sentiment_milli);
	memcpy(s->complaints, now.n[DAY_COMPLAINTS], sizeof s->complaints);
	memcpy(s->contacts, now.n[DAY_CONTACTS], sizeof s->contacts);
	memcpy(s->events, now.n[DAY_EVENTS], sizeof s->events);
	return 0;
}

void
days_add_up(struct customer_stats *sum, const struct customer_stats *s)
{
	for (size_t i = 0; i < STATS_SPAN_COUNT; i++) {
		sum->posts[i] += s->posts[i];
		sum->sentiment_milli[i] += s->sentiment_milli[i];
		sum->complaints[i] += s->complaints[i];
		sum->contacts[i] += s->contacts[i];
		sum->events[i] += s->events[i];
	}
	sum->last_post_at_ms = later(sum->last_post_at_ms, s->last_post_at_ms);
	sum->last_contact_at_ms = later(sum->last_contact_at_ms, s->last_contact_at_ms);
	sum->last_event_at_ms = later(sum->last_event_at_ms, s->last_event_at_ms);
}

void
days_finish(struct customer_stats *s)
{
	for (size_t i = 0; i < STATS_SPAN_COUNT; i++)
		if (s->posts[i] > 0)
			s->sentiment_milli[i] /= s->posts[i];
}
