/*
 * sources.c - the configured sources: opened, started at their cursors, their pages carried to the
 * pipeline, and watched for silence.
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/clock.h"
#include "core/err.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/timefmt.h"
#include "store/posts.h"

#include "daemon/config.h"
#include "daemon/service_internal.h"
#include "daemon/worker.h"

/* A source that has not answered for so long raises an alert by itself. */
#define SOURCE_DEAF_MS (30 * TIME_MINUTE_MS)

struct sources {
	struct service *service;
	struct collector_host host;
	struct config *config; /* the collectors' options live in it */
	struct collector **list;
	struct source_start *starts; /* of sources_open(), until started */
	enum source_health *health; /* as last logged */
	bool *is_deaf;
	int64_t *bad_since_ms, *gaps; /* gaps: as last told */
	size_t count;
	size_t trips; /* pages under way; the last one frees a closed set */
	bool is_closed;
};

struct page_trip {
	struct sources *sources;
	struct collector *collector;
	uint64_t serial;
};

static void
sources_free(struct sources *x)
{
	config_unref(x->config);
	mem_free(x->list);
	mem_free(x->starts);
	mem_free(x->health);
	mem_free(x->is_deaf);
	mem_free(x->bad_since_ms);
	mem_free(x->gaps);
	mem_free(x);
}

static void
on_page_done(void *cookie, struct page **pages, size_t count, const struct page_result *results,
    const struct err *failure)
{
	struct page_trip *trip = cookie;
	struct sources *x = trip->sources;
	struct service *s = x->service;

	assert(count == 1);
	(void)count;
	(void)results;
	s->pages_under_way--;
	x->trips--;
	if (failure == NULL && !x->is_closed)
		collector_committed(trip->collector, trip->serial);
	page_free(pages[0]);
	mem_free(trip);
	if (x->is_closed && x->trips == 0)
		sources_free(x);
}

static void
on_emit(void *cookie, struct collector *c, struct page *page_take)
{
	struct sources *x = cookie;
	struct service *s = x->service;
	struct page_trip *trip = mem_zalloc(sizeof *trip);
	struct page *pages[1] = {page_take};
	int rc;

	for (size_t i = 0; i < page_take->reject_count; i++)
		log_event(s->log, LOG_WARN, "post.rejected", "feed", collector_name(c), "why",
		    page_take->rejects[i].reason.ptr, NULL);
	/* The queue has room for every page that sources may have under way; without memory we stop
	 * rather than lose one: it will be fetched again from the stored cursor. */
	assert(trip != NULL);
	trip->sources = x;
	trip->collector = c;
	trip->serial = page_take->serial;
	s->pages_under_way++;
	x->trips++;
	rc = worker_pages(s->worker, pages, 1, false, NULL, on_page_done, trip);
	assert(rc == 0);
	(void)rc;
}

int
sources_load(struct store *st, const struct config *config, struct arena *a,
    struct source_start **starts_r, struct err *err)
{
	struct source_start *starts = arena_array(a, config->source_count + 1, sizeof *starts);
	struct source_row row;

	if (starts == NULL)
		return err_set(err, ERR_NOMEM, "no memory for the sources");
	for (size_t i = 0; i < config->source_count; i++) {
		int rc = store_source_get(st, slice_of(config->sources[i].name), a, &row, err);

		if (rc < 0)
			return -1;
		if (rc == 1)
			starts[i] = (struct source_start){row.cursor, row.has_fetched};
	}
	*starts_r = starts;
	return 0;
}

int
sources_open(struct service *s, struct config *config, const struct source_start *starts,
    struct sources **r, struct err *err)
{
	struct sources *x = mem_zalloc(sizeof *x);
	size_t n = config->source_count + 1;

	if (x == NULL)
		return err_set(err, ERR_NOMEM, "no memory for the sources");
	x->service = s;
	x->config = config_ref(config);
	x->list = mem_array(n, sizeof(struct collector *));
	x->starts = mem_array(n, sizeof *x->starts);
	x->health = mem_array(n, sizeof *x->health);
	x->is_deaf = mem_array(n, sizeof(bool));
	x->bad_since_ms = mem_array(n, sizeof(int64_t));
	x->gaps = mem_array(n, sizeof(int64_t));
	if (x->list == NULL || x->starts == NULL || x->health == NULL || x->is_deaf == NULL ||
	    x->bad_since_ms == NULL || x->gaps == NULL) {
		sources_free(x);
		return err_set(err, ERR_NOMEM, "no memory for the sources");
	}
	x->host = (struct collector_host){x, s->loop, s->http, s->clock, &s->rng, s->log, on_emit};
	for (size_t i = 0; i < config->source_count; i++) {
		x->starts[i] = starts[i];
		if (collector_new(config->sources[i].name, config->sources[i].ops,
			config->sources[i].set, &x->host, &x->list[i], err) < 0) {
			sources_close(s, x);
			return -1;
		}
		x->count++;
	}
	*r = x;
	return 0;
}

void
sources_start(struct sources *x)
{
	for (size_t i = 0; i < x->count; i++)
		collector_start(x->list[i], x->starts[i].cursor, x->starts[i].has_fetched);
}

void
sources_close(struct service *s, struct sources *x)
{
	(void)s;
	if (x == NULL)
		return;
	x->is_closed = true;
	for (size_t i = 0; i < x->count; i++)
		collector_free(x->list[i]);
	x->count = 0;
	if (x->trips == 0)
		sources_free(x);
}

void
sources_watch(struct service *s)
{
	struct sources *x = s->sources;
	int64_t now_ms = clock_now_ms(s->clock);

	for (size_t i = 0; x != NULL && i < x->count; i++) {
		const struct source_status *st = collector_status(x->list[i]);
		const char *name = collector_name(x->list[i]);
		char key[128], title[200];

		if (st->health != x->health[i])
			log_event(s->log, st->health == SOURCE_FAILING ? LOG_WARN : LOG_INFO,
			    "source", "name", name, "health", source_health_name(st->health),
			    "detail", st->detail, NULL);
		x->health[i] = st->health;
		if (st->gaps > x->gaps[i]) {
			snprintf(key, sizeof key, "gap:%s", name);
			snprintf(title, sizeof title, "the source %s has skipped posts", name);
			service_alert(s, key, title,
			    "more posts had come than could be read back; some were never seen");
		}
		x->gaps[i] = st->gaps;
		if (st->health != SOURCE_FAILING && st->health != SOURCE_WAITING) {
			if (x->is_deaf[i])
				log_event(
				    s->log, LOG_INFO, "source.hears_again", "source", name, NULL);
			x->is_deaf[i] = false;
			x->bad_since_ms[i] = 0;
			continue;
		}
		if (x->bad_since_ms[i] == 0)
			x->bad_since_ms[i] = now_ms;
		if (x->is_deaf[i] || now_ms - x->bad_since_ms[i] < SOURCE_DEAF_MS)
			continue;
		x->is_deaf[i] = true;
		log_event(
		    s->log, LOG_ERROR, "source.deaf", "source", name, "why", st->detail, NULL);
		snprintf(key, sizeof key, "source:%s", name);
		snprintf(title, sizeof title, "the source %s has not answered for %d minutes", name,
		    (int)(SOURCE_DEAF_MS / TIME_MINUTE_MS));
		service_alert(s, key, title, st->detail);
	}
}

bool
sources_have_caught_up(const struct sources *x)
{
	for (size_t i = 0; x != NULL && i < x->count; i++)
		if (!collector_has_caught_up(x->list[i]))
			return false;
	return true;
}

size_t
sources_count(const struct sources *x)
{
	return x == NULL ? 0 : x->count;
}

struct collector *
sources_at(const struct sources *x, size_t i)
{
	return x->list[i];
}
