#include "daemon/import_file.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/err.h"
#include "core/mem.h"
#include "people/csv.h"
#include "people/import.h"
#include "people/mapping.h"

#define FILE_PIECE_BYTES (2u * 1024 * 1024) /* a piece that is longer ends */
#define FILE_KEPT_BYTES (64u * 1024 * 1024) /* of bytes that are read and not yet in a piece */
#define FILE_HEADER_BYTES (1024 * 1024)
#define FILE_FRONT_BYTES 4096 /* looked at for what kind of file it is */

struct row_place {
	uint64_t at;
	size_t len, line;
	size_t skip; /* bytes in front of the row as it once was */
};

struct import_file {
	const char *name;
	const struct mapping *mapping;
	struct diag_list *diags;
	import_piece_fn *fn;
	void *cookie;
	struct csv *csv; /* NULL: lines of JSON */
	bool is_begun, is_jsonl, has_header, is_first, is_rejects;
	struct buf kept; /* bytes from kept_at on */
	uint64_t kept_at, fed;
	uint64_t piece_at; /* where the piece under way begins */
	size_t piece_line; /* and on which line */
	size_t line; /* of JSON lines: the one under way */
	struct buf header; /* as it is sent, without its end */
	size_t header_ends; /* line ends in it */
	struct buf raw_header;
	struct buf text; /* of the piece as it is sent */
	struct row_place *rows;
	size_t row_count, rows_max;
};

struct import_file *
import_file_new(const char *name, const struct mapping *mapping, struct diag_list *diags,
    size_t rows, import_piece_fn *fn, void *cookie)
{
	struct import_file *f = mem_zalloc(sizeof *f);

	assert(rows > 0);
	if (f == NULL)
		return NULL;
	f->name = name;
	f->mapping = mapping;
	f->diags = diags;
	f->fn = fn;
	f->cookie = cookie;
	f->rows_max = rows;
	f->is_first = true;
	f->line = f->piece_line = 1;
	buf_init(&f->kept, FILE_KEPT_BYTES);
	buf_init(&f->header, FILE_HEADER_BYTES);
	buf_init(&f->raw_header, FILE_HEADER_BYTES);
	buf_init(&f->text, FILE_KEPT_BYTES + FILE_HEADER_BYTES);
	f->rows = mem_alloc(rows * sizeof *f->rows);
	if (f->rows == NULL) {
		import_file_free(f);
		return NULL;
	}
	return f;
}

void
import_file_free(struct import_file *f)
{
	if (f == NULL)
		return;
	csv_free(f->csv);
	buf_fini(&f->kept);
	buf_fini(&f->header);
	buf_fini(&f->raw_header);
	buf_fini(&f->text);
	mem_free(f->rows);
	mem_free(f);
}

/* ---- pieces -------------------------------------------------------------------- */

/* The header, and how many lines of the file stand before the rows and not in the piece. */
static size_t
put_header(struct import_file *f)
{
	buf_clear(&f->text);
	if (f->csv == NULL)
		return f->piece_line - 1;
	buf_add_slice(&f->text, buf_slice(&f->header));
	if (f->is_first)
		return f->piece_line - 1 - f->header_ends;
	buf_add_char(&f->text, '\n');
	return f->piece_line - 2 - f->header_ends;
}

/* The piece ends where the next row, or the file, does. */
static int
send_piece(struct import_file *f, uint64_t end, size_t next_line, struct err *err)
{
	struct import_piece piece = {.is_first = f->is_first, .bytes_read = f->fed};
	size_t begin = (size_t)(f->piece_at - f->kept_at), len = (size_t)(end - f->piece_at);

	/* A file with a header alone has its say on it. */
	if (f->row_count > 0 || (f->is_first && f->csv != NULL)) {
		piece.line_offset = put_header(f);
		buf_add(&f->text, buf_str(&f->kept) + begin, len);
		if (buf_failed(&f->text))
			return err_set(err, ERR_NOMEM, "no memory for a piece of '%s'", f->name);
		piece.text = buf_slice(&f->text);
		if (f->fn(f->cookie, &piece, err) < 0)
			return -1;
		f->is_first = false;
	}
	buf_drop_front(&f->kept, begin + len);
	f->kept_at = f->piece_at = end;
	f->piece_line = next_line;
	f->row_count = 0;
	return 0;
}

/* A row begins here: does it go into the piece, or begin the next one? */
static int
add_row(struct import_file *f, uint64_t at, size_t len, size_t skip, size_t line, struct err *err)
{
	if ((f->row_count == f->rows_max || at - f->piece_at >= FILE_PIECE_BYTES) &&
	    send_piece(f, at, line, err) < 0)
		return -1;
	f->rows[f->row_count++] = (struct row_place){at, len, line, skip};
	return 0;
}

/* ---- CSV --------------------------------------------------------------------------- */

static size_t
count_lines(struct slice s)
{
	size_t count = 0;

	for (size_t i = 0; i < s.len; i++)
		count += s.ptr[i] == '\n' ||
		    (s.ptr[i] == '\r' && (i + 1 == s.len || s.ptr[i + 1] != '\n'));
	return count;
}

/* The first piece begins with the header's line end. */
static int
take_header(struct import_file *f, const struct csv_row *row, struct err *err)
{
	f->has_header = true;
	buf_add_slice(&f->raw_header, row->raw);
	f->is_rejects = slice_starts_with(row->raw, IMPORT_REJECTS_HEAD);
	if (f->mapping != NULL && row->problem == NULL) {
		int rc = mapping_header(f->mapping, row, f->name, f->diags, &f->header, err);

		if (rc != 0)
			return rc < 0
			    ? -1
			    : err_set(err, ERR_INPUT, "the mapping does not fit '%s'", f->name);
	} else {
		buf_add_slice(&f->header, row->raw);
	}
	if (buf_failed(&f->header) || buf_failed(&f->raw_header))
		return err_set(err, ERR_NOMEM, "no memory for the header of '%s'", f->name);
	f->header_ends = count_lines(buf_slice(&f->header));
	f->piece_at = row->at + row->raw.len;
	f->piece_line = row->line + count_lines(row->raw);
	return 0;
}

/* A wrong quote gives up the line it stands on; what it had swallowed comes as rows of its own. */
static size_t
row_len(const struct csv_row *row)
{
	if (row->problem != NULL)
		for (size_t i = 0; i < row->raw.len; i++)
			if (row->raw.ptr[i] == '\n' || row->raw.ptr[i] == '\r')
				return i;
	return row->raw.len;
}

static int
on_row(void *cookie, const struct csv_row *row, struct err *err)
{
	struct import_file *f = cookie;

	size_t len = row_len(row), skip = 0;

	if (!f->has_header)
		return take_header(f, row, err);
	if (f->is_rejects && row->count >= 2 && row->raw_starts[2] <= len)
		skip = row->raw_starts[2];
	return add_row(f, row->at, len, skip, row->line, err);
}

/* ---- lines of JSON -------------------------------------------------------------------- */

static int
find_lines(struct import_file *f, uint64_t from, bool is_end, struct err *err)
{
	uint64_t begin = from;

	for (;;) {
		size_t skip = (size_t)(begin - f->kept_at), left = f->kept.len - skip;
		const char *p = buf_str(&f->kept) + skip, *end = memchr(p, '\n', left);
		size_t len = end == NULL ? left : (size_t)(end - p);

		if (end == NULL && (!is_end || left == 0))
			return 0;
		if (add_row(f, begin, len, 0, f->line++, err) < 0)
			return -1;
		begin += len + 1;
		if (end == NULL)
			return 0;
	}
}

/* Where the first line begins that is not whole yet. */
static uint64_t
open_line(const struct import_file *f)
{
	return f->row_count == 0 ? f->piece_at
				 : f->rows[f->row_count - 1].at + f->rows[f->row_count - 1].len + 1;
}

/* ---- feeding ----------------------------------------------------------------------------- */

static int
begin(struct import_file *f, struct err *err)
{
	f->is_begun = true;
	f->is_jsonl = import_is_jsonl(buf_slice(&f->kept));
	if (f->is_jsonl)
		return 0;
	f->csv = csv_new(on_row, f);
	return f->csv == NULL ? err_set(err, ERR_NOMEM, "no memory for '%s'", f->name) : 0;
}

static int
take(struct import_file *f, struct slice fresh, struct err *err)
{
	return f->is_jsonl ? find_lines(f, open_line(f), false, err) : csv_feed(f->csv, fresh, err);
}

int
import_file_feed(struct import_file *f, struct slice chunk, struct err *err)
{
	f->fed += chunk.len;
	if (buf_add_slice(&f->kept, chunk) < 0)
		return buf_is_full(&f->kept)
		    ? err_set(err, ERR_LIMIT, "'%s' has a row of more than %u MB", f->name,
			  FILE_KEPT_BYTES >> 20)
		    : err_set(err, ERR_NOMEM, "no memory for '%s'", f->name);
	if (f->is_begun)
		return take(f, chunk, err);
	if (f->kept.len < FILE_FRONT_BYTES)
		return 0;
	return begin(f, err) < 0 ? -1 : take(f, buf_slice(&f->kept), err);
}

int
import_file_end(struct import_file *f, struct err *err)
{
	if (!f->is_begun && (begin(f, err) < 0 || take(f, buf_slice(&f->kept), err) < 0))
		return -1;
	if (f->is_jsonl ? find_lines(f, open_line(f), true, err) < 0 : csv_end(f->csv, err) < 0)
		return -1;
	/* White space, too: then nothing was sent that anybody could say so of. */
	if (!f->is_jsonl && !f->has_header)
		return err_set(err, ERR_INPUT,
		    "'%s' is empty; expected a CSV file with a header line, or JSON lines",
		    f->name);
	return send_piece(f, f->kept_at + f->kept.len, 0, err);
}

/* ---- what is asked during a piece ---------------------------------------------------------- */

static int
by_line(const void *key, const void *row)
{
	size_t line = *(const size_t *)key, other = ((const struct row_place *)row)->line;

	return line < other ? -1 : line > other;
}

struct slice
import_file_row(const struct import_file *f, size_t line)
{
	const struct row_place *r = bsearch(&line, f->rows, f->row_count, sizeof *f->rows, by_line);

	if (r == NULL)
		return SLICE_NONE;
	return slice_make(
	    buf_str(&f->kept) + (size_t)(r->at - f->kept_at) + r->skip, r->len - r->skip);
}

bool
import_file_is_jsonl(const struct import_file *f)
{
	return f->is_jsonl;
}

struct slice
import_file_header(const struct import_file *f)
{
	return buf_slice(&f->raw_header);
}
