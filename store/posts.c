/*
 * posts.c - rows of posts.
 */
#include "store/posts.h"

#include <assert.h>
#include <string.h>

#include "core/map.h"
#include "store/store_internal.h"

/* SipHash-2-4 with the key 0: any key would do, as long as it never changes, for the hash is
 * stored. */
int64_t
store_text_hash(struct slice text)
{
	uint64_t h = hash_siphash(0, 0, text);
	int64_t n;

	memcpy(&n, &h, sizeof n);
	return n;
}

int
store_post_find(struct store *st, struct slice id, struct post_ref *ref_r, struct err *err)
{
	struct query q;
	int rc;

	if (query_open(&q, st,
		"SELECT post_no, text_hash, revision, is_deleted, is_expired FROM posts WHERE id = "
		"?1",
		err) < 0)
		return -1;
	query_bind_text(&q, id);
	rc = query_step(&q, err);
	if (rc > 0) {
		ref_r->post_no = query_int(&q, 0);
		ref_r->text_hash = query_int(&q, 1);
		ref_r->revision = query_int(&q, 2);
		ref_r->is_deleted = query_int(&q, 3) != 0;
		ref_r->is_expired = query_int(&q, 4) != 0;
	}
	query_close(&q);
	return rc;
}

/* Ids of brands are words: no comma in them. NULL for none. */
static struct slice
join_brands(struct slice_list ids, struct buf *space)
{
	buf_clear(space);
	if (ids.count == 0)
		return SLICE_NONE;
	for (size_t i = 0; i < ids.count; i++) {
		if (i > 0)
			buf_add_char(space, ',');
		buf_add_slice(space, ids.items[i]);
	}
	return buf_slice(space);
}

static int
insert_customer(struct store *st, int64_t post_no, const struct customer *c, struct err *err)
{
	struct query q;

	row_json_customer(c, &st->json_a);
	if (store_buf_check(st, &st->json_a, err) < 0 ||
	    query_open(&q, st,
		"INSERT INTO post_customers (post_no, customer_json) VALUES (?1, ?2)", err) < 0)
		return -1;
	query_bind_int(&q, post_no);
	query_bind_text(&q, buf_slice(&st->json_a));
	return query_run(&q, err);
}

static void
bind_post(struct query *q, const struct stored_post *sp, struct slice brands,
    struct slice post_json, struct slice score_json)
{
	const struct post *p = &sp->post;

	query_bind_text(q, p->id);
	query_bind_text(q, sp->feed);
	query_bind_text(q, p->source);
	query_bind_time(q, sp->author.author_no > 0 ? sp->author.author_no : TIME_UNKNOWN);
	query_bind_text(q, sp->subject);
	query_bind_int(q, post_event_at_ms(p));
	query_bind_time(q, p->created_at_ms);
	query_bind_int(q, p->fetched_at_ms);
	query_bind_text(q, p->text);
	query_bind_int(q, store_text_hash(p->text));
	query_bind_text(q, slice_of(sp->score.lang));
	query_bind_int(q, sp->score.label);
	query_bind_int(q, sp->score.score_milli);
	query_bind_text(q, brands);
	query_bind_count(q, p->likes);
	query_bind_count(q, p->replies);
	query_bind_count(q, p->reposts);
	query_bind_text(q, slice_of(sp->inert));
	query_bind_int(q, sp->rules_version);
	query_bind_text(q, post_json);
	query_bind_text(q, score_json);
	query_bind_time(q, sp->post_no > 0 ? sp->post_no : TIME_UNKNOWN);
	query_bind_text(q, p->repost_of);
	query_bind_int(q, (sp->score.intents >> INTENT_COMPLAINT) & 1);
	query_bind_time(q, sp->behind_ms > 0 ? sp->behind_ms : TIME_UNKNOWN);
}

int
store_post_insert(struct store *st, struct stored_post *sp, struct err *err)
{
	struct query q;
	struct slice brands = join_brands(sp->brand_ids, &st->key);
	int rc;

	assert(
	    slice_is_set(sp->post.id) && slice_is_set(sp->feed) && slice_is_set(sp->post.source));
	assert(sp->post.fetched_at_ms != TIME_UNKNOWN);
	row_json_post(sp, &st->json_a);
	row_json_score(&sp->score, &st->json_b);
	if (store_buf_check(st, &st->key, err) < 0 || store_buf_check(st, &st->json_a, err) < 0 ||
	    store_buf_check(st, &st->json_b, err) < 0)
		return -1;
	if (query_open(&q, st,
		"INSERT INTO posts (id, feed, source, author_no, subject, event_at_ms, "
		"created_at_ms, "
		"fetched_at_ms, text, text_hash, lang, label, score_milli, brands, likes, replies, "
		"reposts, inert, rules_version, post_json, score_json, post_no, repost_of, "
		"is_complaint, behind_ms) VALUES (?1, ?2, "
		"?3, "
		"?4, ?5, "
		"?6, "
		"?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23, "
		"?24, ?25) "
		"ON CONFLICT (id) DO NOTHING",
		err) < 0)
		return -1;
	bind_post(&q, sp, brands, buf_slice(&st->json_a), buf_slice(&st->json_b));
	rc = query_change(&q, err);
	if (rc <= 0)
		return rc;
	sp->post_no = sqlite3_last_insert_rowid(st->db);
	if (sp->customer != NULL && insert_customer(st, sp->post_no, sp->customer, err) < 0)
		return -1;
	return 1;
}

/* ---- loading ---------------------------------------------------------- */

static int
split_brands(struct store *st, struct slice joined, struct arena *a, struct slice_list *ids_r,
    struct err *err)
{
	struct slice *items = NULL;
	size_t count = 0, cap = 0;

	while (slice_is_set(joined)) {
		if (ROWS_GROW(st, a, &items, count, &cap, err) < 0)
			return -1;
		items[count++] = slice_split(&joined, ',');
	}
	*ids_r = (struct slice_list){items, count};
	return 0;
}

static void
read_columns(struct query *q, struct arena *a, struct stored_post *sp)
{
	struct post *p = &sp->post;
	struct slice lang = query_peek(q, 9);

	sp->post_no = query_int(q, 0);
	p->id = query_text(q, 1, a);
	sp->feed = query_text(q, 2, a);
	p->source = query_text(q, 3, a);
	sp->author.author_no = query_int(q, 4);
	sp->subject = query_text(q, 5, a);
	p->created_at_ms = query_time(q, 6);
	p->fetched_at_ms = query_int(q, 7);
	p->text = query_text(q, 8, a);
	if (lang.len < sizeof sp->score.lang)
		memcpy(sp->score.lang, lang.ptr == NULL ? "" : lang.ptr, lang.len);
	sp->score.label = (enum sentiment_label)query_int(q, 10);
	sp->score.score_milli = (int32_t)query_int(q, 11);
	p->likes = query_count(q, 13);
	p->replies = query_count(q, 14);
	p->reposts = query_count(q, 15);
	sp->inert = query_text(q, 16, a).ptr; /* the arena's copies end in NUL */
	sp->rules_version = query_int(q, 17);
	sp->revision = query_int(q, 18);
	p->is_deleted = query_int(q, 19) != 0;
	sp->is_expired = query_int(q, 20) != 0;
	sp->behind_ms = query_int(q, 23);
}

bool
post_row_is_gone(struct query *q)
{
	return query_int(q, 19) != 0 || query_int(q, 20) != 0;
}

int
post_row_read(
    struct query *q, struct arena *a, bool with_reasons, struct stored_post **sp_r, struct err *err)
{
	struct store *st = q->st;
	struct stored_post *sp = ARENA_NEW(a, struct stored_post);
	struct slice brands, post_json, score_json;
	struct err own;

	if (sp == NULL)
		return store_nomem(st, a, err);
	post_init(&sp->post);
	sp->author.first_seen_at_ms = TIME_UNKNOWN;
	read_columns(q, a, sp);
	brands = query_text(q, 12, a);
	post_json = query_peek(q, 21);
	score_json = query_peek(q, 22);
	if (query_check(q, err) < 0 || split_brands(st, brands, a, &sp->brand_ids, err) < 0)
		return -1;
	if ((slice_is_set(post_json) && row_json_read_post(post_json, a, sp, &own) < 0) ||
	    (slice_is_set(score_json) &&
		row_json_read_score(score_json, with_reasons, a, &sp->score, &own) < 0))
		return store_fail(st, own.kind, err, "post %lld of '%s': %s",
		    (long long)sp->post_no, st->path, own.text);
	*sp_r = sp;
	return 0;
}

int
post_customer_read(
    struct query *q, int column, struct stored_post *sp, struct arena *a, struct err *err)
{
	struct store *st = q->st;
	struct slice json = query_peek(q, column);
	struct customer *c = NULL;
	struct err own;

	if (query_check(q, err) < 0)
		return -1;
	if (row_json_read_customer(json, a, &c, &own) < 0)
		return store_fail(st, own.kind, err, "customer of post %lld of '%s': %s",
		    (long long)sp->post_no, st->path, own.text);
	sp->customer = c;
	return 0;
}

int
post_row_customer(struct store *st, struct stored_post *sp, struct arena *a, struct err *err)
{
	struct query q;
	int rc;

	sp->customer = NULL;
	if (query_open(&q, st, "SELECT customer_json FROM post_customers WHERE post_no = ?1", err) <
	    0)
		return -1;
	query_bind_int(&q, sp->post_no);
	rc = query_step(&q, err);
	if (rc > 0)
		rc = post_customer_read(&q, 0, sp, a, err);
	query_close(&q);
	return rc < 0 ? -1 : 0;
}

/* Takes the query over: steps once, closes. */
static int
load_one(struct query *q, struct arena *a, struct stored_post **sp_r, struct err *err)
{
	struct store *st = q->st;
	struct stored_post *sp = NULL;
	int rc = query_step(q, err);

	if (rc > 0 && post_row_read(q, a, true, &sp, err) < 0)
		rc = -1;
	query_close(q);
	if (rc > 0 && post_row_customer(st, sp, a, err) < 0)
		rc = -1;
	if (rc > 0)
		*sp_r = sp;
	return rc;
}

int
store_post_load(
    struct store *st, struct slice id, struct arena *a, struct stored_post **sp_r, struct err *err)
{
	struct query q;

	if (query_open(&q, st, "SELECT " POST_COLUMNS " FROM posts WHERE id = ?1", err) < 0)
		return -1;
	query_bind_text(&q, id);
	return load_one(&q, a, sp_r, err);
}

int
store_post_load_no(
    struct store *st, int64_t post_no, struct arena *a, struct stored_post **sp_r, struct err *err)
{
	struct query q;

	if (query_open(&q, st, "SELECT " POST_COLUMNS " FROM posts WHERE post_no = ?1", err) < 0)
		return -1;
	query_bind_int(&q, post_no);
	return load_one(&q, a, sp_r, err);
}

int
store_posts_list(struct store *st, int64_t before_no, size_t limit, struct arena *a,
    struct stored_post ***list_r, size_t *count_r, struct err *err)
{
	struct query q;
	struct stored_post **list = NULL;
	size_t count = 0, cap = 0;
	int rc;

	if (query_open(&q, st,
		"SELECT " POST_COLUMNS
		" FROM posts WHERE post_no < ?1 ORDER BY post_no DESC LIMIT ?2",
		err) < 0)
		return -1;
	query_bind_int(&q, before_no > 0 ? before_no : INT64_MAX);
	query_bind_int(&q, (int64_t)limit);
	while ((rc = query_step(&q, err)) > 0)
		if (ROWS_GROW(st, a, &list, count, &cap, err) < 0 ||
		    post_row_read(&q, a, true, &list[count++], err) < 0) {
			rc = -1;
			break;
		}
	query_close(&q);
	for (size_t i = 0; i < count && rc == 0; i++)
		rc = post_row_customer(st, list[i], a, err);
	if (rc < 0)
		return -1;
	*list_r = list;
	*count_r = count;
	return 0;
}

/* ---- changes ---------------------------------------------------------- */

/* What an edit changes of the rest of the post; who wrote it and in which thread it stands stays as
 * it was seen at first. */
static void
take_edit(struct stored_post *old, const struct stored_post *sp)
{
	const struct post *p = &sp->post;

	old->post.text = p->text;
	old->post.lang = p->lang;
	old->post.tags = p->tags;
	old->post.mentions = p->mentions;
	old->post.is_text_cut = p->is_text_cut;
	if (slice_is_set(p->url))
		old->post.url = p->url;
	if (slice_is_set(p->place))
		old->post.place = p->place;
	if (slice_is_set(p->reply_handle))
		old->post.reply_handle = p->reply_handle;
}

static int
write_edit(struct store *st, int64_t post_no, const struct stored_post *sp, struct err *err)
{
	struct query q;
	struct slice brands = join_brands(sp->brand_ids, &st->key);

	if (store_buf_check(st, &st->key, err) < 0 || store_buf_check(st, &st->json_a, err) < 0 ||
	    store_buf_check(st, &st->json_b, err) < 0)
		return -1;
	if (query_open(&q, st,
		"UPDATE posts SET text = ?2, text_hash = ?3, lang = ?4, label = ?5, score_milli = "
		"?6, "
		"brands = ?7, likes = coalesce(?8, likes), replies = coalesce(?9, replies), "
		"reposts = coalesce(?10, reposts), revision = revision + 1, post_json = ?11, "
		"score_json = ?12, is_complaint = ?13 WHERE post_no = ?1",
		err) < 0)
		return -1;
	query_bind_int(&q, post_no);
	query_bind_text(&q, sp->post.text);
	query_bind_int(&q, store_text_hash(sp->post.text));
	query_bind_text(&q, slice_of(sp->score.lang));
	query_bind_int(&q, sp->score.label);
	query_bind_int(&q, sp->score.score_milli);
	query_bind_text(&q, brands);
	query_bind_count(&q, sp->post.likes);
	query_bind_count(&q, sp->post.replies);
	query_bind_count(&q, sp->post.reposts);
	query_bind_text(&q, buf_slice(&st->json_a));
	query_bind_text(&q, buf_slice(&st->json_b));
	query_bind_int(&q, (sp->score.intents >> INTENT_COMPLAINT) & 1);
	return query_run(&q, err);
}

int
store_post_revise(struct store *st, int64_t post_no, const struct stored_post *sp, struct err *err)
{
	struct arena *a = arena_new(STORE_ROW_MAX);
	struct stored_post *old;
	int rc = -1;

	if (a == NULL)
		return store_nomem(st, NULL, err);
	rc = store_post_load_no(st, post_no, a, &old, err);
	if (rc > 0 && (old->post.is_deleted || old->is_expired))
		rc = 0;
	if (rc > 0) {
		take_edit(old, sp);
		row_json_post(old, &st->json_a);
		row_json_score(&sp->score, &st->json_b);
		rc = write_edit(st, post_no, sp, err);
	}
	arena_free(a);
	return rc;
}

/* The columns that hold somebody's words; also what expiry empties. */
int
post_row_empty(struct store *st, int64_t post_no, bool is_deletion, struct err *err)
{
	struct query q;

	if (query_open(&q, st, "DELETE FROM post_customers WHERE post_no = ?1", err) < 0)
		return -1;
	query_bind_int(&q, post_no);
	if (query_run(&q, err) < 0)
		return -1;
	if (query_open(&q, st,
		"UPDATE posts SET text = NULL, post_json = NULL, score_json = NULL, "
		"likes = NULL, replies = NULL, reposts = NULL, "
		"is_deleted = is_deleted | ?2, is_expired = is_expired | (1 - ?2) WHERE post_no = "
		"?1",
		err) < 0)
		return -1;
	query_bind_int(&q, post_no);
	query_bind_int(&q, is_deletion ? 1 : 0);
	return query_run(&q, err);
}

int
store_post_delete(struct store *st, int64_t post_no, struct err *err)
{
	return post_row_empty(st, post_no, true, err);
}

int
store_post_insert_deleted(
    struct store *st, struct slice id, struct slice feed, int64_t now_ms, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"INSERT INTO posts (id, feed, source, event_at_ms, fetched_at_ms, text_hash, "
		"label, "
		"score_milli, rules_version, is_deleted) VALUES (?1, ?2, '', ?3, ?3, 0, ?4, 0, 0, "
		"1) "
		"ON CONFLICT (id) DO NOTHING",
		err) < 0)
		return -1;
	query_bind_text(&q, id);
	query_bind_text(&q, feed);
	query_bind_int(&q, now_ms);
	query_bind_int(&q, SENTIMENT_NEUTRAL);
	return query_run(&q, err);
}

/* A polled page shows the same posts again and again: a row is only touched when a number differs.
 */
int
store_post_counts(struct store *st, int64_t post_no, int64_t likes, int64_t replies,
    int64_t reposts, struct err *err)
{
	struct query q;

	if (query_open(&q, st,
		"UPDATE posts SET likes = coalesce(?2, likes), replies = coalesce(?3, replies), "
		"reposts = coalesce(?4, reposts) WHERE post_no = ?1 AND is_deleted = 0 AND "
		"is_expired = 0 AND (coalesce(?2, likes) IS NOT likes OR "
		"coalesce(?3, replies) IS NOT replies OR coalesce(?4, reposts) IS NOT reposts)",
		err) < 0)
		return -1;
	query_bind_int(&q, post_no);
	query_bind_count(&q, likes);
	query_bind_count(&q, replies);
	query_bind_count(&q, reposts);
	return query_run(&q, err);
}
