#include "people/regard.h"

#include <assert.h>
#include <string.h>

#include "core/arena.h"
#include "core/err.h"
#include "people/adopters.h"
#include "people/influence.h"
#include "people/people.h"
#include "people/standing.h"
#include "people/topics.h"
#include "store/standing.h"

#define MACHINE_MILLI 500

struct regard {
	struct store *st;
	const struct regard_input *in;
	struct arena *arena;
	int64_t author_no, at_ms;
	int32_t bot_milli;
	struct slice_list topics;
	/* Whom the post endorses. */
	int64_t endorsed[REGARD_ENDORSED_MAX];
	enum endorsement how[REGARD_ENDORSED_MAX];
	size_t count;
};

/* ---- whom a post endorses ------------------------------------------------------ */

static bool
is_own_handle(const struct regard *x, struct slice key)
{
	return slice_is_set(key) && x->in->is_own_handle != NULL &&
	    x->in->is_own_handle(x->in->cookie, key);
}

/* The strongest way comes first. */
static void
add_endorsed(struct regard *x, enum endorsement how, const struct endorsed_row *row)
{
	if (row->author_no == x->author_no || row->objects || row->is_own ||
	    is_own_handle(x, row->handle_key) || x->count == REGARD_ENDORSED_MAX)
		return;
	for (size_t i = 0; i < x->count; i++)
		if (x->endorsed[i] == row->author_no)
			return;
	x->endorsed[x->count] = row->author_no;
	x->how[x->count++] = how;
}

static int
find_by_post(struct regard *x, enum endorsement how, struct slice post_id, struct err *err)
{
	struct endorsed_row row;
	int rc;

	if (!slice_is_set(post_id) || post_id.len == 0)
		return 0;
	rc = store_endorsed_by_post(x->st, post_id, x->arena, &row, err);
	if (rc > 0)
		add_endorsed(x, how, &row);
	return rc < 0 ? -1 : 0;
}

static int
find_mentioned(struct regard *x, struct slice mention, struct err *err)
{
	struct endorsed_row row;
	struct slice key;
	int rc = handle_key_read(x->arena, mention, &key, err);

	if (rc <= 0)
		return rc;
	if (is_own_handle(x, key))
		return 0;
	rc = store_endorsed_by_handle(x->st, key, x->arena, &row, err);
	if (rc > 0)
		add_endorsed(x, ENDORSE_MENTION, &row);
	return rc < 0 ? -1 : 0;
}

static int
find_endorsed(struct regard *x, struct err *err)
{
	const struct post *p = x->in->post;

	if (slice_is_set(p->repost_of))
		return find_by_post(x, ENDORSE_REPOST, p->repost_of, err);
	if (find_by_post(x, ENDORSE_QUOTE, p->quote_of, err) < 0 ||
	    find_by_post(x, ENDORSE_REPLY, p->reply_to, err) < 0)
		return -1;
	/* A post that names everybody it can names nobody. */
	for (size_t i = 0; i < p->mentions.count && i < REGARD_ENDORSED_MAX; i++)
		if (find_mentioned(x, p->mentions.items[i], err) < 0)
			return -1;
	return 0;
}

static void
read_standing(const struct standing_row *row, struct standing *s)
{
	if (!standing_read(row->state, row->state_len, s))
		standing_init(s);
}

static int
endorse(struct regard *x, enum endorsement how, int64_t author_no, struct err *err)
{
	struct standing_row row;
	struct standing s;
	int32_t weight = 1000 - x->bot_milli;

	if (weight == 0)
		return 0;
	if (store_standing_get(x->st, author_no, &row, err) < 0)
		return -1;
	read_standing(&row, &s);
	standing_endorse(&s, how, x->author_no, weight, x->at_ms);
	standing_write(&s, row.state);
	row.state_len = STANDING_BYTES;
	row.updated_at_ms = x->in->now_ms;
	if (store_standing_put(x->st, author_no, &row, err) < 0)
		return -1;
	return topics_endorse(x->st, x->topics, author_no, x->author_no, weight, x->at_ms, err);
}

static int
count_endorsements(struct regard *x, struct err *err)
{
	if (find_endorsed(x, err) < 0)
		return -1;
	for (size_t i = 0; i < x->count; i++)
		if (endorse(x, x->how[i], x->endorsed[i], err) < 0)
			return -1;
	return 0;
}

static int
count_items(struct regard *x, struct err *err)
{
	struct slice_list items;

	if (slice_is_set(x->in->post->repost_of) || x->bot_milli >= MACHINE_MILLI)
		return 0;
	if (adopters_items(x->topics, x->in->terms, x->in->links, x->arena, &items, err) < 0)
		return -1;
	return adopters_mention(
	    x->st, x->in->adoption, items, x->in->feed, x->author_no, x->in->now_ms, x->arena, err);
}

/* ---- what is thought of its author ------------------------------------------------ */

static int
weigh(struct regard *x, struct author_facts *facts, struct err *err)
{
	struct standing_row row;
	struct standing s;
	int32_t best = -1;
	int rc = store_standing_get(x->st, x->author_no, &row, err);

	if (rc <= 0)
		return rc;
	if (standing_read(row.state, row.state_len, &s)) {
		influence_of_author(
		    x->in->weights, &x->in->post->author, &s, x->in->now_ms, &facts->influence);
		if (topics_best(x->st, x->topics, x->author_no, x->in->now_ms, &best, err) < 0)
			return -1;
		facts->has_topic_influence = best >= 0;
		facts->topic_influence = best >= 0 ? best : 0;
	}
	return adopters_judge(x->st, x->in->adoption, x->author_no, row.items, row.credited,
	    row.credit_milli, x->arena, &facts->adoption, err);
}

int
regard_see(struct store *st, const struct regard_input *in, struct arena *a,
    struct author_facts *facts, struct err *err)
{
	struct regard x = {.st = st, .in = in, .arena = a, .author_no = facts->author_no};

	if (facts->author_no == 0 || in->post->author.objects_to_profiling || in->is_own)
		return 0;
	x.at_ms = post_event_at_ms(in->post);
	x.bot_milli = influence_bot(&in->post->author, in->now_ms);
	if (topics_of_post(in->brand_ids, in->post->tags, a, &x.topics, err) < 0 ||
	    count_endorsements(&x, err) < 0 || count_items(&x, err) < 0)
		return -1;
	/* Whom we see for the first time nobody can have spoken of. */
	return facts->posts_seen <= 1 ? 0 : weigh(&x, facts, err);
}
