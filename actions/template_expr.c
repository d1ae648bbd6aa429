/*
 * template_expr.c - what stands between the braces of a template: values, texts, helpers with their
 * arguments.  Each path is resolved against the closed list of values here, so that rendering never
 * meets an unknown one.
 */
#include "actions/template_parse_internal.h"

#include <stdio.h>

static struct template_expr *parse_argument(struct template_parser *p, unsigned depth);

static bool
at_end(const struct template_parser *p)
{
	return p->pos >= p->in->text.len;
}

static struct template_expr *
parse_string(struct template_parser *p)
{
	size_t start = p->pos;
	char quote = template_parser_peek(p);
	struct template_expr *e;

	p->pos++;
	while (!at_end(p) && template_parser_peek(p) != quote && template_parser_peek(p) != '\n')
		p->pos++;
	if (template_parser_peek(p) != quote) {
		TEMPLATE_FINDING(p, "T004", start, p->pos - start, NULL,
		    "this text is not closed with %c", quote);
		return NULL;
	}
	e = template_parser_alloc(p, sizeof *e);
	if (e == NULL)
		return NULL;
	e->kind = EXPR_TEXT;
	e->text = slice_make(p->in->text.ptr + start + 1, p->pos - start - 1);
	p->pos++;
	return e;
}

static bool
is_number(struct slice s)
{
	size_t digits = 0, dots = 0;

	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] >= '0' && s.ptr[i] <= '9')
			digits++;
		else if (s.ptr[i] == '.' && i > 0)
			dots++;
		else if (!(s.ptr[i] == '-' && i == 0))
			return false;
	}
	return digits > 0 && dots <= 1;
}

static const struct {
	const char *name;
	enum template_var var;
} variables[] = {
    {"User.UserId", VAR_USER_ID},
    {"Address", VAR_ADDRESS},
    {"ChannelType", VAR_CHANNEL_TYPE},
    {"Location.Country", VAR_COUNTRY},
    {"Demographic.Locale", VAR_LOCALE},
    {"Demographic.Timezone", VAR_TIMEZONE},
    {"Post.Text", VAR_POST_TEXT},
    {"Post.Url", VAR_POST_URL},
    {"Post.CreatedAt", VAR_POST_CREATED_AT},
    {"Author.Handle", VAR_AUTHOR_HANDLE},
    {"Author.Name", VAR_AUTHOR_NAME},
    {"Event.Name", VAR_EVENT_NAME},
    {"Event.Source", VAR_EVENT_SOURCE},
    {"Brand.Name", VAR_BRAND_NAME},
    {"Offer.Code", VAR_OFFER_CODE},
    {"Message.Id", VAR_MESSAGE_ID},
};
#define VARIABLE_COUNT (sizeof variables / sizeof variables[0])
_Static_assert(VARIABLE_COUNT == VAR_NAMED_COUNT, "every named variable has its name");

#define USER_PREFIX "User.UserAttributes."
#define ENDPOINT_PREFIX "Attributes."
#define EVENT_PREFIX "Event.Properties."

bool
template_names_value(struct slice word)
{
	for (size_t i = 0; i < VARIABLE_COUNT; i++)
		if (slice_eq_str(word, variables[i].name))
			return strchr(variables[i].name, '.') != NULL; /* "Address" is any word */
	return slice_starts_with(word, USER_PREFIX) || slice_starts_with(word, ENDPOINT_PREFIX) ||
	    slice_starts_with(word, EVENT_PREFIX);
}

static void
finding_variable(struct template_parser *p, struct slice word, size_t start)
{
	static const char *const prefixes[] = {
	    "User.UserAttributes", "Attributes", "Event.Properties"};
	const char *names[VARIABLE_COUNT];
	const char *nearest;
	char help[160];
	size_t dot = word.len;

	for (size_t i = 0; i < VARIABLE_COUNT; i++)
		names[i] = variables[i].name;
	nearest = diag_nearest(word, names, VARIABLE_COUNT);
	if (nearest != NULL) {
		snprintf(help, sizeof help, "did you mean '%s'?", nearest);
		TEMPLATE_FINDING(p, "T001", start, word.len, help,
		    "there is no value called '%.*s'", SLICE_ARG(word));
		return;
	}
	/* "User.UserAttribute.FirstName", "UserAttributes.FirstName": the last part is free, so
	 * only the rest can be misspelt. */
	while (dot > 0 && word.ptr[dot - 1] != '.')
		dot--;
	if (dot > 1)
		nearest = diag_nearest(slice_make(word.ptr, dot - 1), prefixes, 3);
	if (dot > 1 && nearest == NULL &&
	    slice_eq_str(slice_make(word.ptr, dot), "UserAttributes."))
		nearest = prefixes[0];
	if (nearest != NULL && word.len < 80)
		snprintf(help, sizeof help, "did you mean '%s.%.*s'?", nearest,
		    (int)(word.len - dot), word.ptr + dot);
	else
		snprintf(help, sizeof help,
		    "a customer's attributes are written User.UserAttributes.NAME, an endpoint's "
		    "Attributes.NAME, an event's Event.Properties.NAME");
	TEMPLATE_FINDING(
	    p, "T001", start, word.len, help, "there is no value called '%.*s'", SLICE_ARG(word));
}

/* NAME or NAME.[2] behind a prefix; NAME may be written [in brackets]. */
static bool
split_attribute(struct slice rest, struct slice *name_r, int64_t *index_r)
{
	long long index;
	size_t open = rest.len;

	*index_r = -1;
	if (rest.len > 3 && rest.ptr[rest.len - 1] == ']') {
		while (open > 0 && rest.ptr[open - 1] != '[')
			open--;
		if (open >= 3 && rest.ptr[open - 2] == '.' &&
		    slice_to_i64(slice_make(rest.ptr + open, rest.len - open - 1), &index)) {
			if (index < 0 || index > 9999)
				return false;
			*index_r = index;
			rest.len = open - 2;
		}
	}
	if (rest.len > 2 && rest.ptr[0] == '[' && rest.ptr[rest.len - 1] == ']')
		rest = slice_make(rest.ptr + 1, rest.len - 2);
	*name_r = rest;
	return rest.len > 0 && rest.len <= 200;
}

static bool
resolve_variable(struct template_parser *p, struct slice word, struct template_expr *e)
{
	static const struct {
		const char *prefix;
		enum template_var var;
	} named[] = {{USER_PREFIX, VAR_USER_ATTRIBUTE}, {ENDPOINT_PREFIX, VAR_ENDPOINT_ATTRIBUTE},
	    {EVENT_PREFIX, VAR_EVENT_PROPERTY}};

	e->index = -1;
	for (size_t i = 0; i < VARIABLE_COUNT; i++)
		if (slice_eq_str(word, variables[i].name)) {
			e->var = variables[i].var;
			if (e->var == VAR_OFFER_CODE)
				p->in->uses_offer = true;
			return true;
		}
	for (size_t i = 0; i < sizeof named / sizeof *named; i++) {
		size_t len = strlen(named[i].prefix);

		if (!slice_starts_with(word, named[i].prefix))
			continue;
		e->var = named[i].var;
		return split_attribute(
		    slice_make(word.ptr + len, word.len - len), &e->text, &e->index);
	}
	return false;
}

/* this, @index, @first, @last: 1 one of them, 0 not, -1 one of them outside of an each (reported).
 */
static int
resolve_loop_variable(
    struct template_parser *p, struct slice word, size_t start, struct template_expr *e)
{
	static const struct {
		const char *name;
		enum template_var var;
	} loop_variables[] = {{"this", VAR_THIS}, {".", VAR_THIS}, {"@index", VAR_INDEX},
	    {"@first", VAR_FIRST}, {"@last", VAR_LAST}};

	for (size_t i = 0; i < sizeof loop_variables / sizeof loop_variables[0]; i++) {
		if (!slice_eq_str(word, loop_variables[i].name))
			continue;
		if (p->each_depth == 0) {
			TEMPLATE_FINDING(p, "T001", start, word.len,
			    "put it between {{#each LIST}} and {{/each}}",
			    "'%s' means something inside of {{#each}} only",
			    loop_variables[i].name);
			return -1;
		}
		e->index = -1;
		e->var = loop_variables[i].var;
		return 1;
	}
	return 0;
}

static struct template_expr *
parse_path(struct template_parser *p, struct slice word, size_t start)
{
	struct template_expr *e = template_parser_alloc(p, sizeof *e);
	int rc;

	if (e == NULL)
		return NULL;
	if (slice_eq_str(word, "true") || slice_eq_str(word, "false")) {
		e->kind = EXPR_BOOL;
		e->truth = word.len == 4;
		return e;
	}
	if (is_number(word)) {
		e->kind = EXPR_TEXT;
		e->text = word;
		return e;
	}
	e->kind = EXPR_VAR;
	rc = resolve_loop_variable(p, word, start, e);
	if (rc < 0)
		return NULL;
	if (rc == 0 && !resolve_variable(p, word, e)) {
		finding_variable(p, word, start);
		return NULL;
	}
	return e;
}

/* A value, a text, a number or (a call): as an argument stands. */
static struct template_expr *
parse_argument(struct template_parser *p, unsigned depth)
{
	size_t start = p->pos;
	struct template_expr *e;
	struct slice word;

	if (template_parser_peek(p) == '"' || template_parser_peek(p) == '\'')
		return parse_string(p);
	if (template_parser_peek(p) != '(') {
		word = template_parser_word(p);
		if (word.len == 0) {
			TEMPLATE_FINDING(p, "T004", start, 1,
			    template_parser_peek(p) == '~' ? "'~' is not supported; take it out"
							   : NULL,
			    "a value is missing here");
			return NULL;
		}
		return parse_path(p, word, start);
	}
	if (depth >= TEMPLATE_DEPTH_MAX) {
		TEMPLATE_FINDING(p, "T007", start, 1, "take it apart",
		    "calls are nested more than %d deep", TEMPLATE_DEPTH_MAX);
		p->is_stopped = true;
		p->pos = p->in->text.len;
		return NULL;
	}
	p->pos++;
	template_parser_skip_blanks(p);
	start = p->pos;
	word = template_parser_word(p);
	e = template_parse_call(p, word, start, false, depth + 1);
	if (e == NULL)
		return NULL;
	if (template_parser_peek(p) != ')') {
		TEMPLATE_FINDING(p, "T004", start - 1, 1, NULL, "this '(' has no ')'");
		return NULL;
	}
	p->pos++;
	return e;
}

/* The first thing in {{...}}: a call when arguments follow or the word is a helper's. */
struct template_expr *
template_parse_expr(struct template_parser *p)
{
	size_t start = p->pos;
	struct slice word;

	if (template_parser_peek(p) == '"' || template_parser_peek(p) == '\'' ||
	    template_parser_peek(p) == '(')
		return parse_argument(p, 0);
	word = template_parser_word(p);
	if (word.len == 0) {
		if (at_end(p)) {
			template_parser_unclosed(p, start >= 2 ? start - 2 : 0);
			return NULL;
		}
		TEMPLATE_FINDING(p, "T004", start, 1,
		    template_parser_peek(p) == '~' ? "'~' is not supported; take it out" : NULL,
		    "a value is missing here");
		return NULL;
	}
	if (template_helper_find(word) != NULL)
		return template_parse_call(p, word, start, false, 0);
	template_parser_skip_blanks(p);
	if (template_parser_peek(p) != '}' && template_parser_peek(p) != '~' && !at_end(p))
		return template_parse_call(p, word, start, false, 0);
	return parse_path(p, word, start);
}

static bool
parse_option(struct template_parser *p, struct template_expr *call, struct slice name, size_t start,
    unsigned depth)
{
	const char *const *known = call->helper->options;
	struct template_expr *value;

	while (*known != NULL && !slice_eq_str(name, *known))
		known++;
	p->pos++; /* '=' */
	template_parser_skip_blanks(p);
	value = parse_argument(p, depth);
	if (value == NULL)
		return false;
	if (*known == NULL) {
		TEMPLATE_FINDING(p, "T006", start, name.len, call->helper->usage,
		    "'%s' takes no '%.*s='", call->helper->name, SLICE_ARG(name));
		return false;
	}
	call->options[call->option_count++] =
	    (struct template_option){.name = *known, .value = value};
	return true;
}

/* Arguments up to "}}" or ")". */
static bool
parse_arguments(struct template_parser *p, struct template_expr *call, unsigned depth)
{
	for (;;) {
		size_t start;
		struct slice word;
		struct template_expr *e;

		template_parser_skip_blanks(p);
		if (at_end(p) || template_parser_peek(p) == '}' || template_parser_peek(p) == ')' ||
		    template_parser_peek(p) == '~')
			return true;
		start = p->pos;
		if (call->arg_count + call->option_count >= TEMPLATE_ARGS_MAX) {
			TEMPLATE_FINDING(
			    p, "T006", start, 1, NULL, "more than %d arguments", TEMPLATE_ARGS_MAX);
			return false;
		}
		if (template_parser_peek(p) != '"' && template_parser_peek(p) != '\'' &&
		    template_parser_peek(p) != '(') {
			word = template_parser_word(p);
			if (template_parser_peek(p) == '=') {
				if (!parse_option(p, call, word, start, depth))
					return false;
				continue;
			}
			p->pos = start;
		}
		e = parse_argument(p, depth);
		if (e == NULL)
			return false;
		call->args[call->arg_count++] = e;
	}
}

static bool
check_arguments(
    struct template_parser *p, const struct template_expr *call, size_t name_at, bool as_block)
{
	const struct template_helper *h = call->helper;
	const struct template_expr *first = call->arg_count > 0 ? call->args[0] : NULL;

	if (call->arg_count < h->min_args || call->arg_count > h->max_args) {
		TEMPLATE_FINDING(p, "T006", name_at, strlen(h->name), h->usage,
		    "'%s' wants %s%zu value%s, not %zu", h->name,
		    h->min_args == h->max_args          ? ""
			: call->arg_count < h->min_args ? "at least "
							: "at most ",
		    call->arg_count < h->min_args ? h->min_args : h->max_args,
		    (call->arg_count < h->min_args ? h->min_args : h->max_args) == 1 ? "" : "s",
		    call->arg_count);
		return false;
	}
	if (as_block && call->option_count > 0) {
		TEMPLATE_FINDING(p, "T006", name_at, strlen(h->name), h->usage,
		    "a block takes no '%s='", call->options[0].name);
		return false;
	}
	if (h->wants_list &&
	    !(first->kind == EXPR_VAR && first->index < 0 &&
		(first->var == VAR_USER_ATTRIBUTE || first->var == VAR_ENDPOINT_ATTRIBUTE ||
		    first->var == VAR_EVENT_PROPERTY))) {
		TEMPLATE_FINDING(p, "T006", name_at, strlen(h->name), h->usage,
		    "'%s' wants a list: an attribute without an index", h->name);
		return false;
	}
	return true;
}

struct template_expr *
template_parse_call(
    struct template_parser *p, struct slice name, size_t name_at, bool as_block, unsigned depth)
{
	const struct template_helper *h = template_helper_find(name);
	struct template_expr *call;
	const char *nearest;
	char help[80];

	if (h == NULL) {
		nearest = template_helper_nearest(name);
		if (nearest != NULL)
			snprintf(help, sizeof help, "did you mean '%s'?", nearest);
		TEMPLATE_FINDING(p, "T003", name_at, name.len > 0 ? name.len : 1,
		    nearest != NULL ? help : NULL, "there is no helper called '%.*s'",
		    SLICE_ARG(name));
		return NULL;
	}
	if (as_block ? !h->is_block : !h->is_inline) {
		TEMPLATE_FINDING(p, "T006", name_at, name.len, h->usage,
		    as_block ? "'%s' is not a block" : "'%s' is a block", h->name);
		return NULL;
	}
	call = template_parser_alloc(p, sizeof *call);
	if (call == NULL)
		return NULL;
	call->kind = EXPR_CALL;
	call->helper = h;
	call->args = template_parser_alloc(p, TEMPLATE_ARGS_MAX * sizeof call->args[0]);
	call->options = template_parser_alloc(p, TEMPLATE_ARGS_MAX * sizeof call->options[0]);
	if (call->args == NULL || call->options == NULL)
		return NULL;
	if (!parse_arguments(p, call, depth) || p->no_memory)
		return NULL;
	if (!check_arguments(p, call, name_at, as_block))
		return NULL;
	return call;
}
