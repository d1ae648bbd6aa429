/*
 * recall.c - the trees of a compiled set, read anew from its texts when a person asks for one.
 *
 * Machines run on programs; a rule as it was written is only asked for by people, one at a time, and
 * takes some ten microseconds to read.  Kept in memory, the trees were more than half of a set.  What
 * a set was compiled from has no errors, so reading it again finds none.
 */
#include "rules/engine_internal.h"

#include <assert.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/diag.h"
#include "rules/describe_internal.h"
#include "rules/limits_internal.h"
#include "rules/parse_internal.h"
#include "rules/print_internal.h"

static int
read_anew(
    const struct finding_sink *from, struct range at, struct arena *a, struct rules_file *file_r)
{
	struct finding_sink *sink = ARENA_NEW(a, struct finding_sink);
	struct diag_list *diags = diag_list_new();
	int rc = -1;

	if (sink != NULL && diags != NULL) {
		*sink = (struct finding_sink){
		    diags, from->file, slice_make(from->text.ptr, (size_t)at.start + at.len)};
		rc = parse_part(sink, at.start, a, file_r);
		sink->diags = NULL;
	}
	diag_list_free(diags);
	return rc;
}

int
recall_item(const struct rule_set *set, const struct item_place *place, struct arena *a,
    const struct item **item_r)
{
	struct rules_file file;

	assert(place->file < set->file_count);
	if (read_anew(&set->files[place->file], place->at, a, &file) < 0)
		return -1;
	assert(file.first != NULL && file.first->next == NULL && !file.first->is_broken);
	*item_r = file.first;
	return 0;
}

int
recall_files(const struct rule_set *set, struct arena *a, const struct rules_file **files_r)
{
	struct rules_file *files = arena_array(a, set->file_count + 1, sizeof *files);

	if (files == NULL)
		return -1;
	for (size_t i = 0; i < set->file_count; i++) {
		struct range all = {0, (uint32_t)set->files[i].text.len};

		if (read_anew(&set->files[i], all, a, &files[i]) < 0)
			return -1;
	}
	*files_r = files;
	return 0;
}

/* ---- text ---- */

void
rule_set_print(const struct rule_set *set, struct buf *out)
{
	struct arena *a = arena_new(RULES_ARENA_MAX);
	const struct rules_file *files;

	if (a == NULL || recall_files(set, a, &files) < 0) {
		buf_fail(out);
		arena_free(a);
		return;
	}
	for (size_t f = 0; f < set->file_count; f++) {
		if (f > 0 && out->len > 0)
			buf_add_char(out, '\n');
		print_file(&files[f], out);
	}
	arena_free(a);
}

/* What write says of the item that stands there. */
static void
tell_item(const struct rule_set *set, const struct item_place *place,
    void (*write)(const struct rule_set *set, const struct item *it, struct buf *out),
    struct buf *out)
{
	struct arena *a = arena_new(RULES_ARENA_MAX);
	const struct item *it;

	if (a != NULL && recall_item(set, place, a, &it) == 0)
		write(set, it, out);
	else
		buf_fail(out);
	arena_free(a);
}

static void
write_text(const struct rule_set *set, const struct item *it, struct buf *out)
{
	(void)set;
	print_item(it, out);
}

void
rule_set_print_rule(const struct rule_set *set, size_t i, struct buf *out)
{
	assert(i < set->rule_count);
	tell_item(set, &set->rules[i].place, write_text, out);
}

void
rule_set_print_watch(const struct rule_set *set, size_t i, struct buf *out)
{
	assert(i < set->watch_count);
	tell_item(set, &set->watches[i].place, write_text, out);
}

void
rule_set_print_segment(const struct rule_set *set, size_t i, struct buf *out)
{
	assert(i < set->segment_count);
	tell_item(set, &set->segments[i].place, write_text, out);
}

/* ---- plain words ---- */

void
rule_set_describe_rule(const struct rule_set *set, size_t i, struct buf *out)
{
	assert(i < set->rule_count);
	tell_item(set, &set->rules[i].place, describe_rule, out);
}

void
rule_set_describe_watch(const struct rule_set *set, size_t i, struct buf *out)
{
	assert(i < set->watch_count);
	tell_item(set, &set->watches[i].place, describe_watch, out);
}

void
rule_set_describe_segment(const struct rule_set *set, size_t i, struct buf *out)
{
	assert(i < set->segment_count);
	tell_item(set, &set->segments[i].place, describe_segment, out);
}
