/*
 * post_copies.c - where else a post's words are: reposts by others, and messages that quote it.
 */
#include <assert.h>
#include <string.h>

#include "store/store_internal.h"

#define QUOTED_LEAST 12 /* bytes: fewer are found in anything */
#define QUOTED_MOST 60

/* The longest run of the text that stands the same in JSON and HTML. */
static struct slice
telling_run(struct slice text)
{
	struct slice best = SLICE_LIT("");
	size_t from = 0;

	for (size_t i = 0; i <= text.len; i++) {
		unsigned char c = i < text.len ? (unsigned char)text.ptr[i] : 0;

		if (c >= 0x20 && c < 0x7f && strchr("\"\\<>&'", c) == NULL)
			continue;
		if (i - from > best.len)
			best = slice_make(text.ptr + from, i - from);
		from = i + 1;
	}
	return best.len > QUOTED_MOST ? slice_make(best.ptr, QUOTED_MOST) : best;
}

static int
empty_messages(struct store *st, struct slice post_id, struct slice run, struct err *err)
{
	struct query q;

	if (run.len < QUOTED_LEAST)
		return 0;
	if (query_open(&q, st,
		"UPDATE outbox SET parts = '{}' WHERE state NOT IN (0, 1, 2, 4) AND "
		"instr(parts, ?2) > 0 AND message_no IN (SELECT message_no FROM decisions d JOIN "
		"outbox o ON o.decision_id = d.id WHERE d.occurrence_id = ?1 UNION SELECT "
		"message_no FROM decisions d JOIN alert_posts p ON p.decision_id = d.id JOIN "
		"outbox "
		"o ON o.alert_no = p.alert_no WHERE d.occurrence_id = ?1)",
		err) < 0)
		return -1;
	query_bind_text(&q, post_id);
	query_bind_text(&q, run);
	return query_run(&q, err);
}
_Static_assert(
    MESSAGE_HELD == 0 && MESSAGE_READY == 1 && MESSAGE_SENDING == 2 && MESSAGE_LATER == 4,
    "what waits is cancelled, not emptied");

static int
read_number(struct query *q, struct arena *a, void *row, struct err *err)
{
	(void)a;
	(void)err;
	*(int64_t *)row = query_int(q, 0);
	return 0;
}

static int
empty_reposts(
    struct store *st, struct slice post_id, int64_t now_ms, struct arena *a, struct err *err)
{
	struct query q;
	int64_t *numbers, cancelled;
	size_t count;

	if (query_open(&q, st, "SELECT post_no FROM posts WHERE repost_of = ?1 AND is_deleted = 0",
		err) < 0)
		return -1;
	query_bind_text(&q, post_id);
	if (query_rows(&q, a, sizeof *numbers, read_number, &numbers, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		if (post_row_empty(st, numbers[i], true, err) < 0 ||
		    store_messages_cancel_for_post(st, numbers[i], now_ms,
			"the post was deleted upstream", &cancelled, err) < 0)
			return -1;
	return 0;
}

static int
read_text(struct store *st, int64_t post_no, struct arena *a, struct slice *text_r, struct err *err)
{
	struct query q;
	int rc;

	if (query_open(&q, st, "SELECT text FROM posts WHERE post_no = ?1", err) < 0)
		return -1;
	query_bind_int(&q, post_no);
	rc = query_step(&q, err);
	if (rc > 0) {
		*text_r = query_text(&q, 0, a);
		rc = query_check(&q, err);
	}
	query_close(&q);
	return rc < 0 ? -1 : 0;
}

int
store_post_forget_copies(
    struct store *st, int64_t post_no, struct slice post_id, int64_t now_ms, struct err *err)
{
	struct arena *a = arena_new(STORE_ROW_MAX);
	struct slice text = SLICE_NONE;
	int rc = -1;

	assert(st->is_in_transaction);
	if (a == NULL)
		return store_nomem(st, NULL, err);
	if (read_text(st, post_no, a, &text, err) == 0 &&
	    (!slice_is_set(text) || empty_messages(st, post_id, telling_run(text), err) == 0) &&
	    empty_reposts(st, post_id, now_ms, a, err) == 0)
		rc = 0;
	arena_free(a);
	return rc;
}
