/*
 * jansson behind json_internal.h.
 *
 * Memory.  jansson 2.14 does not check every allocation of its own: while it collects a string's
 * bytes, a failed one loses bytes of the value, or makes it read past the end of what it has.
 * Besides, a post is some dozens of allocations that are born and die together.  So its allocator
 * is ours: it hands out memory of the document's arena, frees nothing, and when the arena has none
 * left it leaves jansson by longjmp.  What jansson holds at that moment is arena memory and nothing
 * else (it takes no locks and opens no files when parsing from memory), so nothing is lost or left
 * half done.
 *
 * jansson's allocator is one for the whole process and takes no argument; which arena is meant is
 * therefore said in a thread-local variable that is set only while node_parse() runs.
 */
#include "core/json_internal.h"

#include <assert.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>

#include <jansson.h>

#include "core/arena.h"

struct parse_memory {
	struct arena *arena;
	jmp_buf no_memory;
};

static _Thread_local struct parse_memory *parse_memory;

static void *
parse_alloc(size_t size)
{
	struct parse_memory *m = parse_memory;

	assert(m != NULL && "jansson allocates outside node_parse()");
	void *p = arena_alloc(m->arena, size);
	if (p == NULL)
		longjmp(m->no_memory, 1);
	return p;
}

static void
parse_free(void *p)
{
	(void)p; /* the arena's */
}

/* The seed of jansson's hash tables: 0 lets it ask the system.  Order of members does not depend on
 * it. */
static void
jansson_prepare(void)
{
	json_set_alloc_funcs(parse_alloc, parse_free);
	json_object_seed(0);
}

/* jansson's words, where ours are plainer. */
static void
failure_set(struct node_failure *f, const json_error_t *e)
{
	static const struct {
		const char *prefix, *say;
	} words[] = {
	    {"unexpected token", "expected a value"},
	    {"invalid token", "this is not JSON"},
	    {"end of file expected", "there is something behind the end of the value"},
	    {"duplicate object key", "the same key twice in one object"},
	    {"too big integer", "a number too large for 64 bits"},
	    {"too big negative integer", "a number too large for 64 bits"},
	    {"real number overflow", "a number too large"},
	    {"premature end of input", "the text ends in the middle of a value"},
	    {"unexpected newline", "a string goes over the end of its line"},
	    {"control character", "a control character inside a string"},
	};
	const char *rest = e->text;

	f->error = NODE_ERROR_SYNTAX;
	f->line = e->line > 0 ? (size_t)e->line : 1;
	f->column = e->column > 0 ? (size_t)e->column : 1;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t len = strlen(words[i].prefix);
		if (strncmp(rest, words[i].prefix, len) != 0)
			continue;
		const char *near = strstr(rest + len, " near ");
		snprintf(f->text, sizeof(f->text), "%s%s", words[i].say, near == NULL ? "" : near);
		return;
	}
	snprintf(f->text, sizeof(f->text), "%s", rest);
}

const struct json *
node_parse(struct slice text, struct arena *a, struct node_failure *f_r)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct parse_memory memory = {.arena = a};
	json_error_t error;

	pthread_once(&once, jansson_prepare);
	assert(parse_memory == NULL);
	if (setjmp(memory.no_memory) != 0) {
		parse_memory = NULL;
		*f_r = (struct node_failure){.error = NODE_ERROR_NOMEM};
		return NULL;
	}
	parse_memory = &memory;
	json_t *root =
	    json_loadb(text.ptr, text.len, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &error);
	parse_memory = NULL;
	if (root == NULL)
		failure_set(f_r, &error);
	return (const struct json *)root;
}

static const json_t *
node(const struct json *v)
{
	return (const json_t *)v;
}

enum node_type
node_type(const struct json *v)
{
	switch (json_typeof(node(v))) {
	case JSON_OBJECT: return NODE_OBJECT;
	case JSON_ARRAY: return NODE_ARRAY;
	case JSON_STRING: return NODE_STRING;
	case JSON_INTEGER: return NODE_INTEGER;
	case JSON_REAL: return NODE_REAL;
	case JSON_TRUE:
	case JSON_FALSE: return NODE_BOOL;
	case JSON_NULL: return NODE_NULL;
	}
	assert(0 && "a json_type that jansson did not have");
	return NODE_NULL;
}

bool
node_bool(const struct json *v)
{
	return json_is_true(node(v));
}

long long
node_integer(const struct json *v)
{
	return json_integer_value(node(v));
}

double
node_real(const struct json *v)
{
	return json_real_value(node(v));
}

struct slice
node_string(const struct json *v)
{
	return slice_make(json_string_value(node(v)), json_string_length(node(v)));
}

size_t
node_count(const struct json *v)
{
	return json_is_array(node(v)) ? json_array_size(node(v)) : json_object_size(node(v));
}

const struct json *
node_element(const struct json *v, size_t i)
{
	return (const struct json *)json_array_get(node(v), i);
}

const struct json *
node_member(const struct json *v, const char *key)
{
	return (const struct json *)json_object_get(node(v), key);
}

const struct json *
node_next(const struct json *v, void **cursor, struct slice *key_r)
{
	/* jansson's iterators want an object they could change; these do not. */
	json_t *object = (json_t *)(uintptr_t)v;

	if (*cursor == NULL)
		*cursor = json_object_iter(object);
	else
		*cursor = json_object_iter_next(object, *cursor);
	if (*cursor == NULL)
		return NULL;
	*key_r = slice_make(json_object_iter_key(*cursor), json_object_iter_key_len(*cursor));
	return (const struct json *)json_object_iter_value(*cursor);
}
