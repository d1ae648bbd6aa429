/*
 * import_segments.c - in which of the segments with members from files a row says that somebody is.
 *
 * The rules have to know the segment: a membership of one that nobody asks for would be forgotten with the next
 * rules, and a slip in a name would be one.
 */
#include "people/import_internal.h"

#include <assert.h>
#include <stdio.h>

#include "core/arena.h"
#include "core/utf8.h"
#include "store/segments.h"
#include "store/store.h"

/* NULL: none is near, or there is no memory to look. */
static const char *
nearest_segment(struct import *i, struct slice name, struct err *err)
{
	struct segment_row *rows;
	const char **names;
	size_t count, named = 0;

	if (store_segments_list(i->st, i->row, &rows, &count, err) < 0)
		return NULL;
	names = arena_array(i->row, count + 1, sizeof *names);
	for (size_t k = 0; names != NULL && k < count; k++)
		if (rows[k].is_imported && !rows[k].is_gone)
			names[named++] = arena_strndup(i->row, rows[k].id.ptr, rows[k].id.len);
	for (size_t k = 0; k < named; k++)
		if (names[k] == NULL)
			return NULL;
	return names == NULL ? NULL : diag_nearest(name, names, named);
}

/* Does the segment take members from files?  1, 0: row_r says what there is instead, -1. */
static int
takes_members(
    struct import *i, const struct row_segment *s, struct segment_row *row_r, struct err *err)
{
	int rc;

	*row_r = (struct segment_row){.is_gone = true};
	rc = store_segment_load(i->st, s->segment, i->row, row_r, err);
	return rc < 0 ? -1 : row_r->is_imported && !row_r->is_gone;
}

static int
judge_one(struct import *i, const struct row_segment *s, struct err *err)
{
	enum diag_severity severity = s->is_kept ? DIAG_WARNING : DIAG_ERROR;
	struct slice shown = utf8_prefix(s->segment, 100);
	struct segment_row row;
	const char *nearest;
	char help[200];
	int rc = takes_members(i, s, &row, err);

	if (rc != 0)
		return rc < 0 ? -1 : 0;
	if (!row.is_gone) {
		import_finding(i, severity, "I028", s->column,
		    "a file fills a segment whose members are 'imported'",
		    "the members of segment '%.*s' are found by its conditions", SLICE_ARG(shown));
		return s->is_kept ? 0 : 1;
	}
	nearest = nearest_segment(i, s->segment, err);
	snprintf(help, sizeof help, "did you mean '%s'?", nearest == NULL ? "" : nearest);
	import_finding(i, severity, "I028", s->column,
	    nearest == NULL ? "write it into the rules first: segment ID \"Title\" imported" : help,
	    "there is no segment '%.*s' among the live rules", SLICE_ARG(shown));
	return s->is_kept ? 0 : 1;
}

int
import_segments_judge(struct import *i, const struct person_row *p, struct err *err)
{
	int rc = 0;

	for (size_t k = 0; k < p->segment_count && rc == 0; k++)
		rc = judge_one(i, &p->segments[k], err);
	return rc;
}

/* 1 changed, 0, -1. */
static int
write_one(
    struct import *i, const struct person_row *p, const struct row_segment *s, struct err *err)
{
	struct segment_row row;
	int rc = takes_members(i, s, &row, err);

	if (rc > 0)
		rc = (s->is_in ? store_segment_enter : store_segment_leave)(
		    i->st, s->segment, p->user_id, i->o.now_ms, i->source, err);
	if (rc <= 0)
		return rc;
	if (store_segment_count_add(i->st, s->segment, s->is_in ? 1 : -1, i->o.now_ms, err) < 0 ||
	    store_segment_touch(i->st, p->user_id, err) < 0)
		return -1;
	return 1;
}

int
import_segments_write(struct import *i, const struct person_row *p, struct err *err)
{
	int changed = 0;

	assert(store_in_transaction(i->st));
	for (size_t k = 0; k < p->segment_count; k++) {
		int rc = write_one(i, p, &p->segments[k], err);

		if (rc < 0)
			return -1;
		changed |= rc;
	}
	return changed;
}
