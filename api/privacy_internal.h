/*
 * privacy_internal.h - a person's page for people, as HTML or as text, made from the JSON answer: the pen
 * that writes either (privacy_pen.c), what it is written from (privacy_paper.c), lines of what happened (privacy_lines.c), the
 * page (privacy_page.c) and its parts (privacy_regard.c, privacy_profile.c).
 *
 * Everything that others wrote goes through pen_words(): nothing of it becomes markup, and nothing steers a
 * terminal.  What pen_say() takes is ours, and is escaped all the same.
 */
#ifndef API_PRIVACY_INTERNAL_H
#define API_PRIVACY_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/slice.h"

struct api_call;
struct buf;
struct err;
struct json;
struct rule_set;

/* Turns the reply's JSON (dossier_write()) into a page.  0, -1. */
int privacy_page(struct api_call *c, bool is_html, struct err *err);

/* ---- the pen ---- */

#define PEN_WORDS_MAX 280 /* bytes of a text shown */
#define PEN_NAME_MAX 120

struct pen {
	struct buf *b;
	bool is_html;
};

void pen_begin(const struct pen *p, struct slice name);
void pen_main(const struct pen *p); /* behind what stands in the head */
void pen_end(const struct pen *p);
/* wide: over all columns. */
void pen_section(const struct pen *p, const char *title, bool is_wide);
void pen_section_end(const struct pen *p);
void pen_caption(const struct pen *p);
void pen_caption_end(const struct pen *p);
void pen_item(const struct pen *p);
void pen_item_end(const struct pen *p);
/* A line of the timeline; tone as in the style: "good", "warn", "bad", "brand", "". */
void pen_line(const struct pen *p, int64_t at_ms, const char *kind, const char *tone);
void pen_line_end(const struct pen *p);
/* Rows of cells; the first of a row is its label.  As text a cell names its column. */
void pen_table(const struct pen *p, const char *const *heads, size_t count);
void pen_row(const struct pen *p, struct slice label);
void pen_cell(const struct pen *p, const char *head);
void pen_cell_end(const struct pen *p);
void pen_row_end(const struct pen *p);
void pen_table_end(const struct pen *p);

void pen_say(const struct pen *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void pen_strong(const struct pen *p, struct slice s);
void pen_words(const struct pen *p, struct slice s, size_t max);
void pen_quote(const struct pen *p, struct slice s, size_t max);
void pen_chip(const struct pen *p, struct slice s, const char *tone);
void pen_time(const struct pen *p, struct slice rfc3339); /* "2026-11-21 10:00" */
void pen_why(const struct pen *p, struct slice post_id, struct slice rule_id);
/* Any value in a few words: members that are set, lists with commas. */
void pen_value(const struct pen *p, const struct json *v);

/* ---- the page's parts ---- */

struct paper {
	struct pen pen;
	const struct json *root, *sections;
	struct api_call *c;
};
/* NULL: there is none. */
const struct json *paper_section(const struct paper *d, const char *name);
const struct json *paper_items(const struct paper *d, const char *name);
/* Members; what is not there is 0. */
int64_t paper_number(const struct json *v, const char *key);
double paper_real(const struct json *v, const char *key);
bool paper_is(const struct json *v, const char *key);
const char *paper_plural(int64_t n); /* "s" */
/* Where a section came from, on what ground it is held, and for how long; of all that are there of names,
 * which end with NULL. */
void paper_caption(const struct paper *d, const struct json *section);
void paper_captions(const struct paper *d, const char *const *names);
bool paper_has_any(const struct paper *d, const char *const *names);

void paper_influence(const struct paper *d); /* privacy_regard.c */
void paper_consent(const struct paper *d); /* privacy_profile.c */
void paper_behaviour(const struct paper *d);
void paper_profile(const struct paper *d);

/* ---- what happened ---- */

bool privacy_is_of_timeline(struct slice section);
/* All of them as lines, the newest first.  rules: for titles; NULL. */
void
privacy_timeline(const struct pen *p, const struct json *sections, const struct rule_set *rules);

#endif
