/*
 * Hashtag timelines, one hashtag after the other, one request at a time.
 *
 * `min_id=base` gives the statuses just above base, page by page, until a page is empty: nothing can be missed.  Some servers (snac)
 * take min_id for "the newest above": then a full page may leave a gap between base and its oldest status.  So after each full page the
 * timeline is walked down with `max_id` until something known appears; on a server that does it right that is the first status of the
 * first answer.  Pages are given out as they come, and the cursor says how far the walk has got, so that a crash at any point neither
 * loses nor repeats a status.
 *
 * Now and then the newest page is read once more without a cursor: it shows edits, and statuses that arrived late and were sorted in
 * below base.
 */
#include "collectors/mastodon.h"

#include <assert.h>
#include <stdio.h>

#include "collectors/mastodon_internal.h"
#include "collectors/mastodon_parse.h"
#include "collectors/poller.h"
#include "core/arena.h"
#include "core/buf.h"
#include "core/clock.h"
#include "core/err.h"
#include "core/json.h"
#include "core/log.h"
#include "core/mem.h"

#define BODY_BYTES_MAX (4 * 1024 * 1024)
#define URL_MAX 4096
#define STATUSES_MAX 200 /* of one answer; a server that sends more is walked */
#define WALK_PAGES_MAX 100 /* 4,000 statuses: what lies below is given up, and said so */
#define RECHECK_MS (10 * TIME_MINUTE_MS)
#define FEW_REQUESTS_LEFT 2

enum step {
	STEP_NEW,
	STEP_WALK,
	STEP_RECHECK
};

struct mastodon {
	struct collector *c;
	struct poller poller;
	char *server; /* "https://host", no slash at the end */
	char *authorization; /* "Bearer ..."; NULL: none */
	int64_t limit;
	bool is_local_only;
	struct mastodon_tag tags[MASTODON_TAGS_MAX];
	size_t tag_count;
	size_t current;
	enum step step;
	size_t largest_page; /* what this server's pages hold at most, as far as seen */
};

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

static int64_t
now_ms(const struct mastodon *m)
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
	if (m->step == STEP_NEW && tag->base != NULL) {
		buf_add_str(&url, "&min_id=");
		add_encoded(&url, tag->base);
	} else if (m->step == STEP_WALK) {
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

/* --- reading an answer ---------------------------------------------------- */

/* One answer: its statuses newest first, and what is known of each. */
struct answer {
	const struct json *array;
	size_t count;
	bool is_reversed; /* the server listed the oldest first */
	uint64_t ids[STATUSES_MAX]; /* hashes of local ids */
	bool is_known[STATUSES_MAX]; /* given out before, for this hashtag */
	size_t known_count;
	size_t first_known, last_known; /* in the order newest first; count: none */
	struct slice newest_id, oldest_id; /* local; SLICE_NONE: empty */
};

static const struct json *
answer_at(const struct answer *an, size_t i)
{
	return json_at(an->array, an->is_reversed ? an->count - 1 - i : i);
}

static bool
is_ascending(const struct json *array, size_t count)
{
	int64_t first, last;

	return count > 1 &&
	    time_parse_rfc3339(json_get_str(json_at(array, 0), "created_at"), &first) &&
	    time_parse_rfc3339(json_get_str(json_at(array, count - 1), "created_at"), &last) &&
	    first < last;
}

static void
answer_read(struct answer *an, const struct json *array, const struct mastodon_tag *tag)
{
	an->array = array;
	an->count = json_count(array);
	an->is_reversed = is_ascending(array, an->count);
	if (an->count > STATUSES_MAX)
		an->count = STATUSES_MAX;
	if (an->is_reversed && json_count(array) > STATUSES_MAX)
		an->is_reversed = false; /* the oldest ones then: the rest comes next time */
	an->known_count = 0;
	an->first_known = an->last_known = an->count;
	an->newest_id = an->oldest_id = SLICE_NONE;
	for (size_t i = 0; i < an->count; i++) {
		struct slice id = json_get_str(answer_at(an, i), "id");
		if (id.len > 0 && id.len <= MASTODON_ID_MAX) {
			if (!slice_is_set(an->newest_id))
				an->newest_id = id;
			an->oldest_id = id;
		}
		an->ids[i] = seen_hash(id);
		an->is_known[i] = id.len > 0 &&
		    (seen_look(&tag->seen, an->ids[i], 0) != SEEN_NEW ||
			(tag->base != NULL && slice_eq_str(id, tag->base)));
		if (!an->is_known[i])
			continue;
		an->known_count++;
		an->last_known = i;
		if (an->first_known == an->count)
			an->first_known = i;
	}
}

/* Given out under another hashtag, in this very form? */
static bool
is_given_elsewhere(const struct mastodon *m, uint64_t id, uint32_t text)
{
	for (size_t i = 0; i < m->tag_count; i++)
		if (i != m->current && seen_look(&m->tags[i].seen, id, text) == SEEN_SAME)
			return true;
	return false;
}

/* While a walk is on, what was known before it began must stay, and only the newest of the walk join. */
static int
remember(struct mastodon_tag *tag, uint64_t id, uint32_t text)
{
	bool is_walking = tag->walk_max != NULL;

	if (is_walking && tag->seen.count >= 2 * (size_t)MASTODON_SEEN_MAX &&
	    seen_look(&tag->seen, id, 0) == SEEN_NEW)
		return 0;
	return seen_add(&tag->seen, id, text);
}

static int
add_post(struct page *p, const struct post *post)
{
	struct post *to = page_add(p);

	if (to == NULL)
		return -1;
	*to = *post;
	return 0;
}

/* The status at i when it is new or changed.  -1 without memory. */
static int
give_status(struct mastodon *m, struct answer *an, size_t i, struct page *p)
{
	struct mastodon_tag *tag = &m->tags[m->current];
	struct mastodon_context ctx = {slice_of(m->server), now_ms(m), an->array};
	struct mastodon_status status;
	struct err err = {0};
	uint32_t text;
	int rc = mastodon_parse_status(answer_at(an, i), &ctx, p->arena, &status, &err);

	if (rc < 0 && err.kind == ERR_NOMEM)
		return -1;
	if (rc < 0) {
		struct slice uri = json_get_str(answer_at(an, i), "uri");
		if (!an->is_known[i])
			page_reject(p, uri, "status %.*s: %s", SLICE_ARG(status.id), err.text);
		return remember(tag, an->ids[i], 0);
	}
	if (rc == 0)
		return remember(tag, an->ids[i], 0);
	text = seen_text_hash(status.post.text);
	if (seen_look(&tag->seen, an->ids[i], text) != SEEN_SAME &&
	    !is_given_elsewhere(m, an->ids[i], text)) {
		if (add_post(p, &status.post) < 0 ||
		    (status.has_repost && add_post(p, &status.repost) < 0))
			return -1;
	}
	return remember(tag, an->ids[i], text);
}

static char *
id_keep(struct slice id)
{
	return mem_strndup(id.ptr, id.len);
}

static void
walk_clear(struct mastodon_tag *tag)
{
	mem_free(tag->walk_top);
	mem_free(tag->walk_max);
	tag->walk_top = tag->walk_max = NULL;
	tag->walk_pages = 0;
	seen_trim(&tag->seen, MASTODON_SEEN_MAX);
}

static int
replace_id(char **to, struct slice id)
{
	char *copy = id_keep(id);

	if (copy == NULL)
		return -1;
	mem_free(*to);
	*to = copy;
	return 0;
}

/* --- one answer, one page ------------------------------------------------- */

/* A page may be as long as what the server gives at most: then there may be more. */
static bool
is_full_page(struct mastodon *m, size_t count)
{
	size_t full = (size_t)m->limit;

	if (count > m->largest_page)
		m->largest_page = count;
	if (m->largest_page < full)
		full = m->largest_page;
	return count >= full;
}

/* What the answer means for base and walk; *from_r..: statuses [0, *end_r) are given out if new. */
struct move {
	size_t end; /* statuses from here on are not given */
	bool is_round_done; /* nothing more for this hashtag now */
	struct slice top, down; /* next min_id and max_id as the server names them */
};

static int
move_new(struct mastodon *m, struct mastodon_tag *tag, const struct answer *an, struct move *mv)
{
	bool has_gap = is_full_page(m, an->count) && an->known_count == 0 && tag->has_fetched;

	mv->end = an->count;
	mv->is_round_done = an->count == 0;
	if (!slice_is_set(an->newest_id)) {
		tag->has_fetched = true;
		return 0;
	}
	if (has_gap) {
		tag->walk_pages = 0;
		if (replace_id(&tag->walk_top, mv->top) < 0)
			return -1;
		if (replace_id(&tag->walk_max, mv->down) < 0) {
			mem_free(tag->walk_top);
			tag->walk_top = NULL;
			return -1;
		}
		m->step = STEP_WALK;
		return 0;
	}
	/* a server that ignores min_id would give the same page for ever */
	if (!tag->has_fetched ||
	    (an->known_count == an->count && tag->base != NULL && slice_eq_str(mv->top, tag->base)))
		mv->is_round_done = true;
	tag->has_fetched = true;
	return replace_id(&tag->base, mv->top);
}

static int
move_walk(struct mastodon *m, struct mastodon_tag *tag, const struct answer *an, struct move *mv)
{
	bool is_given_up = ++tag->walk_pages >= WALK_PAGES_MAX && an->first_known == an->count;

	mv->end = an->first_known;
	if (is_given_up)
		log_event(collector_host(m->c)->log, LOG_WARN, "source.gap", "source",
		    collector_name(m->c), "hashtag", tag->name, "pages", LOG_I64(tag->walk_pages),
		    NULL);
	if (an->count > 0 && an->first_known == an->count && !is_given_up &&
	    slice_is_set(an->oldest_id))
		return replace_id(&tag->walk_max, mv->down);
	/* the walk has reached what we know, or the end */
	if (replace_id(&tag->base, slice_of(tag->walk_top)) < 0)
		return -1;
	m->step = STEP_NEW;
	return 0;
}

/* Edits, and late arrivals above the oldest status we know there. */
static int
move_recheck(struct mastodon *m, struct mastodon_tag *tag, const struct answer *an, struct move *mv)
{
	(void)m;
	mv->end = an->known_count == 0 ? 0 : an->last_known + 1;
	mv->is_round_done = true;
	tag->rechecked_at_ms = now_ms(m);
	return 0;
}

static bool
all_fetched(const struct mastodon *m)
{
	for (size_t i = 0; i < m->tag_count; i++)
		if (!m->tags[i].has_fetched)
			return false;
	return true;
}

static int
give_answer(struct mastodon *m, struct answer *an, struct move *mv, struct page *p)
{
	struct mastodon_tag *tag = &m->tags[m->current];
	enum step step = m->step;
	bool is_first = !tag->has_fetched;
	int rc = 0;

	switch (step) {
	case STEP_NEW: rc = move_new(m, tag, an, mv); break;
	case STEP_WALK: rc = move_walk(m, tag, an, mv); break;
	case STEP_RECHECK: rc = move_recheck(m, tag, an, mv); break;
	}
	if (rc < 0)
		return -1;
	/* the oldest first: that is how they were said */
	for (size_t i = mv->end; i-- > 0;)
		if (give_status(m, an, i, p) < 0)
			return -1;
	if (step == STEP_WALK && m->step == STEP_NEW)
		walk_clear(tag);
	else if (tag->walk_max == NULL)
		seen_trim(&tag->seen, MASTODON_SEEN_MAX);
	p->is_first_fetch = is_first;
	p->ends_first_fetch = is_first && all_fetched(m);
	return mastodon_cursor_write(m->server, m->tags, m->tag_count, p);
}

/* Without memory in the middle of an answer: back to what the last committed cursor would say is not at hand, so the statuses of
 * the page are forgotten again and base goes back. */
struct tag_snapshot {
	char *base, *walk_top, *walk_max;
	unsigned walk_pages;
	bool has_fetched;
	struct seen seen;
	enum step step;
};

static int
snapshot_take(struct tag_snapshot *s, const struct mastodon *m)
{
	const struct mastodon_tag *tag = &m->tags[m->current];

	*s = (struct tag_snapshot){
	    .walk_pages = tag->walk_pages, .has_fetched = tag->has_fetched, .step = m->step};
	if (tag->base != NULL && (s->base = mem_strdup(tag->base)) == NULL)
		return -1;
	if (tag->walk_top != NULL && (s->walk_top = mem_strdup(tag->walk_top)) == NULL)
		return -1;
	if (tag->walk_max != NULL && (s->walk_max = mem_strdup(tag->walk_max)) == NULL)
		return -1;
	if (tag->seen.count == 0)
		return 0;
	s->seen.items = mem_dup(tag->seen.items, tag->seen.count * sizeof(*tag->seen.items));
	s->seen.count = s->seen.cap = tag->seen.count;
	return s->seen.items == NULL ? -1 : 0;
}

static void
snapshot_free(struct tag_snapshot *s)
{
	mem_free(s->base);
	mem_free(s->walk_top);
	mem_free(s->walk_max);
	seen_fini(&s->seen);
}

static void
snapshot_restore(struct tag_snapshot *s, struct mastodon *m)
{
	struct mastodon_tag *tag = &m->tags[m->current];

	mem_free(tag->base);
	mem_free(tag->walk_top);
	mem_free(tag->walk_max);
	seen_fini(&tag->seen);
	tag->base = s->base;
	tag->walk_top = s->walk_top;
	tag->walk_max = s->walk_max;
	tag->walk_pages = s->walk_pages;
	tag->has_fetched = s->has_fetched;
	tag->seen = s->seen;
	m->step = s->step;
	*s = (struct tag_snapshot){0};
}

static void
take_answer(struct mastodon *m, const struct json *array, struct slice link_header)
{
	struct mastodon_tag *tag = &m->tags[m->current];
	struct page *p = page_new(slice_of(collector_name(m->c)));
	struct tag_snapshot before = {0};
	struct answer an;
	struct move mv = {0};
	bool has_snapshot = false;

	if (p == NULL)
		goto nomem;
	if (snapshot_take(&before, m) < 0)
		goto nomem;
	has_snapshot = true;
	answer_read(&an, array, tag);
	mv.top = mastodon_link_param(link_header, "prev", "min_id", p->arena);
	mv.down = mastodon_link_param(link_header, "next", "max_id", p->arena);
	if (mv.top.len == 0 || mv.top.len > MASTODON_ID_MAX)
		mv.top = an.newest_id;
	if (mv.down.len == 0 || mv.down.len > MASTODON_ID_MAX || json_count(array) > STATUSES_MAX)
		mv.down = an.oldest_id;
	if (give_answer(m, &an, &mv, p) < 0)
		goto nomem;
	snapshot_free(&before);
	if (p->count > 0 || p->reject_count > 0 || p->is_first_fetch)
		collector_emit(m->c, p);
	else
		page_free(p);
	if (mv.is_round_done && m->step == STEP_NEW && tag->has_fetched &&
	    now_ms(m) - tag->rechecked_at_ms >= RECHECK_MS) {
		m->step = STEP_RECHECK;
		mv.is_round_done = false;
	}
	if (mv.is_round_done) {
		m->step = STEP_NEW;
		m->current++;
	}
	next_step(m);
	return;
nomem:
	if (has_snapshot)
		snapshot_restore(&before, m);
	snapshot_free(&before);
	page_free(p);
	poller_failed(&m->poller, "no memory for an answer");
}

/* The next hashtag has its turn after a failure, so that one that always fails does not silence the others. */
static void
skip_tag(struct mastodon *m)
{
	m->current = (m->current + 1) % m->tag_count;
	m->step = m->tags[m->current].walk_max != NULL ? STEP_WALK : STEP_NEW;
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
	take_answer(m, json_root(doc), http_result_header(r, "link"));
	json_doc_free(doc);
	left = http_result_remaining(r);
	wait_ms = http_result_wait_ms(r, now_ms(m));
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
		if (m->step == STEP_NEW && m->tags[m->current].walk_max != NULL)
			m->step = STEP_WALK;
		poller_step(&m->poller);
		return;
	}
	m->current = 0;
	m->step = STEP_NEW;
	poller_ok(&m->poller, m->poller.interval_ms);
}

static void
wake(void *cookie)
{
	struct mastodon *m = cookie;

	if (m->step == STEP_NEW && m->tags[m->current].walk_max != NULL)
		m->step = STEP_WALK;
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
		m->tags[i].rechecked_at_ms = now_ms(m);
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
