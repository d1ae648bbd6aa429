/*
 * Whatever a mapping says, it is refused with a finding, or the header it makes is read by an import as
 * columns it knows.
 *
 * The first line is the header of the file that is mapped, the rest the mapping; a line of its own is
 * also tried as a flag.
 */
#include <string.h>

#include "core/buf.h"
#include "core/diag.h"
#include "core/err.h"
#include "people/csv.h"
#include "people/mapping.h"
#include "people/targets.h"
#include "tests/fuzz/fuzz_law.h"

struct mapped {
	struct mapping *m;
	struct buf header;
	bool is_read, fits;
};

static int
map_header(void *cookie, const struct csv_row *row, struct err *err)
{
	struct mapped *x = cookie;
	struct diag_list *diags = diag_list_new();

	LAW(diags != NULL);
	if (!x->is_read && row->problem == NULL)
		x->fits = mapping_header(x->m, row, "x", diags, &x->header, err) == 0;
	x->is_read = true;
	diag_list_free(diags);
	return 0;
}

/* Every column of the header that was made is a target. */
static int
check_header(void *cookie, const struct csv_row *row, struct err *err)
{
	size_t *rows = cookie;

	(void)err;
	LAW(row->problem == NULL);
	for (size_t k = 0; k < row->count; k++) {
		struct target_problem p;
		struct target t;

		LAW(target_read(slice_trim(row->fields[k]), &t, &p) == 0);
	}
	(*rows)++;
	return 0;
}

static void
read_csv(struct slice text, csv_row_fn *fn, void *cookie)
{
	struct csv *c = csv_new(fn, cookie);
	struct err err;

	LAW(c != NULL);
	LAW(csv_feed(c, text, &err) == 0 && csv_end(c, &err) == 0);
	csv_free(c);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice rest = slice_make((const char *)data, size), header = slice_split(&rest, '\n');
	struct diag_list *diags = diag_list_new();
	struct mapped x = {.m = mapping_new()};
	struct err err = {ERR_NONE, ""};
	size_t rows = 0;
	int file, flag;

	LAW(x.m != NULL && diags != NULL);
	if (!slice_is_set(rest))
		rest = SLICE_LIT("");
	file = mapping_read(x.m, "map.yaml", rest, diags, &err);
	flag = mapping_add(x.m, slice_split(&rest, '\n'), diags, &err);
	LAW(file >= -1 && file <= 1 && flag >= -1 && flag <= 1);
	LAW(file != 1 || diag_count(diags, DIAG_ERROR) > 0);
	buf_init(&x.header, 4 * 1024 * 1024);
	if (file >= 0 && flag >= 0)
		read_csv(header, map_header, &x);
	if (x.fits && x.header.len > 0) {
		buf_add_char(&x.header, '\n');
		read_csv(buf_slice(&x.header), check_header, &rows);
		LAW(rows <= 1);
	}
	buf_fini(&x.header);
	mapping_free(x.m);
	diag_list_free(diags);
	return 0;
}
