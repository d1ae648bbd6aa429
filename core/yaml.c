/*
 * libyaml's events become a tree, by recursive descent that YAML_DEPTH_MAX bounds.
 *
 * libyaml counts characters, we count bytes; struct cursor turns the one into the other, going
 * forward from where it was last, so that a whole file costs one walk.
 *
 * After a syntax error libyaml gives up.  We look for the next line that begins a key of the
 * outermost map and start a fresh parser there (a "segment"); its keys join those already there.
 */
#include "core/yaml.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

#include <yaml.h>

#include "core/arena.h"
#include "core/diag.h"
#include "core/mem.h"
#include "core/utf8.h"
#include "core/yaml_internal.h"

#define YAML_ARENA_MAX ((size_t)256 * 1024 * 1024)
#define SEGMENTS_MAX 32

struct yaml_doc {
	struct arena *arena;
	struct slice text;
	const char *file;
	struct yaml_node root;
	bool is_broken;
};

struct child {
	struct yaml_node node;
	struct child *next;
};

struct children {
	struct child *first, *last;
	size_t count;
};

struct cursor {
	size_t chars, bytes;
};

enum step {
	STEP_OK,
	STEP_SYNTAX,
	STEP_STOP
};

struct build {
	struct yaml_doc *doc;
	struct diag_list *diags;
	yaml_parser_t parser;
	yaml_event_t event;
	bool has_event;
	struct cursor cursor;
	size_t segment_start;
	size_t resume_from; /* after STEP_SYNTAX */
	struct children top; /* of the outermost map, over all segments */
};

static enum step build_node(struct build *b, struct yaml_node *node, unsigned depth);

/* ---- positions ---- */

static size_t
byte_of(struct build *b, size_t chars)
{
	struct slice text = b->doc->text;
	struct cursor *c = &b->cursor;

	if (chars < c->chars)
		*c = (struct cursor){0, b->segment_start};
	while (c->chars < chars && c->bytes < text.len) {
		utf8_next(text, &c->bytes);
		c->chars++;
	}
	return c->bytes;
}

static void
finding(struct build *b, const char *code, size_t start, size_t len, const char *help,
    const char *message)
{
	b->doc->is_broken = true;
	diag_add(b->diags, DIAG_ERROR, code, b->doc->file, b->doc->text, start, len, help, "%s",
	    message);
}

static enum step
no_memory(struct build *b)
{
	b->doc->is_broken = true;
	diag_add_file(b->diags, DIAG_ERROR, "C010", b->doc->file, NULL, "no memory for this file");
	return STEP_STOP;
}

/* The event's range without the white space behind it. */
static void
event_range(struct build *b, size_t *start_r, size_t *len_r)
{
	struct slice text = b->doc->text;
	size_t start = byte_of(b, b->event.start_mark.index);
	size_t end = byte_of(b, b->event.end_mark.index);

	while (end > start && strchr(" \t\r\n", text.ptr[end - 1]) != NULL)
		end--;
	*start_r = start;
	*len_r = end - start;
}

static void
finding_at_event(struct build *b, const char *code, const char *help, const char *message)
{
	size_t start, len;

	event_range(b, &start, &len);
	finding(b, code, start, len, help, message);
}

/* ---- events ---- */

static enum step
syntax_error(struct build *b)
{
	const yaml_parser_t *p = &b->parser;
	struct yaml_problem problem;

	if (p->error == YAML_MEMORY_ERROR)
		return no_memory(b);
	size_t problem_at = byte_of(b, p->problem_mark.index);
	size_t context_at = p->context == NULL ? problem_at : byte_of(b, p->context_mark.index);
	yaml_problem_explain(
	    p->problem, p->context, b->doc->text, problem_at, context_at, &problem);
	finding(b, problem.code, problem.start, problem.len, problem.help, problem.message);
	b->resume_from = problem.start;
	return STEP_SYNTAX;
}

static void
event_drop(struct build *b)
{
	if (b->has_event)
		yaml_event_delete(&b->event);
	b->has_event = false;
}

static enum step
event_next(struct build *b)
{
	event_drop(b);
	if (!yaml_parser_parse(&b->parser, &b->event))
		return syntax_error(b);
	b->has_event = true;
	return STEP_OK;
}

/* The rest of the node whose first event is the present one, unread. */
static enum step
skip_node(struct build *b)
{
	size_t depth = 0;

	for (;;) {
		yaml_event_type_t type = b->event.type;
		if (type == YAML_MAPPING_START_EVENT || type == YAML_SEQUENCE_START_EVENT)
			depth++;
		else if (type == YAML_MAPPING_END_EVENT || type == YAML_SEQUENCE_END_EVENT)
			depth--;
		if (depth == 0)
			return STEP_OK;
		enum step step = event_next(b);
		if (step != STEP_OK)
			return step;
	}
}

static bool
has_tag(const yaml_event_t *e)
{
	if (e->type == YAML_SCALAR_EVENT)
		return e->data.scalar.tag != NULL;
	if (e->type == YAML_SEQUENCE_START_EVENT)
		return e->data.sequence_start.tag != NULL;
	return e->type == YAML_MAPPING_START_EVENT && e->data.mapping_start.tag != NULL;
}

/* ---- the tree ---- */

static struct slice
scalar_keep(struct build *b)
{
	const char *value = (const char *)b->event.data.scalar.value;

	return arena_slice_dup(b->doc->arena, slice_make(value, b->event.data.scalar.length));
}

static int
children_add(struct arena *a, struct children *list, const struct yaml_node *node)
{
	struct child *c = ARENA_NEW(a, struct child);

	if (c == NULL)
		return -1;
	c->node = *node;
	if (list->last == NULL)
		list->first = c;
	else
		list->last->next = c;
	list->last = c;
	list->count++;
	return 0;
}

static int
children_keep(struct arena *a, const struct children *list, struct yaml_node *node)
{
	node->count = 0;
	if (list->count == 0)
		return 0;
	node->items = arena_array(a, list->count, sizeof(*node->items));
	if (node->items == NULL)
		return -1;
	for (const struct child *c = list->first; c != NULL; c = c->next)
		node->items[node->count++] = c->node;
	return 0;
}

static bool
has_key(const struct children *list, struct slice key)
{
	for (const struct child *c = list->first; c != NULL; c = c->next) {
		if (slice_eq(c->node.key, key))
			return true;
	}
	return false;
}

/* A key and its value.  What cannot be kept is reported and read over. */
static enum step
build_member(struct build *b, struct children *list, unsigned depth)
{
	struct yaml_node node = {0};
	bool is_dropped = false;
	enum step step;

	if (b->event.type != YAML_SCALAR_EVENT) {
		bool is_alias = b->event.type == YAML_ALIAS_EVENT;
		finding_at_event(b, is_alias ? "C002" : "C007",
		    is_alias ? "write the value out" : "write 'key: value'",
		    is_alias ? "aliases are not read here" : "a key must be a single word");
		is_dropped = true;
		step = skip_node(b);
		if (step != STEP_OK)
			return step;
	} else {
		event_range(b, &node.key_start, &node.key_len);
		node.key = scalar_keep(b);
		if (!slice_is_set(node.key))
			return no_memory(b);
	}
	struct slice key = node.key;
	size_t key_start = node.key_start, key_len = node.key_len;
	step = event_next(b);
	if (step != STEP_OK)
		return step;
	bool is_alias = b->event.type == YAML_ALIAS_EVENT;
	step = build_node(b, &node, depth + 1);
	if (is_dropped || is_alias || step == STEP_STOP)
		return step;
	node.key = key;
	node.key_start = key_start;
	node.key_len = key_len;
	if (has_key(list, key)) {
		finding(b, "C005", key_start, key_len, "keep one of the two",
		    "this key is there twice");
		return step;
	}
	if (children_add(b->doc->arena, list, &node) < 0)
		return no_memory(b);
	return step;
}

static enum step
build_element(struct build *b, struct children *list, unsigned depth)
{
	struct yaml_node node = {0};
	bool is_alias = b->event.type == YAML_ALIAS_EVENT;
	enum step step = build_node(b, &node, depth + 1);

	if (is_alias || step == STEP_STOP)
		return step;
	if (children_add(b->doc->arena, list, &node) < 0)
		return no_memory(b);
	return step;
}

/* Children up to the end event, which stays the present one. */
static enum step
build_children(struct build *b, bool is_map, struct children *list, unsigned depth)
{
	for (;;) {
		enum step step = event_next(b);
		if (step != STEP_OK)
			return step;
		if (b->event.type == YAML_MAPPING_END_EVENT ||
		    b->event.type == YAML_SEQUENCE_END_EVENT)
			return STEP_OK;
		if (list->count == YAML_CHILDREN_MAX) {
			finding_at_event(b, "C009", NULL, "too many entries in one place");
			return STEP_STOP;
		}
		step = is_map ? build_member(b, list, depth) : build_element(b, list, depth);
		if (step != STEP_OK)
			return step;
	}
}

static enum step
build_collection(struct build *b, struct yaml_node *node, unsigned depth)
{
	struct children own = {0};
	struct children *list = &own;
	bool is_map = b->event.type == YAML_MAPPING_START_EVENT;

	if (depth > YAML_DEPTH_MAX) {
		finding_at_event(b, "C006", NULL, "nested too deeply");
		return STEP_STOP;
	}
	if (depth == 1 && is_map)
		list = &b->top;
	node->type = is_map ? YAML_MAP : YAML_LIST;
	event_range(b, &node->start, &node->len);
	enum step step = build_children(b, is_map, list, depth);
	if (step == STEP_STOP)
		return step;
	size_t end = node->start + node->len;
	if (b->has_event) {
		size_t end_start, end_len;
		event_range(b, &end_start, &end_len);
		end = end_start + end_len;
	} else if (list->last != NULL) {
		end = list->last->node.start + list->last->node.len;
	}
	while (end > node->start && strchr(" \t\r\n", b->doc->text.ptr[end - 1]) != NULL)
		end--;
	node->len = end - node->start;
	if (children_keep(b->doc->arena, list, node) < 0)
		return no_memory(b);
	return step;
}

/* The node whose first event is the present one; afterwards its last event is. */
static enum step
build_node(struct build *b, struct yaml_node *node, unsigned depth)
{
	if (has_tag(&b->event))
		finding_at_event(b, "C003", "leave the tag out", "tags are not read here");
	switch ((int)b->event.type) {
	case YAML_SCALAR_EVENT:
		node->type = YAML_SCALAR;
		node->is_plain = b->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
		event_range(b, &node->start, &node->len);
		node->scalar = scalar_keep(b);
		return slice_is_set(node->scalar) ? STEP_OK : no_memory(b);
	case YAML_ALIAS_EVENT:
		finding_at_event(b, "C002",
		    "write the value out, or put the text in quotes if it begins with '*'",
		    "aliases are not read here");
		return STEP_OK;
	case YAML_SEQUENCE_START_EVENT:
	case YAML_MAPPING_START_EVENT: return build_collection(b, node, depth);
	default: break;
	}
	assert(0 && "an event that begins no node");
	return STEP_STOP;
}

/* ---- documents ---- */

/* The events of one segment.  The first node becomes the root, unless there is one. */
static enum step
build_stream(struct build *b, bool is_first)
{
	struct yaml_node node = {0};
	bool has_document = false;
	enum step step = STEP_OK;

	while (step == STEP_OK) {
		step = event_next(b);
		if (step != STEP_OK || b->event.type == YAML_STREAM_END_EVENT)
			return step;
		if (b->event.type == YAML_STREAM_START_EVENT ||
		    b->event.type == YAML_DOCUMENT_END_EVENT)
			continue;
		if (b->event.type != YAML_DOCUMENT_START_EVENT) {
			step = build_node(b, &node, 1);
			if (is_first && step != STEP_STOP)
				b->doc->root = node;
			continue;
		}
		if (has_document) {
			finding_at_event(b, "C004", "keep everything in one document",
			    "a second document begins here");
			return STEP_OK;
		}
		has_document = true;
	}
	return step;
}

static enum step
build_segment(struct build *b, size_t from, bool is_first)
{
	struct slice text = b->doc->text;

	if (!yaml_parser_initialize(&b->parser))
		return no_memory(b);
	yaml_parser_set_encoding(&b->parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(
	    &b->parser, (const unsigned char *)text.ptr + from, text.len - from);
	b->segment_start = from;
	b->cursor = (struct cursor){0, from};
	enum step step = build_stream(b, is_first);
	event_drop(b);
	yaml_parser_delete(&b->parser);
	return step;
}

/* The start of the next line behind `at` that looks like a key of the outermost map; text.len:
 * none. */
static size_t
next_top_key(struct slice text, size_t at)
{
	while (at < text.len) {
		const char *nl = memchr(text.ptr + at, '\n', text.len - at);
		if (nl == NULL)
			break;
		at = (size_t)(nl - text.ptr) + 1;
		if (at == text.len)
			break;
		char c = text.ptr[at];
		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_')
			return at;
	}
	return text.len;
}

static bool
build_doc(struct build *b)
{
	struct yaml_doc *d = b->doc;
	size_t from = slice_starts_with(d->text, "\xEF\xBB\xBF") ? 3 : 0;
	enum step step;
	int segments = 0;

	do {
		step = build_segment(b, from, segments == 0);
		/* Nothing at all, and nothing but "---", are empty maps. */
		if (d->root.type == YAML_SCALAR && d->root.scalar.len == 0)
			d->root.type = YAML_MAP;
		/* Only keys can be gone on with. */
		if (d->root.type != YAML_MAP)
			break;
		if (b->resume_from < from)
			b->resume_from = from;
		from = next_top_key(d->text, b->resume_from);
	} while (step == STEP_SYNTAX && ++segments < SEGMENTS_MAX && from < d->text.len);
	if (step == STEP_STOP)
		return false;
	if (d->root.type == YAML_MAP && children_keep(d->arena, &b->top, &d->root) < 0) {
		no_memory(b);
		return false;
	}
	return true;
}

/* Characters that YAML does not allow at all. */
static bool
text_check(struct build *b)
{
	struct slice text = b->doc->text;
	size_t valid = utf8_valid_prefix(text);
	size_t i = slice_starts_with(text, "\xEF\xBB\xBF") ? 3 : 0;

	if (text.len > YAML_TEXT_MAX) {
		diag_add_file(b->diags, DIAG_ERROR, "C009", b->doc->file, NULL,
		    "the file has %zu bytes, at most %zu are read", text.len, YAML_TEXT_MAX);
		return false;
	}
	if (valid < text.len && text.ptr[valid] != '\0') {
		finding(b, "C008", valid, 1, "save the file as UTF-8", "this is not UTF-8 text");
		return false;
	}
	while (i < valid) {
		size_t start = i;
		uint32_t cp = utf8_next(text, &i);
		if ((cp < 0x20 && cp != '\t' && cp != '\n' && cp != '\r') ||
		    (cp >= 0x7F && cp < 0xA0 && cp != 0x85) || cp == 0xFEFF ||
		    (cp & 0xFFFE) == 0xFFFE) {
			finding(b, "C008", start, i - start, "remove it",
			    "there is a control character here");
			return false;
		}
	}
	if (valid < text.len)
		finding(b, "C008", valid, 1, "remove it", "there is a control character here");
	return valid == text.len;
}

static struct yaml_doc *
doc_new(const char *file, struct slice text)
{
	struct yaml_doc *d = mem_zalloc(sizeof(*d));

	if (d == NULL)
		return NULL;
	d->arena = arena_new(YAML_ARENA_MAX);
	if (d->arena != NULL) {
		d->text = arena_slice_dup(d->arena, text.ptr == NULL ? SLICE_LIT("") : text);
		d->file = file == NULL ? NULL : arena_strdup(d->arena, file);
	}
	if (!slice_is_set(d->text) || (file != NULL && d->file == NULL)) {
		yaml_doc_free(d);
		return NULL;
	}
	return d;
}

struct yaml_doc *
yaml_parse(const char *file, struct slice text, struct diag_list *diags)
{
	struct build b = {.diags = diags};

	b.doc = doc_new(file, text);
	if (b.doc == NULL) {
		diag_add_file(diags, DIAG_ERROR, "C010", file, NULL, "no memory for this file");
		return NULL;
	}
	if (text_check(&b) && build_doc(&b))
		return b.doc;
	yaml_doc_free(b.doc);
	return NULL;
}

void
yaml_doc_free(struct yaml_doc *d)
{
	if (d == NULL)
		return;
	arena_free(d->arena);
	mem_free(d);
}

const struct yaml_node *
yaml_root(const struct yaml_doc *d)
{
	return &d->root;
}

const char *
yaml_file(const struct yaml_doc *d)
{
	return d->file;
}

struct slice
yaml_text(const struct yaml_doc *d)
{
	return d->text;
}

bool
yaml_is_broken(const struct yaml_doc *d)
{
	return d->is_broken;
}

const struct yaml_node *
yaml_get(const struct yaml_node *map, const char *key)
{
	if (map == NULL || map->type != YAML_MAP)
		return NULL;
	for (size_t i = 0; i < map->count; i++) {
		if (slice_eq_str(map->items[i].key, key))
			return &map->items[i];
	}
	return NULL;
}
