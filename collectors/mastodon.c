/*
 * Hashtag timelines, one hashtag after the other, one request at a time.  What an answer means is
 * in mastodon_answer.c.
 */
#include "collectors/mastodon.h"

#include <assert.h>
#include <stdio.h>

#include "collectors/mastodon_internal.h"
#include "core/buf.h"
#include "core/clock.h"
#include "core/err.h"
#include "core/json.h"
#include "core/log.h"
#include "core/mem.h"

#define BODY_BYTES_MAX (4 * 1024 * 1024)
#define URL_MAX 4096
#define RECHECK_MS (10 * TIME_MINUTE_MS)
#define FEW_REQUESTS_LEFT 2

static const struct option mastodon_options[] = {
    {"server", OPTION_TEXT, NULL, true, 0, 0, NULL, "Address of the server.",
	"https://mastodon.social"},
    {"hashtags", OPTION_LIST, NULL, true, 0, 0, NULL, "Hashtags to listen to, with or without '#'.",
	"[acme, acmecoffee]"},
    {"token", OPTION_SECRET, NULL, false, 0, 0, NULL,
	"Access token, for servers that want to know who asks.", "${MASTODON_TOKEN}"},
    {"interval", OPTION_DURATION, "30 s", false, 1000, TIME_DAY_MS, NULL, "How often to ask.",
	"1 min"},
    {"limit", OPTION_INT, "40", false, 1, 80, NULL,
	"Statuses to ask for at once; servers give 40 at most.", "20"},
    {"local", OPTION_BOOL, "false", false, 0, 0, NULL, "Only posts written on this server.",
	"true"},
    {NULL, OPTION_TEXT, NULL, false, 0, 0, NULL, NULL, NULL},
};

static void next_step(struct mastodon *m);

int64_t
mastodon_now_ms(const struct mastodon *m)
{
	return clock_now_ms(collector_host(m->c)->clock);
}

/* --- asking --------------------------------------------------------------- */

/* Percent-encodes all but unreserved characters. */
static void
add_encoded(struct buf *out, const char *s)
{
	for (; *s != '\0'; s++) {
		unsigned char c = (unsigned char)*s;
		bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    (c >= '0' && c <= '9') || strchr("-._~", c) != NULL;
		if (is_plain)
			buf_add_char(out, (char)c);
		else
			buf_addf(out, "%%%02X", c);
	}
}

static void answered(void *cookie, const struct http_result *r);

static void
ask(struct mastodon *m)
{
	const struct mastodon_tag *tag = &m->tags[m->current];
	struct http_header headers[2] = {{SLICE_LIT("Accept"), SLICE_LIT("application/json")}};
	struct buf url;

	buf_init(&url, URL_MAX);
	buf_addf(&url, "%s/api/v1/timelines/tag/", m->server);
	add_encoded(&url, tag->name);
	buf_addf(&url, "?limit=%lld", (long long)m->limit);
	if (m->is_local_only)
		buf_add_str(&url, "&local=true");
	if (m->step == MASTODON_NEW && tag->base != NULL) {
		buf_add_str(&url, "&min_id=");
		add_encoded(&url, tag->base);
	} else if (m->step == MASTODON_WALK) {
		buf_add_str(&url, "&max_id=");
		add_encoded(&url, tag->walk_max);
	}
	if (m->authorization != NULL)
		headers[1] =
		    (struct http_header){SLICE_LIT("Authorization"), slice_of(m->authorization)};
	if (buf_failed(&url))
		poller_failed(&m->poller, "no memory for a request");
	else
		poller_get(&m->poller, buf_str(&url), headers, m->authorization == NULL ? 1 : 2,
		    BODY_BYTES_MAX, 0, answered);
	buf_fini(&url);
}

static void
take_answer(struct mastodon *m, const struct json *array, struct slice link_header)
{
	struct mastodon_tag *tag = &m->tags[m->current];
	struct page *p = page_new(slice_of(collector_name(m->c)));
	bool is_round_done = false;

	if (p == NULL || mastodon_answer_take(m, array, link_header, p, &is_round_done) < 0) {
		page_free(p);
		poller_failed(&m->poller, "no memory for an answer");
		return;
	}
	if (p->count > 0 || p->reject_count > 0 || p->is_first_fetch)
		collector_emit(m->c, p);
	else
		page_free(p);
	if (is_round_done && m->step == MASTODON_NEW &&
	    mastodon_now_ms(m) - tag->rechecked_at_ms >= RECHECK_MS) {
		m->step = MASTODON_RECHECK;
		is_round_done = false;
	}
	if (is_round_done) {
		m->step = MASTODON_NEW;
		m->current++;
	}
	next_step(m);
}

/* The next hashtag has its turn after a failure, so that one that always fails does not silence the
 * others. */
static void
skip_tag(struct mastodon *m)
{
	m->current = (m->current + 1) % m->tag_count;
	m->step = m->tags[m->current].walk_max != NULL ? MASTODON_WALK : MASTODON_NEW;
}

static void
answered(void *cookie, const struct http_result *r)
{
	struct mastodon *m = cookie;
	struct json_doc *doc = NULL;
	struct err err = {0};
	int64_t left, wait_ms;

	if (!poller_accepts(&m->poller, r, "token")) {
		skip_tag(m);
		return;
	}
	if (json_parse(r->body, &doc, NULL, &err) < 0 || json_type(json_root(doc)) != JSON_ARRAY) {
		struct slice said = json_get_str(json_root(doc), "error");
		if (slice_is_set(said))
			poller_failed(&m->poller, "the server says: %.*s",
			    (int)(said.len > 100 ? 100 : said.len), said.ptr);
		else if (slice_starts_with(slice_trim(r->body), "<"))
			poller_failed(&m->poller,
			    "the server answers with a web page, not as the Mastodon API does");
		else
			poller_failed(&m->poller, "the answer is not a list of statuses%s%s",
			    err.text[0] == '\0' ? "" : ": ", err.text);
		json_doc_free(doc);
		skip_tag(m);
		return;
	}
	m->poller.failures = 0; /* one good answer, also in the middle of a round */
	take_answer(m, json_root(doc), http_result_header(r, "link"));
	json_doc_free(doc);
	left = http_result_remaining(r);
	wait_ms = http_result_wait_ms(r, mastodon_now_ms(m));
	if (left >= 0 && left < FEW_REQUESTS_LEFT && wait_ms > 0 &&
	    collector_status(m->c)->health != SOURCE_FAILING)
		poller_wait(&m->poller, wait_ms, "the server's limit is used up for %lld s",
		    (long long)((wait_ms + 999) / 1000));
}

/* --- the round ------------------------------------------------------------ */

static void
next_step(struct mastodon *m)
{
	if (m->current < m->tag_count) {
		if (m->step == MASTODON_NEW && m->tags[m->current].walk_max != NULL)
			m->step = MASTODON_WALK;
		poller_step(&m->poller);
		return;
	}
	m->current = 0;
	m->step = MASTODON_NEW;
	poller_ok(&m->poller, m->poller.interval_ms);
}

static void
wake(void *cookie)
{
	struct mastodon *m = cookie;

	if (m->step == MASTODON_NEW && m->tags[m->current].walk_max != NULL)
		m->step = MASTODON_WALK;
	if (collector_can_emit(m->c))
		ask(m);
	/* else committed() wakes us */
}

/* --- the contract --------------------------------------------------------- */

static void
mastodon_close(void *state)
{
	struct mastodon *m = state;

	poller_fini(&m->poller);
	for (size_t i = 0; i < m->tag_count; i++) {
		struct mastodon_tag *tag = &m->tags[i];
		mem_free(tag->name);
		mem_free(tag->base);
		mem_free(tag->walk_top);
		mem_free(tag->walk_max);
		seen_fini(&tag->seen);
	}
	mem_free(m->server);
	mem_free(m->authorization);
	mem_free(m);
}

/* "mastodon.social", "https://mastodon.social/" -> "https://mastodon.social". */
static int
server_set(struct mastodon *m, const char *text, struct err *err)
{
	struct slice s = slice_trim(slice_of(text));
	bool has_scheme = slice_starts_with(s, "https://") || slice_starts_with(s, "http://");
	struct buf out;

	while (s.len > 0 && s.ptr[s.len - 1] == '/')
		s.len--;
	if (s.len == 0 || s.len > 300 || memchr(s.ptr, ' ', s.len) != NULL ||
	    (!has_scheme && memmem(s.ptr, s.len, "://", 3) != NULL))
		return err_set(
		    err, ERR_INPUT, "'server' is an address such as https://mastodon.social");
	buf_init(&out, 400);
	if (!has_scheme)
		buf_add_str(&out, "https://");
	buf_add_slice(&out, s);
	m->server = buf_detach(&out, NULL);
	buf_fini(&out);
	return m->server == NULL ? err_set(err, ERR_NOMEM, "no memory for a server's name") : 0;
}

static int
tags_set(struct mastodon *m, const struct options *set, struct err *err)
{
	size_t count = options_list_count(set, "hashtags");

	if (count == 0 || count > MASTODON_TAGS_MAX)
		return err_set(
		    err, ERR_INPUT, "'hashtags' must name 1 to %d hashtags", MASTODON_TAGS_MAX);
	for (size_t i = 0; i < count; i++) {
		struct slice name = slice_trim(slice_of(options_list_at(set, "hashtags", i)));
		if (slice_starts_with(name, "#")) {
			name.ptr++;
			name.len--;
		}
		if (name.len == 0 || name.len > 200)
			return err_set(
			    err, ERR_INPUT, "'hashtags' has an entry that is no hashtag");
		for (size_t k = 0; k < m->tag_count; k++)
			if (slice_eq_nocase(name, slice_of(m->tags[k].name)))
				return err_set(err, ERR_INPUT, "'hashtags' names '%.*s' twice",
				    SLICE_ARG(name));
		m->tags[m->tag_count].name = mem_strndup(name.ptr, name.len);
		if (m->tags[m->tag_count].name == NULL)
			return err_set(err, ERR_NOMEM, "no memory for a hashtag");
		seen_init(&m->tags[m->tag_count].seen);
		m->tag_count++;
	}
	return 0;
}

static int
token_set(struct mastodon *m, const char *token, struct err *err)
{
	struct buf out;

	if (token == NULL || token[0] == '\0')
		return 0;
	buf_init(&out, 8192);
	buf_addf(&out, "Bearer %s", token);
	m->authorization = buf_detach(&out, NULL);
	buf_fini(&out);
	return m->authorization == NULL ? err_set(err, ERR_NOMEM, "no memory for a token") : 0;
}

static int
mastodon_open(struct collector *c, const struct options *set, void **state_r, struct err *err)
{
	struct mastodon *m = mem_zalloc(sizeof(*m));

	if (m == NULL)
		return err_set(err, ERR_NOMEM, "no memory for a source");
	m->c = c;
	m->limit = options_int(set, "limit");
	m->is_local_only = options_bool(set, "local");
	if (server_set(m, options_text(set, "server"), err) < 0 || tags_set(m, set, err) < 0 ||
	    token_set(m, options_text(set, "token"), err) < 0 ||
	    poller_init(&m->poller, c, options_int(set, "interval"), wake, m, err) < 0) {
		mastodon_close(m);
		return -1;
	}
	*state_r = m;
	return 0;
}

static void
mastodon_start(void *state, struct slice cursor, bool has_fetched)
{
	struct mastodon *m = state;

	(void)has_fetched; /* the cursor knows, for each hashtag */
	if (mastodon_cursor_read(cursor, m->server, m->tags, m->tag_count) < 0)
		log_event(collector_host(m->c)->log, LOG_ERROR, "source.cursor_unreadable",
		    "source", collector_name(m->c), NULL);
	for (size_t i = 0; i < m->tag_count; i++)
		m->tags[i].rechecked_at_ms = mastodon_now_ms(m);
	poller_begin(&m->poller);
}

/* There is room again for the request that was put off. */
static void
mastodon_committed(void *state, uint64_t serial)
{
	struct mastodon *m = state;

	(void)serial;
	if (collector_status(m->c)->next_poll_at_ms == TIME_UNKNOWN)
		poller_step(&m->poller);
}

const struct collector_ops mastodon_collector = {
    .name = "mastodon",
    .help = "Hashtag timelines of any server that speaks the Mastodon API.",
    .options = mastodon_options,
    .open = mastodon_open,
    .start = mastodon_start,
    .committed = mastodon_committed,
    .close = mastodon_close,
};
