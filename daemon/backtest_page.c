/*
 * backtest_page.c - stored posts, some hundreds at a time, with their words found again.
 *
 * A post keeps the sentiment and intents it was stored with; its words and brands are looked for
 * again, because keywords and brands are the rules' own.  That is done once for both rule sets where
 * they have the same brands, and nearly once where they have not: what is cut is shared.
 */
#include "daemon/backtest_internal.h"

#include <assert.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/mem.h"
#include "nlp/nlp.h"
#include "platform/thread.h"
#include "rules/rules.h"
#include "store/events.h"
#include "store/posts.h"
#include "store/store.h"

#include "daemon/pipeline.h"
#include "daemon/snapshot.h"

#define PAGE_POSTS 1024
#define PAGE_EVENTS 4096
#define PAGE_ARENA_BYTES (512u * 1024 * 1024)

/* ---- what sets have in common -------------------------------------------------- */

static bool
same_texts(struct slice_list a, struct slice_list b)
{
	if (a.count != b.count)
		return false;
	for (size_t i = 0; i < a.count; i++)
		if (!slice_eq(a.items[i], b.items[i]))
			return false;
	return true;
}

/* Do they find the same brands in every text, under the same numbers? */
static bool
same_brands(const struct brand_set *a, const struct brand_set *b)
{
	if (a->brand_count != b->brand_count)
		return false;
	for (size_t i = 0; i < a->brand_count; i++)
		if (!slice_eq(a->brands[i].id, b->brands[i].id) ||
		    !same_texts(a->brands[i].called, b->brands[i].called) ||
		    !same_texts(a->brands[i].but_not, b->brands[i].but_not))
			return false;
	return true;
}

int
backtest_reader_init(struct backtest_reader *r, const struct backtest *b, struct err *err)
{
	r->b = b;
	r->has_own_brands = b->live != NULL &&
	    !same_brands(rule_set_brands(b->draft->rules), rule_set_brands(b->live->rules));
	r->has_own_lexicon = b->live != NULL && b->live->lexicon != b->draft->lexicon;
	r->scorers[0] = scorer_new();
	r->scorers[1] = r->has_own_lexicon ? scorer_new() : NULL;
	r->free = queue_new(BACKTEST_PAGES);
	if (r->scorers[0] == NULL || (r->has_own_lexicon && r->scorers[1] == NULL) ||
	    r->free == NULL)
		return err_set(err, ERR_NOMEM, "no memory for a backtest");
	for (size_t i = 0; i < BACKTEST_PAGES; i++) {
		struct backtest_page *page = &r->pages[i];

		page->arena = arena_new(PAGE_ARENA_BYTES);
		page->free = r->free;
		if (page->arena == NULL)
			return err_set(err, ERR_NOMEM, "no memory for a backtest");
		atomic_init(&page->lanes_left, 1);
		backtest_page_done(page);
	}
	return 0;
}

void
backtest_reader_fini(struct backtest_reader *r)
{
	if (r->free != NULL)
		queue_free(r->free);
	for (size_t i = 0; i < BACKTEST_PAGES; i++)
		arena_free(r->pages[i].arena);
	scorer_free(r->scorers[0]);
	scorer_free(r->scorers[1]);
}

void
backtest_page_done(struct backtest_page *page)
{
	int rc;

	if (atomic_fetch_sub(&page->lanes_left, 1) != 1)
		return;
	rc = queue_try_push(page->free, page);
	assert(rc == 0); /* it has room for all of them */
	(void)rc;
}

/* ---- words ------------------------------------------------------------------------ */

static int
give_words(struct stored_post *sp, const struct score *words, const struct snapshot *snapshot,
    struct arena *a, struct err *err)
{
	sp->score.tokens = words->tokens;
	sp->score.token_count = words->token_count;
	sp->score.brands = words->brands;
	sp->score.brand_count = words->brand_count;
	return pipeline_name(snapshot, sp, a, err);
}

/* The same post as the live rules see it. */
static int
add_other(struct backtest_page *page, size_t i, const struct score *words,
    const struct snapshot *live, struct err *err)
{
	struct stored_post *other = ARENA_NEW(page->arena, struct stored_post);

	if (other == NULL)
		return err_set(err, ERR_NOMEM, "no memory for a post");
	*other = *page->posts[0][i];
	page->posts[1][i] = other;
	return give_words(other, words, live, page->arena, err);
}

static int
find_words(struct backtest_reader *r, struct backtest_page *page, size_t i, struct err *err)
{
	const struct snapshot *draft = r->b->draft, *live = r->b->live;
	struct stored_post *sp = page->posts[0][i];
	const struct matcher *matchers[2] = {
	    draft->matcher, r->has_own_brands ? live->matcher : NULL};
	struct score words[2];
	size_t count = r->has_own_brands && !r->has_own_lexicon ? 2 : 1;

	if (nlp_words(r->scorers[0], draft->lexicon, matchers, count, sp->post.text, sp->post.lang,
		page->arena, words, err) < 0)
		return -1;
	if (r->has_own_lexicon &&
	    nlp_words(r->scorers[1], live->lexicon, (const struct matcher *const[]){live->matcher},
		1, sp->post.text, sp->post.lang, page->arena, &words[1], err) < 0)
		return -1;
	if (page->posts[1] != page->posts[0] && add_other(page, i, &words[1], live, err) < 0)
		return -1;
	return give_words(sp, &words[0], draft, page->arena, err);
}

/* ---- pages -------------------------------------------------------------------------- */

/* Splits a page at the beginning of memory, at since and at until. */
static void
split(struct backtest_reader *r, struct backtest_page *page)
{
	struct stored_post **posts = page->posts[0];
	int64_t since_ms = r->b->since_ms, until_ms = r->b->until_ms;
	size_t at = 0, count = page->count;

	while (at < count && posts[at]->post.fetched_at_ms < since_ms - r->warm_up_ms)
		at++;
	page->first = at;
	while (at < count && posts[at]->post.fetched_at_ms < since_ms)
		at++;
	page->begin = at;
	while (at < count && posts[at]->post.fetched_at_ms < until_ms)
		at++;
	page->end = at;
}

/* Those that came up to the last post of the page; behind the last post of all, the rest. */
static int
load_events(struct backtest_reader *r, struct backtest_page *page, struct err *err)
{
	int64_t until_ms = r->b->until_ms;

	if (page->count == PAGE_POSTS &&
	    page->posts[0][page->count - 1]->post.fetched_at_ms < until_ms)
		until_ms = page->posts[0][page->count - 1]->post.fetched_at_ms;
	if (store_events_scan(r->b->store, r->after_event_no, until_ms, PAGE_EVENTS, page->arena,
		&page->events, &page->event_count, &r->after_event_no, err) < 0)
		return -1;
	page->has_more_events = page->event_count == PAGE_EVENTS;
	page->events_decided = 0;
	for (size_t i = 0; i < page->event_count; i++)
		page->events_decided += page->events[i]->received_at_ms >= r->b->since_ms;
	return 0;
}

static int
load_rows(struct backtest_reader *r, struct backtest_page *page, struct err *err)
{
	int rc;

	if (store_begin(r->b->store, err) < 0)
		return -1;
	rc = store_posts_scan(r->b->store, r->after_no, PAGE_POSTS, page->arena, &page->posts[0],
	    &page->count, &r->after_no, &r->gone, err);
	if (rc == 0)
		rc = load_events(r, page, err);
	store_rollback(r->b->store);
	return rc;
}

int
backtest_page_load(struct backtest_reader *r, struct backtest_page *page, struct err *err)
{
	int rc;

	arena_reset(page->arena);
	rc = load_rows(r, page, err);
	if (rc < 0)
		return -1;
	page->posts[1] = page->posts[0];
	if (r->has_own_brands || r->has_own_lexicon) {
		page->posts[1] = arena_array(page->arena, page->count + 1, sizeof *page->posts[1]);
		if (page->posts[1] == NULL)
			return err_set(err, ERR_NOMEM, "no memory for posts");
	}
	split(r, page);
	for (size_t i = page->first; i < page->end; i++)
		if (find_words(r, page, i, err) < 0)
			return -1;
	return 0;
}
