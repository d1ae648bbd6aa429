#include "people/mapping.h"

#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/diag.h"
#include "core/err.h"
#include "core/mem.h"
#include "core/utf8.h"
#include "core/yaml.h"
#include "people/csv.h"
#include "people/targets.h"

#define MAPPING_ARENA_BYTES (4u * 1024 * 1024)

struct entry {
	struct slice column; /* SLICE_NONE: a constant, of no column */
	struct slice target; /* in words */
};

struct mapping {
	struct arena *arena;
	struct entry entries[MAPPING_COLUMNS_MAX];
	size_t count;
};

struct mapping *
mapping_new(void)
{
	struct mapping *m = mem_zalloc(sizeof *m);

	if (m != NULL)
		m->arena = arena_new(MAPPING_ARENA_BYTES);
	if (m != NULL && m->arena == NULL) {
		mem_free(m);
		return NULL;
	}
	return m;
}

void
mapping_free(struct mapping *m)
{
	if (m == NULL)
		return;
	arena_free(m->arena);
	mem_free(m);
}

static int
nomem(struct err *err)
{
	return err_set(err, ERR_NOMEM, "no memory for a mapping");
}

static int
keep(struct mapping *m, struct slice column, struct slice target, struct err *err)
{
	struct entry *e = &m->entries[m->count];

	if (m->count == MAPPING_COLUMNS_MAX)
		return err_set(
		    err, ERR_LIMIT, "a mapping has at most %d columns", MAPPING_COLUMNS_MAX);
	e->column = slice_is_set(column) ? utf8_repair(m->arena, column, NULL) : SLICE_NONE;
	e->target = utf8_repair(m->arena, target, NULL);
	if (slice_is_set(e->column))
		e->column = arena_slice_dup(m->arena, e->column);
	if (slice_is_set(e->target))
		e->target = arena_slice_dup(m->arena, e->target);
	if (slice_is_set(column) != slice_is_set(e->column) || !slice_is_set(e->target))
		return nomem(err);
	m->count++;
	return 0;
}

/* ---- a flag --------------------------------------------------------------------- */

static const char *
last_equals(struct slice text)
{
	const char *found = NULL;
	bool is_quoted = false;

	for (size_t i = 0; i < text.len; i++) {
		is_quoted ^= text.ptr[i] == '"';
		if (text.ptr[i] == '=' && !is_quoted)
			found = text.ptr + i;
	}
	return found;
}

int
mapping_add(struct mapping *m, struct slice text, struct diag_list *diags, struct err *err)
{
	struct target_problem problem = {"", ""};
	struct slice column, target;
	struct target t;
	const char *at;

	text = utf8_repair(m->arena, text, NULL);
	if (!slice_is_set(text))
		return nomem(err);
	at = last_equals(text);
	if (at == NULL || at == text.ptr) {
		diag_add_file(diags, DIAG_ERROR, "M003", NULL,
		    "write it like \"E-mail=endpoint:email\"", "'%.*s' maps no column",
		    SLICE_ARG(utf8_prefix(text, 100)));
		return 1;
	}
	column = slice_trim(slice_make(text.ptr, (size_t)(at - text.ptr)));
	target = slice_trim(slice_make(at + 1, text.len - (size_t)(at + 1 - text.ptr)));
	if (target_read(target, &t, &problem) != 0) {
		diag_add_file(diags, DIAG_ERROR, "M001", NULL,
		    problem.help[0] == '\0' ? NULL : problem.help, "%s", problem.why);
		return 1;
	}
	return keep(m, column, target, err);
}

/* ---- a file ---------------------------------------------------------------------- */

struct reading {
	struct mapping *m;
	const char *file;
	struct slice text;
	struct diag_list *diags;
	bool has_findings;
};

static int
found(struct reading *r, const char *code, size_t start, size_t len, const char *help,
    const char *message)
{
	diag_add(r->diags, DIAG_ERROR, code, r->file, r->text, start, len,
	    help == NULL || help[0] == '\0' ? NULL : help, "%s", message);
	r->has_findings = true;
	return 0;
}

static int
read_column(struct reading *r, const struct yaml_node *n, struct err *err)
{
	struct target_problem problem = {"", ""};
	struct target t;

	if (n->type != YAML_SCALAR)
		return found(r, "M003", n->start, n->len,
		    "write it like \"E-mail\": endpoint:email", "a column has one target");
	if (target_read(slice_trim(n->scalar), &t, &problem) != 0)
		return found(r, "M001", n->start, n->len, problem.help, problem.why);
	return keep(r->m, slice_trim(n->key), slice_trim(n->scalar), err);
}

/* "target: value" is the target with is "value". */
static int
read_constant(struct reading *r, const struct yaml_node *n, struct err *err)
{
	struct target_problem problem = {"", ""};
	struct target t;
	const char *words;

	if (n->type != YAML_SCALAR || memchr(n->scalar.ptr, '"', n->scalar.len) != NULL ||
	    memchr(n->scalar.ptr, '\n', n->scalar.len) != NULL)
		return found(r, "M003", n->start, n->len, "write it like country: DE",
		    "a constant is one text without quotes and line ends");
	words = arena_printf(
	    r->m->arena, "%.*s is \"%.*s\"", SLICE_ARG(slice_trim(n->key)), SLICE_ARG(n->scalar));
	if (words == NULL)
		return nomem(err);
	if (target_read(slice_of(words), &t, &problem) != 0)
		return found(r, "M001", n->key_start, n->key_len, problem.help, problem.why);
	return keep(r->m, SLICE_NONE, slice_of(words), err);
}

static int
read_part(struct reading *r, const struct yaml_node *part,
    int (*read)(struct reading *r, const struct yaml_node *n, struct err *err), struct err *err)
{
	if (part->type != YAML_MAP)
		return found(r, "M003", part->start, part->len, "a line for each, indented",
		    "here stand names and what they are for");
	for (size_t k = 0; k < part->count; k++)
		if (read(r, &part->items[k], err) < 0)
			return -1;
	return 0;
}

static int
read_root(struct reading *r, const struct yaml_node *root, struct err *err)
{
	static const char *const parts[] = {"columns", "constants"};

	if (root->type != YAML_MAP)
		return found(r, "M003", 0, 1, "it has 'columns' and may have 'constants'",
		    "this is no mapping");
	for (size_t k = 0; k < root->count; k++) {
		const struct yaml_node *n = &root->items[k];
		const char *nearest;
		char help[100];
		int rc = 0;

		if (slice_eq_str(n->key, parts[0]))
			rc = read_part(r, n, read_column, err);
		else if (slice_eq_str(n->key, parts[1]))
			rc = read_part(r, n, read_constant, err);
		else {
			nearest = diag_nearest(n->key, parts, 2);
			snprintf(help, sizeof help, "did you mean '%s'?",
			    nearest == NULL ? "" : nearest);
			rc = found(r, "M003", n->key_start, n->key_len,
			    nearest == NULL ? "a mapping has 'columns' and 'constants'" : help,
			    "a mapping has no such part");
		}
		if (rc < 0)
			return -1;
	}
	return 0;
}

int
mapping_read(struct mapping *m, const char *file, struct slice text, struct diag_list *diags,
    struct err *err)
{
	size_t errors = diag_count(diags, DIAG_ERROR);
	struct reading r = {m, file, text, diags, false};
	struct yaml_doc *doc = yaml_parse(file, text, diags);
	int rc = 0;

	if (doc != NULL)
		rc = read_root(&r, yaml_root(doc), err);
	yaml_doc_free(doc);
	if (rc < 0)
		return -1;
	return r.has_findings || doc == NULL || diag_count(diags, DIAG_ERROR) > errors ? 1 : 0;
}

/* ---- the header --------------------------------------------------------------------- */

/* The target of a column, by its name as it stands, else in any case; SLICE_NONE. */
static struct slice
target_of(const struct mapping *m, struct slice column)
{
	for (size_t k = 0; k < m->count; k++)
		if (slice_is_set(m->entries[k].column) && slice_eq(m->entries[k].column, column))
			return m->entries[k].target;
	for (size_t k = 0; k < m->count; k++)
		if (slice_is_set(m->entries[k].column) &&
		    slice_eq_nocase(m->entries[k].column, column))
			return m->entries[k].target;
	return SLICE_NONE;
}

static void
put_column(const struct mapping *m, const struct csv_row *header, size_t k, const char *file,
    struct diag_list *diags, struct buf *out)
{
	struct slice name = slice_trim(header->fields[k]), target = target_of(m, name);
	struct csv_place at = csv_place(header, k);
	bool is_ours = slice_starts_with(name, "Rejected.");

	if (k > 0)
		buf_add_char(out, ',');
	if (!slice_is_set(target) && !is_ours && utf8_is_valid(at.text))
		diag_add_row(diags, DIAG_WARNING, "M004", file, at.line, at.text, at.start, at.len,
		    "map it, or to skip", "the column '%.*s' is not mapped; it is left out",
		    SLICE_ARG(utf8_prefix(name, 100)));
	csv_put(out, slice_is_set(target) ? target : SLICE_LIT("skip"), false);
}

/* Every column that is mapped must be there: a slip in its name would lose it quietly. */
static bool
check_columns(const struct mapping *m, const struct csv_row *header, const char *file,
    struct diag_list *diags)
{
	const char *names[CSV_FIELDS_MAX], *nearest;
	struct arena *a = arena_new(MAPPING_ARENA_BYTES);
	char help[300];
	bool is_good = true;

	for (size_t n = 0; n < header->count; n++) {
		struct slice name = slice_trim(header->fields[n]);

		names[n] = a == NULL ? "" : arena_printf(a, "%.*s", SLICE_ARG(name));
		if (names[n] == NULL)
			names[n] = "";
	}
	for (size_t k = 0; k < m->count; k++) {
		struct slice column = m->entries[k].column;
		bool is_there = !slice_is_set(column);

		for (size_t n = 0; n < header->count && !is_there; n++)
			is_there = slice_eq_nocase(slice_trim(header->fields[n]), column);
		if (is_there)
			continue;
		nearest = diag_nearest(column, names, header->count);
		snprintf(help, sizeof help, "did you mean '%s'?", nearest == NULL ? "" : nearest);
		diag_add_file(diags, DIAG_ERROR, "M002", file, nearest == NULL ? NULL : help,
		    "the file has no column '%.*s', which is mapped to %.*s",
		    SLICE_ARG(utf8_prefix(column, 100)),
		    SLICE_ARG(utf8_prefix(m->entries[k].target, 100)));
		is_good = false;
	}
	arena_free(a);
	return is_good;
}

int
mapping_header(const struct mapping *m, const struct csv_row *header, const char *file,
    struct diag_list *diags, struct buf *out, struct err *err)
{
	if (!check_columns(m, header, file, diags))
		return 1;
	for (size_t k = 0; k < header->count; k++)
		put_column(m, header, k, file, diags, out);
	for (size_t k = 0; k < m->count; k++)
		if (!slice_is_set(m->entries[k].column)) {
			buf_add_char(out, ',');
			csv_put(out, m->entries[k].target, false);
		}
	return buf_failed(out) ? nomem(err) : 0;
}
