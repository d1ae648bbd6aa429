#include "collectors/poller.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>

#include "collectors/collector.h"
#include "core/clock.h"
#include "core/err.h"
#include "core/log.h"
#include "core/rng.h"
#include "platform/loop.h"

static void
timer_fired(void *cookie)
{
	struct poller *p = cookie;

	assert(p->request == NULL);
	collector_status_edit(p->c)->next_poll_at_ms = TIME_UNKNOWN;
	p->wake(p->cookie);
}

int
poller_init(struct poller *p, struct collector *c, int64_t interval_ms, poller_wake_fn *wake,
    void *cookie, struct err *err)
{
	assert(interval_ms > 0);
	*p = (struct poller){.c = c, .wake = wake, .cookie = cookie, .interval_ms = interval_ms};
	p->timer = loop_timer_new(collector_host(c)->loop, timer_fired, p);
	if (p->timer == NULL)
		return err_set(err, ERR_NOMEM, "no memory for a timer");
	return 0;
}

void
poller_fini(struct poller *p)
{
	if (p->request != NULL)
		http_request_cancel(p->request);
	if (p->timer != NULL)
		loop_timer_free(p->timer);
	p->request = NULL;
	p->timer = NULL;
}

static int64_t
random_below(struct poller *p, int64_t bound)
{
	return bound <= 0 ? 0 : (int64_t)rng_below(collector_host(p->c)->rng, (uint64_t)bound);
}

static void
plan(struct poller *p, int64_t delay_ms)
{
	struct source_status *status = collector_status_edit(p->c);

	status->next_poll_at_ms = clock_now_ms(collector_host(p->c)->clock) + delay_ms;
	loop_timer_start(p->timer, delay_ms);
}

void
poller_begin(struct poller *p)
{
	plan(p,
	    random_below(p, p->interval_ms < POLLER_SPREAD_MS ? p->interval_ms : POLLER_SPREAD_MS));
}

void
poller_step(struct poller *p)
{
	if (p->request == NULL)
		loop_timer_start(p->timer, 0);
}

static void
answered(void *cookie, const struct http_result *r)
{
	struct poller *p = cookie;

	p->request = NULL;
	p->done(p->cookie, r);
}

void
poller_get(struct poller *p, const char *url, const struct http_header *headers,
    size_t header_count, size_t max_body_bytes, int redirects, http_done_fn *done)
{
	struct http_call call = {.method = "GET",
	    .url = url,
	    .headers = headers,
	    .header_count = header_count,
	    .body = SLICE_NONE,
	    .max_body_bytes = max_body_bytes,
	    .redirects = redirects};
	struct err err;

	assert(p->request == NULL);
	loop_timer_stop(p->timer);
	p->done = done;
	collector_status_edit(p->c)->requests++;
	if (http_client_start(collector_host(p->c)->http, &call, answered, p, &p->request, &err) <
	    0) {
		p->request = NULL;
		poller_failed(p, "%s", err.text);
	}
}

void
poller_ok(struct poller *p, int64_t delay_ms)
{
	struct source_status *status = collector_status_edit(p->c);

	if (status->health == SOURCE_FAILING || status->health == SOURCE_WAITING)
		log_event(collector_host(p->c)->log, LOG_INFO, "source.well_again", "source",
		    collector_name(p->c), NULL);
	p->failures = 0;
	status->health = SOURCE_OK;
	status->detail[0] = '\0';
	status->last_ok_at_ms = clock_now_ms(collector_host(p->c)->clock);
	collector_looked(p->c);
	plan(p, delay_ms);
}

__attribute__((format(printf, 3, 0))) static void
set_detail(struct poller *p, enum source_health health, const char *fmt, va_list ap)
{
	struct source_status *status = collector_status_edit(p->c);

	status->health = health;
	if (vsnprintf(status->detail, sizeof(status->detail), fmt, ap) < 0)
		status->detail[0] = '\0';
}

static void
log_problem(struct poller *p, const char *event, int64_t wait_ms)
{
	log_event(collector_host(p->c)->log, LOG_WARN, event, "source", collector_name(p->c),
	    "detail", collector_status(p->c)->detail, "again_in_ms", LOG_I64(wait_ms), NULL);
}

/* Doubling from the first to the last, the upper half of it at random so that many sources do not
 * come back together. */
static int64_t
backoff_ms(struct poller *p)
{
	int64_t first = POLLER_BACKOFF_FIRST_MS, last = POLLER_BACKOFF_LAST_MS;
	int64_t delay;

	if (p->interval_ms < first)
		first = p->interval_ms;
	if (p->interval_ms > last)
		last = p->interval_ms;
	delay = first;
	for (unsigned i = 1; i < p->failures && delay < last; i++)
		delay *= 2;
	if (delay > last)
		delay = last;
	return delay / 2 + random_below(p, delay / 2 + 1);
}

void
poller_failed(struct poller *p, const char *fmt, ...)
{
	int64_t delay;
	va_list ap;

	va_start(ap, fmt);
	set_detail(p, SOURCE_FAILING, fmt, ap);
	va_end(ap);
	p->failures++;
	collector_status_edit(p->c)->failures++;
	delay = backoff_ms(p);
	log_problem(p, "source.failed", delay);
	plan(p, delay);
}

void
poller_wait(struct poller *p, int64_t wait_ms, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set_detail(p, SOURCE_WAITING, fmt, ap);
	va_end(ap);
	if (wait_ms < 0)
		wait_ms = 0;
	if (wait_ms > POLLER_WAIT_MAX_MS)
		wait_ms = POLLER_WAIT_MAX_MS;
	/* a little later than asked, each at another instant */
	wait_ms += 100 + random_below(p, wait_ms / 10 + 400);
	log_problem(p, "source.waits", wait_ms);
	plan(p, wait_ms);
}

void
poller_end(struct poller *p, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	set_detail(p, SOURCE_ENDED, fmt, ap);
	va_end(ap);
	loop_timer_stop(p->timer);
	collector_status_edit(p->c)->next_poll_at_ms = TIME_UNKNOWN;
	log_event(collector_host(p->c)->log, LOG_WARN, "source.ended", "source",
	    collector_name(p->c), "detail", collector_status(p->c)->detail, NULL);
}

bool
poller_accepts(struct poller *p, const struct http_result *r, const char *token_option)
{
	int64_t wait_ms;
	const char *hint = token_option == NULL ? "" : "; set ";

	if (r->progress != HTTP_ANSWERED) {
		poller_failed(p, "no answer: %s", r->error == NULL ? "cut off" : r->error);
		return false;
	}
	if (r->status == 200 && r->is_body_cut) {
		poller_failed(p, "the answer is larger than the %zu bytes that came", r->body.len);
		return false;
	}
	if (r->status == 200 || r->status == 304)
		return true;
	if (token_option == NULL)
		token_option = "";
	wait_ms = http_result_wait_ms(r, clock_now_ms(collector_host(p->c)->clock));
	if ((r->status == 429 || r->status == 503) && wait_ms >= 0) {
		collector_status_edit(p->c)->failures++;
		poller_wait(p, wait_ms, "told to wait %lld s (HTTP %d)",
		    (long long)((wait_ms + 999) / 1000), r->status);
		return false;
	}
	switch (r->status) {
	case 401:
		poller_failed(
		    p, "the server wants to know who asks (HTTP 401)%s%s", hint, token_option);
		break;
	case 403:
		poller_failed(p, "the server refuses us (HTTP 403)%s%s", hint, token_option);
		break;
	case 404: poller_failed(p, "there is nothing at this address (HTTP 404)"); break;
	case 429: poller_failed(p, "asked too often (HTTP 429)"); break;
	default:
		if (r->status >= 300 && r->status < 400)
			poller_failed(p, "redirected too often or nowhere (HTTP %d)", r->status);
		else if (r->status >= 500)
			poller_failed(p, "the server has a problem (HTTP %d)", r->status);
		else
			poller_failed(p, "an answer we did not expect (HTTP %d)", r->status);
	}
	return false;
}
