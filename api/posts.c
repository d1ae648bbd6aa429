/*
 * posts.c - posts in, posts and what could not become one out.
 *
 * POST /api/v1/posts        201 at least one was taken; 400 none was; the daemon does it, and
 * answers after the commit GET  /api/v1/posts        200; newest first GET  /api/v1/posts/{id} 200,
 * 404; the id %-encoded whole ('/' as %2F) GET  /api/v1/rejects      200; the newest, up to limit
 */
#include "api/api_internal.h"

#include "store/posts.h"

static void
put_errors(struct json_writer *w, const char *const *reasons, size_t count)
{
	json_key(w, "errors");
	json_array_begin(w);
	for (size_t i = 0; i < count; i++)
		json_put_cstr(w, reasons[i]);
	json_array_end(w);
}

void
api_ingest_reply(struct api_reply *reply, const struct ingest_result *r,
    const char *const *reject_reasons, size_t reject_reason_count)
{
	struct json_writer w;

	api_taken(reply, &w, r->accepted > 0, "no-valid-post",
	    "a post needs at least {\"text\":\"...\"}; the errors say what is wrong",
	    "none of the posts could be taken");
	json_kv_i64(&w, "accepted", r->accepted);
	json_kv_i64(&w, "stored", r->stored);
	json_kv_i64(&w, "duplicates", r->duplicates);
	json_kv_i64(&w, "revised", r->revised);
	json_kv_i64(&w, "deleted", r->deleted);
	json_kv_i64(&w, "erased", r->erased);
	json_kv_i64(&w, "rejected", r->rejected);
	put_errors(&w, reject_reasons, reject_reason_count);
	json_object_end(&w);
}

/* A page of posts goes another way: parsed by a reader, committed by the pipeline. */
int
api_posts_post(struct api_call *c, struct err *err)
{
	(void)c;
	return err_set(err, ERR_BUSY, "posts are taken by a running daemon");
}

int
api_posts_list(struct api_call *c, struct err *err)
{
	struct stored_post **list;
	struct json_writer *w;
	size_t limit, count, shown;
	int64_t before;

	if (api_query_page(c, &before, &limit) < 0 ||
	    store_posts_list(c->env->store, before, limit + 1, c->env->arena, &list, &count, err) <
		0)
		return -1;
	shown = count > limit ? limit : count;
	w = api_items(c);
	for (size_t i = 0; i < shown; i++)
		if (api_put_post(c, w, list[i], false, err) < 0)
			return -1;
	api_items_end(c, count > limit ? list[shown - 1]->post_no : 0);
	return 0;
}

int
api_posts_show(struct api_call *c, struct err *err)
{
	struct stored_post *sp;
	int rc = store_post_load(c->env->store, c->params[0], c->env->arena, &sp, err);

	if (rc < 0)
		return -1;
	if (rc == 0) {
		api_problem(c->reply, 404, "not-found", NULL, "the post '%.*s' was never seen",
		    SLICE_ARG(c->params[0]));
		return -1;
	}
	c->reply->status = 200;
	c->reply->content_type = "application/json";
	json_writer_init(&c->w, &c->reply->body);
	return api_put_post(c, &c->w, sp, true, err);
}

int
api_rejects_list(struct api_call *c, struct err *err)
{
	struct reject_row *rows;
	struct json_writer *w;
	int64_t limit;
	size_t count;

	if (api_query_i64(c, "limit", 1, API_PAGE_MAX, API_LIMIT_DEFAULT, &limit) < 0 ||
	    store_rejects_list(c->env->store, (size_t)limit, c->env->arena, &rows, &count, err) < 0)
		return -1;
	w = api_items(c);
	for (size_t i = 0; i < count; i++) {
		json_object_begin(w);
		json_kv_time(w, "at", rows[i].at_ms);
		json_kv_str(w, "feed", rows[i].feed);
		json_kv_str(w, "reason", rows[i].reason);
		json_kv_str(w, "excerpt", rows[i].excerpt);
		json_object_end(w);
	}
	api_items_end(c, 0);
	return 0;
}
