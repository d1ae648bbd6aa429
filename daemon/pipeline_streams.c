/*
 * pipeline_streams.c - how far each stream of posts and events has come, by their own times.
 *
 * A stream's progress is the newest event time seen of it, a row that commits with what moved it.  What
 * comes is behind by how far its stream had come before its page: a page is one look at the stream, in
 * whatever order it lists things.  So posts that are caught up with after an outage are in time, however
 * late they are by the clock, and a straggler is late, however quick its page was.  Nothing moves a stream
 * beyond the clock: one post from the future would make all others late.  A stream that is beyond it all the
 * same was moved by a clock that was wrong: it begins anew.
 */
#include "daemon/pipeline_internal.h"

#include "core/arena.h"
#include "core/clock.h"
#include "core/err.h"
#include "store/posts.h"

#include "daemon/config.h"
#include "daemon/snapshot.h"

/* A stream that has stood still for so long holds back nothing: what windows keep is bounded. */
#define STREAM_QUIET_MS (7 * TIME_DAY_MS)

int
pipeline_streams_begin(struct pipeline *p, struct err *err)
{
	int64_t now_ms = clock_now_ms(p->env.clock), slowest_ms;

	/* of a rehearsal no stream is told: each post knows how far behind it was */
	p->slowest_ms = now_ms > STREAM_QUIET_MS ? now_ms - STREAM_QUIET_MS : 0;
	if (p->mode != SETTLE_REAL)
		return 0;
	if (store_streams_slowest(p->env.store, p->slowest_ms, &slowest_ms, err) < 0)
		return -1;
	p->slowest_ms = slowest_ms == TIME_UNKNOWN || slowest_ms > now_ms ? 0 : slowest_ms;
	return 0;
}

/* The source, or its part; what customers do is another stream than posts. */
static struct slice
stream_name(struct pipeline *p, const struct page *page)
{
	const char *name;

	if (page->telling_count > 0)
		name = arena_printf(p->arena, "%.*s events", SLICE_ARG(page->feed));
	else if (slice_is_set(page->stream))
		name = arena_printf(
		    p->arena, "%.*s %.*s", SLICE_ARG(page->feed), SLICE_ARG(page->stream));
	else
		return page->feed;
	return slice_of(name);
}

int
pipeline_stream_begin(struct pipeline *p, const struct page *page, struct err *err)
{
	struct slice name = stream_name(p, page);

	if (!slice_is_set(name))
		return err_set(err, ERR_NOMEM, "no memory for a page");
	if (store_stream_get(p->env.store, name, &p->stream_ms, err) < 0)
		return -1;
	if (p->stream_ms != TIME_UNKNOWN &&
	    p->stream_ms - clock_now_ms(p->env.clock) >
		p->snapshot->config->actions.allowed_lateness_ms)
		p->stream_ms = TIME_UNKNOWN;
	return 0;
}

int
pipeline_stream_end(struct pipeline *p, const struct page *page, int64_t newest_ms, struct err *err)
{
	int64_t now_ms = clock_now_ms(p->env.clock);
	struct slice name = stream_name(p, page);

	if (newest_ms > now_ms)
		newest_ms = now_ms;
	if (newest_ms == TIME_UNKNOWN || newest_ms <= p->stream_ms)
		return 0;
	if (!slice_is_set(name))
		return err_set(err, ERR_NOMEM, "no memory for a page");
	return store_stream_advance(p->env.store, name, newest_ms, err);
}

int64_t
pipeline_stream_ahead(const struct pipeline *p, const struct page *page, int64_t at_ms)
{
	if (page->fills_gap || p->stream_ms == TIME_UNKNOWN || p->stream_ms <= at_ms)
		return 0;
	return p->stream_ms - at_ms;
}
