/*
 * erase.c - a person's posts, and what was decided on them.
 *
 * Posts are taken a page at a time by the index over authors, which each emptied one leaves: memory is
 * bounded however much somebody wrote.  The row stays as a seen id, under a keyed hash of the id, for
 * ids name people.  Decisions stay without the person, since the caps and counts of others hang on
 * them; so do messages that were sent, without address and words.
 */
#include "store/erase_internal.h"

#include <assert.h>
#include <string.h>

#define PAGE 256

void
erase_count(struct erasing *e, const char *table)
{
	erase_count_more(e, table, sqlite3_changes(e->st->db));
}

void
erase_count_more(struct erasing *e, const char *table, int64_t rows)
{
	size_t count;
	const struct erase_table *tables = erase_tables(&count);

	for (size_t i = 0; i < count; i++)
		if (strcmp(tables[i].name, table) == 0) {
			e->counts->rows[i] += rows;
			return;
		}
	assert(0 && "every table is in erase_tables.c");
}

int
erase_by_text(struct erasing *e, const char *table, const char *sql, struct slice key)
{
	struct query q;

	if (query_open(&q, e->st, sql, e->err) < 0)
		return -1;
	query_bind_text(&q, key);
	if (query_run(&q, e->err) < 0)
		return -1;
	erase_count(e, table);
	return 0;
}

int
erase_by_number(struct erasing *e, const char *table, const char *sql, int64_t n)
{
	struct query q;

	if (query_open(&q, e->st, sql, e->err) < 0)
		return -1;
	query_bind_int(&q, n);
	if (query_run(&q, e->err) < 0)
		return -1;
	erase_count(e, table);
	return 0;
}

/* ---- messages ------------------------------------------------------------------ */

/* Waiting ones are dropped; one that is at its channel right now cannot be called back.  A notice keeps
 * its address: it is one of our own people's. */
#define EMPTY_MESSAGE                                                                              \
	"UPDATE outbox SET address = CASE WHEN kind = 2 THEN address ELSE '' END, "                \
	"customer_id = NULL, endpoint_id = NULL, parts = '{}', reply_handle = NULL, "              \
	"offer_code = NULL, provider_id = NULL, hours = NULL, hold = 0, "                          \
	"reason = '" ERASED_WORDS "', state = CASE WHEN state IN (0, 1, 4) THEN 9 "                \
	"WHEN state = 2 THEN 6 ELSE state END "
_Static_assert(MESSAGE_HELD == 0 && MESSAGE_READY == 1 && MESSAGE_LATER == 4 &&
	MESSAGE_DROPPED == 9 && MESSAGE_SENDING == 2 && MESSAGE_UNKNOWN == 6 &&
	MESSAGE_NOTICE == 2 && ALERT_RESOLVED == 2,
    "numbers in the statements of this file");

/* ---- alerts -------------------------------------------------------------------- */

/* Others may be in it: then it goes on, told of by the newest of theirs. */
static int
empty_alert(struct erasing *e, int64_t alert_no)
{
	if (erase_by_number(e, "outbox", EMPTY_MESSAGE "WHERE alert_no = ?1", alert_no) < 0)
		return -1;
	return erase_by_number(e, "alerts",
	    "UPDATE alerts SET group_key = 'erased:' || alert_no, reason = '" ERASED_WORDS "', "
	    "change_note = NULL, "
	    "post_id = coalesce((SELECT post_id FROM alert_posts p WHERE p.alert_no = "
	    "alerts.alert_no ORDER BY at_ms DESC LIMIT 1), ''), "
	    "state = CASE WHEN EXISTS (SELECT 1 FROM alert_posts p WHERE p.alert_no = "
	    "alerts.alert_no) THEN state ELSE 2 END, "
	    "repeat_at_ms = CASE WHEN EXISTS (SELECT 1 FROM alert_posts p WHERE p.alert_no = "
	    "alerts.alert_no) THEN repeat_at_ms ELSE NULL END WHERE alert_no = ?1",
	    alert_no);
}

static int
read_number(struct query *q, struct arena *a, void *row, struct err *err)
{
	(void)a;
	(void)err;
	*(int64_t *)row = query_int(q, 0);
	return 0;
}

static int
empty_alerts_of(struct erasing *e, struct slice decision_id, struct arena *a)
{
	struct query q;
	int64_t *numbers;
	size_t count;

	if (query_open(
		&q, e->st, "SELECT alert_no FROM alert_posts WHERE decision_id = ?1", e->err) < 0)
		return -1;
	query_bind_text(&q, decision_id);
	if (query_rows(&q, a, sizeof *numbers, read_number, &numbers, &count, e->err) < 0 ||
	    erase_by_text(e, "alert_posts", "DELETE FROM alert_posts WHERE decision_id = ?1",
		decision_id) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (empty_alert(e, numbers[i]) < 0)
			return -1;
	return 0;
}

/* ---- decisions ----------------------------------------------------------------- */

struct decision_ref {
	int64_t decision_no;
	struct slice id, occurrence_id;
};

static int
read_decision(struct query *q, struct arena *a, void *row, struct err *err)
{
	struct decision_ref *d = row;

	(void)err;
	d->decision_no = query_int(q, 0);
	d->id = query_text(q, 1, a);
	d->occurrence_id = query_text(q, 2, a);
	return 0;
}

static int
empty_decision(struct erasing *e, const struct decision_ref *d, struct arena *a)
{
	char masked[ERASED_POST_ID_SIZE];
	struct query q;

	if (erase_by_text(e, "outbox", EMPTY_MESSAGE "WHERE decision_id = ?1", d->id) < 0 ||
	    empty_alerts_of(e, d->id, a) < 0)
		return -1;
	erased_post_id(e->st, d->occurrence_id, masked);
	if (query_open(&q, e->st,
		"UPDATE decisions SET occurrence_id = ?2, subject = NULL, reason = '" ERASED_WORDS
		"', note = NULL WHERE decision_no = ?1",
		e->err) < 0)
		return -1;
	query_bind_int(&q, d->decision_no);
	query_bind_text(&q, slice_of(masked));
	if (query_run(&q, e->err) < 0)
		return -1;
	erase_count(e, "decisions");
	return 0;
}

int
erase_decisions_of(struct erasing *e, const char *sql, struct slice key)
{
	struct arena *a = arena_new(STORE_ROW_MAX);
	struct decision_ref *list;
	struct query q;
	size_t count = 1;
	int rc = 0;

	if (a == NULL)
		return store_nomem(e->st, NULL, e->err);
	while (rc == 0 && count > 0) {
		arena_reset(a);
		rc = query_open(&q, e->st, sql, e->err);
		if (rc < 0)
			break;
		query_bind_text(&q, key);
		rc = query_rows(&q, a, sizeof *list, read_decision, &list, &count, e->err);
		for (size_t i = 0; rc == 0 && i < count; i++)
			rc = empty_decision(e, &list[i], a);
	}
	arena_free(a);
	return rc;
}

/* ---- reposts by others ------------------------------------------------------------ */

/* Their rows stay, the words in them were the person's. */
static int
empty_reposts(struct erasing *e, struct slice post_id, struct arena *a)
{
	struct query q;
	int64_t *numbers;
	size_t count;

	if (query_open(&q, e->st, "SELECT post_no FROM posts WHERE repost_of = ?1", e->err) < 0)
		return -1;
	query_bind_text(&q, post_id);
	if (query_rows(&q, a, sizeof *numbers, read_number, &numbers, &count, e->err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++) {
		if (post_row_empty(e->st, numbers[i], true, e->err) < 0)
			return -1;
		erase_count(e, "posts");
	}
	if (query_open(
		&q, e->st, "UPDATE posts SET repost_of = NULL WHERE repost_of = ?1", e->err) < 0)
		return -1;
	query_bind_text(&q, post_id);
	return query_run(&q, e->err);
}

/* ---- posts ----------------------------------------------------------------------- */

struct post_no_id {
	int64_t post_no, event_at_ms;
	struct slice id;
};

static int
read_post(struct query *q, struct arena *a, void *row, struct err *err)
{
	struct post_no_id *p = row;

	(void)err;
	p->post_no = query_int(q, 0);
	p->event_at_ms = query_int(q, 1);
	p->id = query_text(q, 2, a);
	return 0;
}

/* Who it was is a number that no longer says so; that it is one and the same still counts. */
static int
mask_hits(struct erasing *e, const struct post_no_id *p)
{
	struct query q;
	int64_t mask;

	memcpy(&mask, &e->mask, sizeof mask);
	if (query_open(&q, e->st,
		"UPDATE watch_hits SET author = ?3 WHERE watch_id IN (SELECT watch_id FROM "
		"watch_state) AND at_ms = ?1 AND post_no = ?2",
		e->err) < 0)
		return -1;
	query_bind_int(&q, p->event_at_ms);
	query_bind_int(&q, p->post_no);
	query_bind_int(&q, mask | 1);
	if (query_run(&q, e->err) < 0)
		return -1;
	erase_count(e, "watch_hits");
	return 0;
}

static int
mask_post(struct erasing *e, const struct post_no_id *p)
{
	char masked[ERASED_POST_ID_SIZE];
	struct query q;

	erased_post_id(e->st, p->id, masked);
	if (query_open(&q, e->st,
		"UPDATE posts SET id = ?2, author_no = NULL, subject = NULL, created_at_ms = NULL, "
		"text = NULL, text_hash = 0, likes = NULL, replies = NULL, reposts = NULL, "
		"post_json = NULL, score_json = NULL, repost_of = NULL, is_deleted = 1, "
		"is_expired = 1 WHERE post_no = ?1",
		e->err) < 0)
		return -1;
	query_bind_int(&q, p->post_no);
	query_bind_text(&q, slice_of(masked));
	if (query_run(&q, e->err) < 0)
		return -1;
	erase_count(e, "posts");
	return 0;
}

static int
empty_post(struct erasing *e, const struct post_no_id *p, struct arena *a)
{
	const char *thread = arena_printf(a, "t:%.*s", SLICE_ARG(p->id));
	const char *alone = arena_printf(a, "p:%.*s", SLICE_ARG(p->id));

	if (thread == NULL || alone == NULL)
		return store_nomem(e->st, a, e->err);
	if (erase_by_number(e, "post_customers", "DELETE FROM post_customers WHERE post_no = ?1",
		p->post_no) < 0 ||
	    erase_decisions_of(e,
		"SELECT decision_no, id, occurrence_id FROM decisions WHERE occurrence_id = ?1 "
		"LIMIT 256",
		p->id) < 0)
		return -1;
	if (erase_counters(e, p->id) < 0 || erase_counters(e, slice_of(thread)) < 0 ||
	    erase_counters(e, slice_of(alone)) < 0 || empty_reposts(e, p->id, a) < 0)
		return -1;
	return mask_hits(e, p) < 0 || mask_post(e, p) < 0 ? -1 : 0;
}

int
erase_posts_of(struct erasing *e, const struct person_author *author)
{
	struct arena *a = arena_new(STORE_ROW_MAX);
	struct post_no_id *page;
	struct query q;
	size_t count = 1;
	int rc = 0;

	if (a == NULL)
		return store_nomem(e->st, NULL, e->err);
	while (rc == 0 && count > 0) {
		arena_reset(a);
		rc = query_open(&q, e->st,
		    "SELECT post_no, event_at_ms, id FROM posts WHERE author_no = ?1 LIMIT 256",
		    e->err);
		if (rc < 0)
			break;
		query_bind_int(&q, author->author_no);
		rc = query_rows(&q, a, sizeof *page, read_post, &page, &count, e->err);
		for (size_t i = 0; rc == 0 && i < count; i++)
			rc = empty_post(e, &page[i], a);
	}
	arena_free(a);
	return rc;
}
_Static_assert(PAGE == 256, "in the statements above");

/* ---- all of it --------------------------------------------------------------------- */

static int
erase_subjects(struct erasing *e)
{
	for (size_t i = 0; i < e->p->customer_count + e->p->author_count; i++) {
		bool is_customer = i < e->p->customer_count;
		struct slice id =
		    is_customer ? e->p->customers[i] : e->p->authors[i - e->p->customer_count].id;
		const char *subject =
		    arena_printf(e->a, "%c:%.*s", is_customer ? 'c' : 'a', SLICE_ARG(id));

		if (subject == NULL)
			return store_nomem(e->st, e->a, e->err);
		if (erase_subject(e, slice_of(subject)) < 0)
			return -1;
	}
	return 0;
}

int
store_erase(struct store *st, const struct person *person, uint64_t mask, int64_t now_ms,
    struct arena *a, struct erased *erased_r, struct err *err)
{
	struct erasing e = {st, person, a, mask, now_ms, erased_r, err};

	assert(st->is_in_transaction && st->mode != STORE_READER);
	memset(erased_r, 0, sizeof *erased_r);
	if (st->book == NULL)
		return err_set(err, ERR_DENIED, "nobody can be erased without a ledger");
	if (store_flush(st, err) < 0 || erase_note_hashes(&e) < 0 || erase_mentions(&e) < 0)
		return -1;
	for (size_t i = 0; i < person->author_count; i++)
		if (erase_posts_of(&e, &person->authors[i]) < 0)
			return -1;
	if (erase_subjects(&e) < 0)
		return -1;
	for (size_t i = 0; i < person->customer_count; i++)
		if (erase_customer(&e, person->customers[i]) < 0)
			return -1;
	for (size_t i = 0; i < person->author_count; i++)
		if (erase_author(&e, &person->authors[i]) < 0)
			return -1;
	for (size_t i = 0; i < CACHE_COUNT; i++)
		overlay_forget_all(st->caches[i]);
	return 0;
}
