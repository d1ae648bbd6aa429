/*
 * A state machine over a window: the bytes of the row under way as they stand in the file, so that
 * findings can show them and the lines behind a wrong quote can be read again.  The fields' text,
 * without quotes, is collected beside it with the ends noted, so that growing moves nothing that is
 * remembered; slices are made when the row is whole.
 *
 * What a wrong quote costs: a quote that is never closed swallows what follows, up to the end of
 * the file or of the window.  The row is reported with the line it began on, and reading begins
 * anew on the next line.  Each such step may read a whole window again; again_bytes keeps the sum
 * of that in proportion to what was fed.
 */
#include "people/csv.h"

#include <assert.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/err.h"
#include "core/mem.h"

#define AGAIN_FREE_BYTES (4u * 1024 * 1024)
#define AGAIN_TIMES 2

enum csv_state {
	CSV_FIELD_START,
	CSV_PLAIN,
	CSV_QUOTED,
	CSV_QUOTE_IN_QUOTED, /* a quote inside quotes: the end, or the first of two */
	CSV_BAD, /* the row has a wrong quote: it ends with the line */
	CSV_SKIP, /* reported as too long: the rest of the line is dropped */
};

struct csv {
	csv_row_fn *fn;
	void *cookie;
	enum csv_state state;
	struct buf window;
	uint64_t window_at; /* where the window begins in the file */
	size_t row_at, pos; /* in the window: the row's begin, the next byte */
	struct buf bytes;
	size_t ends[CSV_FIELDS_MAX];
	size_t raw_starts[CSV_FIELDS_MAX + 1], raw_ends[CSV_FIELDS_MAX + 1];
	struct slice fields[CSV_FIELDS_MAX];
	size_t count;
	size_t line, row_line;
	const char *problem, *help;
	size_t problem_field;
	bool saw_cr;
	bool is_begun; /* the BOM is behind us */
	uint64_t recovered_until; /* rows that begin before are recovered */
	uint64_t fed_bytes, again_bytes;
};

struct csv *
csv_new(csv_row_fn *fn, void *cookie)
{
	struct csv *c = mem_zalloc(sizeof *c);

	assert(fn != NULL);
	if (c == NULL)
		return NULL;
	c->fn = fn;
	c->cookie = cookie;
	c->line = c->row_line = 1;
	buf_init(&c->window, CSV_ROW_BYTES_MAX);
	buf_init(&c->bytes, CSV_ROW_BYTES_MAX);
	return c;
}

void
csv_free(struct csv *c)
{
	if (c == NULL)
		return;
	buf_fini(&c->window);
	buf_fini(&c->bytes);
	mem_free(c);
}

/* ---- one row -------------------------------------------------------------- */

static void
note(struct csv *c, const char *problem, const char *help)
{
	if (c->problem != NULL)
		return;
	c->problem = problem;
	c->help = help;
	c->problem_field = c->count;
}

static void
row_begin(struct csv *c)
{
	c->row_at = c->pos;
	c->row_line = c->line;
	c->state = CSV_FIELD_START;
	c->count = 0;
	c->problem = c->help = NULL;
	c->raw_starts[0] = 0;
	buf_clear(&c->bytes);
}

/* at: where the field's text ends in the window. */
static void
field_end(struct csv *c, size_t at)
{
	c->raw_ends[c->count] = at - c->row_at;
	if (c->state == CSV_BAD)
		return;
	c->state = CSV_FIELD_START;
	if (c->count == CSV_FIELDS_MAX) {
		note(
		    c, "the row has more than 512 fields", "leave out columns that are not needed");
		return;
	}
	c->ends[c->count++] = c->bytes.len;
	c->raw_starts[c->count] = at + 1 - c->row_at;
	c->raw_ends[c->count] = c->raw_starts[c->count];
}

/* Calls back with the row whose text ends at `at`. */
static int
row_report(struct csv *c, size_t at, struct err *err)
{
	struct csv_row row = {0};
	size_t begin = 0;

	for (size_t i = 0; i < c->count; i++) {
		c->fields[i] = slice_make(buf_str(&c->bytes) + begin, c->ends[i] - begin);
		begin = c->ends[i];
	}
	row.fields = c->fields;
	row.count = c->count;
	row.line = c->row_line;
	row.at = c->window_at + c->row_at;
	row.problem = c->problem;
	row.help = c->help;
	row.problem_field = c->problem_field;
	row.is_recovered = c->window_at + c->row_at < c->recovered_until;
	row.raw = slice_make(buf_str(&c->window) + c->row_at, at - c->row_at);
	row.raw_starts = c->raw_starts;
	row.raw_ends = c->raw_ends;
	assert(row.problem == NULL || row.problem_field <= row.count);
	return c->fn(c->cookie, &row, err);
}

/* The length of the row's first line with its end; 0 when the row has but one. */
static size_t
first_line_len(const struct csv *c, size_t at)
{
	const char *p = buf_str(&c->window);

	for (size_t i = c->row_at; i < at; i++) {
		if (p[i] == '\n')
			return i + 1 - c->row_at;
		if (p[i] == '\r')
			return i + 1 - c->row_at + (i + 1 < at && p[i + 1] == '\n');
	}
	return 0;
}

/* After a row with a wrong quote: reads on behind its first line, if that is not where we are and
 * the budget allows it. */
static bool
rewind_row(struct csv *c, size_t at)
{
	size_t skip = first_line_len(c, at), again = c->pos - c->row_at - skip;
	bool ends_in_cr;

	if (skip == 0 || skip == at - c->row_at ||
	    c->again_bytes + again > AGAIN_FREE_BYTES + AGAIN_TIMES * c->fed_bytes)
		return false;
	c->again_bytes += again;
	if (c->recovered_until < c->window_at + c->pos)
		c->recovered_until = c->window_at + c->pos;
	ends_in_cr = buf_str(&c->window)[c->row_at + skip - 1] == '\r';
	c->pos = c->row_at + skip;
	c->line = c->row_line + 1;
	c->saw_cr = ends_in_cr;
	return true;
}

/* The row's text ends at `at`; pos is behind its line end. */
static int
row_end(struct csv *c, size_t at, struct err *err)
{
	bool may_rewind;
	int rc = 0;

	field_end(c, at);
	may_rewind = c->state == CSV_BAD;
	if (at > c->row_at) /* a line with nothing on it is no row */
		rc = row_report(c, at, err);
	if (may_rewind)
		rewind_row(c, at);
	row_begin(c);
	return rc;
}

static int
put(struct csv *c, char ch, struct err *err)
{
	/* Not the ceiling: these are bytes of the window, which has the same. */
	if (buf_add_char(&c->bytes, ch) < 0)
		return err_set(err, ERR_NOMEM, "no memory for a row of CSV");
	return 0;
}

/* A line end that is none of a quoted field. */
static int
take_line_end(struct csv *c, bool is_crlf, struct err *err)
{
	if (c->state == CSV_SKIP || (is_crlf && c->row_at == c->pos - 1)) {
		row_begin(c); /* CRLF: the row ended with the CR */
		return 0;
	}
	return row_end(c, c->pos - 1, err);
}

/* A byte inside quotes. */
static int
take_quoted(struct csv *c, char ch, struct err *err)
{
	if (ch != '"')
		return put(c, ch, err);
	c->state = CSV_QUOTE_IN_QUOTED;
	return 0;
}

/* A byte that is no line end, outside quotes or right behind a quote inside. */
static int
take_plain(struct csv *c, char ch, struct err *err)
{
	if (c->state == CSV_BAD || c->state == CSV_SKIP)
		return 0;
	if (c->state == CSV_QUOTE_IN_QUOTED && ch == '"') {
		c->state = CSV_QUOTED;
		return put(c, '"', err);
	}
	if (ch == ',') {
		field_end(c, c->pos - 1);
		return 0;
	}
	if (c->state == CSV_QUOTE_IN_QUOTED) {
		if (first_line_len(c, c->pos) > 0)
			note(c,
			    "a quote is not closed on its line, and something stands behind the "
			    "next one",
			    "close it; a quote that belongs to the text is doubled, in a quoted "
			    "field");
		else
			note(c, "something stands behind a closing quote",
			    "double the quotes inside a quoted field");
		c->state = CSV_BAD;
		return 0;
	}
	if (ch == '"' && c->state == CSV_FIELD_START) {
		c->state = CSV_QUOTED;
		return 0;
	}
	c->state = CSV_PLAIN;
	return put(c, ch, err);
}

/* The byte before pos. */
static int
take(struct csv *c, char ch, struct err *err)
{
	bool after_cr = c->saw_cr, is_crlf = after_cr && ch == '\n';

	c->saw_cr = ch == '\r';
	if (ch == '\r' || (ch == '\n' && !is_crlf))
		c->line++;
	if (c->state == CSV_QUOTED)
		return take_quoted(c, ch, err);
	if (ch == '\n' || ch == '\r')
		return take_line_end(c, is_crlf, err);
	return take_plain(c, ch, err);
}

/* ---- the window ------------------------------------------------------------ */

static void
note_unclosed(struct csv *c)
{
	note(c, "a quote is never closed",
	    "close it with another; a quote that belongs to the text is doubled, in a quoted "
	    "field");
	c->state = CSV_BAD;
}

/* The window is full and the row not at its end. */
static int
row_too_long(struct csv *c, struct err *err)
{
	bool is_quoted = c->state == CSV_QUOTED || c->state == CSV_QUOTE_IN_QUOTED;

	if (is_quoted)
		note_unclosed(c);
	else
		note(c, "the row is longer than 256 KB", "is a line end missing?");
	c->state = CSV_BAD;
	if (row_end(c, c->pos, err) < 0)
		return -1;
	if (c->pos == c->window.len)
		c->state = CSV_SKIP;
	return 0;
}

static void
window_drop(struct csv *c)
{
	size_t len = c->state == CSV_SKIP ? c->pos : c->row_at;

	buf_drop_front(&c->window, len);
	c->window_at += len;
	c->pos -= len;
	c->row_at = 0;
}

/* Is the BOM, if any, behind us? */
static bool
bom_pass(struct csv *c, bool is_end)
{
	static const char bom[3] = {'\xef', '\xbb', '\xbf'};
	size_t len = c->window.len < 3 ? c->window.len : 3;

	if (c->is_begun)
		return true;
	if (len > 0 && memcmp(buf_str(&c->window), bom, len) == 0) {
		if (len < 3 && !is_end)
			return false;
		if (len == 3)
			c->pos = c->row_at = 3;
	}
	c->is_begun = true;
	return true;
}

static int
window_run(struct csv *c, struct err *err)
{
	for (;;) {
		while (c->pos < c->window.len)
			if (take(c, buf_str(&c->window)[c->pos++], err) < 0)
				return -1;
		window_drop(c);
		if (c->window.len < CSV_ROW_BYTES_MAX)
			return 0;
		if (row_too_long(c, err) < 0)
			return -1;
	}
}

int
csv_feed(struct csv *c, struct slice chunk, struct err *err)
{
	c->fed_bytes += chunk.len;
	while (chunk.len > 0) {
		size_t room = CSV_ROW_BYTES_MAX - c->window.len,
		       n = chunk.len < room ? chunk.len : room;

		assert(n > 0);
		if (buf_add(&c->window, chunk.ptr, n) < 0)
			return err_set(err, ERR_NOMEM, "no memory for a row of CSV");
		chunk = slice_make(chunk.ptr + n, chunk.len - n);
		if (bom_pass(c, false) && window_run(c, err) < 0)
			return -1;
	}
	return 0;
}

int
csv_end(struct csv *c, struct err *err)
{
	bom_pass(c, true);
	for (;;) {
		if (window_run(c, err) < 0)
			return -1;
		if (c->window.len == 0 || c->state == CSV_SKIP)
			return 0;
		if (c->state == CSV_QUOTED)
			note_unclosed(c);
		if (row_end(c, c->pos, err) < 0)
			return -1;
	}
}

/* ---- places, writing --------------------------------------------------------- */

struct csv_place
csv_place(const struct csv_row *row, size_t field)
{
	size_t known = row->count + (row->problem != NULL);
	size_t start = row->raw.len, end = row->raw.len, line_start = 0, line_end, line = row->line;
	const char *p = row->raw.ptr;

	if (field < known) {
		start =
		    row->raw_starts[field] < row->raw.len ? row->raw_starts[field] : row->raw.len;
		end = row->raw_ends[field] > start ? row->raw_ends[field] : start;
	}
	for (size_t i = 0; i < start; i++) {
		if (p[i] != '\n' && p[i] != '\r')
			continue;
		line += p[i] == '\r' || i == 0 || p[i - 1] != '\r';
		line_start = i + 1;
	}
	for (line_end = start;
	     line_end < row->raw.len && p[line_end] != '\n' && p[line_end] != '\r';)
		line_end++;
	end = end < line_end ? end : line_end;
	return (struct csv_place){slice_make(p + line_start, line_end - line_start), line,
	    start - line_start, end > start ? end - start : 1};
}

void
csv_put(struct buf *out, struct slice field, bool guard)
{
	bool quote = field.len > 0 &&
	    (memchr(" \t", field.ptr[0], 2) != NULL ||
		memchr(" \t", field.ptr[field.len - 1], 2) != NULL);
	bool is_formula = guard && field.len > 0 && memchr("=+-@\t\r", field.ptr[0], 6) != NULL;

	for (size_t i = 0; i < field.len; i++)
		quote = quote || field.ptr[i] == '"' || field.ptr[i] == ',' ||
		    field.ptr[i] == '\n' || field.ptr[i] == '\r';
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
