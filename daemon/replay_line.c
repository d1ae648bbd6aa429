#include "daemon/replay_line.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/err.h"
#include "core/json.h"
#include "core/telling.h"
#include "core/timefmt.h"
#include "collectors/collector.h"
#include "collectors/posts_body.h"
#include "people/tellings.h"

/* Behind all times that can be written: an event that does not say when has this one. */
#define UNSAID_MS INT64_MAX

enum kind {
	KIND_POST,
	KIND_EVENT,
	KIND_OTHER
};

/* Most files hold posts alone: only a line with the word is looked into. */
static enum kind
kind_of(struct slice text, char word[40])
{
	enum kind kind = KIND_POST;
	struct json_doc *doc = NULL;
	const struct json *named;

	if (memmem(text.ptr, text.len, "\"kind\"", 6) == NULL ||
	    json_parse(text, &doc, NULL, NULL) < 0)
		return KIND_POST; /* whoever reads the post says what is wrong */
	named = json_get(json_root(doc), "kind");
	if (json_type(named) != JSON_ABSENT && json_type(named) != JSON_NULL) {
		struct slice is = json_get_str(json_root(doc), "kind");

		kind = slice_eq_str(is, "event") ? KIND_EVENT
		    : slice_eq_str(is, "post")   ? KIND_POST
						 : KIND_OTHER;
		snprintf(word, 40, "%.30s",
		    slice_is_set(is) ? is.ptr : json_type_name(json_type(named)));
	}
	json_doc_free(doc);
	return kind;
}

static int
read_post(struct slice text, const char *where, int64_t now_ms, struct page *page, int64_t *at_ms_r,
    char why[REPLAY_WHY_MAX], struct err *err)
{
	int rc = posts_body_add(page, text, TIME_UNKNOWN, where, err);
	struct post *post = &page->posts[0];

	if (rc <= 0) {
		if (rc == 0)
			snprintf(why, REPLAY_WHY_MAX, "%.*s", SLICE_ARG(page->rejects[0].reason));
		page->reject_count = 0;
		return rc;
	}
	if (!slice_is_set(post->source))
		post->source = SLICE_LIT("replay");
	if (post->fetched_at_ms == TIME_UNKNOWN)
		post->fetched_at_ms =
		    post->created_at_ms == TIME_UNKNOWN ? now_ms : post->created_at_ms;
	*at_ms_r = post_event_at_ms(post);
	return 1;
}

static int
read_event(struct slice text, const char *where, int64_t now_ms, struct page *page,
    int64_t *at_ms_r, char why[REPLAY_WHY_MAX], struct err *err)
{
	struct slice id = arena_slice_dup(page->arena, slice_of(where));
	struct telling *t = page_tell(page);
	char fault[TELLING_WHY_MAX] = "";
	int rc;

	if (t == NULL || !slice_is_set(id))
		return err_set(err, ERR_NOMEM, "no memory for an event");
	rc = telling_read(text, UNSAID_MS, id, page->arena, t, fault, err);
	if (rc <= 0) {
		snprintf(why, REPLAY_WHY_MAX, "%s: %s", where, fault);
		page->telling_count = 0;
		return rc;
	}
	if (t->at_ms == UNSAID_MS)
		t->at_ms = now_ms;
	t->received_at_ms = t->at_ms > now_ms ? t->at_ms : now_ms;
	*at_ms_r = t->at_ms;
	return 1;
}

int
replay_line_read(struct slice text, uint64_t number, int64_t now_ms, struct page *page,
    int64_t *at_ms_r, char why[REPLAY_WHY_MAX], struct err *err)
{
	char where[40], word[40] = "";

	assert(page->count == 0 && page->telling_count == 0);
	snprintf(where, sizeof where, "line %llu", (unsigned long long)number);
	switch (kind_of(text, word)) {
	case KIND_POST: return read_post(text, where, now_ms, page, at_ms_r, why, err);
	case KIND_EVENT: return read_event(text, where, now_ms, page, at_ms_r, why, err);
	case KIND_OTHER:
		snprintf(why, REPLAY_WHY_MAX, "%s: \"kind\" is '%s'; it is \"post\" or \"event\"",
		    where, word);
		return 0;
	}
	return -1;
}
