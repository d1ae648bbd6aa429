/*
 * authors.c - the accounts we hear, and what is thought of them.
 *
 * GET /api/v1/authors/{author}             200, 404; by account id or handle
 * GET /api/v1/authors/{author}/influence   200, 404; influence, endorsements, topics, adoption alone
 * GET /api/v1/adopters                     200; early adopters, the surest first
 */
#include "api/api_internal.h"

#include <assert.h>
#include <stdlib.h>

#include "core/occurrence.h"
#include "people/adopters.h"
#include "people/influence.h"
#include "people/people.h"
#include "people/standing.h"
#include "people/topics.h"
#include "store/items.h"
#include "store/persons.h"
#include "store/standing.h"

#define TOPICS_SHOWN 50
#define ITEMS_SHOWN 50
/* Credit for three items and above, most credit first: among so many the surest are looked for. */
#define ADOPTERS_LOOKED_AT 5000

static int
load_author(struct api_call *c, struct author_row *row_r, struct err *err)
{
	struct slice key = c->params[0], handle;
	int rc = store_author_load(c->env->store, key, false, c->env->arena, row_r, err);

	if (rc != 0)
		return rc;
	handle = handle_key_make(c->env->arena, key);
	if (slice_is_set(handle))
		rc = store_author_load(c->env->store, handle, true, c->env->arena, row_r, err);
	return rc;
}

static void
put_number(struct json_writer *w, const char *key, int64_t n)
{
	if (n == COUNT_UNKNOWN)
		json_kv_null(w, key);
	else
		json_kv_i64(w, key, n);
}

static void
put_tristate(struct json_writer *w, const char *key, enum tristate t)
{
	if (t == TRI_UNKNOWN)
		json_kv_null(w, key);
	else
		json_kv_bool(w, key, t == TRI_YES);
}

static void
author_members(struct json_writer *w, const struct author_row *row)
{
	const struct author *au = &row->author;

	json_kv_i64(w, "no", row->author_no);
	json_kv_str(w, "id", au->id);
	json_kv_str(w, "handle", au->handle);
	json_kv_str(w, "name", au->name);
	json_kv_str(w, "bio", au->bio);
	json_kv_str(w, "url", au->url);
	put_number(w, "followers", au->followers);
	put_number(w, "following", au->following);
	put_number(w, "posts", au->posts);
	put_number(w, "listed", au->listed);
	put_tristate(w, "verified", au->is_verified);
	put_tristate(w, "bot", au->is_bot);
	json_kv_bool(w, "objects_to_profiling", au->objects_to_profiling);
	json_kv_time(w, "created_at", au->created_at_ms);
	json_kv_time(w, "first_seen_at", row->first_seen_at_ms);
	json_kv_time(w, "last_seen_at", row->last_seen_at_ms);
	json_kv_i64(w, "posts_seen", row->posts_seen);
}

/* ---- what is thought of them --------------------------------------------------- */

struct regarded {
	struct standing_row row;
	struct standing standing;
	bool has_standing;
	struct influence influence;
	struct author_topic *topics;
	size_t topic_count;
	struct early_item *items;
	size_t item_count;
	int64_t all_items;
};

static int
load_regarded(
    struct api_call *c, const struct author_row *author, struct regarded *r, struct err *err)
{
	struct store *st = c->env->store;
	struct arena *a = c->env->arena;

	*r = (struct regarded){0};
	if (!author->author.objects_to_profiling &&
	    (store_standing_get(st, author->author_no, &r->row, err) < 0 ||
		store_topics_of_author(
		    st, author->author_no, TOPICS_SHOWN, a, &r->topics, &r->topic_count, err) < 0 ||
		store_items_early(st, author->author_no, ADOPTERS_HALF_MILLI, ITEMS_SHOWN, a,
		    &r->items, &r->item_count, &r->all_items, err) < 0))
		return -1;
	r->has_standing = standing_read(r->row.state, r->row.state_len, &r->standing);
	influence_of_author(c->env->influence, &author->author,
	    r->has_standing ? &r->standing : NULL, clock_now_ms(c->env->clock), &r->influence);
	return 0;
}

static void
put_topics(struct json_writer *w, const struct regarded *r, int64_t now_ms)
{
	json_key(w, "topics");
	json_array_begin(w);
	for (size_t i = 0; i < r->topic_count; i++) {
		struct topic_standing t;
		int32_t influence;

		topic_standing_of(&r->topics[i].row, &t);
		influence = topic_influence(&t, now_ms);
		json_object_begin(w);
		json_kv_str(w, "topic", r->topics[i].topic);
		if (influence < 0)
			json_kv_null(w, "influence");
		else
			json_kv_i64(w, "influence", influence);
		json_kv_milli(w, "endorsers", topic_endorsers_milli(&t, now_ms));
		json_kv_milli(w, "endorsements", topic_count_milli(&t, now_ms));
		json_object_end(w);
	}
	json_array_end(w);
}

static void
put_adoption(struct api_call *c, struct json_writer *w, const struct regarded *r)
{
	const struct adoption_config *config = c->env->adoption;
	const struct standing_row *row = &r->row;

	json_key(w, "adoption");
	if (row->items == 0) {
		json_put_null(w);
		return;
	}
	json_object_begin(w);
	json_kv_bool(w, "early_adopter",
	    adopters_is_early(config, row->credit_milli, row->credited, row->items));
	json_kv_milli(w, "score", adopters_score_milli(row->credit_milli, row->items) * 100);
	json_kv_i64(w, "items", row->items);
	json_kv_i64(w, "credited", row->credited);
	json_kv_milli(w, "credit", row->credit_milli);
	json_kv_str(
	    w, "early_on", adopters_say(r->items, r->item_count, r->all_items, c->env->arena));
	json_key(w, "early_items");
	json_array_begin(w);
	for (size_t i = 0; i < r->item_count; i++) {
		json_object_begin(w);
		json_kv_str(w, "item", r->items[i].name);
		json_kv_i64(w, "place", r->items[i].place);
		json_kv_i64(w, "authors", r->items[i].authors);
		json_object_end(w);
	}
	json_array_end(w);
	json_object_end(w);
}

static void
put_regarded(struct api_call *c, struct json_writer *w, const struct regarded *r)
{
	int64_t now_ms = clock_now_ms(c->env->clock);

	json_key(w, "influence");
	influence_to_json(&r->influence, w);
	json_key(w, "endorsements");
	if (r->has_standing)
		standing_to_json(&r->standing, now_ms, w);
	else
		json_put_null(w);
	put_topics(w, r, now_ms);
	put_adoption(c, w, r);
}

void
api_put_regard(struct json_writer *w, const struct author_facts *facts)
{
	if (facts->has_topic_influence)
		json_kv_i64(w, "topic_influence", facts->topic_influence);
	else
		json_kv_null(w, "topic_influence");
	json_key(w, "adoption");
	adoption_json(facts->adoption, w);
}

/* ---- resources -------------------------------------------------------------------- */

static int
find_author(struct api_call *c, struct author_row *row_r, struct err *err)
{
	int rc = load_author(c, row_r, err);

	if (rc == 0)
		return err_set(err, ERR_NOT_FOUND, "the author '%.*s' was never heard",
		    SLICE_ARG(c->params[0]));
	return rc < 0 ? -1 : 0;
}

int
api_authors_influence(struct api_call *c, struct err *err)
{
	struct author_row row;
	struct regarded r;
	struct json_writer *w;

	if (find_author(c, &row, err) < 0 || load_regarded(c, &row, &r, err) < 0)
		return -1;
	w = api_object(c);
	json_kv_str(w, "id", row.author.id);
	json_kv_str(w, "handle", row.author.handle);
	put_regarded(c, w, &r);
	api_object_end(c);
	return 0;
}

int
api_authors_show(struct api_call *c, struct err *err)
{
	struct store *st = c->env->store;
	struct arena *a = c->env->arena;
	struct author_row row;
	struct link_row link;
	struct slice_list tags;
	struct regarded r;
	struct json_writer *w;
	const char *who;
	int linked;

	if (find_author(c, &row, err) < 0 || load_regarded(c, &row, &r, err) < 0)
		return -1;
	who = arena_printf(a, "a:%.*s", SLICE_ARG(row.author.id));
	if (who == NULL)
		return api_nomem(c, err);
	linked = store_link_by_author(st, row.author.id, a, &link, err);
	if (linked < 0 ||
	    store_tags_load(st, slice_of(who), clock_now_ms(c->env->clock), a, &tags, err) < 0)
		return -1;
	w = api_object(c);
	author_members(w, &row);
	put_regarded(c, w, &r);
	api_put_texts(w, "tags", tags.items, tags.count);
	json_key(w, "link");
	if (linked == 1)
		api_put_link(w, &link);
	else
		json_put_null(w);
	api_object_end(c);
	return 0;
}

/* ---- early adopters ----------------------------------------------------------------- */

static int
by_score(const void *a, const void *b)
{
	const struct early_row *x = a, *y = b;
	int32_t s = adopters_score_milli(x->credit_milli, x->items),
		t = adopters_score_milli(y->credit_milli, y->items);

	if (s != t)
		return s > t ? -1 : 1;
	return x->author_no < y->author_no ? -1 : x->author_no > y->author_no;
}

static int
put_adopter(struct api_call *c, struct json_writer *w, const struct early_row *row, struct err *err)
{
	struct early_item *items = NULL;
	size_t count = 0;
	int64_t all = 0;

	if (store_items_early(c->env->store, row->author_no, ADOPTERS_HALF_MILLI, 1, c->env->arena,
		&items, &count, &all, err) < 0)
		return -1;
	json_object_begin(w);
	json_kv_str(w, "id", row->author_id);
	json_kv_str(w, "handle", row->handle);
	json_kv_milli(
	    w, "score", (int64_t)adopters_score_milli(row->credit_milli, row->items) * 100);
	json_kv_i64(w, "items", row->items);
	json_kv_i64(w, "credited", row->credited);
	json_kv_str(w, "early_on", adopters_say(items, count, all, c->env->arena));
	json_object_end(w);
	return 0;
}

int
api_adopters_list(struct api_call *c, struct err *err)
{
	struct early_row *rows = NULL;
	struct json_writer *w;
	size_t count = 0;
	int64_t limit, shown = 0;

	if (api_query_i64(c, "limit", 1, API_PAGE_MAX, API_LIMIT_DEFAULT, &limit) < 0)
		return -1;
	if (store_standing_early(
		c->env->store, ADOPTERS_LOOKED_AT, c->env->arena, &rows, &count, err) < 0)
		return -1;
	if (count > 0)
		qsort(rows, count, sizeof *rows, by_score);
	w = api_object(c);
	json_key(w, "items");
	json_array_begin(w);
	for (size_t i = 0; i < count && shown < limit; i++) {
		if (!adopters_is_early(
			c->env->adoption, rows[i].credit_milli, rows[i].credited, rows[i].items))
			continue;
		if (put_adopter(c, w, &rows[i], err) < 0)
			return -1;
		shown++;
	}
	json_array_end(w);
	api_object_end(c);
	return 0;
}
