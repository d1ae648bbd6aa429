#include "daemon/worker_internal.h"

#include <assert.h>
#include <string.h>

#include "core/arena.h"
#include "core/log.h"
#include "core/telling.h"
#include "store/store.h"

/* The same for what was told: a bad one is refused, and its sender hears why. */
static int
isolate_tellings(struct worker *w, struct page *page, struct page_result *total, struct err *err)
{
	struct page part = *page, *const list[1] = {&part};
	struct page_result one;

	part.count = part.reject_count = 0;
	part.rejects_lost = part.repaired = 0;
	for (size_t i = 0; i < page->telling_count; i++) {
		part.tellings = &page->tellings[i];
		part.telling_count = 1;
		if (pipeline_batch(w->pipeline, list, 1, &one, NULL, NULL, err) < 0) {
			if (worker_is_passing(err->kind))
				return -1;
			log_event(w->env.log, LOG_ERROR, "event.refused", "event",
			    part.tellings->id.ptr, "why", err->text, NULL);
			part.tellings->refused = arena_slice_dup(page->arena, slice_of(err->text));
			if (!slice_is_set(part.tellings->refused))
				return err_set(err, ERR_NOMEM, "no memory for an event");
			one = (struct page_result){.events_refused = 1};
		}
		total->events_stored += one.events_stored;
		total->events_duplicate += one.events_duplicate;
		total->events_refused += one.events_refused;
		total->strangers += one.strangers;
		total->customers_created += one.customers_created;
		total->customers_told += one.customers_told;
		total->queued += one.queued;
	}
	return 0;
}

/*
 * A page that fails for a reason of its own: its posts are tried one at a time, the bad ones are
 * set aside, and the cursor moves last. A passing failure in between leaves the rest for later;
 * what went in before is then seen as a repeat.
 */
static int
isolate(struct worker *w, struct page *page, struct page_result *total, struct err *err)
{
	struct page part = *page, *const list[1] = {&part};
	struct page_result one;
	struct page_reject reject;

	part.cursor = SLICE_NONE;
	part.ends_first_fetch = false;
	part.rejects_lost = part.repaired = 0; /* counted with the page's own rejects, at the end */
	part.telling_count = 0;
	for (size_t i = 0; i < page->count; i++) {
		part.posts = &page->posts[i];
		part.count = 1;
		part.reject_count = 0;
		if (pipeline_batch(w->pipeline, list, 1, &one, NULL, NULL, err) < 0) {
			if (worker_is_passing(err->kind))
				return -1;
			log_event(w->env.log, LOG_ERROR, "post.rejected", "post",
			    page->posts[i].id.ptr, "feed", page->feed.ptr, "why", err->text, NULL);
			reject.reason = slice_of(err->text);
			reject.excerpt = page->posts[i].id;
			part.count = 0;
			part.rejects = &reject;
			part.reject_count = 1;
			if (pipeline_batch(w->pipeline, list, 1, &one, NULL, NULL, err) < 0)
				return -1;
		}
		total->stored += one.stored;
		total->duplicates += one.duplicates;
		total->revised += one.revised;
		total->deleted += one.deleted;
		total->rejected += one.rejected;
		total->queued += one.queued;
		total->erased += one.erased;
	}
	part = *page;
	part.count = part.telling_count = 0;
	if (pipeline_batch(w->pipeline, list, 1, &one, NULL, NULL, err) < 0)
		return -1;
	total->rejected += one.rejected;
	total->repaired += one.repaired;
	return isolate_tellings(w, page, total, err);
}

/* After isolate(): what was to commit with the pages commits behind them. */
static int
commit_alone(struct worker *w, struct job *j, struct err *err)
{
	if (store_begin(w->env.store, err) < 0)
		return -1;
	if (j->commit(j->cookie, w->env.store, j->results, err) < 0 ||
	    store_commit(w->env.store, err) < 0) {
		store_rollback(w->env.store);
		return -1;
	}
	return 0;
}

struct job *
worker_pages_pop(struct worker *w)
{
	struct job *j = w->pages_head;

	w->pages_head = j->next;
	if (w->pages_head == NULL)
		w->pages_tail = &w->pages_head;
	j->next = NULL;
	return j;
}

void
worker_pages_finish(struct worker *w, struct job *j, const struct err *failure)
{
	if (failure != NULL) {
		j->has_failed = true;
		j->failure = *failure;
	}
	worker_tell(w, j);
}

/* The jobs of one commit. */
struct batch {
	struct job *jobs[WORKER_BATCH_PAGES];
	size_t job_count, page_count;
	struct job *along; /* what is written with them; NULL: nothing */
	bool is_along_done, is_along_refused;
};

static int
before_commit(void *cookie, struct store *st, const struct page_result *results, struct err *err)
{
	struct batch *b = cookie;

	for (size_t i = 0; i < b->job_count; i++) {
		const struct job *j = b->jobs[i];

		if (j->commit != NULL && j->commit(j->cookie, st, results, err) < 0)
			return -1;
		results += j->page_count;
	}
	if (b->along == NULL)
		return 0;
	b->is_along_done = true;
	b->is_along_refused = b->along->write(b->along->cookie, st, err) < 0;
	return b->is_along_refused ? -1 : 0;
}

static void
batch_gather(struct worker *w, struct batch *b)
{
	size_t posts = 0;

	*b = (struct batch){.along = w->along_head};
	for (struct job *j = w->pages_head; j != NULL; j = j->next) {
		size_t more = 0;

		for (size_t i = 0; i < j->page_count; i++)
			more += j->pages[i]->count + j->pages[i]->telling_count;
		if (b->job_count > 0 &&
		    (posts + more > WORKER_BATCH_POSTS || b->job_count == WORKER_BATCH_PAGES ||
			b->page_count + j->page_count > WORKER_JOB_PAGES_MAX))
			break;
		b->jobs[b->job_count++] = j;
		for (size_t i = 0; i < j->page_count; i++)
			w->batch_pages[b->page_count++] = j->pages[i];
		posts += more;
	}
	assert(b->job_count > 0);
}

static int64_t
batch_answer(struct worker *w, const struct batch *b)
{
	const struct page_result *results = w->batch_results;
	int64_t queued = 0;

	for (size_t i = 0; i < b->job_count; i++) {
		struct job *j = worker_pages_pop(w);

		assert(j == b->jobs[i]);
		memcpy(j->results, results, j->page_count * sizeof *results);
		for (size_t k = 0; k < j->page_count; k++)
			queued += results[k].queued;
		results += j->page_count;
		worker_pages_finish(w, j, NULL);
	}
	return queued;
}

/* Who may be refused still has their posts; the others wait in front, in order. */
static void
refuse_all(struct worker *w, const struct err *why)
{
	for (struct job **link = &w->pages_head; *link != NULL;) {
		struct job *j = *link;

		if (!j->may_refuse) {
			link = &j->next;
			continue;
		}
		*link = j->next;
		if (*link == NULL)
			w->pages_tail = link;
		j->next = NULL;
		worker_pages_finish(w, j, why);
	}
}

/* One of the batch is bad: the first job alone, post by post. */
static int64_t
commit_one_by_one(struct worker *w, struct job *j)
{
	struct err err = {ERR_NONE, ""};
	int64_t queued = 0;

	memset(j->results, 0, j->page_count * sizeof *j->results);
	for (size_t i = 0; i < j->page_count; i++) {
		if (isolate(w, j->pages[i], &j->results[i], &err) < 0) {
			worker_pause(w, &err);
			return queued;
		}
		queued += j->results[i].queued;
	}
	if (j->commit != NULL && commit_alone(w, j, &err) < 0) {
		worker_pause(w, &err);
		return queued;
	}
	worker_pages_finish(w, worker_pages_pop(w), NULL);
	return queued;
}

int64_t
worker_commit_pages(struct worker *w)
{
	struct batch b;
	struct err err = {ERR_NONE, ""};

	batch_gather(w, &b);
	if (pipeline_batch(w->pipeline, w->batch_pages, b.page_count, w->batch_results,
		before_commit, &b, &err) == 0) {
		worker_went_well(w);
		if (b.along != NULL)
			worker_along_end(w, NULL);
		return batch_answer(w, &b);
	}
	if (b.is_along_done)
		worker_along_end(w, &err);
	if (b.is_along_refused) /* that is not the posts' fault */
		return worker_commit_pages(w);
	if (!worker_is_passing(err.kind))
		return commit_one_by_one(w, b.jobs[0]);
	worker_pause(w, &err);
	refuse_all(w, &err);
	return 0;
}
