#include "core/yaml_internal.h"

#include <stdbool.h>
#include <string.h>

#define CLOSE_HELP "a comma may be missing, or the closing bracket"
#define INDENT_HELP "entries of one map or list begin in the same column; indent with spaces"

/* The first row whose words occur in libyaml's decides. */
static const struct saying {
	const char *problem;
	const char *context; /* NULL: any */
	bool at_context; /* where the thing began tells more than where it failed */
	const char *code;
	const char *message;
	const char *help;
} sayings[] = {
    {"tab character", NULL, false, "C001", "a tab is used for indentation", "indent with spaces"},
    {"mapping values are not allowed", NULL, false, "C001", "this ':' is out of place",
	"if it belongs to the text, put the text in quotes; else check the indentation and the "
	"line before"},
    {"could not find expected ':'", NULL, true, "C001", "there is no ':' behind this key",
	"write 'key: value'"},
    {"block sequence entries are not allowed", NULL, false, "C001",
	"a list entry is out of place here", "begin the list on a line of its own"},
    {"did not find expected key", "block mapping", false, "C001",
	"this line does not fit the lines above it", INDENT_HELP},
    {"did not find expected '-'", NULL, false, "C001", "this line does not fit the list above it",
	INDENT_HELP},
    {"did not find expected ',' or '}'", NULL, true, "C001", "this '{' is not closed", CLOSE_HELP},
    {"did not find expected ',' or ']'", NULL, true, "C001", "this '[' is not closed", CLOSE_HELP},
    {"unexpected end of stream", "quoted scalar", true, "C001", "this quote is not closed", NULL},
    {"unexpected document indicator", "quoted scalar", true, "C001", "this quote is not closed",
	NULL},
    {"unknown escape character", NULL, false, "C001", "there is no such escape",
	"in single quotes a backslash is just a backslash"},
    {"undefined tag handle", NULL, false, "C003", "tags are not read here",
	"if it belongs to the text, put the text in quotes"},
    {"alphabetic or numeric character", "anchor", false, "C002", "aliases are not read here",
	"put the text in quotes if it begins with '&'"},
    {"alphabetic or numeric character", "alias", false, "C002", "aliases are not read here",
	"put the text in quotes if it begins with '*'"},
    {"<document start>", NULL, false, "C001", "this is behind the end of the document",
	INDENT_HELP},
    {"node content", NULL, false, "C001", "a value is missing here", NULL},
};

void
yaml_problem_explain(const char *problem, const char *context, struct slice text, size_t problem_at,
    size_t context_at, struct yaml_problem *p_r)
{
	if (problem == NULL)
		problem = "this is not YAML";
	*p_r = (struct yaml_problem){"C001", problem, NULL, problem_at, 1};
	if (strstr(problem, "cannot start any token") != NULL) {
		bool is_tab = problem_at < text.len && text.ptr[problem_at] == '\t';
		p_r->message = is_tab ? "a tab is used for indentation"
				      : "a text cannot begin with this character";
		p_r->help = is_tab ? "indent with spaces" : "put the text in quotes";
		return;
	}
	for (size_t i = 0; i < sizeof(sayings) / sizeof(sayings[0]); i++) {
		const struct saying *s = &sayings[i];
		if (strstr(problem, s->problem) == NULL)
			continue;
		if (s->context != NULL && (context == NULL || strstr(context, s->context) == NULL))
			continue;
		p_r->code = s->code;
		p_r->message = s->message;
		p_r->help = s->help;
		if (s->at_context)
			p_r->start = context_at;
		return;
	}
}
