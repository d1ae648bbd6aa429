/*
 * regard_world.h - posts through people_see(), regard_see() and the store, as the pipeline does it.
 */
#ifndef TESTS_PEOPLE_REGARD_WORLD_H
#define TESTS_PEOPLE_REGARD_WORLD_H

#include "people/adopters.h"
#include "people/influence.h"
#include "people/regard.h"
#include "people/standing.h"
#include "people/topics.h"
#include "store/items.h"
#include "store/posts.h"
#include "store/standing.h"
#include "tests/people/people_world.h"

#define OWN_HANDLE "@acmecoffee@social.example"

struct said {
	const char *id; /* of the post; NULL: one is made */
	int who; /* author a<who> */
	const char *repost_of, *quote_of, *reply_to;
	const char *mentions[4];
	const char *tags[4];
	const char *brand, *link, *feed;
	bool is_bot, objects, is_own;
};

static inline bool
own_handle(void *cookie, struct slice key)
{
	(void)cookie;
	return slice_eq_str(key, OWN_HANDLE);
}

static inline struct slice_list
said_list(struct people_world *w, const char *const *texts, size_t max)
{
	struct slice *items = arena_array(w->a, max, sizeof *items);
	size_t n = 0;

	while (n < max && texts[n] != NULL) {
		items[n] = slice_of(texts[n]);
		n++;
	}
	return (struct slice_list){items, n};
}

static inline struct stored_post *
said_post(struct people_world *w, const struct said *s)
{
	static int number;
	struct stored_post *sp = ARENA_NEW(w->a, struct stored_post);
	struct post *p = &sp->post;

	post_init(p);
	p->id = slice_of(s->id != NULL ? s->id : arena_printf(w->a, "p%d", ++number));
	p->source = SLICE_LIT("test");
	p->text = SLICE_LIT("x");
	p->author.id = slice_of(arena_printf(w->a, "a%d", s->who));
	p->author.handle =
	    slice_of(s->is_own ? OWN_HANDLE : arena_printf(w->a, "@A%d@social.example", s->who));
	p->author.followers = 100;
	p->author.is_bot = s->is_bot ? TRI_YES : TRI_UNKNOWN;
	p->author.objects_to_profiling = s->objects;
	p->created_at_ms = p->fetched_at_ms = w->now_ms;
	p->repost_of = slice_of(s->repost_of);
	p->quote_of = slice_of(s->quote_of);
	p->reply_to = slice_of(s->reply_to);
	p->mentions = said_list(w, s->mentions, 4);
	p->tags = said_list(w, s->tags, 4);
	sp->feed = slice_of(s->feed != NULL ? s->feed : "feed");
	sp->brand_ids = said_list(w, &s->brand, 1);
	sp->inert = s->is_own ? INERT_OWN_ACCOUNT : NULL;
	return sp;
}

struct saying {
	struct stored_post *sp;
	struct slice_list links;
	bool is_own;
};

/* What is said, before anything is made to fail. */
static inline struct saying
saying_of(struct people_world *w, const struct said *s)
{
	return (struct saying){said_post(w, s), said_list(w, &s->link, 1), s->is_own};
}

/* Within a transaction. */
static inline int
said_take(struct people_world *w, const struct saying *s, const struct adoption_config *c,
    struct author_facts *facts_r, struct err *err)
{
	struct stored_post *sp = s->sp;
	struct person_seen seen;
	struct regard_input in = {.post = &sp->post,
	    .brand_ids = sp->brand_ids,
	    .links = s->links,
	    .feed = sp->feed,
	    .is_own = s->is_own,
	    .is_own_handle = own_handle,
	    .weights = &influence_weights_default,
	    .adoption = c,
	    .now_ms = w->now_ms};

	if (people_see(w->st, &sp->post, &influence_weights_default, w->now_ms, true, w->a, &seen,
		err) < 0 ||
	    regard_see(w->st, &in, w->a, &seen.author, err) < 0)
		return -1;
	sp->author = seen.author;
	if (facts_r != NULL)
		*facts_r = seen.author;
	return store_post_insert(w->st, sp, err) < 0 ? -1 : 0;
}

static inline struct author_facts
say_as(struct people_world *w, struct said s, const struct adoption_config *c)
{
	struct author_facts facts = {0};
	struct saying saying = saying_of(w, &s);
	struct err err = {0};

	if (store_begin(w->st, &err) < 0 || said_take(w, &saying, c, &facts, &err) < 0 ||
	    store_commit(w->st, &err) < 0)
		fail_msg("%s", err.text);
	return facts;
}

#define SAY(w, ...) say_as((w), (struct said){__VA_ARGS__}, &adoption_config_default)

static inline int64_t
author_number(struct people_world *w, int who)
{
	struct author_row row;
	struct err err = {0};

	if (store_author_load(
		w->st, slice_of(arena_printf(w->a, "a%d", who)), false, w->a, &row, &err) != 1)
		return 0;
	return row.author_no;
}

static inline struct standing_row
standing_row_of(struct people_world *w, int who)
{
	struct standing_row row = {0};
	struct err err = {0};

	if (store_begin(w->st, &err) < 0 ||
	    store_standing_get(w->st, author_number(w, who), &row, &err) < 0 ||
	    store_commit(w->st, &err) < 0)
		fail_msg("%s", err.text);
	return row;
}

static inline struct standing
standing_of(struct people_world *w, int who)
{
	struct standing_row row = standing_row_of(w, who);
	struct standing s;

	if (!standing_read(row.state, row.state_len, &s))
		standing_init(&s);
	return s;
}

#endif
