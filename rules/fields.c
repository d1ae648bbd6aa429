#include "rules/fields_internal.h"

#include <assert.h>

#include "core/buf.h"
#include "core/timefmt.h"
#include "rules/limits_internal.h"

/* ---- accessors ---- */

/* Counts become thousandths; one that would not fit is as good as the ceiling. */
static bool
count_milli(int64_t count, int64_t *r)
{
	if (count < 0)
		return false;
	*r = count > RULES_NUMBER_MAX / 1000 ? RULES_NUMBER_MAX : count * 1000;
	return true;
}

static bool
sentiment_score(const struct occurrence *o, int64_t *r)
{
	if (o->score == NULL || !o->score->is_scored)
		return false;
	*r = o->score->score_milli;
	return true;
}

static bool
text_words(const struct occurrence *o, int64_t *r)
{
	int64_t n = 0;

	if (o->score == NULL)
		return false;
	for (size_t i = 0; i < o->score->token_count; i++)
		n += o->score->tokens[i].kind == TOKEN_WORD;
	return count_milli(n, r);
}

#define POST_COUNT(name, member)                                                                   \
	static bool name(const struct occurrence *o, int64_t *r)                                   \
	{                                                                                          \
		return o->post != NULL && count_milli(o->post->member, r);                         \
	}

POST_COUNT(post_likes, likes)
POST_COUNT(post_replies, replies)
POST_COUNT(post_reposts, reposts)
POST_COUNT(author_followers, author.followers)
POST_COUNT(author_following, author.following)
POST_COUNT(author_posts, author.posts)
POST_COUNT(author_listed, author.listed)

static bool
author_posts_seen(const struct occurrence *o, int64_t *r)
{
	return o->author != NULL && count_milli(o->author->posts_seen, r);
}

static bool
author_age(const struct occurrence *o, int64_t *r)
{
	if (o->post == NULL || o->post->author.created_at_ms == TIME_UNKNOWN ||
	    o->at_ms == TIME_UNKNOWN || o->post->author.created_at_ms > o->at_ms)
		return false;
	*r = o->at_ms - o->post->author.created_at_ms;
	return true;
}

static bool
sentiment_label(const struct occurrence *o, uint32_t *r)
{
	if (o->score == NULL || !o->score->is_scored)
		return false;
	*r = UINT32_C(1) << o->score->label;
	return true;
}

static bool
intents(const struct occurrence *o, uint32_t *r)
{
	if (o->score == NULL)
		return false;
	*r = o->score->intents;
	return true;
}

static bool
one_text(struct slice s, struct field_texts *r)
{
	if (!slice_is_set(s) || s.len == 0)
		return false;
	r->own[0] = s;
	r->items = r->own;
	r->count = 1;
	return true;
}

static bool
many_texts(const struct slice_list *l, struct field_texts *r)
{
	r->items = l->items;
	r->count = l->count;
	return true;
}

static bool
language(const struct occurrence *o, struct field_texts *r)
{
	if (o->score == NULL || slice_eq_str(slice_of(o->score->lang), "und"))
		return false;
	return one_text(slice_of(o->score->lang), r);
}

static bool
post_tag(const struct occurrence *o, struct field_texts *r)
{
	return o->post != NULL && many_texts(&o->post->tags, r);
}

static bool
post_mention(const struct occurrence *o, struct field_texts *r)
{
	return o->post != NULL && many_texts(&o->post->mentions, r);
}

#define POST_TEXT(name, member)                                                                    \
	static bool name(const struct occurrence *o, struct field_texts *r)                        \
	{                                                                                          \
		return o->post != NULL && one_text(o->post->member, r);                            \
	}

POST_TEXT(post_url, url)
POST_TEXT(post_source, source)
POST_TEXT(post_place, place)
POST_TEXT(author_handle, author.handle)
POST_TEXT(author_name, author.name)
POST_TEXT(author_bio, author.bio)

static bool
author_tag(const struct occurrence *o, struct field_texts *r)
{
	return o->author != NULL && many_texts(&o->author->tags, r);
}

static bool
customer_tag(const struct occurrence *o, struct field_texts *r)
{
	return o->customer != NULL && many_texts(&o->customer->tags, r);
}

/* The person's own, or the first endpoint's that has one. */
#define CUSTOMER_TEXT(name, member)                                                                \
	static bool name(const struct occurrence *o, struct field_texts *r)                        \
	{                                                                                          \
		if (o->customer == NULL)                                                           \
			return false;                                                              \
		if (one_text(o->customer->member, r))                                              \
			return true;                                                               \
		for (size_t i = 0; i < o->customer->endpoint_count; i++)                           \
			if (one_text(o->customer->endpoints[i].member, r))                         \
				return true;                                                       \
		return false;                                                                      \
	}

CUSTOMER_TEXT(customer_country, country)
CUSTOMER_TEXT(customer_locale, locale)
CUSTOMER_TEXT(customer_timezone, timezone)

/* "de_AT" is asked for as "de_AT" and as "de". */
static bool
customer_language(const struct occurrence *o, struct field_texts *r)
{
	if (!customer_locale(o, r))
		return false;
	for (size_t i = 0; i < r->own[0].len; i++) {
		if (r->own[0].ptr[i] == '_' || r->own[0].ptr[i] == '-') {
			r->own[1] = slice_make(r->own[0].ptr, i);
			r->count = 2;
			break;
		}
	}
	return true;
}

static bool
customer_id(const struct occurrence *o, struct field_texts *r)
{
	return o->customer != NULL && one_text(o->customer->id, r);
}

static enum tristate
is_unsure(const struct occurrence *o)
{
	return o->score == NULL ? TRI_UNKNOWN : o->score->is_unsure ? TRI_YES : TRI_NO;
}

#define POST_FLAG(name, member)                                                                    \
	static enum tristate name(const struct occurrence *o)                                      \
	{                                                                                          \
		return o->post == NULL                                         ? TRI_UNKNOWN       \
		    : slice_is_set(o->post->member) && o->post->member.len > 0 ? TRI_YES           \
									       : TRI_NO;           \
	}

POST_FLAG(is_reply, reply_to)
POST_FLAG(is_repost, repost_of)
POST_FLAG(is_quote, quote_of)

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

static enum tristate
is_customer(const struct occurrence *o)
{
	return o->customer != NULL ? TRI_YES : TRI_NO;
}

/* ---- the table ---- */

#define COUNTS .unit = "a count", .has_range = true, .min = 0, .max = RULES_NUMBER_MAX

static const struct field fields[] = {
    {.name = "brand",
	.type = FIELD_BRAND,
	.selectivity = 40,
	.help = "The brands the post speaks of.",
	.example = "brand is acme"},
    {.name = "sentiment",
	.type = FIELD_NUMBER,
	.has_range = true,
	.min = -1000,
	.max = 1000,
	.unit = "-1 to 1",
	.number = sentiment_score,
	.help = "How the post feels, from -1 (furious) to 1 (delighted). Unknown in a language we "
		"cannot score.",
	.example = "sentiment is below -0.4"},
    {.name = "sentiment.label",
	.type = FIELD_CHOICE,
	.choices = "negative|neutral|positive",
	.choice = sentiment_label,
	.selectivity = 10,
	.help = "The sentiment as one word.",
	.example = "sentiment.label is negative"},
    {.name = "sentiment.unsure",
	.type = FIELD_FLAG,
	.subject = "sentiment",
	.phrase = "unsure",
	.flag = is_unsure,
	.help = "The score is too close to call.",
	.example = "sentiment is unsure"},
    {.name = "intent",
	.type = FIELD_CHOICE,
	.choices = "complaint|support|question|praise|purchase|churn|suggestion|feedback|spam",
	.choice = intents,
	.selectivity = 30,
	.help = "What the author wants; a post can have several.",
	.example = "intent is one of complaint, support"},
    {.name = "language",
	.type = FIELD_WORD,
	.texts = language,
	.is_language = true,
	.selectivity = 15,
	.help = "The language of the text, as a two-letter code.",
	.example = "language is one of en, de"},
    {.name = "text",
	.type = FIELD_TEXT,
	.selectivity = 90,
	.help = "The words of the post. A keyword matches whole words, in any case; \"#x\" and "
		"\"@x\" match "
		"hashtags and mentions.",
	.example = "text contains any of \"late\", \"not delivered\""},
    {.name = "text.words",
	.type = FIELD_NUMBER,
	COUNTS,
	.number = text_words,
	.help = "How many words the text has.",
	.example = "text.words is at least 5"},
    {.name = "post.tag",
	.type = FIELD_TAGS,
	.texts = post_tag,
	.fold = FOLD_TAG,
	.selectivity = 85,
	.help = "The hashtags of the post, with or without '#'.",
	.example = "post.tag is \"acmelaunch\""},
    {.name = "post.mention",
	.type = FIELD_TAGS,
	.texts = post_mention,
	.fold = FOLD_HANDLE,
	.selectivity = 80,
	.help = "The accounts the post mentions, with or without '@'.",
	.example = "post.mention is \"@acmecoffee\""},
    {.name = "post.url",
	.type = FIELD_PLAIN,
	.texts = post_url,
	.help = "The address of the post.",
	.example = "post.url contains \"example.social\""},
    {.name = "post.source",
	.type = FIELD_WORD,
	.texts = post_source,
	.selectivity = 10,
	.help = "The kind of network it came from.",
	.example = "post.source is mastodon"},
    {.name = "post.place",
	.type = FIELD_PLAIN,
	.texts = post_place,
	.help = "The place the author gave.",
	.example = "post.place contains \"Berlin\""},
    {.name = "post.likes",
	.type = FIELD_NUMBER,
	COUNTS,
	.number = post_likes,
	.help = "Likes, when we saw the post.",
	.example = "post.likes is at least 50"},
    {.name = "post.replies",
	.type = FIELD_NUMBER,
	COUNTS,
	.number = post_replies,
	.help = "Replies, when we saw the post.",
	.example = "post.replies is above 10"},
    {.name = "post.reposts",
	.type = FIELD_NUMBER,
	COUNTS,
	.number = post_reposts,
	.help = "Reposts, when we saw the post.",
	.example = "post.reposts is between 5 and 100"},
    {.name = "post.reply",
	.type = FIELD_FLAG,
	.subject = "post",
	.phrase = "a reply",
	.flag = is_reply,
	.help = "The post answers another one.",
	.example = "post is not a reply"},
    {.name = "post.repost",
	.type = FIELD_FLAG,
	.subject = "post",
	.phrase = "a repost",
	.flag = is_repost,
	.help = "The post passes on another one unchanged.",
	.example = "post is a repost"},
    {.name = "post.quote",
	.type = FIELD_FLAG,
	.subject = "post",
	.phrase = "a quote",
	.flag = is_quote,
	.help = "The post quotes another one.",
	.example = "post is a quote"},
    {.name = "author.handle",
	.type = FIELD_HANDLE,
	.texts = author_handle,
	.fold = FOLD_HANDLE,
	.selectivity = 95,
	.help = "The account's name, with or without the leading '@'.",
	.example = "author.handle is \"@anna@example.social\""},
    {.name = "author.name",
	.type = FIELD_PLAIN,
	.texts = author_name,
	.help = "The name the author shows.",
	.example = "author.name contains \"news\""},
    {.name = "author.bio",
	.type = FIELD_PLAIN,
	.texts = author_bio,
	.help = "What the author says about themselves.",
	.example = "author.bio contains \"barista\""},
    {.name = "author.followers",
	.type = FIELD_NUMBER,
	COUNTS,
	.number = author_followers,
	.help = "Followers, when we saw the post.",
	.example = "author.followers is at least 10k"},
    {.name = "author.following",
	.type = FIELD_NUMBER,
	COUNTS,
	.number = author_following,
	.help = "Accounts the author follows.",
	.example = "author.following is below 5000"},
    {.name = "author.posts",
	.type = FIELD_NUMBER,
	COUNTS,
	.number = author_posts,
	.help = "Posts the author has written, as the network counts them.",
	.example = "author.posts is at least 20"},
    {.name = "author.listed",
	.type = FIELD_NUMBER,
	COUNTS,
	.number = author_listed,
	.help = "Public lists the author is on.",
	.example = "author.listed is above 10"},
    {.name = "author.posts_seen",
	.type = FIELD_NUMBER,
	COUNTS,
	.number = author_posts_seen,
	.help = "Posts of the author that we have stored, this one included.",
	.example = "author.posts_seen is at least 3"},
    {.name = "author.age",
	.type = FIELD_DURATION,
	.has_range = true,
	.min = 0,
	.max = RULES_DURATION_MAX_MS,
	.unit = "a time",
	.number = author_age,
	.help = "How long the account had existed when it posted.",
	.example = "author.age is above 30 days"},
    {.name = "author.verified",
	.type = FIELD_FLAG,
	.subject = "author",
	.phrase = "verified",
	.flag = is_verified,
	.help = "The network says the author is who they say.",
	.example = "author is verified"},
    {.name = "author.bot",
	.type = FIELD_FLAG,
	.subject = "author",
	.phrase = "a bot",
	.flag = is_bot,
	.help = "The account says it is automated, or looks like it.",
	.example = "author is not a bot"},
    {.name = "author.tag",
	.type = FIELD_TAGS,
	.texts = author_tag,
	.selectivity = 60,
	.help = "Tags that rules or people gave the author; also written `author is tagged \"x\"`.",
	.example = "author.tag is \"advocate\""},
    {.name = "author.list",
	.type = FIELD_IN_LIST,
	.subject = "author",
	.phrase = "in list",
	.help = "The author is on a list of the rules, or was added to it.",
	.example = "author is in list staff"},
    {.name = "customer.known",
	.type = FIELD_FLAG,
	.subject = "customer",
	.phrase = "known",
	.flag = is_customer,
	.help = "The author is linked to a customer we know.",
	.example = "customer is known"},
    {.name = "customer.id",
	.type = FIELD_PLAIN,
	.texts = customer_id,
	.help = "Our own id of the customer.",
	.example = "customer.id starts with \"vip-\""},
    {.name = "customer.list",
	.type = FIELD_IN_LIST,
	.subject = "customer",
	.phrase = "in list",
	.help = "The customer is on a list of the rules, or was added to it.",
	.example = "customer is not in list winback"},
    {.name = "customer.allows",
	.type = FIELD_ALLOWS,
	.subject = "customer",
	.phrase = "allows",
	.help = "The customer can be reached on that channel and has not objected. For choosing: "
		"consent is "
		"enforced again, whatever the rule says.",
	.example = "customer allows email"},
    {.name = "customer.tag",
	.type = FIELD_TAGS,
	.texts = customer_tag,
	.selectivity = 60,
	.help = "Tags that rules or people gave the customer.",
	.example = "customer.tag is \"loyal\""},
    {.name = "customer.country",
	.type = FIELD_WORD,
	.texts = customer_country,
	.selectivity = 35,
	.help = "The customer's country.",
	.example = "customer.country is DE"},
    {.name = "customer.language",
	.type = FIELD_WORD,
	.texts = customer_language,
	.is_language = true,
	.fold = FOLD_LOCALE,
	.selectivity = 30,
	.help = "The customer's language; de_AT is also de.",
	.example = "customer.language is de"},
    {.name = "customer.timezone",
	.type = FIELD_WORD,
	.texts = customer_timezone,
	.selectivity = 35,
	.help = "The customer's time zone.",
	.example = "customer.timezone is Europe/Berlin"},
    {.name = "customer.ATTRIBUTE",
	.type = FIELD_ATTRIBUTE,
	.help = "Any attribute of the customer by its name; compared as numbers when the rule "
		"gives a number.",
	.example = "customer.plan is \"gold\""},
};

#define FIELD_COUNT (sizeof fields / sizeof *fields)

size_t
field_count(void)
{
	return FIELD_COUNT;
}

const struct field *
field_at(size_t i)
{
	assert(i < FIELD_COUNT);
	return &fields[i];
}

size_t
field_index(const struct field *f)
{
	return (size_t)(f - fields);
}

const struct field *
field_find(struct slice name, struct slice *attribute_r)
{
	*attribute_r = SLICE_NONE;
	for (size_t i = 0; i < FIELD_COUNT; i++)
		if (fields[i].type != FIELD_ATTRIBUTE && slice_eq_str(name, fields[i].name))
			return &fields[i];
	if (slice_starts_with(name, "customer.") && name.len > 9) {
		*attribute_r = slice_make(name.ptr + 9, name.len - 9);
		return &fields[FIELD_COUNT - 1];
	}
	return NULL;
}

const char *
field_nearest(struct slice name)
{
	const char *names[FIELD_COUNT];

	for (size_t i = 0; i < FIELD_COUNT; i++)
		names[i] = fields[i].name;
	return diag_nearest(name, names, FIELD_COUNT - 1);
}

#define BIT(op) (UINT32_C(1) << RULE_OP_##op)
#define EQUALS (BIT(IS) | BIT(IS_NOT))
#define ANY_OF (EQUALS | BIT(ONE_OF) | BIT(NONE_OF))
#define ORDER (BIT(AT_LEAST) | BIT(AT_MOST) | BIT(ABOVE) | BIT(BELOW) | BIT(BETWEEN))
#define CONTAIN                                                                                    \
	(BIT(CONTAINS) | BIT(NOT_CONTAINS) | BIT(CONTAINS_ANY) | BIT(CONTAINS_ALL) |               \
	    BIT(CONTAINS_NONE) | BIT(STARTS_WITH))
#define EXISTS (BIT(KNOWN) | BIT(UNKNOWN))

static const struct {
	uint32_t operators;
	bool is_wordy;
	const char *name;
} types[FIELD_TYPE_COUNT] = {
    [FIELD_NUMBER] = {EQUALS | ORDER | EXISTS, false, "a number"},
    [FIELD_DURATION] = {ORDER | EXISTS, false, "a length of time"},
    [FIELD_CHOICE] = {ANY_OF, true, "a choice"},
    [FIELD_BRAND] = {ANY_OF, true, "a brand"},
    [FIELD_WORD] = {ANY_OF | EXISTS, true, "a code"},
    [FIELD_TAGS] = {ANY_OF, false, "a set of tags"},
    [FIELD_HANDLE] = {ANY_OF | EXISTS, false, "a handle"},
    [FIELD_TEXT] = {CONTAIN, false, "a text"},
    [FIELD_PLAIN] = {ANY_OF | CONTAIN | EXISTS, false, "a text"},
    [FIELD_FLAG] = {EQUALS, false, "yes or no"},
    [FIELD_IN_LIST] = {EQUALS, false, "being in a list"},
    [FIELD_ALLOWS] = {EQUALS, true, "a permission"},
    [FIELD_ATTRIBUTE] = {ANY_OF | ORDER | CONTAIN | EXISTS, false, "an attribute"},
};

bool
field_type_can(enum field_type t, enum rule_op op)
{
	return (types[t].operators >> op & 1) != 0;
}

const char *
field_type_name(enum field_type t)
{
	return types[t].name;
}

bool
field_type_is_wordy(enum field_type t)
{
	return types[t].is_wordy;
}

int
field_choice(const struct field *f, struct slice word)
{
	struct slice rest = slice_of(f->choices);

	for (int i = 0; slice_is_set(rest); i++)
		if (slice_eq(slice_split(&rest, '|'), word))
			return i;
	return -1;
}

struct slice
field_choice_name(const struct field *f, unsigned i)
{
	struct slice rest = slice_of(f->choices), name = SLICE_NONE;

	for (unsigned n = 0; n <= i && slice_is_set(rest); n++)
		name = slice_split(&rest, '|');
	return name;
}

/* ---- customers ---- */

static bool
attribute_in(
    const struct attribute *attributes, size_t count, struct slice name, struct slice_list *r)
{
	const struct attribute *found = NULL;

	for (size_t i = 0; i < count; i++) {
		if (attributes[i].values.count == 0)
			continue;
		if (slice_eq(attributes[i].name, name)) {
			found = &attributes[i];
			break;
		}
		if (found == NULL && slice_eq_nocase(attributes[i].name, name))
			found = &attributes[i];
	}
	if (found == NULL)
		return false;
	*r = found->values;
	return true;
}

bool
field_attribute(const struct occurrence *o, struct slice name, struct slice_list *values_r)
{
	if (o->customer == NULL)
		return false;
	if (attribute_in(o->customer->attributes, o->customer->attribute_count, name, values_r))
		return true;
	for (size_t i = 0; i < o->customer->endpoint_count; i++) {
		const struct endpoint *e = &o->customer->endpoints[i];

		if (attribute_in(e->attributes, e->attribute_count, name, values_r))
			return true;
	}
	return false;
}

/* An address that works, and no objection: when there are consents for the channel, one of them is
 * given. */
enum tristate
field_allows(const struct occurrence *o, struct slice channel)
{
	const struct customer *c = o->customer;
	bool has_address = false, has_consent = false, is_given = false;

	if (c == NULL)
		return TRI_UNKNOWN;
	for (size_t i = 0; i < c->endpoint_count; i++)
		has_address |= slice_eq_nocase(c->endpoints[i].channel, channel) &&
		    !c->endpoints[i].is_opted_out && !c->endpoints[i].is_inactive;
	for (size_t i = 0; i < c->consent_count; i++) {
		if (!slice_eq_nocase(c->consents[i].channel, channel))
			continue;
		has_consent = true;
		is_given |= c->consents[i].is_given;
	}
	return has_address && (is_given || !has_consent) ? TRI_YES : TRI_NO;
}

/* ---- the manual ---- */

static void
describe_operators(const struct field *f, struct buf *out)
{
	bool is_first = true;

	if (f->phrase != NULL) {
		buf_add_str(out, f->type == FIELD_ALLOWS ? "allows, does not allow" : "is, is not");
		return;
	}
	for (int op = 0; op < RULE_OP_COUNT; op++) {
		if (!field_type_can(f->type, (enum rule_op)op))
			continue;
		buf_addf(out, "%s%s", is_first ? "" : ", ", rule_op_spelling((enum rule_op)op));
		is_first = false;
	}
}

void
fields_describe(struct buf *out)
{
	buf_add_str(
	    out, "| field | kind | what it is | can be asked | example |\n|---|---|---|---|---|\n");
	for (size_t i = 0; i < FIELD_COUNT; i++) {
		const struct field *f = &fields[i];

		if (f->phrase != NULL)
			buf_addf(out, "| `%s ... %s`", f->subject, f->phrase);
		else
			buf_addf(out, "| `%s`", f->name);
		buf_addf(out, " | %s%s%s%s | %s", types[f->type].name, f->unit != NULL ? " (" : "",
		    f->unit != NULL ? f->unit : "", f->unit != NULL ? ")" : "", f->help);
		if (f->type == FIELD_CHOICE) {
			struct slice rest = slice_of(f->choices);

			buf_add_str(out, " One of");
			for (bool is_first = true; slice_is_set(rest); is_first = false) {
				struct slice name = slice_split(&rest, '|');

				buf_addf(out, "%s `%.*s`", is_first ? "" : ",", SLICE_ARG(name));
			}
			buf_add_str(out, ".");
		}
		buf_add_str(out, " | ");
		describe_operators(f, out);
		buf_addf(out, " | `%s` |\n", f->example);
	}
}
