#include "actions/attempt_internal.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/err.h"
#include "core/mem.h"
#include "core/utf8.h"
#include "platform/http_client.h"

#define SHOWN_WORDS_MAX 160

void
attempt_begin(struct attempt **list, struct attempt *a, send_done_fn *done, void *cookie)
{
	assert(done != NULL && a->link == NULL);
	a->done = done;
	a->cookie = cookie;
	a->next = *list;
	a->link = list;
	if (a->next != NULL)
		a->next->link = &a->next;
	*list = a;
}

void
attempt_end(struct attempt *a)
{
	assert(a->link != NULL);
	if (a->request != NULL)
		http_request_cancel(a->request);
	a->request = NULL;
	*a->link = a->next;
	if (a->next != NULL)
		a->next->link = a->link;
	a->link = NULL;
}

void
attempts_give_up(struct attempt **list, const char *what)
{
	while (*list != NULL) {
		struct attempt *a = *list;
		send_done_fn *done = a->done;
		void *cookie = a->cookie;
		struct send_outcome o;

		attempt_end(a);
		mem_free(a);
		outcome_set(
		    &o, SEND_UNKNOWN, "the channel was closed while the %s was under way", what);
		done(cookie, &o);
	}
}

/* ---- the answer ----------------------------------------------------------- */

/* Servers' words go into the outbox, logs and pages: no control characters, no broken UTF-8, no cut
 * character. */
static void
tidy(char *text, size_t size)
{
	struct slice s = slice_of(text);
	size_t good;

	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			text[i] = ' ';
	while ((good = utf8_valid_prefix(s)) < s.len) {
		if (s.len + 1 == size && s.len - good < 4) /* snprintf() cut it here */
			s.len = good;
		else
			text[good] = '?';
	}
	text[s.len] = '\0';
}

void
outcome_set(struct send_outcome *o, enum send_result result, const char *fmt, ...)
{
	va_list args;

	*o = (struct send_outcome){.result = result, .wait_ms = -1};
	va_start(args, fmt);
	vsnprintf(o->reason, sizeof o->reason, fmt, args);
	va_end(args);
	tidy(o->reason, sizeof o->reason);
}

void
outcome_set_provider_id(struct send_outcome *o, struct slice id)
{
	struct slice fits = utf8_prefix(id, sizeof o->provider_id - 1);

	snprintf(o->provider_id, sizeof o->provider_id, "%.*s", SLICE_ARG(fits));
	tidy(o->provider_id, sizeof o->provider_id);
}

static enum send_result
class_of_status(int status)
{
	if (status >= 200 && status < 300)
		return SEND_DONE;
	if (status == 408 || status == 425 || status == 429 || status >= 500)
		return SEND_LATER;
	return SEND_PERMANENT;
}

void
outcome_of_http(
    struct send_outcome *o, const struct http_result *r, struct slice words, int64_t now_ms)
{
	struct slice shown = slice_trim(words);
	enum send_result result = class_of_status(r->status);

	if (r->progress != HTTP_ANSWERED) {
		outcome_set(
		    o, r->progress == HTTP_NOT_SENT ? SEND_LATER : SEND_UNKNOWN, "%s", r->error);
		return;
	}
	if (shown.len > SHOWN_WORDS_MAX)
		shown.len = SHOWN_WORDS_MAX;
	if (result == SEND_DONE)
		shown.len = 0;
	outcome_set(
	    o, result, "answered %d%s%.*s", r->status, shown.len > 0 ? ": " : "", SLICE_ARG(shown));
	if (result == SEND_LATER)
		o->wait_ms = http_result_wait_ms(r, now_ms);
}

void
outcome_of_refusal(struct send_outcome *o, const struct err *err)
{
	bool is_for_ever = err->kind == ERR_INPUT || err->kind == ERR_LIMIT;

	outcome_set(o, is_for_ever ? SEND_PERMANENT : SEND_LATER, "%s", err->text);
}

/* ---- addresses of servers --------------------------------------------------- */

/* Host and port; empty when it is no http URL. */
static struct slice
authority_of(const char *url)
{
	const char *at = url;

	if (strncasecmp(at, "https://", 8) == 0)
		at += 8;
	else if (strncasecmp(at, "http://", 7) == 0)
		at += 7;
	else
		return SLICE_LIT("");
	return slice_make(at, strcspn(at, "/?#"));
}

bool
url_is_http(const char *url)
{
	struct slice authority = authority_of(url);

	if (authority.len == 0 || authority.ptr[0] == ':' ||
	    memchr(authority.ptr, '@', authority.len) != NULL)
		return false;
	for (const char *c = url; *c != '\0'; c++)
		if ((unsigned char)*c <= ' ' || *c == 0x7f || strchr("\\\"<>", *c) != NULL)
			return false;
	return true;
}

bool
url_is_loopback(const char *url)
{
	struct slice host = authority_of(url);
	const char *colon;

	if (slice_starts_with(host, "[::1]"))
		return host.len == 5 || host.ptr[5] == ':';
	colon = memchr(host.ptr, ':', host.len);
	if (colon != NULL)
		host.len = (size_t)(colon - host.ptr);
	if (slice_eq_nocase(host, SLICE_LIT("localhost")))
		return true;
	/* digits only: 127.example.org is somebody else's */
	for (size_t i = 0; i < host.len; i++)
		if ((host.ptr[i] < '0' || host.ptr[i] > '9') && host.ptr[i] != '.')
			return false;
	return slice_starts_with(host, "127.");
}
