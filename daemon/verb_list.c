/*
 * verb_list.c - the verbs that look and act through the API.  Lists are printed as columns taken
 * from the JSON; --json prints the answer itself.
 */
#include "daemon/verb_list.h"

#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/clock.h"
#include "core/diag.h"
#include "core/timefmt.h"
#include "core/utf8.h"
#include "platform/sysclock.h"

#include "daemon/client.h"

#define CELL_MAX 600

/* Follows "a.b" down the objects. */
static const struct json *
at_path(const struct json *v, const char *path)
{
	struct slice rest = slice_of(path);
	char key[64];

	while (slice_is_set(rest)) {
		struct slice part = slice_split(&rest, '.');

		snprintf(key, sizeof key, "%.*s", SLICE_ARG(part));
		v = json_get(v, key);
	}
	return v;
}

/* Times as ages, the rest as it is. */
static void
cell_text(const struct json *v, char out[CELL_MAX])
{
	struct slice s = json_str(v);
	char age[TIME_TEXT_MAX];
	int64_t number, at_ms;
	double real;
	bool truth;

	if (slice_is_set(s) && s.len > 19 && s.ptr[4] == '-' && s.ptr[10] == 'T' &&
	    time_parse_rfc3339(s, &at_ms)) {
		int64_t off_ms = clock_now_ms(sysclock()) - at_ms;

		snprintf(out, CELL_MAX, off_ms >= 0 ? "%s ago" : "in %s",
		    time_format_age(off_ms >= 0 ? off_ms : -off_ms, age));
	} else if (slice_is_set(s)) {
		s = utf8_prefix(s, CELL_MAX - 1);
		snprintf(out, CELL_MAX, "%.*s", SLICE_ARG(s));
	} else if (json_i64(v, &number)) {
		snprintf(out, CELL_MAX, "%lld", (long long)number);
	} else if (json_f64(v, &real)) {
		snprintf(out, CELL_MAX, "%.6g", real);
	} else if (json_bool(v, &truth)) {
		snprintf(out, CELL_MAX, "%s", truth ? "yes" : "no");
	} else {
		snprintf(out, CELL_MAX, "-");
	}
	/* Control characters of strangers' texts must not reach a terminal; U+0080 to U+009F are
	 * some, too. */
	for (char *p = out; *p != '\0'; p++) {
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = ' ';
		else if ((unsigned char)p[0] == 0xc2 && (unsigned char)p[1] < 0xa0)
			p[0] = p[1] = ' ';
	}
}

static void
print_padded(const char *text, size_t width)
{
	struct slice s = slice_of(text);
	size_t pos = 0, shown = 0;

	while (pos < s.len && (width == 0 || shown < width)) {
		utf8_next(s, &pos);
		shown++;
	}
	printf("%.*s", (int)pos, text);
	if (width > 0)
		printf("%*s", (int)(width - shown + 2), "");
}

static void
list_print(const struct json *items, const struct column *columns, const char *nothing)
{
	char text[CELL_MAX];
	size_t n = json_count(items);

	if (n == 0) {
		printf("%s\n", nothing);
		return;
	}
	for (const struct column *c = columns; c->title != NULL; c++)
		print_padded(c->title, c->width);
	printf("\n");
	for (size_t i = 0; i < n; i++) {
		for (const struct column *c = columns; c->title != NULL; c++) {
			cell_text(at_path(json_at(items, i), c->path), text);
			print_padded(text, c->width);
		}
		printf("\n");
	}
}

int
list_get(
    struct verb_call *call, const char *path, const struct column *columns, const char *nothing)
{
	struct json_doc *doc = NULL;
	struct err err = {ERR_NONE, ""};
	struct buf answer;
	int code;

	buf_init(&answer, LIST_ANSWER_MAX);
	if (client_simple(call, "GET", path, SLICE_NONE, &answer, &code) == 0) {
		if (call->is_json)
			printf("%s\n", buf_str(&answer));
		else if (json_parse(buf_slice(&answer), &doc, NULL, &err) < 0)
			code = verb_cannot(call, &err);
		else
			list_print(json_get(json_root(doc), "items"), columns, nothing);
	}
	json_doc_free(doc);
	buf_fini(&answer);
	return code;
}

static void print_value(const struct json *v, int depth);

static void
print_member(struct slice key, const struct json *v, int depth)
{
	char text[CELL_MAX];

	if (json_type(v) == JSON_OBJECT || json_type(v) == JSON_ARRAY) {
		if (json_count(v) == 0)
			return;
		printf("%*s%.*s:\n", depth * 2, "", SLICE_ARG(key));
		print_value(v, depth + 1);
		return;
	}
	if (json_type(v) == JSON_NULL)
		return;
	cell_text(v, text);
	printf("%*s%.*s: %s\n", depth * 2, "", SLICE_ARG(key), text);
}

static void
print_value(const struct json *v, int depth)
{
	const struct json *one;
	struct slice key;
	char text[CELL_MAX];
	size_t pos = 0;

	if (json_type(v) == JSON_OBJECT) {
		while ((one = json_next(v, &pos, &key)) != NULL)
			print_member(key, one, depth);
		return;
	}
	for (size_t i = 0; i < json_count(v); i++) {
		one = json_at(v, i);
		if (json_type(one) == JSON_OBJECT || json_type(one) == JSON_ARRAY) {
			printf("%*s-\n", depth * 2, "");
			print_value(one, depth + 1);
		} else {
			cell_text(one, text);
			printf("%*s- %s\n", depth * 2, "", text);
		}
	}
}

int
list_show(struct verb_call *call, const char *method, const char *path, struct slice body)
{
	struct json_doc *doc = NULL;
	struct err err = {ERR_NONE, ""};
	struct buf answer;
	int code;

	buf_init(&answer, LIST_ANSWER_MAX);
	if (client_simple(call, method, path, body, &answer, &code) == 0) {
		if (call->is_json)
			printf("%s\n", buf_str(&answer));
		else if (json_parse(buf_slice(&answer), &doc, NULL, &err) < 0)
			code = verb_cannot(call, &err);
		else
			print_value(json_root(doc), 0);
	}
	json_doc_free(doc);
	buf_fini(&answer);
	return code;
}

void
list_tell(struct slice text)
{
	struct buf out;

	buf_init(&out, LIST_ANSWER_MAX);
	diag_add_visible(&out, text);
	fputs(buf_str(&out), stderr);
	buf_fini(&out);
}

static const char *
finding_text(struct arena *a, const struct json *f, const char *key)
{
	struct slice text = json_get_str(f, key);

	return slice_is_set(text) ? arena_strndup(a, text.ptr, text.len) : NULL;
}

static void
read_finding(struct arena *a, const struct json *f, struct diag *d_r)
{
	const char *code = finding_text(a, f, "code"), *message = finding_text(a, f, "message");
	int64_t line = 0, column = 0, width = 0, caret = 0;

	json_i64(json_get(f, "line"), &line);
	json_i64(json_get(f, "column"), &column);
	json_i64(json_get(f, "width"), &width);
	json_i64(json_get(f, "caret"), &caret);
	*d_r = (struct diag){.severity = slice_eq_str(json_get_str(f, "severity"), "warning")
		? DIAG_WARNING
		: DIAG_ERROR,
	    .code = code != NULL ? code : "?",
	    .file = finding_text(a, f, "file"),
	    .line = line > 0 ? (size_t)line : 0,
	    .column = column > 0 ? (size_t)column : 0,
	    .width = width > 0 && width <= LIST_ANSWER_MAX ? (size_t)width : 1,
	    .caret = caret > 0 ? (size_t)caret : 0,
	    .source_line = finding_text(a, f, "source_line"),
	    .message = message != NULL ? message : "",
	    .help = finding_text(a, f, "help")};
}

void
list_print_findings(const struct json *findings)
{
	struct arena *a = arena_new(2 * (size_t)LIST_ANSWER_MAX);
	struct buf out;

	buf_init(&out, 2 * (size_t)LIST_ANSWER_MAX);
	for (size_t i = 0; a != NULL && i < json_count(findings); i++) {
		struct diag d;

		arena_reset(a);
		read_finding(a, json_at(findings, i), &d);
		diag_print_one(&d, &out);
	}
	if (out.len > 0)
		fputs(buf_str(&out), stderr);
	buf_fini(&out);
	arena_free(a);
}

int
list_print_refusal(const struct verb_call *call, int status, const struct json *root)
{
	struct slice detail = json_get_str(root, "detail"), help = json_get_str(root, "help");

	list_print_findings(json_get(root, "findings"));
	fprintf(stderr, "earshot %s: ", call->verb->name);
	if (slice_is_set(detail))
		list_tell(detail);
	else
		fprintf(stderr, "the daemon answered %d", status);
	if (slice_is_set(help) && json_get(root, "findings") == NULL) {
		fputs("\n  help: ", stderr);
		list_tell(help);
	}
	fputc('\n', stderr);
	return status == 404 || status == 409 || status == 422 ? EXIT_FOUND : EXIT_CANNOT;
}

long long
list_number(const struct json *obj, const char *key)
{
	int64_t n = 0;

	json_i64(json_get(obj, key), &n);
	return (long long)n;
}

void
list_query(struct buf *path, const char *name, const char *value)
{
	if (value == NULL)
		return;
	buf_add_char(path, strchr(buf_str(path), '?') == NULL ? '?' : '&');
	buf_addf(path, "%s=", name);
	client_encode(path, slice_of(value));
}
