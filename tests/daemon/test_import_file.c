/*
 * A file in pieces is the file: whatever the pieces, each row comes once, with its own line number, and
 * is found again by it.
 */
#include "daemon/import_file.h"

#include <stdio.h>
#include <string.h>

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include "core/buf.h"
#include "core/diag.h"
#include "core/err.h"
#include "people/csv.h"
#include "people/mapping.h"

struct seen {
	struct import_file *file;
	struct buf rows; /* "line:row|" */
	size_t pieces, body_line; /* body_line: what is added; SIZE_MAX: the header is to come */
};

static int
on_row(void *cookie, const struct csv_row *row, struct err *err)
{
	struct seen *s = cookie;
	struct slice text = row->raw;

	(void)err;
	if (s->body_line == SIZE_MAX) {
		s->body_line = 0; /* the header */
		return 0;
	}
	text = import_file_row(s->file, row->line + s->body_line);
	if (!slice_is_set(text))
		fail_msg("no row at line %zu", row->line + s->body_line);
	buf_addf(&s->rows, "%zu:%.*s|", row->line + s->body_line, SLICE_ARG(text));
	return 0;
}

/* Reads the piece as an import does. */
static int
on_piece(void *cookie, const struct import_piece *piece, struct err *err)
{
	struct seen *s = cookie;
	struct slice rest = piece->text;
	size_t line = 1, offset = piece->line_offset;
	struct csv *csv;

	assert_int_equal(piece->is_first, s->pieces == 0);
	s->pieces++;
	if (import_file_is_jsonl(s->file)) {
		while (rest.len > 0) {
			struct slice one = slice_split(&rest, '\n');

			if (one.len > 0)
				buf_addf(&s->rows, "%zu:%.*s|", line + offset,
				    SLICE_ARG(import_file_row(s->file, line + offset)));
			line++;
		}
		return 0;
	}
	csv = csv_new(on_row, s);
	s->body_line = SIZE_MAX;
	/* The header first, so that the offset is known behind it. */
	for (size_t i = 0; i < rest.len; i++) {
		if (s->body_line == 0)
			s->body_line = offset;
		assert_int_equal(csv_feed(csv, slice_make(rest.ptr + i, 1), err), 0);
	}
	assert_int_equal(csv_end(csv, err), 0);
	csv_free(csv);
	return 0;
}

static char *
run(const char *text, size_t rows, size_t chunk, size_t *pieces_r)
{
	struct diag_list *diags = diag_list_new();
	struct seen s = {0};
	struct err err = {ERR_NONE, ""};
	size_t len = strlen(text);
	static char out[8192];

	buf_init(&s.rows, sizeof out);
	s.file = import_file_new("x", NULL, diags, rows, on_piece, &s);
	assert_non_null(s.file);
	for (size_t at = 0; at < len; at += chunk)
		assert_int_equal(
		    import_file_feed(
			s.file, slice_make(text + at, len - at < chunk ? len - at : chunk), &err),
		    0);
	assert_int_equal(import_file_end(s.file, &err), 0);
	snprintf(out, sizeof out, "%s", buf_str(&s.rows));
	*pieces_r = s.pieces;
	import_file_free(s.file);
	diag_list_free(diags);
	buf_fini(&s.rows);
	return out;
}

static void
pieces_keep_rows_and_line_numbers(void **state)
{
	static const struct {
		const char *note, *text, *want;
	} cases[] = {
	    {"plain", "id,n\n1,a\n2,b\n3,c\n", "2:1,a|3:2,b|4:3,c|"},
	    {"no end", "id\n1\n2", "2:1|3:2|"},
	    {"CRLF and empty lines", "\r\nid,n\r\n\r\n1,a\r\n\r\n2,b\r\n", "4:1,a|6:2,b|"},
	    {"lines in a row", "id,n\n1,\"a\nb\"\n2,c\n", "2:1,\"a\nb\"|4:2,c|"},
	    {"lines in the header", "id,\"n\nm\"\n1,a\n2,b\n", "3:1,a|4:2,b|"},
	    {"a mark in front", "\xef\xbb\xbfid\n1\n", "2:1|"},
	    {"rejected rows", "Rejected.Line,Rejected.Reason,id\n7,\"a, b\",1\n9,c,2\n",
		"2:1|3:2|"},
	    {"JSON", "{\"id\":1}\n\n# x\n{\"id\":2}", "1:{\"id\":1}|3:# x|4:{\"id\":2}|"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		for (size_t rows = 1; rows <= 3; rows++)
			for (size_t chunk = 1; chunk <= 64; chunk += 9) {
				size_t pieces;
				const char *got = run(cases[i].text, rows, chunk, &pieces);

				if (strcmp(got, cases[i].want) != 0)
					fail_msg("%s, %zu rows a piece: '%s', want '%s'",
					    cases[i].note, rows, got, cases[i].want);
				assert_true(rows > 1 || pieces >= 1);
			}
}

static void
a_header_alone_has_its_say(void **state)
{
	size_t pieces;

	(void)state;
	assert_string_equal(run("id,n\n", 10, 3, &pieces), "");
	assert_int_equal(pieces, 1);
}

static void
a_file_of_nothing_is_told_as_empty(void **state)
{
	static const char *const texts[] = {"", "\n\n", "\xef\xbb\xbf"};

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct diag_list *diags = diag_list_new();
		struct seen s = {0};
		struct err err = {0};

		s.file = import_file_new("c.csv", NULL, diags, 10, on_piece, &s);
		assert_int_equal(import_file_feed(s.file, slice_of(texts[i]), &err), 0);
		assert_int_equal(import_file_end(s.file, &err), -1);
		assert_string_equal(err.text,
		    "'c.csv' is empty; expected a CSV file with a header line, or JSON lines");
		assert_int_equal(s.pieces, 0);
		import_file_free(s.file);
		diag_list_free(diags);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(pieces_keep_rows_and_line_numbers),
	    cmocka_unit_test(a_header_alone_has_its_say),
	    cmocka_unit_test(a_file_of_nothing_is_told_as_empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
