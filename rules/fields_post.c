/*
 * fields_post.c - the post itself: where it stands, what it answers, who took notice.
 */
#include "rules/fields_rows_internal.h"

#define POST_COUNT(name, member)                                                                   \
	static bool name(const struct occurrence *o, int64_t *r)                                   \
	{                                                                                          \
		return o->post != NULL && field_count_milli(o->post->member, r);                   \
	}

POST_COUNT(post_likes, likes)
POST_COUNT(post_replies, replies)
POST_COUNT(post_reposts, reposts)

/* Of networks that do not count all three, those that are counted. */
static bool
post_engagement(const struct occurrence *o, int64_t *r)
{
	int64_t counts[3], sum = 0;
	bool is_known = false;

	if (o->post == NULL)
		return false;
	counts[0] = o->post->likes;
	counts[1] = o->post->replies;
	counts[2] = o->post->reposts;
	for (size_t i = 0; i < 3; i++) {
		if (counts[i] < 0)
			continue;
		is_known = true;
		sum = counts[i] > INT64_MAX - sum ? INT64_MAX : sum + counts[i];
	}
	return is_known && field_count_milli(sum, r);
}

static bool
post_tag_count(const struct occurrence *o, int64_t *r)
{
	return o->post != NULL && field_count_milli((int64_t)o->post->tags.count, r);
}

static bool
post_mention_count(const struct occurrence *o, int64_t *r)
{
	return o->post != NULL && field_count_milli((int64_t)o->post->mentions.count, r);
}

static bool
post_age(const struct occurrence *o, int64_t *r)
{
	return field_span(o->at_ms, o->now_ms, r);
}

static bool
post_tag(const struct occurrence *o, struct field_texts *r)
{
	return o->post != NULL && field_many_texts(&o->post->tags, r);
}

static bool
post_mention(const struct occurrence *o, struct field_texts *r)
{
	return o->post != NULL && field_many_texts(&o->post->mentions, r);
}

#define POST_TEXT(name, member)                                                                    \
	static bool name(const struct occurrence *o, struct field_texts *r)                        \
	{                                                                                          \
		return o->post != NULL && field_one_text(o->post->member, r);                      \
	}

POST_TEXT(post_url, url)
POST_TEXT(post_source, source)
POST_TEXT(post_place, place)

static bool
post_language(const struct occurrence *o, struct field_texts *r)
{
	return o->post != NULL && field_one_locale(o->post->lang, r);
}

#define POST_FLAG(name, member)                                                                    \
	static enum tristate name(const struct occurrence *o)                                      \
	{                                                                                          \
		return o->post == NULL                                                             \
		    ? TRI_UNKNOWN                                                                  \
		    : field_tri(slice_is_set(o->post->member) && o->post->member.len > 0);         \
	}

POST_FLAG(is_reply, reply_to)
POST_FLAG(is_repost, repost_of)
POST_FLAG(is_quote, quote_of)

/* A thread of its own is none. */
static enum tristate
is_in_thread(const struct occurrence *o)
{
	if (o->post == NULL)
		return TRI_UNKNOWN;
	return field_tri((slice_is_set(o->post->reply_to) && o->post->reply_to.len > 0) ||
	    (slice_is_set(o->post->thread) && o->post->thread.len > 0 &&
		!slice_eq(o->post->thread, o->post->id)));
}

static const struct field rows[] = {
    {.name = "post.tag",
	.words = "whose hashtags %",
	.type = FIELD_TAGS,
	.texts = post_tag,
	.fold = FOLD_TAG,
	.selectivity = 85,
	.help = "The hashtags of the post, with or without '#'.",
	.example = "post.tag is \"acmelaunch\""},
    {.name = "post.tag_count",
	.words = "with % hashtags",
	.type = FIELD_NUMBER,
	FIELD_COUNTS,
	.number = post_tag_count,
	.help = "How many hashtags it has.",
	.example = "post.tag_count is below 10"},
    {.name = "post.mention",
	.words = "whose mentions %",
	.type = FIELD_TAGS,
	.texts = post_mention,
	.fold = FOLD_HANDLE,
	.selectivity = 80,
	.help = "The accounts the post mentions, with or without '@'.",
	.example = "post.mention is \"@acmecoffee\""},
    {.name = "post.mention_count",
	.words = "with % mentions",
	.type = FIELD_NUMBER,
	FIELD_COUNTS,
	.number = post_mention_count,
	.help = "How many accounts it mentions.",
	.example = "post.mention_count is at most 5"},
    {.name = "post.url",
	.words = "whose address %",
	.type = FIELD_PLAIN,
	.texts = post_url,
	.help = "The address of the post.",
	.example = "post.url contains \"example.social\""},
    {.name = "post.source",
	.words = "whose network %",
	.type = FIELD_WORD,
	.texts = post_source,
	.selectivity = 10,
	.help = "The kind of network it came from.",
	.example = "post.source is mastodon"},
    {.name = "post.language",
	.words = "whose language, as the network says, %",
	.type = FIELD_WORD,
	.texts = post_language,
	.is_language = true,
	.fold = FOLD_LOCALE,
	.selectivity = 15,
	.help = "The language the network says it is in; `language` is what we found.",
	.example = "post.language is de"},
    {.name = "post.place",
	.words = "whose place %",
	.type = FIELD_PLAIN,
	.texts = post_place,
	.help = "The place the author gave.",
	.example = "post.place contains \"Berlin\""},
    {.name = "post.age",
	.words = "that is % old",
	.type = FIELD_DURATION,
	FIELD_TIME_SPAN,
	.number = post_age,
	.help = "How old the post was when it was judged.",
	.example = "post.age is below 30 minutes"},
    {.name = "post.likes",
	.words = "with % likes",
	.type = FIELD_NUMBER,
	FIELD_COUNTS,
	.number = post_likes,
	.help = "Likes, when we saw the post.",
	.example = "post.likes is at least 50"},
    {.name = "post.replies",
	.words = "with % replies",
	.type = FIELD_NUMBER,
	FIELD_COUNTS,
	.number = post_replies,
	.help = "Replies, when we saw the post.",
	.example = "post.replies is above 10"},
    {.name = "post.reposts",
	.words = "with % reposts",
	.type = FIELD_NUMBER,
	FIELD_COUNTS,
	.number = post_reposts,
	.help = "Reposts, when we saw the post.",
	.example = "post.reposts is between 5 and 100"},
    {.name = "post.engagement",
	.words = "with % likes, replies and reposts together",
	.type = FIELD_NUMBER,
	FIELD_COUNTS,
	.number = post_engagement,
	.help = "Likes, replies and reposts together, when we saw the post; those that are known.",
	.example = "post.engagement is at least 100"},
    {.name = "post.reply",
	.words = "that is a reply|that is not a reply",
	.type = FIELD_FLAG,
	.subject = "post",
	.phrase = "a reply",
	.flag = is_reply,
	.help = "The post answers another one.",
	.example = "post is not a reply"},
    {.name = "post.repost",
	.words = "that is a repost|that is not a repost",
	.type = FIELD_FLAG,
	.subject = "post",
	.phrase = "a repost",
	.flag = is_repost,
	.help = "The post passes on another one unchanged.",
	.example = "post is a repost"},
    {.name = "post.quote",
	.words = "that is a quote|that is not a quote",
	.type = FIELD_FLAG,
	.subject = "post",
	.phrase = "a quote",
	.flag = is_quote,
	.help = "The post quotes another one.",
	.example = "post is a quote"},
    {.name = "post.thread",
	.words = "that is in a thread|that is not in a thread",
	.type = FIELD_FLAG,
	.subject = "post",
	.phrase = "in a thread",
	.flag = is_in_thread,
	.help = "The post belongs to a conversation that another one began.",
	.example = "post is in a thread"},
};

const struct field_rows fields_of_post = {
    "post", rows, sizeof rows / sizeof *rows, FIELD_ABOUT_POST};
