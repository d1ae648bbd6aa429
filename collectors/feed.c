/*
 * One feed: fetch when it is due and has room, read it whole, give out what is new page by page,
 * then plan the next fetch.
 *
 * The validators (ETag, Last-Modified) move into the cursor with the last page of a document only:
 * a crash before that fetches it again in full, and the seen list, which moves with every page,
 * keeps what was given from being given again.
 */
#include "collectors/feed.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "collectors/feed_cursor.h"
#include "collectors/feed_parse.h"
#include "collectors/poller.h"
#include "collectors/seen.h"
#include "core/arena.h"
#include "core/clock.h"
#include "core/err.h"
#include "core/log.h"
#include "core/mem.h"
#include "platform/http_client.h"

#define REDIRECTS_MAX 5
#define REFRESH_MAX_MS TIME_DAY_MS /* however seldom a feed wants to be read */

struct feed {
	struct collector *c;
	struct poller poller;
	char *url; /* as configured: also the first part of ids */
	struct feed_cursor at;
	/* the document being given out; NULL: none */
	struct arena *arena;
	struct feed_doc doc;
	size_t *order; /* indices of its items, oldest first */
	size_t next; /* in order */
	const char *next_moved_to, *next_etag, *next_last_modified; /* in arena */
	int64_t refresh_ms; /* the lower bound it asks for */
};

static const struct option feed_options[] = {
    {"url", OPTION_TEXT, NULL, true, 0, 0, NULL, "Address of an RSS, Atom or JSON feed.",
	"https://example.com/feed.xml"},
    {"interval", OPTION_DURATION, "15 min", false, 1000, 7 * TIME_DAY_MS, NULL,
	"How often to ask; the feed's own wishes (ttl, updatePeriod, max-age) can make it longer.",
	"5 min"},
    {NULL, OPTION_TEXT, NULL, false, 0, 0, NULL, NULL, NULL},
};

static void wake(void *cookie);

/* --- giving out ----------------------------------------------------------- */

static void
doc_drop(struct feed *f)
{
	arena_free(f->arena);
	f->arena = NULL;
	f->order = NULL;
	f->next = 0;
}

/* The items of the document become the newest of the list; of the others the last FEED_SEEN_KEPT stay.
 */
static int
seen_renew(struct feed *f)
{
	struct seen old = f->at.seen, current;
	int rc = -1;

	seen_init(&current);
	for (size_t i = 0; i < f->doc.count; i++) {
		struct post post;
		if (feed_item_to_post(&f->doc, &f->doc.items[i], slice_of(f->url), 0, f->arena,
			&post, NULL) == 0 &&
		    seen_add(&current, seen_hash(post.id), seen_text_hash(post.text)) < 0)
			goto out;
	}
	/* the old ones, without those, in front */
	seen_init(&f->at.seen);
	for (size_t i = 0; i < old.count; i++)
		if (seen_look(&current, old.items[i].id, 0) == SEEN_NEW &&
		    seen_add(&f->at.seen, old.items[i].id, old.items[i].text) < 0)
			goto back;
	seen_trim(&f->at.seen, FEED_SEEN_KEPT);
	for (size_t i = 0; i < current.count; i++)
		if (seen_add(&f->at.seen, current.items[i].id, current.items[i].text) < 0)
			goto back;
	seen_fini(&old);
	rc = 0;
	goto out;
back:
	seen_fini(&f->at.seen);
	f->at.seen = old;
out:
	seen_fini(&current);
	return rc;
}

static bool
is_same(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static void
replace(char **to, const char *from)
{
	char *copy = from == NULL ? NULL : mem_strdup(from);

	mem_free(*to);
	*to = copy;
}

/* The document is through: its validators hold from here on.  True when the cursor is another one
 * than before. */
static bool
doc_finish(struct feed *f)
{
	bool has_changed = !f->at.has_fetched || !is_same(f->at.etag, f->next_etag) ||
	    !is_same(f->at.last_modified, f->next_last_modified) ||
	    !is_same(f->at.moved_to, f->next_moved_to);

	replace(&f->at.moved_to, f->next_moved_to);
	replace(&f->at.etag, f->next_etag);
	replace(&f->at.last_modified, f->next_last_modified);
	f->at.has_fetched = true;
	if (seen_renew(f) < 0) {
		/* without the list a 304 would be believed; ask for the whole again instead */
		replace(&f->at.etag, NULL);
		replace(&f->at.last_modified, NULL);
	}
	return has_changed;
}

/* Adds the item when it is new or changed.  -1 without memory. */
static int
give_item(struct feed *f, struct page *p, const struct feed_item *item)
{
	int64_t now_ms = clock_now_ms(collector_host(f->c)->clock);
	struct post made, copy;
	struct post *post;
	struct err err = {0};
	uint64_t id;

	if (feed_item_to_post(&f->doc, item, slice_of(f->url), now_ms, f->arena, &made, &err) < 0) {
		if (err.kind == ERR_NOMEM)
			return -1;
		id = seen_hash(slice_of(err.text));
		if (seen_look(&f->at.seen, id, 0) == SEEN_NEW) {
			page_reject(p, item->link, "%s", err.text);
			return seen_add(&f->at.seen, id, 0);
		}
		return 0;
	}
	id = seen_hash(made.id);
	if (seen_look(&f->at.seen, id, seen_text_hash(made.text)) == SEEN_SAME)
		return 0;
	if (post_copy(&made, p->arena, &copy) < 0 || (post = page_add(p)) == NULL)
		return -1;
	*post = copy;
	return seen_add(&f->at.seen, id, seen_text_hash(made.text));
}

/* The page could not be finished: its items are not given after all. */
static void
take_back(struct feed *f, struct page *p)
{
	for (size_t i = 0; i < p->count; i++)
		seen_remove(&f->at.seen, seen_hash(p->posts[i].id));
	replace(&f->at.etag, NULL);
	replace(&f->at.last_modified, NULL);
	f->at.has_fetched = !p->is_first_fetch;
	page_free(p);
}

/* Room for as many pages as the host takes; the rest when one is committed. */
static void
give_pages(struct feed *f)
{
	bool is_first_fetch = !f->at.has_fetched;
	bool is_done = false;

	while (!is_done && collector_can_emit(f->c)) {
		struct page *p = page_new(slice_of(collector_name(f->c)));
		bool has_moved = false;
		if (p == NULL)
			goto nomem;
		p->is_first_fetch = is_first_fetch;
		p->repaired = f->next == 0 ? f->doc.repaired : 0;
		while (f->next < f->doc.count && !page_is_full(p)) {
			if (give_item(f, p, &f->doc.items[f->order[f->next]]) < 0) {
				take_back(f, p);
				goto nomem;
			}
			f->next++;
		}
		is_done = f->next == f->doc.count;
		if (is_done) {
			has_moved = doc_finish(f);
			p->ends_first_fetch = is_first_fetch;
		}
		if (p->count == 0 && p->reject_count == 0 && !has_moved) {
			page_free(p);
			continue;
		}
		if (feed_cursor_write(&f->at, p) < 0) {
			take_back(f, p);
			goto nomem;
		}
		collector_emit(f->c, p);
	}
	if (is_done) {
		doc_drop(f);
		poller_ok(&f->poller,
		    f->poller.interval_ms > f->refresh_ms ? f->poller.interval_ms : f->refresh_ms);
	}
	return;
nomem:
	/* what was emitted stands in the seen list; the rest comes with the next fetch, in full */
	doc_drop(f);
	poller_failed(&f->poller, "no memory for the items of the feed");
}

/* --- fetching ------------------------------------------------------------- */

struct dated {
	int64_t at_ms;
	size_t index;
};

static int
dated_compare(const void *a, const void *b)
{
	const struct dated *x = a, *y = b;

	if (x->at_ms != y->at_ms)
		return x->at_ms < y->at_ms ? -1 : 1;
	return x->index < y->index ? 1 : -1; /* feeds list the newest first */
}

/* By date when all items have one, else from the last to the first. */
static int
order_items(struct feed *f)
{
	struct dated *by_date = arena_array(f->arena, f->doc.count, sizeof(*by_date));
	bool all_dated = true;

	f->order = arena_array(f->arena, f->doc.count, sizeof(*f->order));
	if (f->order == NULL || by_date == NULL)
		return -1;
	for (size_t i = 0; i < f->doc.count; i++) {
		const struct feed_item *it = &f->doc.items[i];
		by_date[i].index = i;
		by_date[i].at_ms =
		    it->published_at_ms != TIME_UNKNOWN ? it->published_at_ms : it->updated_at_ms;
		all_dated &= by_date[i].at_ms != TIME_UNKNOWN;
	}
	for (size_t i = 0; i < f->doc.count && !all_dated; i++)
		by_date[i].at_ms = 0;
	if (f->doc.count > 0)
		qsort(by_date, f->doc.count, sizeof(*by_date), dated_compare);
	for (size_t i = 0; i < f->doc.count; i++)
		f->order[i] = by_date[i].index;
	return 0;
}

/* Cache-Control: max-age=N, as a lower bound. */
static int64_t
max_age_ms(const struct http_result *r)
{
	struct slice rest = http_result_header(r, "cache-control");

	while (slice_is_set(rest)) {
		struct slice part = slice_trim(slice_split(&rest, ','));
		long long seconds;
		if (slice_starts_with(part, "max-age=") &&
		    slice_to_i64(slice_make(part.ptr + 8, part.len - 8), &seconds) && seconds > 0)
			return seconds > REFRESH_MAX_MS / 1000 ? REFRESH_MAX_MS : seconds * 1000;
	}
	return 0;
}

static void
set_refresh(struct feed *f, const struct http_result *r, int64_t document_ms)
{
	int64_t age_ms = max_age_ms(r);

	f->refresh_ms = document_ms > age_ms ? document_ms : age_ms;
	if (f->refresh_ms > REFRESH_MAX_MS)
		f->refresh_ms = REFRESH_MAX_MS;
}

static const char *
keep_header(struct feed *f, const struct http_result *r, const char *name)
{
	struct slice value = http_result_header(r, name);

	return value.len == 0 || value.len > FEED_VALIDATOR_MAX
	    ? NULL
	    : arena_strndup(f->arena, value.ptr, value.len);
}

static void
read_document(struct feed *f, const struct http_result *r)
{
	struct err err = {0};

	assert(f->arena == NULL);
	f->arena = arena_new(FEED_ARENA_BYTES);
	if (f->arena == NULL) {
		poller_failed(&f->poller, "no memory for the feed");
		return;
	}
	if (feed_parse(r->body, http_result_header(r, "content-type"),
		r->final_url.len > 0 ? r->final_url : slice_of(f->url), f->arena, &f->doc,
		&err) < 0) {
		doc_drop(f);
		poller_failed(&f->poller, "%s", err.text);
		return;
	}
	f->next = 0;
	f->next_etag = keep_header(f, r, "etag");
	f->next_last_modified = keep_header(f, r, "last-modified");
	f->next_moved_to = f->at.moved_to == NULL ? NULL : arena_strdup(f->arena, f->at.moved_to);
	if (r->was_moved && r->final_url.len > 0 && r->final_url.len <= FEED_URL_MAX)
		f->next_moved_to = arena_strndup(f->arena, r->final_url.ptr, r->final_url.len);
	set_refresh(f, r, f->doc.refresh_ms);
	if (order_items(f) < 0) {
		doc_drop(f);
		poller_failed(&f->poller, "no memory for the feed");
		return;
	}
	log_event(collector_host(f->c)->log, LOG_DEBUG, "feed.read", "source", collector_name(f->c),
	    "format", f->doc.format, "encoding", f->doc.encoding, "items", LOG_I64(f->doc.count),
	    "left_out", LOG_I64(f->doc.left_out), NULL);
	give_pages(f);
}

static void
answered(void *cookie, const struct http_result *r)
{
	struct feed *f = cookie;

	if (r->progress == HTTP_ANSWERED && r->status == 410) {
		poller_end(&f->poller, "the feed is gone for good (HTTP 410)");
		return;
	}
	if (!poller_accepts(&f->poller, r, NULL))
		return;
	if (r->status == 200) {
		read_document(f, r);
		return;
	}
	if (max_age_ms(r) > f->refresh_ms)
		f->refresh_ms = max_age_ms(r);
	poller_ok(&f->poller,
	    f->poller.interval_ms > f->refresh_ms ? f->poller.interval_ms : f->refresh_ms);
}

static void
fetch(struct feed *f)
{
	struct http_header headers[3] = {{SLICE_LIT("Accept"),
	    SLICE_LIT("application/rss+xml, application/atom+xml, application/feed+json, "
		      "application/xml;q=0.9, */*;q=0.5")}};
	size_t count = 1;

	if (f->at.etag != NULL)
		headers[count++] =
		    (struct http_header){SLICE_LIT("If-None-Match"), slice_of(f->at.etag)};
	if (f->at.last_modified != NULL)
		headers[count++] = (struct http_header){
		    SLICE_LIT("If-Modified-Since"), slice_of(f->at.last_modified)};
	poller_get(&f->poller, f->at.moved_to != NULL ? f->at.moved_to : f->url, headers, count,
	    FEED_BYTES_MAX, REDIRECTS_MAX, answered);
}

static void
wake(void *cookie)
{
	struct feed *f = cookie;

	if (f->arena != NULL)
		give_pages(f);
	else if (collector_can_emit(f->c))
		fetch(f);
	/* else committed() wakes us */
}

/* --- the contract --------------------------------------------------------- */

static void
feed_close(void *state)
{
	struct feed *f = state;

	poller_fini(&f->poller);
	doc_drop(f);
	feed_cursor_fini(&f->at);
	mem_free(f->url);
	mem_free(f);
}

static int
feed_open(struct collector *c, const struct options *set, void **state_r, struct err *err)
{
	const char *url = options_text(set, "url");
	struct feed *f;

	if (url == NULL ||
	    (!slice_starts_with(slice_of(url), "https://") &&
		!slice_starts_with(slice_of(url), "http://")) ||
	    strlen(url) > FEED_URL_MAX)
		return err_set(err, ERR_INPUT, "'url' must begin with https:// or http://");
	f = mem_zalloc(sizeof(*f));
	if (f == NULL)
		return err_set(err, ERR_NOMEM, "no memory for a feed");
	f->c = c;
	f->url = mem_strdup(url);
	feed_cursor_init(&f->at, f->url);
	if (f->url == NULL ||
	    poller_init(&f->poller, c, options_int(set, "interval"), wake, f, err) < 0) {
		feed_close(f);
		return err_set(err, ERR_NOMEM, "no memory for a feed");
	}
	*state_r = f;
	return 0;
}

static void
feed_start(void *state, struct slice cursor, bool has_fetched)
{
	struct feed *f = state;
	struct err err;

	(void)has_fetched; /* the cursor knows, also for which address */
	if (feed_cursor_read(&f->at, cursor, &err) < 0)
		log_event(collector_host(f->c)->log, LOG_ERROR, "source.cursor_unreadable",
		    "source", collector_name(f->c), "detail", err.text, NULL);
	poller_begin(&f->poller);
}

/* A page is through: there may be room for the next one, or for the fetch that was put off. */
static void
feed_committed(void *state, uint64_t serial)
{
	struct feed *f = state;

	(void)serial;
	if (f->arena != NULL || collector_status(f->c)->next_poll_at_ms == TIME_UNKNOWN)
		if (collector_status(f->c)->health != SOURCE_ENDED)
			poller_step(&f->poller);
}

const struct collector_ops feed_collector = {
    .name = "feed",
    .help = "An RSS, Atom or JSON feed, asked for at intervals.",
    .options = feed_options,
    .open = feed_open,
    .start = feed_start,
    .committed = feed_committed,
    .close = feed_close,
};
