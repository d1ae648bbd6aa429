#include "people/csv_merge.h"

#include <string.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"
#include "core/mem.h"
#include "people/csv.h"

#define NAMES_BYTES_MAX (8u * 1024 * 1024)
#define LAST_BYTES_MAX (64 * 1024)

struct column {
	struct slice name;
	size_t times, at; /* at: the first of them, in the whole */
};

struct csv_merge {
	struct arena *names;
	struct column columns[CSV_FIELDS_MAX];
	size_t count, total;
	const char *last_name;
	struct buf last;
	/* The file under way. */
	bool has_header;
	size_t places[CSV_FIELDS_MAX]; /* of its columns, in columns */
	size_t nth[CSV_FIELDS_MAX]; /* which of that name */
	size_t width, last_at, rows;
	struct slice cells[CSV_FIELDS_MAX];
	struct buf *out;
};

struct csv_merge *
csv_merge_new(const char *last)
{
	struct csv_merge *m = mem_zalloc(sizeof *m);

	if (m == NULL)
		return NULL;
	m->names = arena_new(NAMES_BYTES_MAX);
	m->last_name = last;
	buf_init(&m->last, LAST_BYTES_MAX);
	if (m->names == NULL) {
		csv_merge_free(m);
		return NULL;
	}
	return m;
}

void
csv_merge_free(struct csv_merge *m)
{
	if (m == NULL)
		return;
	arena_free(m->names);
	buf_fini(&m->last);
	mem_free(m);
}

/* The place of a name, CSV_FIELDS_MAX when it is new and there is no room or memory. */
static size_t
place_of(struct csv_merge *m, struct slice name)
{
	for (size_t k = 0; k < m->count; k++)
		if (slice_eq(m->columns[k].name, name))
			return k;
	if (m->count == CSV_FIELDS_MAX)
		return CSV_FIELDS_MAX;
	m->columns[m->count].name = arena_slice_dup(m->names, name);
	return slice_is_set(m->columns[m->count].name) ? m->count++ : CSV_FIELDS_MAX;
}

static int
take_header(struct csv_merge *m, const struct csv_row *row, struct err *err)
{
	m->has_header = true;
	m->width = row->count;
	m->last_at = CSV_FIELDS_MAX;
	for (size_t k = 0; k < row->count; k++) {
		size_t place = place_of(m, row->fields[k]);

		m->nth[k] = 0;
		for (size_t n = 0; n < k; n++)
			m->nth[k] += m->places[n] == place;
		m->places[k] = place;
		if (place < CSV_FIELDS_MAX && m->columns[place].times <= m->nth[k]) {
			m->columns[place].times++;
			m->total++;
		}
		if (place == CSV_FIELDS_MAX || m->total > CSV_FIELDS_MAX)
			return err_set(err, ERR_LIMIT,
			    "CSV has at most %d columns, and the customers need more; export JSON "
			    "lines",
			    CSV_FIELDS_MAX);
		if (slice_eq_str(row->fields[k], m->last_name))
			m->last_at = k;
	}
	return 0;
}

/* The first of each name's columns. */
static void
settle(struct csv_merge *m)
{
	size_t at = 0;

	for (size_t k = 0; k < m->count; k++) {
		m->columns[k].at = at;
		at += m->columns[k].times;
	}
}

static void
put_row(struct csv_merge *m, const struct csv_row *row)
{
	memset(m->cells, 0, m->total * sizeof *m->cells);
	for (size_t k = 0; k < row->count && k < m->width; k++)
		m->cells[m->columns[m->places[k]].at + m->nth[k]] = row->fields[k];
	for (size_t k = 0; k < m->total; k++) {
		if (k > 0)
			buf_add_char(m->out, ',');
		if (slice_is_set(m->cells[k]))
			csv_put(m->out, m->cells[k], false);
	}
	buf_add_char(m->out, '\n');
}

static int
on_row(void *cookie, const struct csv_row *row, struct err *err)
{
	struct csv_merge *m = cookie;

	if (row->problem != NULL)
		return err_set(err, ERR_INPUT, "line %zu: %s", row->line, row->problem);
	if (!m->has_header)
		return take_header(m, row, err);
	m->rows++;
	if (m->out != NULL) {
		put_row(m, row);
	} else if (m->last_at < row->count) {
		buf_clear(&m->last);
		buf_add_slice(&m->last, row->fields[m->last_at]);
	}
	return 0;
}

static int
read_file(struct csv_merge *m, struct slice text, struct buf *out, struct err *err)
{
	struct csv *csv = csv_new(on_row, m);
	int rc;

	if (csv == NULL)
		return err_set(err, ERR_NOMEM, "no memory to put CSV together");
	m->has_header = false;
	m->out = out;
	m->rows = 0;
	rc = csv_feed(csv, text, err);
	if (rc == 0)
		rc = csv_end(csv, err);
	csv_free(csv);
	if (rc == 0 && out != NULL && buf_failed(out))
		rc = err_set(err, ERR_NOMEM, "no memory to put CSV together");
	return rc;
}

int
csv_merge_add(struct csv_merge *m, struct slice text, size_t *rows_r, struct err *err)
{
	int rc = read_file(m, text, NULL, err);

	*rows_r = m->rows;
	return rc;
}

struct slice
csv_merge_last(const struct csv_merge *m)
{
	return buf_slice(&m->last);
}

void
csv_merge_header(struct csv_merge *m, struct buf *out)
{
	settle(m);
	for (size_t k = 0; k < m->count; k++)
		for (size_t n = 0; n < m->columns[k].times; n++) {
			if (m->columns[k].at + n > 0)
				buf_add_char(out, ',');
			csv_put(out, m->columns[k].name, false);
		}
	buf_add_char(out, '\n');
}

int
csv_merge_rows(struct csv_merge *m, struct slice text, struct buf *out, struct err *err)
{
	return read_file(m, text, out, err);
}
