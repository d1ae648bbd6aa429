/*
 * page_internal.h - the status page: what it shows (page.c loads it), its pieces (page_html.c), its
 * sections (page_parts.c).
 *
 * Everything on it that others wrote goes through html_text(): nothing of it becomes markup, and
 * bidirectional marks stay inside.
 */
#ifndef API_PAGE_INTERNAL_H
#define API_PAGE_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/slice.h"
#include "store/outbox.h"
#include "store/pauses.h"
#include "store/posts.h"
#include "store/watches.h"

#include "api/api.h"

struct api_env;
struct buf;
struct json;
struct score;

/* How much of each is shown. */
#define PAGE_POSTS 30
#define PAGE_DECISIONS 60
#define PAGE_FIRINGS 15
#define PAGE_ALERTS 12
#define PAGE_ALERTS_COUNTED API_PAGE_MAX
#define PAGE_DRAFTS 10
#define PAGE_INCIDENTS 5
#define PAGE_HELD 6
#define PAGE_PAUSED 4 /* messages that wait for the end of a pause */
#define PAGE_PAUSES 5
#define PAGE_FAILED 4
#define PAGE_REJECTS 5
#define PAGE_TEXT_MAX 400 /* bytes of a text shown */

/* What one rule decided on one post. */
struct page_firing {
	const struct decision_row *rows;
	size_t count;
	const struct stored_post *sp; /* NULL: no longer known */
};

struct page_message {
	struct message m;
	const struct stored_post *sp; /* the post it answers; NULL: none */
};

struct page {
	const struct api_env *env;
	int64_t now_ms;
	struct stored_post **posts;
	size_t post_count;
	struct page_firing firings[PAGE_FIRINGS];
	size_t firing_count;
	struct alert_row *alerts;
	const struct stored_post *alert_posts[PAGE_ALERTS];
	size_t alert_count, alerts_open; /* shown; there are */
	struct page_message drafts[PAGE_DRAFTS], held[PAGE_HELD], paused[PAGE_PAUSED],
	    unknown[PAGE_FAILED], rejected[PAGE_FAILED];
	size_t draft_count, held_count, paused_count, unknown_count, rejected_count;
	struct reject_row *rejects;
	size_t reject_count;
	int64_t counts[MESSAGE_STATE_COUNT];
	struct incident_row *incidents; /* under way */
	size_t incident_count;
	struct pause_row *pauses;
	size_t pause_count;
	bool folder_differs; /* from what is live */
	struct slice stopped_why;
	bool is_stopped;
	const struct json *sources, *channels;
	size_t failing; /* things on the "what fails" list */
};

/* ---- page_html.c ---- */
void html_text(struct buf *b, struct slice s); /* escaped */
void
html_bdi(struct buf *b, struct slice s, size_t max); /* escaped, isolated, cut with an ellipsis */
void html_time(struct buf *b, int64_t at_ms, int64_t now_ms);
void html_score(struct buf *b, const struct score *s);
void html_post_text(struct buf *b,
    const struct stored_post *sp); /* with the words that made the score underlined */
void html_author(struct buf *b, const struct stored_post *sp);
void html_why(struct buf *b, struct slice post_id, struct slice rule_id, const char *word);
void html_why_watch(struct buf *b, struct slice watch_id, const char *word);

/* ---- page_parts.c ---- */
void page_alerts(struct buf *b, const struct page *p);
void page_waiting(struct buf *b, const struct page *p);
void page_fired(struct buf *b, const struct page *p);
void page_heard(struct buf *b, const struct page *p);
void page_failing(struct buf *b, const struct page *p);
void page_feeds(struct buf *b, const struct page *p);
/* How many sources and channels do not work. */
size_t page_broken(const struct page *p);

#endif
