/*
 * What a row is does not hang on how the bytes arrive; a row that was read, written again and read
 * again is the same row; a place lies within its line.
 */
#include "people/csv.h"

#include "core/buf.h"
#include "core/err.h"
#include "tests/fuzz/fuzz_law.h"

#define OUT_MAX (64u * 1024 * 1024)

static void
put_row(struct buf *out, const struct csv_row *row)
{
	for (size_t i = 0; i < row->count; i++) {
		if (i > 0)
			buf_add_char(out, ',');
		csv_put(out, row->fields[i], false);
	}
	buf_add_char(out, '\n');
}

static void
check_places(const struct csv_row *row)
{
	for (size_t i = 0; i <= row->count; i++) {
		struct csv_place p = csv_place(row, i);

		LAW(p.line >= row->line);
		LAW(p.start <= p.text.len && p.len >= 1 &&
		    (p.len == 1 || p.start + p.len <= p.text.len));
		LAW(p.text.len == 0 ||
		    (p.text.ptr >= row->raw.ptr &&
			p.text.ptr + p.text.len <= row->raw.ptr + row->raw.len));
		LAW(memchr(p.text.ptr, '\n', p.text.len) == NULL);
	}
}

static int
write_down(void *cookie, const struct csv_row *row, struct err *err)
{
	struct buf *out = cookie;

	(void)err;
	LAW(row->line > 0 && row->count <= CSV_FIELDS_MAX && row->raw.len > 0);
	LAW((row->problem == NULL) == (row->help == NULL));
	LAW(row->problem == NULL || row->problem_field <= row->count);
	check_places(row);
	buf_addf(out, "%zu%s%s ", row->line, row->is_recovered ? "~" : "",
	    row->problem == NULL ? "" : row->problem);
	put_row(out, row);
	return 0;
}

/* Good rows alone, as CSV. A single empty field has no spelling that is a row without quotes. */
static int
write_again(void *cookie, const struct csv_row *row, struct err *err)
{
	(void)err;
	if (row->problem == NULL && (row->count > 1 || row->fields[0].len > 0))
		put_row(cookie, row);
	return 0;
}

static void
read_csv(struct slice text, size_t chunk, csv_row_fn *fn, struct buf *out)
{
	struct csv *c = csv_new(fn, out);
	struct err err;

	LAW(c != NULL);
	for (size_t at = 0; at < text.len; at += chunk)
		LAW(csv_feed(c,
			slice_make(text.ptr + at, text.len - at < chunk ? text.len - at : chunk),
			&err) == 0);
	LAW(csv_end(c, &err) == 0);
	csv_free(c);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = slice_make((const char *)data, size);
	struct buf whole, parts, once, twice;

	buf_init(&whole, OUT_MAX);
	buf_init(&parts, OUT_MAX);
	buf_init(&once, OUT_MAX);
	buf_init(&twice, OUT_MAX);
	read_csv(text, size + 1, write_down, &whole);
	read_csv(text, size > 4096 ? 1000 : 1, write_down, &parts);
	LAW(slice_eq(buf_slice(&whole), buf_slice(&parts)));
	/* A BOM in front of the first field would be taken for the file's. */
	buf_add_str(&once, "first\n");
	read_csv(text, size + 1, write_again, &once);
	read_csv(buf_slice(&once), once.len, write_again, &twice);
	LAW(slice_eq(buf_slice(&once), buf_slice(&twice)));
	buf_fini(&whole);
	buf_fini(&parts);
	buf_fini(&once);
	buf_fini(&twice);
	return 0;
}
