/*
 * row_json_post.c - the rest of a post, and its author with what was known of them.
 */
#include "store/row_json_internal.h"

static void
write_author(struct json_writer *w, const struct author *au)
{
	json_key(w, "author");
	json_object_begin(w);
	write_text(w, "id", au->id);
	write_text(w, "handle", au->handle);
	write_text(w, "name", au->name);
	write_text(w, "bio", au->bio);
	write_text(w, "url", au->url);
	write_int(w, "followers", au->followers, COUNT_UNKNOWN);
	write_int(w, "following", au->following, COUNT_UNKNOWN);
	write_int(w, "posts", au->posts, COUNT_UNKNOWN);
	write_int(w, "listed", au->listed, COUNT_UNKNOWN);
	write_int(w, "verified", au->is_verified, TRI_UNKNOWN);
	write_int(w, "bot", au->is_bot, TRI_UNKNOWN);
	write_int(w, "created_at_ms", au->created_at_ms, TIME_UNKNOWN);
	write_flag(w, "objects", au->objects_to_profiling);
	json_object_end(w);
}

static enum tristate
read_tristate(const struct json *obj, const char *key)
{
	int64_t v = read_int(obj, key, TRI_UNKNOWN);

	return v == TRI_YES ? TRI_YES : v == TRI_NO ? TRI_NO : TRI_UNKNOWN;
}

static void
read_author(struct reader *r, const struct json *v, struct author *au)
{
	au->id = read_text(r, v, "id");
	au->handle = read_text(r, v, "handle");
	au->name = read_text(r, v, "name");
	au->bio = read_text(r, v, "bio");
	au->url = read_text(r, v, "url");
	au->followers = read_int(v, "followers", COUNT_UNKNOWN);
	au->following = read_int(v, "following", COUNT_UNKNOWN);
	au->posts = read_int(v, "posts", COUNT_UNKNOWN);
	au->listed = read_int(v, "listed", COUNT_UNKNOWN);
	au->is_verified = read_tristate(v, "verified");
	au->is_bot = read_tristate(v, "bot");
	au->created_at_ms = read_int(v, "created_at_ms", TIME_UNKNOWN);
	au->objects_to_profiling = read_flag(v, "objects");
}

/* [total, likelihood of a machine, discount, what was assumed, part, part, ...]: parts are only ever
 * added. */
#define INFLUENCE_FIRST_PART 4

static void
write_influence(struct json_writer *w, const struct influence *in)
{
	if (!in->is_known)
		return;
	json_key(w, "influence");
	json_array_begin(w);
	json_put_i64(w, in->total_milli);
	json_put_i64(w, in->bot_milli);
	json_put_i64(w, in->discount_milli);
	json_put_i64(w, in->assumed);
	for (int i = 0; i < INFLUENCE_PART_COUNT; i++)
		json_put_i64(w, in->parts_milli[i]);
	json_array_end(w);
}

static int32_t
read_number(const struct json *arr, size_t i)
{
	int64_t v = 0;

	return json_i64(json_at(arr, i), &v) ? within_32_bits(v) : 0;
}

static void
read_influence(const struct json *arr, struct influence *in)
{
	size_t count = json_type(arr) == JSON_ARRAY ? json_count(arr) : 0;

	*in = (struct influence){.is_known = count >= INFLUENCE_FIRST_PART};
	if (!in->is_known)
		return;
	in->total_milli = read_number(arr, 0);
	in->bot_milli = read_number(arr, 1);
	in->discount_milli = read_number(arr, 2);
	in->assumed = (uint32_t)read_number(arr, 3);
	for (size_t i = 0; i < INFLUENCE_PART_COUNT && INFLUENCE_FIRST_PART + i < count; i++)
		in->parts_milli[i] = read_number(arr, INFLUENCE_FIRST_PART + i);
}

/* [is one, score, items, credited], and in words what they were early on. */
static void
write_adoption(struct json_writer *w, const struct adoption *ad)
{
	if (ad == NULL)
		return;
	json_key(w, "adoption");
	json_array_begin(w);
	json_put_i64(w, ad->is_early_adopter);
	json_put_i64(w, ad->score_milli);
	json_put_i64(w, ad->items);
	json_put_i64(w, ad->credited);
	json_array_end(w);
	write_text(w, "early_on", ad->best);
}

static const struct adoption *
read_adoption(struct reader *r, const struct json *v)
{
	const struct json *arr = json_get(v, "adoption");
	struct adoption *ad;

	if (json_type(arr) != JSON_ARRAY || json_count(arr) < 4)
		return NULL;
	ad = read_array(r, 1, sizeof *ad);
	if (ad == NULL)
		return NULL;
	ad->is_early_adopter = read_number(arr, 0) != 0;
	ad->score_milli = read_number(arr, 1);
	(void)json_i64(json_at(arr, 2), &ad->items);
	(void)json_i64(json_at(arr, 3), &ad->credited);
	ad->best = read_text(r, v, "early_on");
	return ad;
}

static void
read_topic_influence(const struct json *v, struct author_facts *facts)
{
	int64_t influence = read_int(v, "topic_influence", -1);

	facts->has_topic_influence = influence >= 0;
	facts->topic_influence = influence >= 0 ? within_32_bits(influence) : 0;
}

void
row_json_post(const struct stored_post *sp, struct buf *out)
{
	const struct post *p = &sp->post;
	struct json_writer w;

	buf_clear(out);
	json_writer_init(&w, out);
	json_object_begin(&w);
	write_text(&w, "url", p->url);
	write_text(&w, "lang", p->lang);
	write_author(&w, &p->author);
	write_int(&w, "posts_seen", sp->author.posts_seen, 0);
	write_int(&w, "first_seen_at_ms", sp->author.first_seen_at_ms, TIME_UNKNOWN);
	write_values(&w, "author_tags", sp->author.tags);
	write_influence(&w, &sp->author.influence);
	if (sp->author.has_topic_influence)
		json_kv_i64(&w, "topic_influence", sp->author.topic_influence);
	write_adoption(&w, sp->author.adoption);
	write_text(&w, "reply_to", p->reply_to);
	write_text(&w, "repost_of", p->repost_of);
	write_text(&w, "quote_of", p->quote_of);
	write_text(&w, "thread", p->thread);
	write_values(&w, "tags", p->tags);
	write_values(&w, "mentions", p->mentions);
	write_text(&w, "place", p->place);
	write_flag(&w, "text_cut", p->is_text_cut);
	write_text(&w, "reply_handle", p->reply_handle);
	json_object_end(&w);
}

int
row_json_read_post(struct slice json, struct arena *a, struct stored_post *sp, struct err *err)
{
	struct reader r = {a, false};
	struct post *p = &sp->post;
	struct json_doc *doc;
	const struct json *v;

	if (parse(json, &doc, err) < 0)
		return -1;
	v = json_root(doc);
	p->url = read_text(&r, v, "url");
	p->lang = read_text(&r, v, "lang");
	read_author(&r, json_get(v, "author"), &p->author);
	sp->author.posts_seen = read_int(v, "posts_seen", 0);
	sp->author.first_seen_at_ms = read_int(v, "first_seen_at_ms", TIME_UNKNOWN);
	sp->author.tags = read_values(&r, json_get(v, "author_tags"));
	read_influence(json_get(v, "influence"), &sp->author.influence);
	read_topic_influence(v, &sp->author);
	sp->author.adoption = read_adoption(&r, v);
	p->reply_to = read_text(&r, v, "reply_to");
	p->repost_of = read_text(&r, v, "repost_of");
	p->quote_of = read_text(&r, v, "quote_of");
	p->thread = read_text(&r, v, "thread");
	p->tags = read_values(&r, json_get(v, "tags"));
	p->mentions = read_values(&r, json_get(v, "mentions"));
	p->place = read_text(&r, v, "place");
	p->is_text_cut = read_flag(v, "text_cut");
	p->reply_handle = read_text(&r, v, "reply_handle");
	return finish(&r, doc, err);
}
