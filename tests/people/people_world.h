/*
 * people_world.h - a store in memory, and what the tests of people ask it.
 */
#ifndef TESTS_PEOPLE_WORLD_H
#define TESTS_PEOPLE_WORLD_H

#include <stdio.h>
#include <string.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/diag.h"
#include "core/err.h"
#include "core/mem.h"
#include "core/timefmt.h"
#include "people/import.h"
#include "people/people.h"
#include "store/persons.h"
#include "store/store.h"

#define NOW INT64_C(1795255200000) /* 2026-11-21T10:00:00Z */
#define S(text) slice_of(text)

/* For a program that has a `static struct err err`. */
#define OK(call)                                                                                   \
	do {                                                                                       \
		if ((call) < 0)                                                                    \
			fail_msg("%s:%d: %s: %s", __FILE__, __LINE__, #call, err.text);            \
	} while (0)

struct people_world {
	struct store *st;
	struct arena *a;
	int64_t now_ms;
};

static inline struct store *
world_store(void)
{
	struct store_options o = {
	    .mode = STORE_MEMORY, .now_ms = NOW, .hash_seed = 7, .cache_entries = 64};
	struct store *st = NULL;
	struct err err = {0};

	if (store_open(&o, &st, &err) < 0)
		fail_msg("no store: %s", err.text);
	return st;
}

static inline struct people_world
world_open(void)
{
	struct people_world w = {world_store(), arena_new(64 * 1024 * 1024), NOW};

	assert_non_null(w.a);
	return w;
}

static inline void
world_close(struct people_world *w)
{
	store_close(w->st);
	arena_free(w->a);
}

static inline struct customer *
world_customer(struct people_world *w, const char *id)
{
	struct customer *c = NULL;
	struct err err = {0};

	if (store_customer_load(w->st, slice_of(id), w->now_ms, w->a, &c, &err) < 0)
		fail_msg("%s", err.text);
	return c;
}

static inline int64_t
world_count(struct people_world *w, const char *table)
{
	struct err err = {0};
	int64_t count = -1;

	if (store_count(w->st, table, &count, &err) < 0)
		fail_msg("%s: %s", table, err.text);
	return count;
}

/* A customer in one line, in a fixed order. */
static inline const char *
world_show(struct people_world *w, const char *id)
{
	const struct customer *c = world_customer(w, id);
	struct buf b;
	const char *text;

	if (c == NULL)
		return "nobody";
	buf_init(&b, 1024 * 1024);
	buf_addf(&b, "%.*s zone=%.*s locale=%.*s country=%.*s", SLICE_ARG(c->id),
	    SLICE_ARG(c->timezone), SLICE_ARG(c->locale), SLICE_ARG(c->country));
	for (size_t i = 0; i < c->attribute_count; i++) {
		buf_addf(&b, " %.*s=", SLICE_ARG(c->attributes[i].name));
		for (size_t k = 0; k < c->attributes[i].values.count; k++)
			buf_addf(&b, "%s%.*s", k > 0 ? "|" : "",
			    SLICE_ARG(c->attributes[i].values.items[k]));
	}
	for (size_t i = 0; i < c->endpoint_count; i++) {
		const struct endpoint *e = &c->endpoints[i];

		buf_addf(&b, " <%.*s %.*s%s%s", SLICE_ARG(e->channel), SLICE_ARG(e->address),
		    e->is_opted_out ? " out" : "", e->is_inactive ? " inactive" : "");
		for (size_t k = 0; k < e->attribute_count; k++) {
			buf_addf(&b, " %.*s=", SLICE_ARG(e->attributes[k].name));
			for (size_t v = 0; v < e->attributes[k].values.count; v++)
				buf_addf(&b, "%s%.*s", v > 0 ? "|" : "",
				    SLICE_ARG(e->attributes[k].values.items[v]));
		}
		buf_add_char(&b, '>');
	}
	for (size_t i = 0; i < c->consent_count; i++)
		buf_addf(&b, " %.*s/%s:%s", SLICE_ARG(c->consents[i].channel),
		    purpose_name(c->consents[i].purpose), c->consents[i].is_given ? "yes" : "no");
	text = arena_strdup(w->a, buf_str(&b));
	buf_fini(&b);
	return text;
}

/* The links of a customer in one line: "@key" in force and not yet bound, "@key=account", "(@key)"
 * ended. */
static inline const char *
world_links(struct people_world *w, const char *id)
{
	struct link_row *rows = NULL;
	struct err err = {0};
	size_t count = 0;
	const char *text = "";

	if (store_links_of_customer(w->st, slice_of(id), w->a, &rows, &count, &err) < 0)
		fail_msg("%s", err.text);
	for (size_t i = 0; i < count; i++) {
		bool ended = rows[i].unlinked_at_ms != TIME_UNKNOWN,
		     bound = slice_is_set(rows[i].author_id);

		text = arena_printf(w->a, "%s%s%s%.*s%s%.*s%s", text, i > 0 ? " " : "",
		    ended ? "(" : "", SLICE_ARG(rows[i].handle_key), bound ? "=" : "",
		    SLICE_ARG(rows[i].author_id), ended ? ")" : "");
	}
	return text;
}

/* Imports text in pieces of chunk bytes. Findings into *found (may be NULL) as diag_print() has
 * them. */
static inline int
world_import_into(struct store *st, struct slice text, size_t chunk, const struct import_options *o,
    struct buf *found, struct import_report *r, struct err *err)
{
	struct diag_list *diags = diag_list_new();
	struct import *i = NULL;
	int rc = diags == NULL ? err_set(err, ERR_NOMEM, "no memory")
			       : import_new(st, o, diags, &i, err);

	for (size_t at = 0; rc == 0 && at < text.len; at += chunk)
		rc = import_feed(i,
		    slice_make(text.ptr + at, text.len - at < chunk ? text.len - at : chunk), err);
	if (rc == 0)
		rc = import_end(i, r, err);
	import_free(i);
	if (found != NULL && diags != NULL)
		diag_print(diags, found);
	diag_list_free(diags);
	return rc;
}

/* Must work. Returns the findings. */
static inline const char *
world_import(struct people_world *w, const char *text, struct import_report *r)
{
	struct import_options o = {.file = "c.csv", .now_ms = w->now_ms};
	struct err err = {0};
	struct buf found;
	const char *out;

	memset(r, 0, sizeof *r);
	buf_init(&found, 1024 * 1024);
	if (world_import_into(w->st, slice_of(text), 7, &o, &found, r, &err) < 0)
		fail_msg("%s", err.text);
	out = arena_strdup(w->a, buf_str(&found));
	buf_fini(&found);
	return out;
}

#endif
