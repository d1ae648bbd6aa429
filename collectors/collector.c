/*
 * The host's side of a source: which pages are under way, what it has counted.  What a source does
 * is in its own file; registry.c lists them.
 */
#include "collectors/collector.h"

#include <assert.h>

#include "core/err.h"
#include "core/mem.h"

struct collector {
	char *name;
	const struct collector_ops *ops;
	struct collector_host host;
	struct source_status status;
	void *state;
	uint64_t emitted; /* the serial of the newest page */
	uint64_t committed; /* ... and of the newest that is in the database */
	bool is_started, has_looked;
	uint64_t looked; /* what it had emitted by then */
};

const char *
source_health_name(enum source_health h)
{
	switch (h) {
	case SOURCE_STARTING: return "starting";
	case SOURCE_OK: return "ok";
	case SOURCE_WAITING: return "waiting";
	case SOURCE_FAILING: return "failing";
	case SOURCE_ENDED: return "ended";
	}
	return "unknown";
}

const struct collector_ops *
collector_find(struct slice type)
{
	for (size_t i = 0; collector_registry[i] != NULL; i++)
		if (slice_eq_str(type, collector_registry[i]->name))
			return collector_registry[i];
	return NULL;
}

int
collector_new(const char *name, const struct collector_ops *ops, const struct options *set,
    const struct collector_host *host, struct collector **c_r, struct err *err)
{
	struct collector *c = mem_zalloc(sizeof(*c));
	int rc = -1;

	if (c == NULL || (c->name = mem_strdup(name)) == NULL) {
		err_set(err, ERR_NOMEM, "no memory for source '%s'", name);
		goto out;
	}
	c->ops = ops;
	c->host = *host;
	c->status.health = SOURCE_STARTING;
	c->status.last_ok_at_ms = TIME_UNKNOWN;
	c->status.next_poll_at_ms = TIME_UNKNOWN;
	if (ops->open(c, set, &c->state, err) < 0) {
		c->state = NULL;
		err_prefix(err, "source '%s'", name);
		goto out;
	}
	assert(c->state != NULL);
	*c_r = c;
	c = NULL;
	rc = 0;
out:
	collector_free(c);
	return rc;
}

void
collector_free(struct collector *c)
{
	if (c == NULL)
		return;
	if (c->state != NULL)
		c->ops->close(c->state);
	mem_free(c->name);
	mem_free(c);
}

void
collector_start(struct collector *c, struct slice cursor, bool has_fetched)
{
	assert(!c->is_started);
	c->is_started = true;
	c->ops->start(c->state, cursor, has_fetched);
}

void
collector_committed(struct collector *c, uint64_t serial)
{
	assert(serial == c->committed + 1 && serial <= c->emitted);
	c->committed = serial;
	c->ops->committed(c->state, serial);
}

const char *
collector_name(const struct collector *c)
{
	return c->name;
}

const struct collector_ops *
collector_kind(const struct collector *c)
{
	return c->ops;
}

const struct source_status *
collector_status(const struct collector *c)
{
	return &c->status;
}

const struct collector_host *
collector_host(const struct collector *c)
{
	return &c->host;
}

bool
collector_can_emit(const struct collector *c)
{
	return c->emitted - c->committed < COLLECTOR_PAGES_AHEAD;
}

bool
collector_is_idle(const struct collector *c)
{
	return c->emitted == c->committed;
}

void
collector_looked(struct collector *c)
{
	if (c->has_looked)
		return;
	c->has_looked = true;
	c->looked = c->emitted;
}

bool
collector_has_caught_up(const struct collector *c)
{
	if (c->status.health == SOURCE_ENDED)
		return collector_is_idle(c);
	return c->has_looked && c->committed >= c->looked;
}

void
collector_emit(struct collector *c, struct page *page_take)
{
	assert(c->is_started && collector_can_emit(c));
	page_take->serial = ++c->emitted;
	c->status.posts += (int64_t)page_take->count;
	c->status.rejects += (int64_t)(page_take->reject_count + page_take->rejects_lost);
	c->host.emit(c->host.cookie, c, page_take);
}

struct source_status *
collector_status_edit(struct collector *c)
{
	return &c->status;
}
