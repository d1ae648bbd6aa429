#include "daemon/rules_words.h"

#include <stdio.h>
#include <string.h>

#include "core/err.h"

#include "daemon/client.h"
#include "daemon/verb_list.h"

#define COLUMNS 100

/* Words go on with an indent where the line is full. */
static void
print_wrapped(struct slice text)
{
	size_t column = 0;

	while (slice_is_set(text)) {
		struct slice word = slice_split(&text, ' ');

		if (column > 0 && column + 1 + word.len > COLUMNS) {
			putchar('\n');
			column = 0;
		}
		column += (size_t)printf("%s%.*s", column == 0 ? "  " : " ", SLICE_ARG(word));
	}
	putchar('\n');
}

static void
print_one(const struct json *rule, const char *what)
{
	bool is_off = false, is_shadow = false;

	(void)json_bool(json_get(rule, "off"), &is_off);
	(void)json_bool(json_get(rule, "shadow"), &is_shadow);
	printf("%s %.*s: %.*s%s%s%s\n", what, SLICE_ARG(json_get_str(rule, "id")),
	    SLICE_ARG(json_get_str(rule, "title")), is_off ? " (off)" : "",
	    is_shadow ? " (shadow)" : "",
	    slice_eq_str(json_get_str(rule, "period"), "over")          ? " (its period is over)"
		: slice_eq_str(json_get_str(rule, "period"), "not yet") ? " (not begun yet)"
									: "");
	print_wrapped(json_get_str(rule, "in_words"));
}

/* id NULL: all.  Returns whether something was printed. */
static bool
print_page(const struct json *list, const char *what, const char *id)
{
	bool found = false;

	for (size_t i = 0; i < json_count(list); i++) {
		const struct json *rule = json_at(list, i);

		if (id != NULL && !slice_eq_str(json_get_str(rule, "id"), id))
			continue;
		print_one(rule, what);
		if (id != NULL && slice_is_set(json_get_str(rule, "text")))
			printf("\n%.*s", SLICE_ARG(json_get_str(rule, "text")));
		else if (id == NULL)
			putchar('\n');
		found = true;
	}
	return found;
}

/* One page after the other; *next is the place to go on at, empty at the end. */
static int
walk(struct verb_call *call, const char *where, const char *what, const char *id, bool *found_r)
{
	struct buf path, answer;
	struct err err = {ERR_NONE, ""};
	char next[128] = "";
	int code = EXIT_DONE;

	buf_init(&path, LIST_PATH_MAX);
	buf_init(&answer, LIST_ANSWER_MAX);
	do {
		struct json_doc *doc = NULL;
		const struct json *root;

		buf_clear(&path);
		buf_clear(&answer);
		buf_add_str(&path, where);
		list_query(&path, "after", next[0] != '\0' ? next : NULL);
		if (client_simple(call, "GET", buf_str(&path), SLICE_NONE, &answer, &code) < 0)
			break;
		if (json_parse(buf_slice(&answer), &doc, NULL, &err) < 0) {
			code = verb_cannot(call, &err);
			break;
		}
		root = json_root(doc);
		*found_r |= print_page(json_get(root, "items"), what, id);
		snprintf(next, sizeof next, "%.*s", SLICE_ARG(json_get_str(root, "next")));
		json_doc_free(doc);
	} while (next[0] != '\0' && !(id != NULL && *found_r));
	buf_fini(&path);
	buf_fini(&answer);
	return code;
}

/* Rules first, then watches. */
static int
walk_both(struct verb_call *call, const char *id, bool *found_r)
{
	int code = walk(call, "/api/v1/rules", "rule", id, found_r);

	if (code == EXIT_DONE && (id == NULL || !*found_r))
		code = walk(call, "/api/v1/watches", "watch", id, found_r);
	return code;
}

int
rules_words_all(struct verb_call *call)
{
	bool found = false;
	int code = walk_both(call, NULL, &found);

	if (code == EXIT_DONE && !found)
		printf("no rules are live\n");
	return code;
}

int
rules_words_one(struct verb_call *call, const char *id)
{
	bool found = false;
	int code = walk_both(call, id, &found);

	if (code == EXIT_DONE && !found) {
		fprintf(stderr, "earshot rules: no live rule or watch has the id '%s'\n", id);
		return EXIT_FOUND;
	}
	return code;
}
