/*
 * What one answer of a timeline means: which of its statuses are new, and where to ask next.
 *
 * `min_id=base` gives the statuses just above base, page by page, until a page is empty: nothing
 * can be missed.  Some servers (snac) take min_id for "the newest above": then a full page may
 * leave a gap between base and its oldest status.  So after each full page the timeline is walked
 * down with `max_id` until something known appears; on a server that does it right that is the
 * first status of the first answer.  Pages are given out as they come, and the cursor says how far
 * the walk has got, so that a crash at any point neither loses nor repeats a status.
 *
 * Now and then the newest page is read once more without a cursor: it shows edits, and statuses
 * that arrived late and were sorted in below base.
 */
#include "collectors/mastodon_internal.h"

#include <assert.h>
#include <stdio.h>

#include "collectors/collector.h"
#include "collectors/mastodon_parse.h"
#include "core/arena.h"
#include "core/err.h"
#include "core/json.h"
#include "core/log.h"
#include "core/mem.h"

#define STATUSES_MAX 200 /* of one answer; a server that sends more is walked */
#define WALK_PAGES_MAX 100 /* 4,000 statuses: what lies below is given up, and said so */

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

/* While a walk is on, what was known before it began must stay, and only the newest of the walk
 * join.  The order stays that of the timeline, so that in the end the newest are kept. */
static int
remember(struct mastodon_tag *tag, uint64_t id, uint32_t text)
{
	bool is_new = seen_look(&tag->seen, id, 0) == SEEN_NEW;
	size_t place = tag->walk_max == NULL ? tag->seen.count : tag->place;

	if (is_new && tag->walk_max != NULL && tag->seen.count >= 2 * (size_t)MASTODON_SEEN_MAX)
		return 0;
	if (seen_add_at(&tag->seen, place, id, text) < 0)
		return -1;
	if (is_new)
		tag->place++;
	return 0;
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
	struct mastodon_context ctx = {slice_of(m->server), mastodon_now_ms(m), an->array};
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
		tag->walk_place = tag->seen.count;
		if (replace_id(&tag->walk_top, mv->top) < 0)
			return -1;
		if (replace_id(&tag->walk_max, mv->down) < 0) {
			mem_free(tag->walk_top);
			tag->walk_top = NULL;
			return -1;
		}
		m->step = MASTODON_WALK;
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
	if (is_given_up) {
		collector_status_edit(m->c)->gaps++;
		log_event(collector_host(m->c)->log, LOG_WARN, "source.gap", "source",
		    collector_name(m->c), "hashtag", tag->name, "pages", LOG_I64(tag->walk_pages),
		    NULL);
	}
	if (an->count > 0 && an->first_known == an->count && !is_given_up &&
	    slice_is_set(an->oldest_id))
		return replace_id(&tag->walk_max, mv->down);
	/* the walk has reached what we know, or the end */
	if (replace_id(&tag->base, slice_of(tag->walk_top)) < 0)
		return -1;
	m->step = MASTODON_NEW;
	return 0;
}

/* Edits, and late arrivals above the oldest status we know there. */
static int
move_recheck(struct mastodon *m, struct mastodon_tag *tag, const struct answer *an, struct move *mv)
{
	(void)m;
	mv->end = an->known_count == 0 ? 0 : an->last_known + 1;
	mv->is_round_done = true;
	tag->rechecked_at_ms = mastodon_now_ms(m);
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
	enum mastodon_step step = m->step;
	bool is_first = !tag->has_fetched;
	int rc = 0;

	switch (step) {
	case MASTODON_NEW: rc = move_new(m, tag, an, mv); break;
	case MASTODON_WALK: rc = move_walk(m, tag, an, mv); break;
	case MASTODON_RECHECK: rc = move_recheck(m, tag, an, mv); break;
	}
	if (rc < 0)
		return -1;
	tag->place = tag->walk_place;
	/* the oldest first: that is how they were said */
	for (size_t i = mv->end; i-- > 0;)
		if (give_status(m, an, i, p) < 0)
			return -1;
	if (step == MASTODON_WALK && m->step == MASTODON_NEW)
		walk_clear(tag);
	else if (tag->walk_max == NULL)
		seen_trim(&tag->seen, MASTODON_SEEN_MAX);
	p->is_first_fetch = is_first;
	p->ends_first_fetch = is_first && all_fetched(m);
	return mastodon_cursor_write(m->server, m->tags, m->tag_count, p);
}

/* --- and back, without memory --------------------------------------------- */

/* The hashtag as it was before the answer, so that a page that could not be finished leaves no
 * trace. */
struct tag_snapshot {
	char *base, *walk_top, *walk_max;
	unsigned walk_pages;
	bool has_fetched;
	struct seen seen;
	enum mastodon_step step;
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

int
mastodon_answer_take(struct mastodon *m, const struct json *array, struct slice link_header,
    struct page *p, bool *is_round_done_r)
{
	struct tag_snapshot before;
	struct answer an;
	struct move mv = {0};
	int rc = -1;

	if (snapshot_take(&before, m) < 0)
		goto out;
	/* a walk goes down from newer ones, which were given out before */
	p->fills_gap = m->step == MASTODON_WALK;
	p->stream = arena_slice_dup(p->arena, slice_of(m->tags[m->current].name));
	if (!slice_is_set(p->stream))
		goto out;
	answer_read(&an, array, &m->tags[m->current]);
	mv.top = mastodon_link_param(link_header, "prev", "min_id", p->arena);
	mv.down = mastodon_link_param(link_header, "next", "max_id", p->arena);
	if (mv.top.len == 0 || mv.top.len > MASTODON_ID_MAX)
		mv.top = an.newest_id;
	if (mv.down.len == 0 || mv.down.len > MASTODON_ID_MAX || json_count(array) > STATUSES_MAX)
		mv.down = an.oldest_id;
	if (give_answer(m, &an, &mv, p) < 0) {
		snapshot_restore(&before, m);
		goto out;
	}
	*is_round_done_r = mv.is_round_done;
	rc = 0;
out:
	snapshot_free(&before);
	return rc;
}
