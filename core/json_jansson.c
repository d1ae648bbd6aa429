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
 * What jansson made is copied into our values, in the same arena.
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
#include "core/utf8.h"

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

/* jansson goes by bytes: what it quotes may end in half a character, which is left out. */
static void
text_make_whole(char *text)
{
	struct slice rest = slice_of(text);
	char *out = text;

	while (rest.len > 0) {
		size_t good = utf8_valid_prefix(rest), skip = good < rest.len;

		memmove(out, rest.ptr, good);
		out += good;
		rest = slice_make(rest.ptr + good + skip, rest.len - good - skip);
	}
	*out = '\0';
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
	const char *rest = e->text, *say = "", *near;

	f->error = NODE_ERROR_SYNTAX;
	f->line = e->line > 0 ? (size_t)e->line : 1;
	f->column = e->column > 0 ? (size_t)e->column : 1;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t len = strlen(words[i].prefix);

		if (strncmp(rest, words[i].prefix, len) != 0)
			continue;
		near = strstr(rest + len, " near ");
		say = words[i].say;
		rest = near == NULL ? "" : near;
		break;
	}
	snprintf(f->text, sizeof f->text, "%s%s", say, rest);
	text_make_whole(f->text);
}

/* ---- jansson's values to ours ------------------------------------------------------------- */

static const char *
copy_bytes(const char *s, size_t len)
{
	return arena_strndup(parse_memory->arena, s, len);
}

/* NULL without memory.  Recursion ends at JSON_DEPTH_MAX, which the caller has made sure of. */
static struct json *value_copy(const json_t *from);

static struct json *
array_copy(const json_t *from)
{
	struct json *array = node_new(parse_memory->arena, NODE_ARRAY), *first = NULL, *last = NULL;

	for (size_t i = 0; array != NULL && i < json_array_size(from); i++) {
		struct json *child = value_copy(json_array_get(from, i));
		if (child == NULL)
			return NULL;
		if (first == NULL)
			first = child;
		node_append(array, &last, child);
	}
	if (array == NULL || node_finish_array(array, first, parse_memory->arena) < 0)
		return NULL;
	return array;
}

static struct json *
object_copy(json_t *from)
{
	struct json *object = node_new(parse_memory->arena, NODE_OBJECT), *last = NULL;

	if (object == NULL)
		return NULL;
	for (void *i = json_object_iter(from); i != NULL; i = json_object_iter_next(from, i)) {
		size_t key_len = json_object_iter_key_len(i);
		const char *key = copy_bytes(json_object_iter_key(i), key_len);
		struct json *child = value_copy(json_object_iter_value(i));
		if (key == NULL || child == NULL)
			return NULL;
		child->key = slice_make(key, key_len);
		node_append(object, &last, child);
	}
	return object;
}

static struct json *
string_copy(const json_t *from)
{
	struct json *v = node_new(parse_memory->arena, NODE_STRING);

	if (v == NULL)
		return NULL;
	v->count = json_string_length(from);
	v->as.bytes = copy_bytes(json_string_value(from), v->count);
	return v->as.bytes == NULL ? NULL : v;
}

static struct json *
scalar_copy(const json_t *from, enum node_type type)
{
	struct json *v = node_new(parse_memory->arena, type);

	if (v == NULL)
		return NULL;
	if (type == NODE_INTEGER)
		v->as.integer = json_integer_value(from);
	else if (type == NODE_REAL)
		v->as.real = json_real_value(from);
	else if (type == NODE_BOOL)
		v->as.boolean = json_is_true(from);
	return v;
}

static struct json *
value_copy(const json_t *from)
{
	switch (json_typeof(from)) {
	/* jansson's iterators want an object they could change; these do not. */
	case JSON_OBJECT: return object_copy((json_t *)(uintptr_t)from);
	case JSON_ARRAY: return array_copy(from);
	case JSON_STRING: return string_copy(from);
	case JSON_INTEGER: return scalar_copy(from, NODE_INTEGER);
	case JSON_REAL: return scalar_copy(from, NODE_REAL);
	case JSON_TRUE:
	case JSON_FALSE: return scalar_copy(from, NODE_BOOL);
	case JSON_NULL: return scalar_copy(from, NODE_NULL);
	}
	assert(0 && "a json_type that jansson did not have");
	return NULL;
}

const struct json *
node_parse(struct slice text, struct arena *a, struct node_failure *f_r)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct parse_memory memory = {.arena = a};
	const struct json *root;
	json_error_t error;
	json_t *made;

	pthread_once(&once, jansson_prepare);
	assert(parse_memory == NULL);
	if (setjmp(memory.no_memory) != 0) {
		parse_memory = NULL;
		*f_r = (struct node_failure){.error = NODE_ERROR_NOMEM};
		return NULL;
	}
	parse_memory = &memory;
	made = json_loadb(text.ptr, text.len, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, &error);
	root = made == NULL ? NULL : value_copy(made);
	parse_memory = NULL;
	if (made == NULL)
		failure_set(f_r, &error);
	else if (root == NULL)
		*f_r = (struct node_failure){.error = NODE_ERROR_NOMEM};
	return root;
}
