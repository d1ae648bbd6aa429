/*
 * joins_count.c - what trees of subjects counted, by spells.
 *
 * A spell holds, for every key of a person's, how the row changed from the end of the spell before to its
 * own end, and it belongs to all who were one in it.  The row of a root is the sum over the spells of its
 * tree plus what was counted since.  So:
 *   ending a spell    writes the difference between the rows and that sum;
 *   joining           lets the tree have the spells of both sides, each once;
 *   taking apart      leaves each side with its own, and both with those they shared.
 * Sums may be less than nothing (what went in a shared spell came in one that is the other side's): rows
 * then have nothing, and differences are taken to what rows have.  For the last time and for an alert's
 * number the sum is the greatest.
 */
#include <assert.h>
#include <string.h>

#include "store/joins_internal.h"

enum counted {
	COUNTED_STATE = 0,
	COUNTED_TIMES = 1,
	COUNTED_CODES = 2 /* its numbers stand in statements */
};

struct time_list {
	int64_t *at_ms;
	size_t count, cap;
};

/* One key of a person's, as the spells have it or as the row is. */
struct tally {
	enum counted what;
	struct slice rule_id, rest;
	int kind;
	struct rule_counter counter; /* COUNTED_STATE */
	struct time_list came, went; /* of the spells, until they are summed */
	struct rule_times times; /* COUNTED_TIMES */
	bool is_met; /* the row exists */
};

struct counting {
	struct store *st;
	struct slice root;
	struct arena *a;
	int64_t now_ms, spell_no; /* 0: nothing to write yet */
	struct tally *tallies; /* sums over the spells, sorted */
	size_t count;
	struct err *err;
};

/* ---- sums over spells --------------------------------------------------- */

static int
tally_cmp(const void *va, const void *vb)
{
	const struct tally *a = va, *b = vb;
	int rc = (int)a->what - (int)b->what;

	if (rc == 0)
		rc = slice_cmp(a->rule_id, b->rule_id);
	if (rc == 0)
		rc = (a->kind > b->kind) - (a->kind < b->kind);
	return rc != 0 ? rc : slice_cmp(a->rest, b->rest);
}

static int
time_cmp(const void *va, const void *vb)
{
	const int64_t *a = va, *b = vb;

	return (*a > *b) - (*a < *b);
}

static int
list_add(struct store *st, struct arena *a, struct time_list *l, struct slice blob, struct err *err)
{
	size_t count = blob.len / TIMES_PACKED_BYTES;

	for (size_t i = 0; i < count; i++) {
		if (ROWS_GROW(st, a, &l->at_ms, l->count, &l->cap, err) < 0)
			return -1;
		l->at_ms[l->count++] = times_unpack(blob.ptr + i * TIMES_PACKED_BYTES);
	}
	return 0;
}

/* Both sorted: what is in the first and not in the second, each as often as it is there; the newest
 * RULE_TIMES_MAX of it. */
static void
times_less(const struct time_list *from, const struct time_list *less, struct rule_times *out)
{
	size_t i = from->count, k = less->count, n = 0;

	while (i > 0 && n < RULE_TIMES_MAX) {
		while (k > 0 && less->at_ms[k - 1] > from->at_ms[i - 1])
			k--;
		i--;
		if (k > 0 && less->at_ms[k - 1] == from->at_ms[i])
			k--;
		else
			out->at_ms[RULE_TIMES_MAX - ++n] = from->at_ms[i];
	}
	memmove(out->at_ms, out->at_ms + RULE_TIMES_MAX - n, n * sizeof out->at_ms[0]);
	out->count = n;
}

static void
tally_sum_up(struct tally *t)
{
	if (t->counter.count < 0)
		t->counter.count = 0;
	if (t->came.count > 0)
		qsort(t->came.at_ms, t->came.count, sizeof *t->came.at_ms, time_cmp);
	if (t->went.count > 0)
		qsort(t->went.at_ms, t->went.count, sizeof *t->went.at_ms, time_cmp);
	times_less(&t->came, &t->went, &t->times);
}

static int64_t
later(int64_t a_ms, int64_t b_ms)
{
	return a_ms > b_ms ? a_ms : b_ms; /* TIME_UNKNOWN is the least */
}

static bool
is_alert(const struct tally *t)
{
	return t->what == COUNTED_STATE && t->kind == STATE_ALERT_GROUP;
}

static int
tally_add(struct counting *c, struct tally *t, struct query *q)
{
	int64_t count = query_int(q, 4);

	if (!is_alert(t))
		t->counter.count += count;
	else if (t->counter.count < count)
		t->counter.count = count;
	t->counter.last_at_ms = later(t->counter.last_at_ms, query_time(q, 5));
	if (list_add(c->st, c->a, &t->came, query_peek_blob(q, 6), c->err) < 0)
		return -1;
	return list_add(c->st, c->a, &t->went, query_peek_blob(q, 7), c->err);
}

static int
tally_read(struct counting *c, struct query *q, size_t *cap)
{
	struct tally key = {.what = (enum counted)query_int(q, 0),
	    .rule_id = query_peek(q, 1),
	    .kind = (int)query_int(q, 2),
	    .rest = query_peek(q, 3)};
	struct tally *t = c->count > 0 ? &c->tallies[c->count - 1] : NULL;

	if (t == NULL || tally_cmp(t, &key) != 0) {
		if (ROWS_GROW(c->st, c->a, &c->tallies, c->count, cap, c->err) < 0)
			return -1;
		t = &c->tallies[c->count++];
		*t = (struct tally){.what = key.what,
		    .rule_id = query_text(q, 1, c->a),
		    .kind = key.kind,
		    .rest = query_text(q, 3, c->a),
		    .counter = {TIME_UNKNOWN, 0}};
	}
	return tally_add(c, t, q) < 0 || query_check(q, c->err) < 0 ? -1 : 0;
}

static int
tallies_load(struct counting *c)
{
	struct query q;
	size_t cap = 0;
	int rc;

	if (query_open(&q, c->st,
		JOINS_TREE
		"SELECT what, rule_id, kind, rest, count, last_at_ms, came, went FROM spell_counts "
		"WHERE spell_no IN (SELECT spell_no FROM spell_subjects JOIN tree USING (subject)) "
		"AND what < 2 ORDER BY 1, 2, 3, 4",
		c->err) < 0)
		return -1;
	query_bind_text(&q, c->root);
	while ((rc = query_step(&q, c->err)) > 0)
		if ((rc = tally_read(c, &q, &cap)) < 0)
			break;
	query_close(&q);
	for (size_t i = 0; i < c->count; i++)
		tally_sum_up(&c->tallies[i]);
	return rc;
}

/* ---- rows of a person --------------------------------------------------- */

static int
key_read(struct query *q, struct arena *a, void *row, struct err *err)
{
	struct tally *t = row;

	(void)err;
	t->rule_id = query_text(q, 0, a);
	t->kind = (int)query_int(q, 1);
	t->rest = query_text(q, 2, a);
	return 0;
}

#define KEYS_OF(table, number, is_part)                                                            \
	"SELECT rule_id, " number ", substr(key, 1 + length(?1)) FROM " table " WHERE key = ?1 "   \
	"UNION ALL SELECT rule_id, " number ", substr(key, 1 + length(?1)) FROM " table            \
	" WHERE key >= ?2 AND key < ?3 AND " is_part

static int
keys_find(struct counting *c, enum counted what, struct tally **rows_r, size_t *count_r)
{
	const char *low = arena_printf(c->a, "%.*s|", SLICE_ARG(c->root));
	const char *high = arena_printf(c->a, "%.*s}", SLICE_ARG(c->root));
	struct query q;

	if (low == NULL || high == NULL)
		return store_nomem(c->st, c->a, c->err);
	if (query_open(&q, c->st,
		what == COUNTED_STATE ? KEYS_OF("rule_state", "kind", JOINS_STATE_PART("?2"))
				      : KEYS_OF("rule_times", "part", JOINS_TIMES_PART("?2")),
		c->err) < 0)
		return -1;
	query_bind_text(&q, c->root);
	query_bind_text(&q, slice_of(low));
	query_bind_text(&q, slice_of(high));
	if (query_rows(&q, c->a, sizeof **rows_r, key_read, rows_r, count_r, c->err) < 0)
		return -1;
	for (size_t i = 0; i < *count_r; i++)
		(*rows_r)[i].what = what;
	return 0;
}

static int
full_key(struct counting *c, const struct tally *t, struct slice *key_r)
{
	const char *text = arena_printf(c->a, "%.*s%.*s", SLICE_ARG(c->root), SLICE_ARG(t->rest));

	if (text == NULL)
		return store_nomem(c->st, c->a, c->err);
	*key_r = slice_make(text, c->root.len + t->rest.len);
	return 0;
}

static int
row_get(struct counting *c, struct tally *t)
{
	struct slice key;

	if (full_key(c, t, &key) < 0)
		return -1;
	if (t->what == COUNTED_STATE)
		return store_counter_get(
		    c->st, t->rule_id, (enum state_kind)t->kind, key, &t->counter, c->err);
	return store_times_get(c->st, t->rule_id, (enum times_part)t->kind, key, &t->times, c->err);
}

static int
row_put(struct counting *c, const struct tally *t)
{
	struct slice key;

	if (full_key(c, t, &key) < 0)
		return -1;
	if (t->what == COUNTED_STATE)
		return store_counter_put(
		    c->st, t->rule_id, (enum state_kind)t->kind, key, &t->counter, c->err);
	return store_times_put(c->st, t->rule_id, (enum times_part)t->kind, key, &t->times, c->err);
}

/* ---- the end of a spell ------------------------------------------------- */

static int
spell_begin(struct counting *c)
{
	struct query q;

	if (c->spell_no != 0)
		return 0;
	if (query_open(&q, c->st, "INSERT INTO subject_spells (ended_at_ms) VALUES (?1)", c->err) <
	    0)
		return -1;
	query_bind_int(&q, c->now_ms);
	if (query_run(&q, c->err) < 0)
		return -1;
	c->spell_no = sqlite3_last_insert_rowid(c->st->db);
	if (query_open(&q, c->st,
		JOINS_TREE
		"INSERT INTO spell_subjects (subject, spell_no) SELECT subject, ?2 FROM tree",
		c->err) < 0)
		return -1;
	query_bind_text(&q, c->root);
	query_bind_int(&q, c->spell_no);
	return query_run(&q, c->err);
}

static void
bind_times(struct query *q, const struct rule_times *t, unsigned char *room)
{
	for (size_t i = 0; i < t->count; i++)
		times_pack(t->at_ms[i], room + i * TIMES_PACKED_BYTES);
	if (t->count == 0)
		query_bind_text(q, SLICE_NONE);
	else
		query_bind_blob(q, slice_make((const char *)room, t->count * TIMES_PACKED_BYTES));
}

static int
spell_write(struct counting *c, const struct tally *t, const struct rule_counter *counter,
    const struct rule_times *came, const struct rule_times *went)
{
	unsigned char rooms[2][RULE_TIMES_MAX * TIMES_PACKED_BYTES];
	struct query q;

	if (spell_begin(c) < 0)
		return -1;
	if (query_open(&q, c->st,
		"INSERT INTO spell_counts (spell_no, what, rule_id, kind, rest, count, last_at_ms, "
		"came, went) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
		c->err) < 0)
		return -1;
	query_bind_int(&q, c->spell_no);
	query_bind_int(&q, t->what);
	query_bind_text(&q, t->rule_id);
	query_bind_int(&q, t->kind);
	query_bind_text(&q, t->rest);
	query_bind_int(&q, counter->count);
	query_bind_time(&q, counter->last_at_ms);
	bind_times(&q, came, rooms[0]);
	bind_times(&q, went, rooms[1]);
	return query_run(&q, c->err);
}

/* How a row differs from the sum of the spells. */
static int
difference_write(struct counting *c, const struct tally *row, const struct tally *sum)
{
	struct time_list is = {(int64_t *)row->times.at_ms, row->times.count, 0};
	struct time_list was = {(int64_t *)sum->times.at_ms, sum->times.count, 0};
	struct rule_times came, went;
	struct rule_counter counter = {TIME_UNKNOWN, row->counter.count - sum->counter.count};

	if (is_alert(sum))
		counter.count = row->counter.count > sum->counter.count ? row->counter.count : 0;
	/* What goes is over when what came is: both are tidied by this. */
	if (row->counter.last_at_ms > sum->counter.last_at_ms)
		counter.last_at_ms = row->counter.last_at_ms;
	else if (counter.count < 0)
		counter.last_at_ms = sum->counter.last_at_ms;
	times_less(&is, &was, &came);
	times_less(&was, &is, &went);
	if (counter.count == 0 && counter.last_at_ms == TIME_UNKNOWN && came.count == 0 &&
	    went.count == 0)
		return 0;
	return spell_write(c, sum, &counter, &came, &went);
}

static int
row_compare(struct counting *c, struct tally *row)
{
	struct tally none = *row;
	struct tally *sum =
	    c->count == 0 ? NULL : bsearch(row, c->tallies, c->count, sizeof *row, tally_cmp);

	none.counter = (struct rule_counter){TIME_UNKNOWN, 0};
	row->counter = none.counter;
	if (sum != NULL)
		sum->is_met = true;
	if (row_get(c, row) < 0)
		return -1;
	return difference_write(c, row, sum != NULL ? sum : &none);
}

/* Rows that went altogether. */
static int
rows_gone(struct counting *c)
{
	for (size_t i = 0; i < c->count; i++) {
		struct tally none = {.counter = {TIME_UNKNOWN, 0}};

		if (!c->tallies[i].is_met && difference_write(c, &none, &c->tallies[i]) < 0)
			return -1;
	}
	return 0;
}

/* Codes taken since: who took them keeps the row, everybody in the tree finds them. */
static int
codes_write(struct counting *c)
{
	struct query q;
	int rc;

#define CODES_NEW                                                                                  \
	"SELECT offer, code FROM tree JOIN offer_codes ON person = tree.subject WHERE NOT EXISTS " \
	"(SELECT 1 FROM spell_subjects p JOIN spell_counts n USING (spell_no) WHERE "              \
	"p.subject = offer_codes.person AND what = 2 AND rule_id = offer AND kind = 0 AND "        \
	"rest = code)"
	if (query_open(&q, c->st, JOINS_TREE CODES_NEW " LIMIT 1", c->err) < 0)
		return -1;
	query_bind_text(&q, c->root);
	rc = query_has_row(&q, c->err);
	if (rc <= 0)
		return rc;
	if (spell_begin(c) < 0)
		return -1;
	if (query_open(&q, c->st,
		JOINS_TREE "INSERT INTO spell_counts (spell_no, what, rule_id, kind, rest, count) "
			   "SELECT ?2, 2, offer, 0, code, 1 FROM (" CODES_NEW ")",
		c->err) < 0)
		return -1;
	query_bind_text(&q, c->root);
	query_bind_int(&q, c->spell_no);
	return query_run(&q, c->err);
}

int
spell_end(struct store *st, struct slice root, int64_t now_ms, struct arena *a, struct err *err)
{
	struct counting c = {st, root, a, now_ms, 0, NULL, 0, err};

	/* What this transaction counted must be in the tables to be found there. */
	if (overlay_flush(st->caches[CACHE_COUNTERS], err) < 0 || times_flush(st, err) < 0 ||
	    tallies_load(&c) < 0)
		return -1;
	for (enum counted what = COUNTED_STATE; what <= COUNTED_TIMES; what++) {
		struct tally *rows = NULL;
		size_t count = 0;

		if (keys_find(&c, what, &rows, &count) < 0)
			return -1;
		for (size_t i = 0; i < count; i++)
			if (row_compare(&c, &rows[i]) < 0)
				return -1;
	}
	return rows_gone(&c) < 0 || codes_write(&c) < 0 ? -1 : 0;
}

int
spells_sum(struct store *st, struct slice root, struct arena *a, struct err *err)
{
	struct counting c = {st, root, a, 0, 0, NULL, 0, err};

	if (tallies_load(&c) < 0)
		return -1;
	for (size_t i = 0; i < c.count; i++)
		if (row_put(&c, &c.tallies[i]) < 0)
			return -1;
	return 0;
}

int
spells_clear(struct store *st, struct slice subject, struct arena *a, struct err *err)
{
	struct counting c = {st, subject, a, 0, 0, NULL, 0, err};

	for (enum counted what = COUNTED_STATE; what <= COUNTED_TIMES; what++) {
		struct tally *rows = NULL;
		size_t count = 0;

		if (keys_find(&c, what, &rows, &count) < 0)
			return -1;
		for (size_t i = 0; i < count; i++) {
			rows[i].counter = (struct rule_counter){TIME_UNKNOWN, 0};
			if (row_put(&c, &rows[i]) < 0)
				return -1;
		}
	}
	return 0;
}
