/*
 * mastodon_answer.c - what the server's answers say.  No requests here.
 */
#include "actions/mastodon_reply_internal.h"

#include <stdio.h>
#include <string.h>

#include "core/json.h"
#include "core/timefmt.h"

#include "actions/reply_text_internal.h"

#define CLOCK_SKEW_MS (5 * TIME_MINUTE_MS) /* the server's clock against ours */

struct json_doc *
mastodon_read(const struct http_result *r)
{
	struct json_doc *doc = NULL;

	if (r->progress != HTTP_ANSWERED || r->is_body_cut ||
	    json_parse(r->body, &doc, NULL, NULL) < 0)
		return NULL;
	return doc;
}

void
mastodon_read_words(const struct http_result *r, char *out, size_t size)
{
	struct json_doc *doc = mastodon_read(r);
	struct slice words = json_get_str(json_root(doc), "error");

	snprintf(out, size, "%.*s", SLICE_ARG(words));
	json_doc_free(doc);
}

/* snac puts what looks like a tag into the content as it is, where it is lost; but it also gives
 * the text that was posted. */
static int
is_same(const struct json *status, struct slice text)
{
	int rc = reply_text_is_same(text, json_get_str(status, "content"), true);

	if (rc == 0 && json_get_str(status, "text").len > 0)
		rc = reply_text_is_same(text, json_get_str(status, "text"), false);
	return rc;
}

enum mastodon_look
mastodon_find_ours(const struct json *statuses, const char *parent, struct slice text,
    int64_t since_ms, const struct json **found_r)
{
	bool reaches_back = json_count(statuses) < MASTODON_LOOK_COUNT;

	for (size_t i = 0; i < json_count(statuses); i++) {
		const struct json *status = json_at(statuses, i);
		int64_t at_ms;
		int same;

		if (!time_parse_rfc3339(json_get_str(status, "created_at"), &at_ms))
			continue;
		if (at_ms < since_ms - CLOCK_SKEW_MS) {
			reaches_back = true;
			continue;
		}
		if (!slice_eq_str(json_get_str(status, "in_reply_to_id"), parent))
			continue;
		same = is_same(status, text);
		if (same < 0)
			return MASTODON_LOOK_NO_MEMORY;
		if (same > 0) {
			*found_r = status;
			return MASTODON_LOOK_FOUND;
		}
	}
	return reaches_back ? MASTODON_LOOK_NOT_THERE : MASTODON_LOOK_CANNOT_TELL;
}

bool
mastodon_is_parent(const struct json *status, const struct json *handle, const char *server)
{
	struct slice uri = json_get_str(handle, "uri");
	char wanted[700];

	if (uri.len > 0)
		return slice_eq(json_get_str(status, "uri"), uri) ||
		    slice_eq(json_get_str(status, "url"), uri);
	snprintf(wanted, sizeof wanted, "%.*s@%s", SLICE_ARG(json_get_str(handle, "acct")),
	    strstr(server, "://") + 3);
	return slice_eq_nocase(json_get_str(json_get(status, "account"), "acct"), slice_of(wanted));
}
