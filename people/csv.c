/*
 * A state machine over bytes.  Fields are collected into one buffer with their ends noted, so that growing it moves nothing that is
 * remembered; slices are made when the row is whole.
 */
#include "people/csv.h"

#include <assert.h>

#include "core/buf.h"
#include "core/err.h"
#include "core/mem.h"

enum csv_state {
	CSV_FIELD_START,
	CSV_PLAIN,
	CSV_QUOTED,
	CSV_QUOTE_IN_QUOTED, /* a quote inside quotes: the end, or the first of two */
};

struct csv {
	csv_row_fn *fn;
	void *cookie;
	enum csv_state state;
	struct buf bytes;
	size_t ends[CSV_FIELDS_MAX];
	struct slice fields[CSV_FIELDS_MAX];
	size_t count;
	size_t line, row_line; /* where we are; where the row began */
	const char *problem;
	size_t problem_field;
	size_t bom;	 /* bytes of a BOM seen at the very start */
	bool has_begun;	 /* anything of this row seen */
	bool saw_cr;
};

struct csv *
csv_new(csv_row_fn *fn, void *cookie)
{
	struct csv *c = mem_zalloc(sizeof *c);

	if (c == NULL)
		return NULL;
	c->fn = fn;
	c->cookie = cookie;
	c->line = c->row_line = 1;
	buf_init(&c->bytes, CSV_ROW_BYTES_MAX);
	return c;
}

void
csv_free(struct csv *c)
{
	if (c == NULL)
		return;
	buf_fini(&c->bytes);
	mem_free(c);
}

static void
note(struct csv *c, const char *problem)
{
	if (c->problem != NULL)
		return;
	c->problem = problem;
	c->problem_field = c->count;
}

static void
put(struct csv *c, char ch)
{
	if (c->problem == NULL && buf_add_char(&c->bytes, ch) < 0)
		note(c, "the row is longer than 256 KB");
}

static void
field_end(struct csv *c)
{
	c->state = CSV_FIELD_START;
	if (c->count == CSV_FIELDS_MAX) {
		note(c, "the row has more than 512 fields");
		return;
	}
	c->ends[c->count++] = c->bytes.len;
}

static int
row_end(struct csv *c, struct err *err)
{
	struct csv_row row = {c->fields, 0, c->row_line, c->problem, c->problem_field};
	size_t begin = 0;
	int rc;

	field_end(c);
	row.problem = c->problem;
	row.problem_field = c->problem_field;
	for (size_t i = 0; i < c->count; i++) {
		c->fields[i] = slice_make(buf_str(&c->bytes) + begin, c->ends[i] - begin);
		begin = c->ends[i];
	}
	row.count = c->count;
	/* A line with nothing on it is no row. */
	rc = row.problem == NULL && row.count == 1 && row.fields[0].len == 0 && !c->has_begun
	    ? 0
	    : c->fn(c->cookie, &row, err);
	buf_clear(&c->bytes);
	c->count = 0;
	c->problem = NULL;
	c->has_begun = false;
	return rc;
}

static int
line_end(struct csv *c, struct err *err)
{
	int rc = row_end(c, err);

	c->row_line = c->line;
	return rc;
}

static int
take(struct csv *c, char ch, struct err *err)
{
	bool after_cr = c->saw_cr;

	c->saw_cr = ch == '\r';
	if (ch == '\n')
		c->line++;
	if (c->state == CSV_QUOTED) {
		if (ch == '"')
			c->state = CSV_QUOTE_IN_QUOTED;
		else
			put(c, ch);
		return 0;
	}
	if (c->state == CSV_QUOTE_IN_QUOTED && ch == '"') {
		c->state = CSV_QUOTED;
		put(c, '"');
		return 0;
	}
	if (ch == '\n' || ch == '\r') {
		if (ch == '\n' && after_cr) { /* CRLF: the row ended at the CR */
			c->row_line = c->line;
			return 0;
		}
		if (ch == '\r')
			return row_end(c, err);
		return line_end(c, err);
	}
	if (!c->has_begun)
		c->row_line = c->line;
	c->has_begun = true;
	if (ch == ',') {
		field_end(c);
		return 0;
	}
	if (c->state == CSV_QUOTE_IN_QUOTED) {
		note(c, "something stands behind a closing quote; double the quotes inside a quoted field");
		c->state = CSV_PLAIN;
	}
	if (ch == '"' && c->state == CSV_FIELD_START) {
		c->state = CSV_QUOTED;
		return 0;
	}
	c->state = CSV_PLAIN;
	put(c, ch);
	return 0;
}

int
csv_feed(struct csv *c, struct slice chunk, struct err *err)
{
	static const char bom[3] = {'\xef', '\xbb', '\xbf'};

	for (size_t i = 0; i < chunk.len; i++) {
		char ch = chunk.ptr[i];

		if (c->bom < 3) {
			if (ch == bom[c->bom] && !c->has_begun) {
				c->bom++;
				continue;
			}
			for (size_t k = 0; k < c->bom; k++) /* it was none */
				if (take(c, bom[k], err) < 0)
					return -1;
			c->bom = 3;
		}
		if (take(c, ch, err) < 0)
			return -1;
	}
	return 0;
}

int
csv_end(struct csv *c, struct err *err)
{
	if (c->state == CSV_QUOTED)
		note(c, "a quote is never closed");
	if (!c->has_begun && c->count == 0 && c->bytes.len == 0 && c->state == CSV_FIELD_START)
		return 0;
	c->has_begun = true;
	return line_end(c, err);
}

void
csv_put(struct buf *out, struct slice field, bool guard)
{
	bool quote = false;
	bool is_formula = guard && field.len > 0 &&
	    (field.ptr[0] == '=' || field.ptr[0] == '+' || field.ptr[0] == '-' || field.ptr[0] == '@');

	for (size_t i = 0; i < field.len; i++)
		quote = quote || field.ptr[i] == '"' || field.ptr[i] == ',' || field.ptr[i] == '\n' || field.ptr[i] == '\r';
	if (quote)
		buf_add_char(out, '"');
	if (is_formula)
		buf_add_char(out, '\'');
	for (size_t i = 0; i < field.len; i++) {
		if (field.ptr[i] == '"')
			buf_add_char(out, '"');
		buf_add_char(out, field.ptr[i]);
	}
	if (quote)
		buf_add_char(out, '"');
}
