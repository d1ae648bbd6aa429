/*
 * fields_author.c - who wrote the post: what the network says of the account, and what we know of it.
 */
#include <string.h>

#include "core/timefmt.h"
#include "rules/fields_rows_internal.h"

#define AUTHOR_COUNT(name, member)                                                                 \
	static bool name(const struct occurrence *o, int64_t *r)                                   \
	{                                                                                          \
		return o->post != NULL && field_count_milli(o->post->author.member, r);            \
	}

AUTHOR_COUNT(author_followers, followers)
AUTHOR_COUNT(author_following, following)
AUTHOR_COUNT(author_posts, posts)
AUTHOR_COUNT(author_listed, listed)

static bool
author_influence(const struct occurrence *o, int64_t *r)
{
	return o->author != NULL && field_count_milli(influence_points(&o->author->influence), r);
}

/* On what the post is about; unknown while too few were seen to endorse them there. */
static bool
author_topic_influence(const struct occurrence *o, int64_t *r)
{
	return o->author != NULL && o->author->has_topic_influence &&
	    field_count_milli(o->author->topic_influence, r);
}

/* Of one or two items the share says nothing. */
static bool
author_adoption(const struct occurrence *o, int64_t *r)
{
	if (o->author == NULL || o->author->adoption == NULL || o->author->adoption->items < 3)
		return false;
	*r = o->author->adoption->score_milli * 100;
	return true;
}

static bool
author_posts_seen(const struct occurrence *o, int64_t *r)
{
	return o->author != NULL && field_count_milli(o->author->posts_seen, r);
}

static bool
author_age(const struct occurrence *o, int64_t *r)
{
	return o->post != NULL && field_span(o->post->author.created_at_ms, o->at_ms, r);
}

/* Over the account's whole life; a younger one counts as a day old. */
static bool
author_posts_per_day(const struct occurrence *o, int64_t *r)
{
	int64_t age_ms, posts;

	if (!author_age(o, &age_ms) || !author_posts(o, &posts))
		return false;
	*r = posts / (age_ms < TIME_DAY_MS ? 1 : age_ms / TIME_DAY_MS);
	return true;
}

/* Of the first post of theirs it is 0: we saw them now. */
static bool
author_first_seen(const struct occurrence *o, int64_t *r)
{
	return o->author != NULL && o->author->author_no != 0 &&
	    field_span(o->author->first_seen_at_ms, o->now_ms, r);
}

#define AUTHOR_TEXT(name, member)                                                                  \
	static bool name(const struct occurrence *o, struct field_texts *r)                        \
	{                                                                                          \
		return o->post != NULL && field_one_text(o->post->author.member, r);               \
	}

AUTHOR_TEXT(author_id, id)
AUTHOR_TEXT(author_handle, handle)
AUTHOR_TEXT(author_name, name)
AUTHOR_TEXT(author_bio, bio)
AUTHOR_TEXT(author_url, url)

/* "@anna@example.social": what stands behind the last '@'. */
static bool
author_server(const struct occurrence *o, struct field_texts *r)
{
	struct slice handle;
	size_t i;

	if (o->post == NULL || !slice_is_set(o->post->author.handle))
		return false;
	handle = o->post->author.handle;
	for (i = handle.len; i > 1 && handle.ptr[i - 1] != '@'; i--)
		;
	return i > 1 && field_one_text(slice_make(handle.ptr + i, handle.len - i), r);
}

static bool
author_tag(const struct occurrence *o, struct field_texts *r)
{
	return o->author != NULL && field_many_texts(&o->author->tags, r);
}

static enum tristate
is_known(const struct occurrence *o)
{
	return o->post == NULL
	    ? TRI_UNKNOWN
	    : field_tri(slice_is_set(o->post->author.id) && o->post->author.id.len > 0);
}

static enum tristate
is_new(const struct occurrence *o)
{
	return o->author == NULL || o->author->posts_seen <= 0
	    ? TRI_UNKNOWN
	    : field_tri(o->author->posts_seen == 1);
}

/* Who mentioned nothing that came into fashion is none; of the anonymous nobody knows. */
static enum tristate
is_early_adopter(const struct occurrence *o)
{
	if (o->author == NULL || o->author->author_no == 0)
		return TRI_UNKNOWN;
	return field_tri(o->author->adoption != NULL && o->author->adoption->is_early_adopter);
}

static enum tristate
is_verified(const struct occurrence *o)
{
	return o->post == NULL ? TRI_UNKNOWN : o->post->author.is_verified;
}

static enum tristate
is_bot(const struct occurrence *o)
{
	return o->post == NULL ? TRI_UNKNOWN : o->post->author.is_bot;
}

static const struct field rows[] = {
    {.name = "author.handle",
	.words = "whose handle %",
	.type = FIELD_HANDLE,
	.texts = author_handle,
	.fold = FOLD_HANDLE,
	.selectivity = 95,
	.help = "The account's name, with or without the leading '@'.",
	.example = "author.handle is \"@anna@example.social\""},
    {.name = "author.id",
	.words = "whose account %",
	.type = FIELD_PLAIN,
	.texts = author_id,
	.help = "The network's lasting name of the account, as `earshot why` shows it.",
	.example = "author.id starts with \"did:plc:\""},
    {.name = "author.server",
	.words = "whose server %",
	.type = FIELD_PLAIN,
	.texts = author_server,
	.help = "The server the account is on: what stands behind the last '@' of its handle.",
	.example = "author.server is \"example.social\""},
    {.name = "author.url",
	.words = "whose profile address %",
	.type = FIELD_PLAIN,
	.texts = author_url,
	.help = "The address of the author's profile.",
	.example = "author.url contains \"example.social\""},
    {.name = "author.name",
	.words = "whose name %",
	.type = FIELD_PLAIN,
	.texts = author_name,
	.help = "The name the author shows.",
	.example = "author.name contains \"news\""},
    {.name = "author.bio",
	.words = "whose bio %",
	.type = FIELD_PLAIN,
	.texts = author_bio,
	.help = "What the author says about themselves.",
	.example = "author.bio contains \"barista\""},
    {.name = "author.followers",
	.words = "with % followers",
	.type = FIELD_NUMBER,
	FIELD_COUNTS,
	.number = author_followers,
	.help = "Followers, when we saw the post.",
	.example = "author.followers is at least 10k"},
    {.name = "author.following",
	.words = "who follows % accounts",
	.type = FIELD_NUMBER,
	FIELD_COUNTS,
	.number = author_following,
	.help = "Accounts the author follows.",
	.example = "author.following is below 5000"},
    {.name = "author.posts",
	.words = "who has written % posts",
	.type = FIELD_NUMBER,
	FIELD_COUNTS,
	.number = author_posts,
	.help = "Posts the author has written, as the network counts them.",
	.example = "author.posts is at least 20"},
    {.name = "author.posts_per_day",
	.words = "who posts % times a day",
	.type = FIELD_NUMBER,
	FIELD_COUNTS,
	.number = author_posts_per_day,
	.help = "Posts for each day the account has existed; very many are written by machines.",
	.example = "author.posts_per_day is below 100"},
    {.name = "author.listed",
	.words = "who is on % public lists",
	.type = FIELD_NUMBER,
	FIELD_COUNTS,
	.number = author_listed,
	.help = "Public lists the author is on.",
	.example = "author.listed is above 10"},
    {.name = "author.influence",
	.words = "whose influence is %",
	.type = FIELD_NUMBER,
	.unit = "0 to 100",
	.has_range = true,
	.min = 0,
	.max = 100000,
	.number = author_influence,
	.help =
	    "How much weight the author has with others, 0 to 100, when we saw the post; less for "
	    "who looks like a machine.",
	.example = "author.influence is at least 70"},
    {.name = "author.topic_influence",
	.words = "whose influence on what the post is about is %",
	.type = FIELD_NUMBER,
	.unit = "0 to 100",
	.has_range = true,
	.min = 0,
	.max = 100000,
	.number = author_topic_influence,
	.help =
	    "How much the author is listened to on what the post is about, its brands and tags: "
	    "the "
	    "most of them. Unknown until five different people were seen to endorse them there.",
	.example = "author.topic_influence is at least 50"},
    {.name = "author.adoption",
	.words = "whose score as an early adopter is %",
	.type = FIELD_NUMBER,
	.unit = "0 to 100",
	.has_range = true,
	.min = 0,
	.max = 100000,
	.number = author_adoption,
	.help =
	    "How surely the author is early on what comes into fashion, 0 to 100; unknown before "
	    "three such tags, links or brands of theirs.",
	.example = "author.adoption is at least 40"},
    {.name = "author.posts_seen",
	.words = "of whom we have seen % posts",
	.type = FIELD_NUMBER,
	FIELD_COUNTS,
	.number = author_posts_seen,
	.help = "Posts of the author that we have stored, this one included.",
	.example = "author.posts_seen is at least 3"},
    {.name = "author.first_seen",
	.words = "whom we have known for %",
	.type = FIELD_DURATION,
	FIELD_TIME_SPAN,
	.number = author_first_seen,
	.help = "How long ago we saw a post of theirs for the first time.",
	.example = "author.first_seen is above 30 days"},
    {.name = "author.age",
	.words = "whose account is % old",
	.type = FIELD_DURATION,
	FIELD_TIME_SPAN,
	.number = author_age,
	.help = "How long the account had existed when it posted.",
	.example = "author.age is above 30 days"},
    {.name = "author.known",
	.words = "whose account is named|whose account is not named",
	.type = FIELD_FLAG,
	.subject = "author",
	.phrase = "known",
	.flag = is_known,
	.help = "The post names its author; those of feeds and files may not.",
	.example = "author is known"},
    {.name = "author.new",
	.words = "whose first post it is|who has posted before",
	.type = FIELD_FLAG,
	.subject = "author",
	.phrase = "new",
	.flag = is_new,
	.help = "It is the first post of theirs that we have stored.",
	.example = "author is new"},
    {.name = "author.early_adopter",
	.words = "who is an early adopter|who is not an early adopter",
	.type = FIELD_FLAG,
	.subject = "author",
	.phrase = "an early adopter",
	.flag = is_early_adopter,
	.help = "The author was among the first on at least three things that came into fashion, "
		"and more "
		"often than luck would have it.",
	.example = "author is an early adopter"},
    {.name = "author.verified",
	.words = "who is verified|who is not verified",
	.type = FIELD_FLAG,
	.subject = "author",
	.phrase = "verified",
	.flag = is_verified,
	.help = "The network says the author is who they say.",
	.example = "author is verified"},
    {.name = "author.bot",
	.words = "who is a bot|who is not a bot",
	.type = FIELD_FLAG,
	.subject = "author",
	.phrase = "a bot",
	.flag = is_bot,
	.help = "The network says that the account is automated. Unknown where it does not say.",
	.example = "author is not a bot"},
    {.name = "author.tag",
	.words = "whose tags %",
	.type = FIELD_TAGS,
	.texts = author_tag,
	.selectivity = 60,
	.help = "Tags that rules or people gave the author; also written `author is tagged \"x\"`.",
	.example = "author.tag is \"advocate\""},
    {.name = "author.list",
	.words = "who is on %|who is not on %",
	.type = FIELD_IN_LIST,
	.subject = "author",
	.phrase = "in list",
	.help = "The author is on a list of the rules, or was added to it.",
	.example = "author is in list staff"},
};

const struct field_rows fields_of_author = {
    "author", rows, sizeof rows / sizeof *rows, FIELD_ABOUT_POST};
