/*
 * diag.h - findings about a text a person wrote: where, what, and what to do.
 *
 * One object for rules, configuration, templates and CSV; printed as rustc does, or as JSON for an
 * editor's squiggle.
 *
 * Ownership: a list copies everything it is given (file names, lines, messages).
 * Limits:    DIAG_MAX findings are kept; more are counted.  Messages are cut at DIAG_TEXT_MAX
 *            bytes, and of a line longer than DIAG_LINE_MAX bytes a part around the finding is
 *            kept.
 * Threads:   one at a time.
 */
#ifndef CORE_DIAG_H
#define CORE_DIAG_H

#include <stdbool.h>
#include <stddef.h>

#include "core/slice.h"

struct buf;
struct diag_list;

#define DIAG_MAX 200
#define DIAG_TEXT_MAX 1024
#define DIAG_HELP_MAX 4096 /* of a help, which may have several lines */
#define DIAG_LINE_MAX 240

enum diag_severity {
	DIAG_ERROR,
	DIAG_WARNING
};

struct diag {
	enum diag_severity severity;
	const char *code; /* "R014": stable, see docs/diagnostics.md */
	const char *file;
	size_t line; /* from 1; 0: about the file as a whole */
	size_t column; /* from 1, counting characters */
	size_t width; /* characters underlined, at least 1 */
	const char *source_line; /* the user's own line, tabs as they were; NULL: none */
	size_t caret; /* characters in source_line before the underline: column - 1 unless it was
			 cut */
	const char *message; /* what is wrong, in plain words */
	const char *help; /* what to try; NULL: nothing to add */
};

struct diag_list *diag_list_new(void);
void diag_list_free(struct diag_list *l);

/* text is the whole file; start and len the byte range that is wrong.  fmt makes the message; help
 * may be NULL.  Never fails: without memory the finding is only counted. */
void diag_add(struct diag_list *l, enum diag_severity severity, const char *code, const char *file,
    struct slice text, size_t start, size_t len, const char *help, const char *fmt, ...)
    __attribute__((format(printf, 9, 10)));
/* About one row of a file that is read in pieces: text is the row alone, line its number in the
 * file. */
void diag_add_row(struct diag_list *l, enum diag_severity severity, const char *code,
    const char *file, size_t line, struct slice text, size_t start, size_t len, const char *help,
    const char *fmt, ...) __attribute__((format(printf, 10, 11)));
/* About a whole file or no file (file may be NULL). */
void diag_add_file(struct diag_list *l, enum diag_severity severity, const char *code,
    const char *file, const char *help, const char *fmt, ...) __attribute__((format(printf, 6, 7)));

/* All findings of another list, too. */
void diag_add_all(struct diag_list *l, const struct diag_list *from);

size_t
diag_count(const struct diag_list *l, enum diag_severity severity); /* counted ones included */
size_t diag_kept(const struct diag_list *l);
const struct diag *
diag_at(const struct diag_list *l, size_t i); /* in order of file, line, column */

/* "file:line:col: error[R014]: message", the line, the caret, "= help: ..."; when more were found
 * than kept, a last line says how many. */
void diag_print(const struct diag_list *l, struct buf *out);
void diag_print_one(const struct diag *d, struct buf *out);
/* A JSON array of {severity, code, file, line, column, width, message, help, source_line, caret}: caret counts
 * characters of source_line before the underline. */
void diag_print_json(const struct diag_list *l, struct buf *out);

/* Text of strangers for a terminal: controls, which would move its cursor or turn its words round, are one '?'
 * each.  Tabs stay. */
void diag_add_visible(struct buf *out, struct slice s);

/* The closest of n candidates to word when it is close enough to be a slip (edit distance with
 * transpositions, at most a third of the length), else NULL.  For closed word lists only. */
const char *diag_nearest(struct slice word, const char *const *candidates, size_t n);

#endif
