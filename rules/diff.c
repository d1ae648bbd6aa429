/*
 * diff.c - two rule sets beside each other.
 *
 * Each item is printed in canonical text and cut into lines; what both ends share is put aside, and
 * the rest is compared by the longest common run of lines (the classic table, bounded by
 * DIFF_TABLE_MAX cells: beyond it the old lines go and the new ones come).
 */
#include "rules/diff.h"

#include <assert.h>
#include <string.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"
#include "core/map.h"
#include "rules/diff_internal.h"
#include "rules/engine_internal.h"
#include "rules/limits_internal.h"
#include "rules/print_internal.h"

#define DIFF_TABLE_MAX (1024u * 1024)
#define DIFF_CONTEXT 1 /* unchanged lines shown on either side */

const char *
rule_change_kind_name(enum rule_change_kind k)
{
	switch (k) {
	case RULE_CHANGE_ADDED: return "added";
	case RULE_CHANGE_REMOVED: return "removed";
	case RULE_CHANGE_CHANGED: return "changed";
	}
	assert(0 && "a change without a name");
	return "unknown";
}

/* ---- lines ---- */

struct lines {
	struct slice *items;
	size_t count;
};

struct differ {
	struct arena *arena;
	struct buf text;
	struct rule_change *changes;
	size_t count, cap;
};

static struct slice
without_indent(struct slice line)
{
	return slice_starts_with(line, "  ") ? slice_make(line.ptr + 2, line.len - 2) : line;
}

/* The item's canonical text, line by line. */
static int
item_lines(struct differ *d, const struct item *it, struct lines *l)
{
	struct slice rest;
	size_t n = 0;

	*l = (struct lines){0};
	if (it == NULL)
		return 0;
	buf_clear(&d->text);
	print_item(it, &d->text);
	if (buf_failed(&d->text))
		return -1;
	rest = arena_slice_dup(d->arena, buf_slice(&d->text));
	if (!slice_is_set(rest))
		return -1;
	for (size_t i = 0; i < rest.len; i++)
		n += rest.ptr[i] == '\n';
	l->items = arena_array(d->arena, n + 1, sizeof *l->items);
	if (l->items == NULL)
		return -1;
	while (slice_is_set(rest) && rest.len > 0)
		l->items[l->count++] = without_indent(slice_split(&rest, '\n'));
	return 0;
}

/* ---- what goes and what comes ---- */

struct output {
	struct rule_change_line *items;
	size_t count;
};

static void
put_line(struct output *o, char sign, struct slice text)
{
	o->items[o->count++] = (struct rule_change_line){sign, text};
}

/* lengths[i * (m + 1) + k]: the longest common run of a's lines from i and b's from k. */
static void
fill_table(const struct lines *a, const struct lines *b, uint32_t *lengths)
{
	size_t width = b->count + 1;

	for (size_t i = a->count; i-- > 0;)
		for (size_t k = b->count; k-- > 0;) {
			uint32_t down = lengths[(i + 1) * width + k];
			uint32_t right = lengths[i * width + k + 1];

			lengths[i * width + k] = slice_eq(a->items[i], b->items[k])
			    ? lengths[(i + 1) * width + k + 1] + 1
			    : down > right ? down
					   : right;
		}
}

static void
walk_table(const struct lines *a, const struct lines *b, const uint32_t *lengths, struct output *o)
{
	size_t width = b->count + 1, i = 0, k = 0;

	while (i < a->count || k < b->count) {
		bool has_both = i < a->count && k < b->count;

		if (has_both && slice_eq(a->items[i], b->items[k])) {
			put_line(o, ' ', b->items[k]);
			i++;
			k++;
		} else if (i < a->count &&
		    (k == b->count || lengths[(i + 1) * width + k] >= lengths[i * width + k + 1])) {
			put_line(o, '-', a->items[i++]);
		} else {
			put_line(o, '+', b->items[k++]);
		}
	}
}

static int
diff_middle(struct differ *d, const struct lines *a, const struct lines *b, struct output *o)
{
	size_t cells = (a->count + 1) * (b->count + 1);
	uint32_t *lengths;

	if (a->count >= DIFF_TABLE_MAX || b->count >= DIFF_TABLE_MAX || cells > DIFF_TABLE_MAX) {
		for (size_t i = 0; i < a->count; i++)
			put_line(o, '-', a->items[i]);
		for (size_t k = 0; k < b->count; k++)
			put_line(o, '+', b->items[k]);
		return 0;
	}
	lengths = arena_array(d->arena, cells, sizeof *lengths);
	if (lengths == NULL)
		return -1;
	fill_table(a, b, lengths);
	walk_table(a, b, lengths, o);
	return 0;
}

static bool
is_near_change(const struct output *o, size_t at)
{
	size_t from = at > DIFF_CONTEXT ? at - DIFF_CONTEXT : 0;

	for (size_t i = from; i <= at + DIFF_CONTEXT && i < o->count; i++)
		if (o->items[i].sign != ' ')
			return true;
	return false;
}

/* Lines that stay are left out unless they stand beside a change. */
static void
trim_context(struct output *o)
{
	size_t n = 0;

	for (size_t i = 0; i < o->count; i++)
		if (o->items[i].sign == ' ' && !is_near_change(o, i))
			o->items[i].text = SLICE_NONE;
	for (size_t i = 0; i < o->count; i++)
		if (slice_is_set(o->items[i].text))
			o->items[n++] = o->items[i];
	o->count = n;
}

static int
diff_lines(struct differ *d, struct lines a, struct lines b, struct output *o)
{
	size_t head = 0, tail = 0;

	o->count = 0;
	o->items = arena_array(d->arena, a.count + b.count + 1, sizeof *o->items);
	if (o->items == NULL)
		return -1;
	while (head < a.count && head < b.count && slice_eq(a.items[head], b.items[head]))
		put_line(o, ' ', b.items[head++]);
	while (tail < a.count - head && tail < b.count - head &&
	    slice_eq(a.items[a.count - 1 - tail], b.items[b.count - 1 - tail]))
		tail++;
	if (diff_middle(d, &(struct lines){a.items + head, a.count - head - tail},
		&(struct lines){b.items + head, b.count - head - tail}, o) < 0)
		return -1;
	for (size_t i = b.count - tail; i < b.count; i++)
		put_line(o, ' ', b.items[i]);
	return 0;
}

/* ---- what it means ---- */

static bool
line_is_about(const struct rule_change_line *l, char sign, const char *words)
{
	return l->sign == sign && slice_starts_with(l->text, words);
}

static bool
has_line(const struct output *o, char sign, const char *words)
{
	for (size_t i = 0; i < o->count; i++)
		if (line_is_about(&o->items[i], sign, words))
			return true;
	return false;
}

/* Up to a comment that stands outside of quotes. */
static struct slice
without_comment(struct slice line)
{
	bool is_in_text = false;

	for (size_t i = 0; i < line.len; i++) {
		if (line.ptr[i] == '\\' && is_in_text)
			i++;
		else if (line.ptr[i] == '"')
			is_in_text = !is_in_text;
		else if (line.ptr[i] == '#' && !is_in_text)
			return slice_trim(slice_make(line.ptr, i));
	}
	return slice_trim(line);
}

/* Nothing but comments went or came: the signs' lines without them are the same, in order. */
static bool
is_comment_only(const struct output *o)
{
	size_t i = 0, k = 0;

	for (;;) {
		while (i < o->count &&
		    (o->items[i].sign != '-' || without_comment(o->items[i].text).len == 0))
			i++;
		while (k < o->count &&
		    (o->items[k].sign != '+' || without_comment(o->items[k].text).len == 0))
			k++;
		if (i == o->count || k == o->count)
			return i == o->count && k == o->count;
		if (!slice_eq(
			without_comment(o->items[i++].text), without_comment(o->items[k++].text)))
			return false;
	}
}

static void
note_shadow(const struct output *o, struct diff_notes *n)
{
	if (has_line(o, '+', "shadow"))
		diff_note(n, "it goes on deciding, but nothing is done any more");
	else if (has_line(o, '-', "shadow"))
		diff_note(
		    n, "it begins to act: until now it only recorded what it would have done");
}

static void
note_switches(const struct output *o, struct diff_notes *n)
{
	if (has_line(o, '+', "off"))
		diff_note(n, "it no longer fires");
	else if (has_line(o, '-', "off"))
		diff_note(n, "it begins to fire");
	note_shadow(o, n);
}

static void
note_changed(
    const struct item *was, const struct item *is, const struct output *o, struct diff_notes *n)
{
	if (is_comment_only(o)) {
		diff_note(n, "only comments: nothing it does changes");
		return;
	}
	switch (is->kind) {
	case ITEM_BRAND:
		diff_note(n, "posts stored until now keep the brands they were scored with");
		break;
	case ITEM_LIST: break;
	case ITEM_RULE:
		note_switches(o, n);
		diff_note_rule(was, is, n);
		break;
	case ITEM_WATCH:
		note_shadow(o, n);
		diff_note_watch(was, is, n);
		break;
	case ITEM_SEGMENT: diff_note_segment(was, is, n); break;
	}
}

/* ---- items of a set ---- */

/* One of the two sets: its trees. */
struct side {
	const struct rules_file *files;
	size_t file_count;
};

/* kind, blank, id: in the map of a set's items. */
static int
item_key(struct differ *d, const struct item *it, struct slice *key_r)
{
	const char *key =
	    arena_printf(d->arena, "%s %.*s", item_kind_name(it->kind), SLICE_ARG(it->id));

	if (key == NULL)
		return -1;
	*key_r = slice_of(key);
	return 0;
}

static int
map_items(struct differ *d, const struct side *s, struct map **map_r)
{
	*map_r = map_new(0, RULES_COUNT_MAX * 8, NULL);
	if (*map_r == NULL)
		return -1;
	for (size_t f = 0; f < s->file_count; f++)
		for (const struct item *it = s->files[f].first; it != NULL; it = it->next) {
			struct slice key;

			if (item_key(d, it, &key) < 0 ||
			    map_put(*map_r, key, (void *)(uintptr_t)it) < 0)
				return -1;
		}
	return 0;
}

static int
add_change(struct differ *d, enum rule_change_kind kind, const struct item *it,
    const struct output *o, const struct diff_notes *n)
{
	struct slice *notes = arena_array(d->arena, n->count + 1, sizeof *notes);
	struct slice id = arena_slice_dup(d->arena, it->id);
	struct slice title = arena_slice_dup(d->arena, it->title);

	if (d->count == d->cap) {
		size_t cap = d->cap == 0 ? 32 : d->cap * 2;
		struct rule_change *changes = arena_array(d->arena, cap, sizeof *changes);

		if (changes == NULL)
			return -1;
		if (d->count > 0)
			memcpy(changes, d->changes, d->count * sizeof *changes);
		d->changes = changes;
		d->cap = cap;
	}
	if (notes == NULL || !slice_is_set(id) || !slice_is_set(title))
		return -1;
	memcpy(notes, n->items, n->count * sizeof *notes);
	d->changes[d->count++] = (struct rule_change){.kind = kind,
	    .what = item_kind_name(it->kind),
	    .id = id,
	    .title = title,
	    .lines = o->items,
	    .line_count = o->count,
	    .notes = notes,
	    .note_count = n->count};
	return 0;
}

static int
compare_item(struct differ *d, const struct item *was, const struct item *is)
{
	struct lines a, b;
	struct output o;
	struct diff_notes n = {.count = 0};
	bool is_same = true;

	if (item_lines(d, was, &a) < 0 || item_lines(d, is, &b) < 0 || diff_lines(d, a, b, &o) < 0)
		return -1;
	for (size_t i = 0; i < o.count; i++)
		is_same = is_same && o.items[i].sign == ' ';
	if (is_same)
		return 0;
	note_changed(was, is, &o, &n);
	trim_context(&o);
	return add_change(d, RULE_CHANGE_CHANGED, is, &o, &n);
}

/* Two items that differ in nothing but their id, as somebody who renames one leaves them. */
static bool
is_renamed(const struct lines *a, const struct lines *b)
{
	if (a->count != b->count || a->count < 3)
		return false;
	for (size_t i = 1; i < a->count; i++)
		if (!slice_eq(a->items[i], b->items[i]))
			return false;
	return true;
}

/* The item of `others` that `it` seems to be under another id; NULL: none. */
static int
find_renamed(struct differ *d, const struct item *it, const struct lines *lines,
    const struct side *others, const struct map *known, const struct item **found_r)
{
	*found_r = NULL;
	for (size_t f = 0; f < others->file_count; f++)
		for (const struct item *o = others->files[f].first; o != NULL; o = o->next) {
			struct slice key;
			struct lines l;

			if (o->kind != it->kind)
				continue;
			if (item_key(d, o, &key) < 0)
				return -1;
			if (map_get(known, key) != NULL)
				continue; /* it lives on under its own id */
			if (item_lines(d, o, &l) < 0)
				return -1;
			if (is_renamed(lines, &l)) {
				*found_r = o;
				return 0;
			}
		}
	return 0;
}

/* A rule or watch that comes, twin: it seems to be that one under another id; or that goes. */
static int
note_one_sided(struct differ *d, bool is_added, const struct item *it, const struct item *twin,
    struct diff_notes *n)
{
	bool is_rule = it->kind == ITEM_RULE;
	const char *text;

	if (twin != NULL) {
		text = arena_printf(d->arena,
		    is_rule
			? "it is rule '%.*s' under a new id: its cool-downs, windows and limits "
			  "start afresh, so people may hear from it again"
			: "it is watch '%.*s' under a new id: what it counted and what is usual "
			  "start afresh, and an incident under way ends",
		    SLICE_ARG(twin->id));
		if (text == NULL)
			return -1;
		diff_note(n, text);
	} else if (!is_rule && is_added) {
		diff_note_new_watch(it, n);
	} else if (!is_rule) {
		diff_note_gone_watch(it, n);
	} else if (is_added) {
		diff_note(n, "its windows, cool-downs and limits start empty");
	} else {
		diff_note(n,
		    "it stops firing; what it queued is still sent, and its id cannot be used "
		    "again");
	}
	return 0;
}

static int
one_sided(struct differ *d, enum rule_change_kind kind, const struct item *it,
    const struct side *others, const struct map *known)
{
	bool is_added = kind == RULE_CHANGE_ADDED;
	const struct item *twin = NULL;
	struct lines l, none = {0};
	struct output o;
	struct diff_notes n = {.count = 0};

	if (item_lines(d, it, &l) < 0 ||
	    (is_added ? diff_lines(d, none, l, &o) : diff_lines(d, l, none, &o)) < 0)
		return -1;
	if (is_added && find_renamed(d, it, &l, others, known, &twin) < 0)
		return -1;
	if ((it->kind == ITEM_RULE || it->kind == ITEM_WATCH) &&
	    note_one_sided(d, is_added, it, twin, &n) < 0)
		return -1;
	if (it->kind == ITEM_SEGMENT)
		diff_note_one_segment(it, is_added, &n);
	return add_change(d, kind, it, &o, &n);
}

/* ---- the two sets ---- */

static int
compare_sets(struct differ *d, const struct side *before, const struct side *after,
    const struct map *was, const struct map *is)
{
	const struct side *const sides[2] = {after, before};

	for (int pass = 0; pass < 3; pass++) { /* changed, added, removed */
		const struct side *s = sides[pass == 2];

		for (size_t f = 0; f < s->file_count; f++)
			for (const struct item *it = s->files[f].first; it != NULL; it = it->next) {
				const struct item *other;
				struct slice key;
				int rc = 0;

				if (item_key(d, it, &key) < 0)
					return -1;
				other = map_get(pass == 2 ? is : was, key);
				if (pass == 0 && other != NULL)
					rc = compare_item(d, other, it);
				else if (pass == 1 && other == NULL)
					rc = one_sided(d, RULE_CHANGE_ADDED, it, before, is);
				else if (pass == 2 && other == NULL)
					rc = one_sided(d, RULE_CHANGE_REMOVED, it, after, was);
				if (rc < 0)
					return -1;
			}
	}
	return 0;
}

static int
recall_side(const struct rule_set *set, struct arena *trees, struct side *s)
{
	*s = (struct side){.file_count = set == NULL ? 0 : set->file_count};
	return set == NULL ? 0 : recall_files(set, trees, &s->files);
}

int
rule_sets_diff(const struct rule_set *before, const struct rule_set *after, struct arena *a,
    struct rule_change **changes_r, size_t *count_r, struct err *err)
{
	struct differ d = {.arena = a};
	struct arena *trees = arena_new(2 * (size_t)RULES_ARENA_MAX);
	struct side old, new;
	struct map *was = NULL, *is = NULL;
	int rc = -1;

	buf_init(&d.text, RULES_TEXT_MAX);
	if (trees != NULL && recall_side(before, trees, &old) == 0 &&
	    recall_side(after, trees, &new) == 0 && map_items(&d, &old, &was) == 0 &&
	    map_items(&d, &new, &is) == 0)
		rc = compare_sets(&d, &old, &new, was, is);
	map_free(was);
	map_free(is);
	arena_free(trees);
	buf_fini(&d.text);
	if (rc < 0)
		return err_set(err, ERR_NOMEM, "no memory to compare the rules");
	*changes_r = d.changes;
	*count_r = d.count;
	return 0;
}
