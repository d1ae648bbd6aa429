/*
 * sources.c - where posts come from and messages go to: what the loop knows now, with what is
 * stored or configured beside it.
 *
 * GET /api/v1/sources    200; also those that are no longer configured but have delivered
 * GET /api/v1/channels   200
 */
#include "api/api_internal.h"

#include "actions/channels.h"
#include "actions/sender.h"
#include "store/posts.h"

static const struct json *
find_by_name(const struct json *list, struct slice name)
{
	for (size_t i = 0; i < json_count(list); i++)
		if (slice_eq(json_get_str(json_at(list, i), "name"), name))
			return json_at(list, i);
	return NULL;
}

static void
put_live(struct json_writer *w, const struct json *live)
{
	const struct json *v;
	struct slice key;
	size_t pos = 0;

	while ((v = json_next(live, &pos, &key)) != NULL) {
		if (slice_eq_str(key, "name"))
			continue;
		json_key_slice(w, key);
		json_put_value(w, v);
	}
}

static void
put_source(
    struct json_writer *w, struct slice name, const struct json *live, const struct source_row *row)
{
	json_object_begin(w);
	json_kv_str(w, "name", name);
	json_kv_bool(w, "configured", live != NULL);
	put_live(w, live); /* its "posts" are those since the start */
	json_kv_i64(w, "stored", row == NULL ? 0 : row->posts);
	json_kv_time(w, "last_post_at", row == NULL ? TIME_UNKNOWN : row->last_post_at_ms);
	json_kv_bool(w, "has_fetched", row != NULL && row->has_fetched);
	json_object_end(w);
}

static const struct source_row *
find_row(const struct source_row *rows, size_t count, struct slice name)
{
	for (size_t i = 0; i < count; i++)
		if (slice_eq(rows[i].name, name))
			return &rows[i];
	return NULL;
}

int
api_sources_list(struct api_call *c, struct err *err)
{
	struct json_doc *doc = NULL;
	struct source_row *rows;
	const struct json *live;
	struct json_writer *w;
	size_t count;

	if (store_sources_list(c->env->store, c->env->arena, &rows, &count, err) < 0 ||
	    json_parse(c->env->host->sources_json, &doc, NULL, err) < 0)
		return -1;
	live = json_root(doc);
	w = api_items(c);
	for (size_t i = 0; i < json_count(live); i++) {
		struct slice name = json_get_str(json_at(live, i), "name");

		put_source(w, name, json_at(live, i), find_row(rows, count, name));
	}
	for (size_t i = 0; i < count; i++)
		if (find_by_name(live, rows[i].name) == NULL)
			put_source(w, rows[i].name, NULL, &rows[i]);
	api_items_end(c, 0);
	json_doc_free(doc);
	return 0;
}

int
api_channels_list(struct api_call *c, struct err *err)
{
	const struct actions_config *config = c->env->actions;
	struct json_doc *doc = NULL;
	struct json_writer *w;

	if (json_parse(c->env->host->channels_json, &doc, NULL, err) < 0)
		return -1;
	w = api_items(c);
	for (size_t i = 0; i < config->channel_count; i++) {
		const struct channel *ch = &config->channels[i];

		json_object_begin(w);
		json_kv_cstr(w, "name", ch->name);
		json_kv_cstr(w, "type", ch->ops->name);
		json_kv_cstr(w, "endpoint", ch->endpoint);
		json_kv_i64(w, "max_concurrent", ch->max_concurrent);
		json_kv_i64(w, "max_per_minute", ch->max_per_minute);
		json_kv_i64(w, "give_up_after_s", ch->give_up_after_ms / TIME_SECOND_MS);
		put_live(w, find_by_name(json_root(doc), slice_of(ch->name)));
		json_object_end(w);
	}
	api_items_end(c, 0);
	json_doc_free(doc);
	return 0;
}
