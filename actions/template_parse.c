/*
 * template_parse.c - one part of a template from text to a tree, with all its findings.
 *
 * Recursive descent over the text; depth is bounded by TEMPLATE_DEPTH_MAX, so the stack is too.  A
 * tag that cannot be read is one finding and is left out; a block whose helper is unknown is still
 * entered, so that what is wrong inside is found in the same run.
 *
 * T001 unknown variable         T005 a closing tag or else that belongs to nothing
 * T002 block without its end    T006 wrong arguments
 * T003 unknown helper           T007 nested too deep
 * T004 a tag we cannot read     T008 unescaped public text in HTML
 */
#include "actions/template_parse_internal.h"

#include <assert.h>

#include "core/arena.h"

/* How a body ended. */
enum end_kind {
	END_TEXT,
	END_CLOSE,
	END_ELSE,
	END_OUTER
};

static int parse_body(struct template_parser *p, unsigned depth, struct template_node **list_r,
    enum end_kind *end_r, size_t *end_start_r);

void *
template_parser_alloc(struct template_parser *p, size_t size)
{
	void *memory = arena_zalloc(p->in->arena, size);

	if (memory == NULL)
		p->no_memory = true;
	return memory;
}

static bool
at(const struct template_parser *p, const char *what)
{
	return slice_starts_with(
	    slice_make(p->in->text.ptr + p->pos, p->in->text.len - p->pos), what);
}

static bool
at_end(const struct template_parser *p)
{
	return p->pos >= p->in->text.len;
}

char
template_parser_peek(const struct template_parser *p)
{
	return at_end(p) ? '\0' : p->in->text.ptr[p->pos];
}

void
template_parser_skip_blanks(struct template_parser *p)
{
	while (!at_end(p) &&
	    (template_parser_peek(p) == ' ' || template_parser_peek(p) == '\t' ||
		template_parser_peek(p) == '\n' || template_parser_peek(p) == '\r'))
		p->pos++;
}

/* Behind the "}}" of the tag we are in, or the end. */
static void
skip_tag(struct template_parser *p)
{
	while (!at_end(p) && !at(p, "}}"))
		p->pos++;
	while (!at_end(p) && template_parser_peek(p) == '}')
		p->pos++;
}

void
template_parser_unclosed(struct template_parser *p, size_t start)
{
	size_t len = p->in->text.len - start;

	TEMPLATE_FINDING(
	    p, "T004", start, len < 2 ? len : 2, "end the tag with '}}'", "this tag is not closed");
	p->is_stopped = true;
	p->pos = p->in->text.len;
}

/* Wants "}}" (or "}}}"); reports and skips otherwise. */
static bool
expect_close(struct template_parser *p, size_t start, const char *close)
{
	size_t from;

	template_parser_skip_blanks(p);
	if (at_end(p)) {
		template_parser_unclosed(p, start);
		return false;
	}
	if (at(p, close)) {
		p->pos += strlen(close);
		return true;
	}
	from = p->pos;
	skip_tag(p);
	TEMPLATE_FINDING(p, "T004", from, 1,
	    template_parser_peek(p) == '~' || p->in->text.ptr[from] == '~'
		? "'~' is not supported; take it out"
		: NULL,
	    "the tag should end here with '%s'", close);
	return false;
}

struct slice
template_parser_word(struct template_parser *p)
{
	size_t start = p->pos;

	while (!at_end(p) && strchr(" \t\r\n{}()=\"'|~", template_parser_peek(p)) == NULL) {
		if (template_parser_peek(p) == '[')
			while (!at_end(p) && template_parser_peek(p) != ']' &&
			    template_parser_peek(p) != '\n')
				p->pos++;
		if (!at_end(p))
			p->pos++;
	}
	return slice_make(p->in->text.ptr + start, p->pos - start);
}

/* --- bodies and blocks ---------------------------------------------------------------------------
 */

/* {Author.Name}: what would be sent just so. */
static void
warn_single_braces(struct template_parser *p, size_t start, size_t end)
{
	const char *text = p->in->text.ptr;

	for (size_t i = start; i < end; i++) {
		size_t from = i + 1, to = from;

		if (text[i] != '{')
			continue;
		while (to < end && text[to] != '}' && text[to] != '{' && text[to] != '\n')
			to++;
		if (to == end || text[to] != '}' ||
		    !template_names_value(slice_trim(slice_make(text + from, to - from))))
			continue;
		diag_add(p->in->diags, DIAG_WARNING, "T017", p->in->file, p->in->text, i,
		    to + 1 - i, "write it between two braces: {{Author.Name}}",
		    "between single braces nothing is put in: this is sent as it stands");
		i = to;
	}
}

static bool
append_text(struct template_parser *p, struct template_node ***tail, size_t start, size_t end)
{
	struct template_node *n;

	if (start == end)
		return true;
	warn_single_braces(p, start, end);
	n = template_parser_alloc(p, sizeof *n);
	if (n == NULL)
		return false;
	n->kind = NODE_TEXT;
	n->text = slice_make(p->in->text.ptr + start, end - start);
	**tail = n;
	*tail = &n->next;
	return true;
}

static void
skip_comment(struct template_parser *p, size_t start)
{
	const char *close = at(p, "{{!--") ? "--}}" : "}}";

	p->pos += 3;
	while (!at_end(p) && !at(p, close))
		p->pos++;
	if (at_end(p)) {
		template_parser_unclosed(p, start);
		return;
	}
	p->pos += strlen(close);
}

/* {{value}}, {{helper ...}}, {{{value}}}: p->pos is at the braces. */
static struct template_node *
parse_value(struct template_parser *p)
{
	size_t start = p->pos;
	bool is_raw = at(p, "{{{");
	struct template_expr *e;
	struct template_node *n;
	size_t errors = p->error_count;

	p->pos += is_raw ? 3 : 2;
	template_parser_skip_blanks(p);
	e = template_parse_expr(p);
	if (e == NULL) {
		if (!p->is_stopped && !p->no_memory)
			skip_tag(p);
		return NULL;
	}
	if (!expect_close(p, start, is_raw ? "}}}" : "}}") || errors != p->error_count)
		return NULL;
	if (is_raw && p->in->is_html && e->kind == EXPR_VAR &&
	    ((e->var >= VAR_POST_TEXT && e->var <= VAR_EVENT_SOURCE) ||
		e->var == VAR_EVENT_PROPERTY)) {
		TEMPLATE_FINDING(p, "T008", start, p->pos - start, "write it with two braces",
		    "strangers write this text: in HTML it must be escaped");
		return NULL;
	}
	n = template_parser_alloc(p, sizeof *n);
	if (n == NULL)
		return NULL;
	n->kind = NODE_VALUE;
	n->expr = e;
	n->is_raw = is_raw;
	return n;
}

/* The head of a block, "name arguments", wherever it stands ("{{#" or "{{else "); behind its "}}"
 * afterwards. */
static struct template_expr *
parse_block_head(struct template_parser *p, size_t start, struct slice *name_r)
{
	size_t name_at, errors = p->error_count;
	struct template_expr *call;

	template_parser_skip_blanks(p);
	name_at = p->pos;
	*name_r = template_parser_word(p);
	if (name_r->len == 0) {
		TEMPLATE_FINDING(p, "T004", start, p->pos - start, "for example {{#if VALUE}}",
		    "a block needs a helper's name");
		skip_tag(p);
		return NULL;
	}
	call = template_parse_call(p, *name_r, name_at, true, 0);
	if (call == NULL) {
		if (!p->is_stopped && !p->no_memory)
			skip_tag(p);
		return NULL;
	}
	if (!expect_close(p, start, "}}") || errors != p->error_count)
		return NULL;
	return call;
}

/* {{else if x}}: behind "else " now.  A block of its own that is the else branch of *n, and ends
 * where n ends. */
static int
parse_else_if(struct template_parser *p, size_t start, unsigned links, struct template_node **n,
    struct slice *name_r)
{
	struct template_node *inner = template_parser_alloc(p, sizeof *inner);

	if (inner == NULL)
		return -1;
	if (links >= TEMPLATE_CHAIN_MAX) {
		TEMPLATE_FINDING(p, "T007", start, 6, NULL, "more than %d branches in one block",
		    TEMPLATE_CHAIN_MAX);
		p->is_stopped = true;
		p->pos = p->in->text.len;
	}
	inner->kind = NODE_BLOCK;
	if (!p->is_stopped)
		inner->expr = parse_block_head(p, start, name_r);
	(*n)->otherwise = inner;
	*n = inner;
	return p->no_memory ? -1 : 0;
}

/* The last else of a block, up to its end; p->pos is at the else's "}}". */
static int
parse_else(struct template_parser *p, unsigned depth, struct template_node *n, enum end_kind *end_r)
{
	struct template_node *dropped;
	size_t start;

	p->pos += 2;
	if (parse_body(p, depth + 1, &n->otherwise, end_r, &start) < 0)
		return -1;
	while (*end_r == END_ELSE) {
		TEMPLATE_FINDING(p, "T005", start, p->pos - start, NULL,
		    "another else behind the block's last {{else}}");
		skip_tag(p);
		if (parse_body(p, depth + 1, &dropped, end_r, &start) < 0)
			return -1;
	}
	return 0;
}

/* Bodies, elses and end of the block that was opened at start. */
static int
parse_block_rest(struct template_parser *p, unsigned depth, size_t start, struct slice name,
    struct template_node *n)
{
	struct slice branch = name;
	enum end_kind end;
	size_t end_start;

	for (unsigned links = 0;; links++) {
		bool is_each = slice_eq_str(branch, "each");

		p->each_depth += is_each;
		if (parse_body(p, depth + 1, &n->body, &end, &end_start) < 0)
			return -1;
		p->each_depth -= is_each;
		if (end != END_ELSE || at(p, "}}"))
			break;
		if (parse_else_if(p, end_start, links, &n, &branch) < 0)
			return -1;
	}
	if (end == END_ELSE && parse_else(p, depth, n, &end) < 0)
		return -1;
	if (end != END_CLOSE && !p->is_stopped)
		TEMPLATE_FINDING(p, "T002", start, name.len + 3, NULL,
		    "'{{#%.*s}}' has no '{{/%.*s}}'", SLICE_ARG(name), SLICE_ARG(name));
	return 0;
}

static int
parse_block(struct template_parser *p, unsigned depth, struct template_node **node_r)
{
	size_t start = p->pos, errors = p->error_count;
	struct slice name;
	struct open_block here;
	struct template_node *n = template_parser_alloc(p, sizeof *n);
	int rc;

	if (n == NULL)
		return -1;
	if (depth >= TEMPLATE_DEPTH_MAX) {
		TEMPLATE_FINDING(p, "T007", start, 3, "take the inner parts apart",
		    "blocks are nested more than %d deep", TEMPLATE_DEPTH_MAX);
		p->is_stopped = true;
		p->pos = p->in->text.len;
		return 0;
	}
	p->pos += 3;
	n->kind = NODE_BLOCK;
	n->expr = parse_block_head(p, start, &name);
	if (p->no_memory)
		return -1;
	if (p->is_stopped || name.len == 0 || name.ptr[0] == '*' || name.ptr[0] == '>')
		return 0;
	here = (struct open_block){.name = name, .outer = p->open};
	p->open = &here;
	rc = parse_block_rest(p, depth, start, name, n);
	p->open = here.outer;
	if (rc == 0 && errors == p->error_count)
		*node_r = n;
	return rc;
}

/* {{/name}}: ours, an outer block's (ours lacks its end), or nobody's. */
static enum end_kind
parse_close(struct template_parser *p)
{
	size_t start = p->pos;
	struct slice name;

	p->pos += 3;
	template_parser_skip_blanks(p);
	name = template_parser_word(p);
	if (p->open != NULL && slice_eq(name, p->open->name)) {
		expect_close(p, start, "}}");
		return END_CLOSE;
	}
	for (const struct open_block *b = p->open; b != NULL; b = b->outer)
		if (slice_eq(name, b->name)) {
			p->pos = start;
			return END_OUTER;
		}
	expect_close(p, start, "}}");
	if (!p->is_stopped)
		TEMPLATE_FINDING(p, "T005", start, p->pos - start, NULL,
		    "'{{/%.*s}}' closes a block that was not opened", SLICE_ARG(name));
	return END_TEXT;
}

static bool
is_else(const struct template_parser *p)
{
	struct template_parser probe = *p;

	if (at(p, "{{^}}"))
		return true;
	probe.pos += 2;
	template_parser_skip_blanks(&probe);
	return slice_eq_str(template_parser_word(&probe), "else");
}

/* p->pos is at "{{else" or "{{^": behind that word afterwards, at "}}" for a plain else. */
static void
enter_else(struct template_parser *p)
{
	p->pos += 2;
	template_parser_skip_blanks(p);
	if (template_parser_peek(p) == '^')
		p->pos++;
	else
		template_parser_word(p);
	template_parser_skip_blanks(p);
}

/* One tag.  *end_r other than END_TEXT: the body ends here. */
static int
parse_tag(struct template_parser *p, unsigned depth, struct template_node **node_r,
    enum end_kind *end_r, size_t *end_start_r)
{
	size_t start = p->pos;

	if (at(p, "{{!")) {
		skip_comment(p, start);
		return 0;
	}
	if (at(p, "{{#*") || at(p, "{{#>") || at(p, "{{>")) {
		TEMPLATE_FINDING(p, "T003", start, 3, "repeat the text where it is needed",
		    "partials are not supported");
		skip_tag(p);
		return 0;
	}
	if (at(p, "{{#"))
		return parse_block(p, depth, node_r);
	if (at(p, "{{/")) {
		*end_r = parse_close(p);
		*end_start_r = start;
		return 0;
	}
	if (is_else(p)) {
		if (p->open == NULL) {
			skip_tag(p);
			TEMPLATE_FINDING(p, "T005", start, p->pos - start, NULL,
			    "{{else}} stands outside of a block");
			return 0;
		}
		enter_else(p);
		*end_r = END_ELSE;
		*end_start_r = start;
		return 0;
	}
	*node_r = parse_value(p);
	return p->no_memory ? -1 : 0;
}

static int
parse_body(struct template_parser *p, unsigned depth, struct template_node **list_r,
    enum end_kind *end_r, size_t *end_start_r)
{
	struct template_node **tail = list_r;
	size_t text_from = p->pos;

	*list_r = NULL;
	*end_r = END_TEXT;
	*end_start_r = p->in->text.len;
	while (!at_end(p) && *end_r == END_TEXT) {
		struct template_node *n = NULL;

		if (!at(p, "{{")) {
			p->pos++;
			continue;
		}
		if (p->pos > text_from && p->in->text.ptr[p->pos - 1] == '\\') {
			/* \{{ is two braces as text */
			if (!append_text(p, &tail, text_from, p->pos - 1))
				return -1;
			text_from = p->pos;
			p->pos += 2;
			continue;
		}
		if (!append_text(p, &tail, text_from, p->pos))
			return -1;
		if (parse_tag(p, depth, &n, end_r, end_start_r) < 0)
			return -1;
		if (n != NULL) {
			*tail = n;
			tail = &n->next;
		}
		text_from = p->pos;
	}
	if (*end_r == END_TEXT && !append_text(p, &tail, text_from, p->in->text.len))
		return -1;
	return 0;
}

int
template_parse(struct template_parse *in, struct template_node **list_r)
{
	struct template_parser p = {.in = in};
	struct template_node *list = NULL;
	enum end_kind end;
	size_t end_start;
	int rc;

	rc = parse_body(&p, 0, &list, &end, &end_start);
	assert(rc < 0 || end == END_TEXT);
	if (rc < 0 || p.no_memory)
		return -1;
	if (p.error_count > 0)
		return 1;
	*list_r = list;
	return 0;
}
