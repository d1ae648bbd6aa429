/*
 * ingest_tellings.c - POST /api/v1/events and the Segment dialect: a body becomes pages of tellings, and
 * what became of them an answer.
 */
#include "daemon/ingest.h"

#include <stdio.h>

#include "core/arena.h"
#include "core/json_items.h"
#include "core/mem.h"
#include "collectors/collector.h"
#include "core/telling.h"
#include "people/tellings.h"
#include "platform/crypto.h"
#include "store/store.h"

#include "api/segment_dialect.h"
#include "daemon/worker.h"

#define TELLINGS_MAX 20000 /* a request's items are in memory together */
#define FAULTS_MAX 50 /* told one by one; the rest is counted */

_Static_assert(INGEST_KEY_MAX == SEGMENT_KEY_MAX, "a key fits");

/* A body on its way into pages. */
struct taking {
	struct ingest *in;
	struct page *page; /* the last one, with room */
	struct err *err;
};

static struct page *
page_with_room(struct taking *x)
{
	struct ingest *in = x->in;
	struct page **bigger;

	if (x->page != NULL && x->page->telling_count < COLLECTOR_PAGE_POSTS_MAX &&
	    arena_used_bytes(x->page->arena) < COLLECTOR_PAGE_BYTES_SOFT)
		return x->page;
	bigger = mem_realloc_array(in->pages, in->count + 1, sizeof *bigger);
	if (bigger == NULL)
		return NULL;
	in->pages = bigger;
	x->page = page_new(slice_of("api"));
	if (x->page != NULL)
		in->pages[in->count++] = x->page;
	return x->page;
}

static void
add_fault(struct ingest *in, size_t index, const char *why)
{
	struct ingest_fault *f;

	in->tellings.unread++;
	if (in->tellings.fault_count == FAULTS_MAX)
		return;
	if (in->tellings.faults == NULL)
		in->tellings.faults = mem_array(FAULTS_MAX, sizeof *in->tellings.faults);
	if (in->tellings.faults == NULL)
		return;
	f = &in->tellings.faults[in->tellings.fault_count++];
	f->index = index;
	snprintf(f->why, sizeof f->why, "%s", why);
}

/* What was sent without an id is the same only when it comes with the very same request. */
static struct slice
make_id(struct ingest *in, size_t index, struct arena *a)
{
	uint8_t sum[CRYPTO_SHA256_BYTES];
	char text[160], hex[2 * CRYPTO_SHA256_BYTES + 1];
	int len = snprintf(
	    text, sizeof text, "%s %zu %lld", in->request_hash, index, (long long)in->now_ms);

	crypto_sha256(slice_make(text, (size_t)len), sum);
	crypto_hex(sum, 16, hex);
	return slice_of(arena_printf(a, "none:%s", hex));
}

static int
no_memory(struct taking *x)
{
	return err_set(x->err, ERR_LIMIT, "no memory for the events, or too many of them");
}

/* Reads one item of ours. */
static int
take_item(struct taking *x, struct slice text)
{
	struct ingest *in = x->in;
	struct page *page = page_with_room(x);
	char why[TELLING_WHY_MAX] = "";
	struct telling read = {0}, *t;
	struct slice id;
	int rc;

	if (page == NULL)
		return no_memory(x);
	id = make_id(in, in->seen, page->arena);
	if (!slice_is_set(id))
		return no_memory(x);
	rc = telling_read(text, in->now_ms, id, page->arena, &read, why, x->err);
	if (rc == 0)
		add_fault(in, in->seen, why);
	if (rc <= 0)
		return rc;
	t = page_tell(page);
	if (t == NULL)
		return no_memory(x);
	*t = read;
	t->index = in->seen;
	return 0;
}

static int
take_ours(struct taking *x, struct slice body)
{
	char where[JSON_ITEMS_WHERE_MAX];
	struct json_items *items;
	struct slice text;
	int rc = 0;

	if (json_items_new(body, "events", &items, x->err) < 0)
		return -1;
	while (rc == 0 && json_items_next(items, &text, where)) {
		rc = take_item(x, text);
		if (++x->in->seen > TELLINGS_MAX)
			rc = err_set(x->err, ERR_LIMIT,
			    "one request may hold %d events; send them in parts", TELLINGS_MAX);
	}
	json_items_free(items);
	return rc;
}

/* ---- Segment's ------------------------------------------------------------------ */

static int
take_segment_call(void *cookie, size_t index, const struct segment_call *call, struct err *err)
{
	struct taking *x = cookie;
	struct page *page = page_with_room(x);
	struct ingest *in = x->in;
	char why[TELLING_WHY_MAX] = "";
	struct telling read = {0}, *t;
	int rc;

	in->seen = index + 1;
	if (page == NULL)
		return no_memory(x);
	rc = segment_read(
	    call, in->now_ms, make_id(in, index, page->arena), page->arena, &read, why, err);
	if (rc == SEGMENT_STRANGER)
		in->tellings.strangers++;
	else if (rc == SEGMENT_REFUSED)
		add_fault(in, index, why);
	if (rc != SEGMENT_READ)
		return rc < 0 ? -1 : 0;
	t = page_tell(page);
	if (t == NULL)
		return no_memory(x);
	*t = read;
	t->index = index;
	return 0;
}

int
ingest_parse_tellings(struct slice path, struct slice body, struct slice key, int64_t now_ms,
    struct ingest *in, struct err *err)
{
	uint8_t sum[CRYPTO_SHA256_BYTES];
	struct taking x = {.in = in, .err = err};
	struct slice kind;
	int rc;

	*in = (struct ingest){.is_tellings = true, .key = key, .now_ms = now_ms};
	crypto_sha256(body, sum);
	crypto_hex(sum, sizeof sum, in->request_hash);
	in->is_segment = segment_kind_of_path(path, &kind);
	rc = in->is_segment
	    ? segment_walk(kind, body, TELLINGS_MAX, take_segment_call, &x, in->write_key, err)
	    : take_ours(&x, body);
	/* What could not be read at all has no page, and its answer commits with one. */
	if (rc == 0 && in->count == 0 && page_with_room(&x) == NULL)
		rc = no_memory(&x);
	if (rc == 0 && in->seen == 0 && !in->is_segment)
		rc = err_set(err, ERR_INPUT, "the body holds no event");
	if (rc < 0)
		ingest_free(in);
	return rc;
}

/* ---- the answer -------------------------------------------------------------------- */

static void
add_results(const struct ingest *in, const struct page_result *results, struct api_events_result *r)
{
	r->refused = (int64_t)in->tellings.unread;
	r->strangers = (int64_t)in->tellings.strangers;
	for (size_t i = 0; i < in->count; i++) {
		r->stored += results[i].events_stored;
		r->duplicates += results[i].events_duplicate;
		r->refused += results[i].events_refused;
		r->strangers += results[i].strangers;
		r->customers_created += results[i].customers_created;
		r->identified += results[i].customers_told;
	}
}

/* Those that could not be read, then those that could not be taken. */
static size_t
gather_faults(const struct ingest *in, struct api_event_fault faults[FAULTS_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < in->tellings.fault_count; i++)
		faults[n++] = (struct api_event_fault){
		    in->tellings.faults[i].index, slice_of(in->tellings.faults[i].why)};
	for (size_t i = 0; i < in->count; i++)
		for (size_t k = 0; k < in->pages[i]->telling_count && n < FAULTS_MAX; k++) {
			const struct telling *t = &in->pages[i]->tellings[k];

			if (slice_is_set(t->refused))
				faults[n++] = (struct api_event_fault){t->index, t->refused};
		}
	return n;
}

void
ingest_reply_tellings(
    const struct ingest *in, const struct page_result *results, struct api_reply *reply)
{
	struct api_event_fault faults[FAULTS_MAX];
	struct api_events_result r = {0};
	size_t count;

	add_results(in, results, &r);
	count = gather_faults(in, faults);
	if (in->is_segment)
		segment_reply(reply, &r, faults, count);
	else
		api_events_reply(reply, &r, faults, count);
}
