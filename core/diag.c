#include "core/diag.h"

#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/json.h"
#include "core/mem.h"
#include "core/utf8.h"

/* Every finding fits: a line, a message, a help and a file name each. */
#define DIAG_ARENA_MAX ((size_t)DIAG_MAX * 16 * 1024)
#define LINE_MARK "..."

struct diag_list {
	struct arena *arena;
	const struct diag *kept[DIAG_MAX]; /* sorted */
	size_t kept_count;
	size_t counts[2]; /* by severity */
};

struct diag_list *
diag_list_new(void)
{
	struct diag_list *l = mem_zalloc(sizeof(*l));

	if (l == NULL)
		return NULL;
	l->arena = arena_new(DIAG_ARENA_MAX);
	if (l->arena == NULL) {
		mem_free(l);
		return NULL;
	}
	return l;
}

void
diag_list_free(struct diag_list *l)
{
	if (l == NULL)
		return;
	arena_free(l->arena);
	mem_free(l);
}

/* ---- adding ---- */

static int
diag_cmp(const struct diag *a, const struct diag *b)
{
	const char *a_file = a->file == NULL ? "" : a->file;
	const char *b_file = b->file == NULL ? "" : b->file;
	int order = strcmp(a_file, b_file);

	if (order != 0)
		return order;
	if (a->line != b->line)
		return a->line < b->line ? -1 : 1;
	return (a->column > b->column) - (a->column < b->column);
}

/* Behind its equals, so that findings at one place stay in the order they were made. */
static void
list_insert(struct diag_list *l, const struct diag *d)
{
	size_t at = l->kept_count;

	assert(l->kept_count < DIAG_MAX);
	while (at > 0 && diag_cmp(l->kept[at - 1], d) > 0) {
		l->kept[at] = l->kept[at - 1];
		at--;
	}
	l->kept[at] = d;
	l->kept_count++;
}

/* A copy that is valid UTF-8 and at most max bytes; NULL for NULL or without memory. */
static const char *
text_keep(struct arena *a, const char *s, size_t max)
{
	if (s == NULL)
		return NULL;
	struct slice valid = utf8_repair(a, slice_of(s), NULL);
	if (!slice_is_set(valid))
		return NULL;
	struct slice cut = utf8_prefix(valid, max);
	return arena_strndup(a, cut.ptr, cut.len);
}

/* Where byte `at` of text is: its line's number and range. */
struct place {
	size_t line;
	size_t line_start, line_end; /* without the line end */
};

static struct place
place_find(struct slice text, size_t at)
{
	struct place p = {.line = 1};

	for (size_t i = 0; i < at; i++) {
		if (text.ptr[i] == '\n') {
			p.line++;
			p.line_start = i + 1;
		}
	}
	p.line_end = at;
	while (p.line_end < text.len && text.ptr[p.line_end] != '\n')
		p.line_end++;
	if (p.line_end > p.line_start && text.ptr[p.line_end - 1] == '\r')
		p.line_end--;
	if (p.line_end < at)
		p.line_end = at;
	return p;
}

/* Broken bytes count as the U+FFFD they will be shown as. */
static size_t
count_characters(struct arena *scratch, struct slice s)
{
	struct slice valid = utf8_repair(scratch, s, NULL);

	return slice_is_set(valid) ? utf8_count(valid) : s.len;
}

static bool
is_continuation(char c)
{
	return ((unsigned char)c & 0xC0) == 0x80;
}

/* The line, or of a long one the part around the finding, repaired; sets source_line and caret. */
static void
line_keep(struct diag *d, struct arena *a, struct slice text, struct place p, size_t start)
{
	size_t from = p.line_start, to = p.line_end;

	if (to - from > DIAG_LINE_MAX) {
		if (start - from > DIAG_LINE_MAX / 2)
			from = start - DIAG_LINE_MAX / 2;
		if (to - from > DIAG_LINE_MAX)
			to = from + DIAG_LINE_MAX;
		/* Whole characters only. */
		while (from < start && is_continuation(text.ptr[from]))
			from++;
		while (to > start && to < p.line_end && is_continuation(text.ptr[to]))
			to--;
	}
	struct slice before = utf8_repair(a, slice_make(text.ptr + from, start - from), NULL);
	struct slice behind = utf8_repair(a, slice_make(text.ptr + start, to - start), NULL);
	if (!slice_is_set(before) || !slice_is_set(behind))
		return;
	const char *mark = from > p.line_start ? LINE_MARK : "";
	d->source_line = arena_printf(a, "%s%.*s%.*s%s", mark, SLICE_ARG(before), SLICE_ARG(behind),
	    to < p.line_end ? LINE_MARK : "");
	d->caret = strlen(mark) + utf8_count(before);
}

static void
place_set(struct diag *d, struct arena *a, struct slice text, size_t start, size_t len)
{
	/* A range outside the text is at its end: a missing `end` is reported there. */
	if (start > text.len)
		start = text.len;
	if (len > text.len - start)
		len = text.len - start;
	struct place p = place_find(text, start);
	size_t end = start + len < p.line_end ? start + len : p.line_end;
	d->line = p.line;
	d->column =
	    count_characters(a, slice_make(text.ptr + p.line_start, start - p.line_start)) + 1;
	d->width = count_characters(a, slice_make(text.ptr + start, end - start));
	if (d->width == 0)
		d->width = 1;
	line_keep(d, a, text, p, start);
}

/* What can be kept of a finding without its place; NULL: it can only be counted. */
static struct diag *
diag_new(struct diag_list *l, enum diag_severity severity, const char *code, const char *file,
    const char *help, const char *message)
{
	l->counts[severity]++;
	if (l->kept_count == DIAG_MAX)
		return NULL;
	struct diag *d = ARENA_NEW(l->arena, struct diag);
	if (d == NULL)
		return NULL;
	d->severity = severity;
	d->code = text_keep(l->arena, code, DIAG_TEXT_MAX);
	d->file = text_keep(l->arena, file, DIAG_TEXT_MAX);
	d->help = text_keep(l->arena, help, DIAG_HELP_MAX);
	d->message = text_keep(l->arena, message, DIAG_TEXT_MAX);
	if (d->code == NULL || d->message == NULL || (file != NULL && d->file == NULL))
		return NULL;
	return d;
}

/* text begins with line first_line of the file. */
static void
add_at(struct diag_list *l, enum diag_severity severity, const char *code, const char *file,
    size_t first_line, struct slice text, size_t start, size_t len, const char *help,
    const char *message)
{
	struct diag *d = diag_new(l, severity, code, file, help, message);

	if (d == NULL)
		return;
	place_set(d, l->arena, text.ptr == NULL ? SLICE_LIT("") : text, start, len);
	d->line += first_line - 1;
	list_insert(l, d);
}

void
diag_add(struct diag_list *l, enum diag_severity severity, const char *code, const char *file,
    struct slice text, size_t start, size_t len, const char *help, const char *fmt, ...)
{
	char message[DIAG_TEXT_MAX + 4];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	add_at(l, severity, code, file, 1, text, start, len, help, message);
}

void
diag_add_row(struct diag_list *l, enum diag_severity severity, const char *code, const char *file,
    size_t line, struct slice text, size_t start, size_t len, const char *help, const char *fmt,
    ...)
{
	char message[DIAG_TEXT_MAX + 4];
	va_list ap;

	assert(line > 0);
	va_start(ap, fmt);
	vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	add_at(l, severity, code, file, line, text, start, len, help, message);
}

void
diag_add_file(struct diag_list *l, enum diag_severity severity, const char *code, const char *file,
    const char *help, const char *fmt, ...)
{
	char message[DIAG_TEXT_MAX + 4];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	struct diag *d = diag_new(l, severity, code, file, help, message);
	if (d != NULL)
		list_insert(l, d);
}

void
diag_add_all(struct diag_list *l, const struct diag_list *from)
{
	for (size_t i = 0; i < from->kept_count; i++) {
		const struct diag *f = from->kept[i];
		struct diag *d = diag_new(l, f->severity, f->code, f->file, f->help, f->message);

		if (d == NULL)
			continue;
		d->line = f->line;
		d->column = f->column;
		d->width = f->width;
		d->caret = f->caret;
		d->source_line = text_keep(l->arena, f->source_line, DIAG_TEXT_MAX);
		list_insert(l, d);
	}
	for (int k = 0; k < 2; k++) { /* those that were only counted */
		size_t kept = 0;

		for (size_t i = 0; i < from->kept_count; i++)
			kept += from->kept[i]->severity == (enum diag_severity)k;
		l->counts[k] += from->counts[k] - kept;
	}
}

size_t
diag_count(const struct diag_list *l, enum diag_severity severity)
{
	return l->counts[severity];
}

size_t
diag_kept(const struct diag_list *l)
{
	return l->kept_count;
}

const struct diag *
diag_at(const struct diag_list *l, size_t i)
{
	assert(i < l->kept_count);
	return l->kept[i];
}

/* ---- printing ---- */

struct range {
	uint32_t first, last;
};

/* Characters that take two cells of a terminal, and those that take none: Unicode's
 * East_Asian_Width W and F, and the marks that join what stands before them, in ranges coarse
 * enough to be read. */
static const struct range wide_ranges[] = {
    {0x1100, 0x115F},
    {0x2E80, 0x303E},
    {0x3041, 0xA4CF},
    {0xAC00, 0xD7A3},
    {0xF900, 0xFAFF},
    {0xFE30, 0xFE6F},
    {0xFF00, 0xFF60},
    {0xFFE0, 0xFFE6},
    {0x1F300, 0x1F64F},
    {0x1F680, 0x1F6FF},
    {0x1F900, 0x1FAFF},
    {0x20000, 0x3FFFD},
};
static const struct range narrow_ranges[] = {
    {0x0300, 0x036F},
    {0x1AB0, 0x1AFF},
    {0x200B, 0x200F},
    {0x20D0, 0x20FF},
    {0xFE00, 0xFE0F},
    {0x1F3FB, 0x1F3FF},
};

static bool
is_in(const struct range *ranges, size_t n, uint32_t cp)
{
	for (size_t i = 0; i < n; i++) {
		if (cp >= ranges[i].first && cp <= ranges[i].last)
			return true;
	}
	return false;
}

static int
cells_of(uint32_t cp)
{
	if (is_in(narrow_ranges, sizeof(narrow_ranges) / sizeof(narrow_ranges[0]), cp))
		return 0;
	return is_in(wide_ranges, sizeof(wide_ranges) / sizeof(wide_ranges[0]), cp) ? 2 : 1;
}

void
diag_add_visible(struct buf *out, struct slice s)
{
	for (size_t i = 0; i < s.len;) {
		size_t start = i;
		uint32_t cp = utf8_next(s, &i);
		if (utf8_is_command(cp) && cp != '\t')
			buf_add_char(out, '?');
		else
			buf_add(out, s.ptr + start, i - start);
	}
}

static void
add_visible(struct buf *out, const char *text)
{
	diag_add_visible(out, slice_of(text));
}

/* A help of several lines goes on under its beginning. */
static void
add_help(struct buf *out, const char *help, int indent)
{
	struct slice rest = slice_of(help);

	for (bool is_first = true; slice_is_set(rest); is_first = false) {
		struct slice line = slice_split(&rest, '\n');

		buf_addf(out, "%*s", is_first ? 0 : indent, "");
		diag_add_visible(out, line);
		buf_add_char(out, '\n');
	}
}

/* Blanks and carets under the line: a tab under a tab, two under a wide character. */
static void
print_carets(const struct diag *d, struct buf *out)
{
	struct slice line = slice_of(d->source_line);
	size_t i = 0, column = 0, drawn = 0;

	for (; column < d->caret && i < line.len; column++) {
		uint32_t cp = utf8_next(line, &i);
		if (cp == '\t')
			buf_add_char(out, '\t');
		for (int c = cp == '\t' ? 0 : cells_of(cp); c > 0; c--)
			buf_add_char(out, ' ');
	}
	for (size_t n = 0; n < d->width; n++) {
		int cells = i < line.len ? cells_of(utf8_next(line, &i)) : n == 0;
		for (; cells > 0; cells--, drawn++)
			buf_add_char(out, '^');
	}
	if (drawn == 0)
		buf_add_char(out, '^');
	buf_add_char(out, '\n');
}

static const char *
severity_word(enum diag_severity severity)
{
	return severity == DIAG_ERROR ? "error" : "warning";
}

void
diag_print_one(const struct diag *d, struct buf *out)
{
	if (d->file != NULL) {
		add_visible(out, d->file);
		buf_add_char(out, ':');
		if (d->line > 0)
			buf_addf(out, "%zu:%zu:", d->line, d->column);
		buf_add_char(out, ' ');
	} else if (d->line > 0) {
		buf_addf(out, "%zu:%zu: ", d->line, d->column);
	}
	buf_addf(out, "%s[%s]: ", severity_word(d->severity), d->code);
	add_visible(out, d->message);
	buf_add_char(out, '\n');
	int width = snprintf(NULL, 0, "%5zu", d->line);
	if (d->source_line != NULL) {
		buf_addf(out, "%*zu | ", width, d->line);
		add_visible(out, d->source_line);
		buf_addf(out, "\n%*s | ", width, "");
		print_carets(d, out);
	}
	if (d->help != NULL) {
		buf_addf(out, "%*s = help: ", width, "");
		add_help(out, d->help, width + 9);
	}
}

void
diag_print(const struct diag_list *l, struct buf *out)
{
	for (size_t i = 0; i < l->kept_count; i++)
		diag_print_one(l->kept[i], out);
	size_t all = l->counts[DIAG_ERROR] + l->counts[DIAG_WARNING];
	if (all > l->kept_count)
		buf_addf(out, "... and %zu more\n", all - l->kept_count);
}

void
diag_print_json(const struct diag_list *l, struct buf *out)
{
	struct json_writer w;

	json_writer_init(&w, out);
	json_array_begin(&w);
	for (size_t i = 0; i < l->kept_count; i++) {
		const struct diag *d = l->kept[i];
		json_object_begin(&w);
		json_kv_cstr(&w, "severity", severity_word(d->severity));
		json_kv_cstr(&w, "code", d->code);
		json_kv_cstr(&w, "file", d->file);
		json_kv_i64(&w, "line", (int64_t)d->line);
		json_kv_i64(&w, "column", (int64_t)d->column);
		json_kv_i64(&w, "width", (int64_t)d->width);
		json_kv_cstr(&w, "message", d->message);
		json_kv_cstr(&w, "help", d->help);
		json_kv_cstr(&w, "source_line", d->source_line);
		json_kv_i64(&w, "caret", (int64_t)d->caret);
		json_object_end(&w);
	}
	json_array_end(&w);
}
