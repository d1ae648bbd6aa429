/*
 * verb_people_page.c - `earshot people page KEY`: everything about one person as text.
 */
#include <stdio.h>

#include "core/json.h"

#include "daemon/client.h"
#include "daemon/verb_list.h"
#include "daemon/verb_people.h"

#define NESTING_MAX 8

/* An item on one line: "name: value, name: value". */
static void
add_value(struct buf *b, const struct json *v, int depth)
{
	const struct json *member;
	struct json_writer w;
	struct slice key;
	size_t pos = 0, n = 0;

	if (json_type(v) != JSON_OBJECT || depth >= NESTING_MAX) {
		json_writer_init(&w, b);
		if (json_type(v) == JSON_STRING)
			buf_add_slice(b, json_str(v));
		else
			json_put_value(&w, v);
		return;
	}
	while ((member = json_next(v, &pos, &key)) != NULL) {
		if (json_type(member) == JSON_NULL)
			continue;
		buf_addf(b, "%s%.*s: ", n++ == 0 ? "" : depth == 0 ? "  " : ", ", SLICE_ARG(key));
		if (json_type(member) == JSON_OBJECT)
			buf_add_str(b, "{");
		add_value(b, member, depth + 1);
		if (json_type(member) == JSON_OBJECT)
			buf_add_str(b, "}");
	}
}

/* What others wrote steers no terminal. */
static void
print_line(struct buf *b)
{
	struct slice text = buf_slice(b);

	printf("  ");
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];

		putchar(c < 0x20 || c == 0x7f ? ' ' : c);
	}
	putchar('\n');
	buf_clear(b);
}

static void
print_items(const struct json *items, struct buf *b)
{
	for (size_t i = 0; i < json_count(items); i++) {
		add_value(b, json_at(items, i), 0);
		print_line(b);
	}
}

static void
print_section(const struct json *s, struct buf *b)
{
	bool more = false;

	json_bool(json_get(s, "more"), &more);
	printf("\n%.*s (%lld)\n", SLICE_ARG(json_get_str(s, "title")), list_number(s, "count"));
	printf("  from: %.*s; held for: %.*s\n", SLICE_ARG(json_get_str(s, "from")),
	    SLICE_ARG(json_get_str(s, "ground")));
	print_items(json_get(s, "items"), b);
	if (more)
		printf("  ... the newest %zu; `earshot export --person` has all\n",
		    json_count(json_get(s, "items")));
}

static void
print_page(const struct json *root)
{
	const struct json *sections = json_get(root, "sections");
	struct buf b;

	buf_init(&b, LIST_ANSWER_MAX);
	add_value(&b, json_get(root, "person"), 0);
	print_line(&b);
	if (json_count(json_get(root, "influence")) > 0) {
		printf("\nInfluence\n");
		print_items(json_get(root, "influence"), &b);
	}
	for (size_t i = 0; i < json_count(sections); i++)
		print_section(json_at(sections, i), &b);
	printf("\nNothing in\n");
	add_value(&b, json_get(root, "nothing_in"), 0);
	print_line(&b);
	buf_fini(&b);
}

int
people_page(struct verb_call *call)
{
	struct json_doc *doc = NULL;
	struct err err = {ERR_NONE, ""};
	struct buf path, answer;
	int code;

	buf_init(&path, LIST_PATH_MAX);
	buf_init(&answer, LIST_ANSWER_MAX);
	buf_add_str(&path, "/api/v1/people/");
	client_encode(&path, slice_of(call->args[1]));
	if (client_simple(call, "GET", buf_str(&path), SLICE_NONE, &answer, &code) == 0) {
		if (call->is_json)
			printf("%s\n", buf_str(&answer));
		else if (json_parse(buf_slice(&answer), &doc, NULL, &err) < 0)
			code = verb_cannot(call, &err);
		else
			print_page(json_root(doc));
	}
	json_doc_free(doc);
	buf_fini(&answer);
	buf_fini(&path);
	return code;
}
