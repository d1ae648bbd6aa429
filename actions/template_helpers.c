/*
 * template_helpers.c - the helpers Amazon Pinpoint documented for its templates, as far as they
 * make sense in a message ("Using message template helpers", user guide): conditions inline and as
 * blocks, and the string helpers.  No clock, no randomness: a message is the same whenever it is
 * rendered.
 *
 * Conditions on "greater" compare as numbers when both sides are numbers, else as texts; a missing
 * value is neither greater nor less.
 */
#include "actions/templates_internal.h"

#include <assert.h>
#include <stdlib.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/diag.h"
#include "core/utf8.h"

static const char *const no_options[] = {NULL};
static const char *const yes_no[] = {"yes", "no", NULL};
static const char *const yes_no_maybe[] = {"yes", "no", "maybe", NULL};
static const char *const prefix_suffix[] = {"prefix", "suffix", NULL};

static const struct template_helper helpers[] = {
    {"if", HELPER_IF, 1, 1, true, false, false, no_options, "{{#if VALUE}}...{{/if}}"},
    {"unless", HELPER_UNLESS, 1, 1, true, false, false, no_options,
	"{{#unless VALUE}}...{{/unless}}"},
    {"each", HELPER_EACH, 1, 1, true, false, true, no_options, "{{#each LIST}}{{this}}{{/each}}"},
    {"and", HELPER_AND, 2, TEMPLATE_ARGS_MAX, true, true, false, yes_no, "{{#and A B}}...{{/and}}"},
    {"or", HELPER_OR, 2, TEMPLATE_ARGS_MAX, true, true, false, yes_no, "{{#or A B}}...{{/or}}"},
    {"not", HELPER_NOT, 1, 1, true, true, false, yes_no, "{{#not VALUE}}...{{/not}}"},
    {"eq", HELPER_EQ, 2, 2, true, true, false, yes_no, "{{#eq A B}}...{{/eq}}"},
    {"neq", HELPER_NEQ, 2, 2, true, true, false, yes_no, "{{#neq A B}}...{{/neq}}"},
    {"gt", HELPER_GT, 2, 2, true, true, false, yes_no, "{{#gt A B}}...{{/gt}}"},
    {"gte", HELPER_GTE, 2, 2, true, true, false, yes_no, "{{#gte A B}}...{{/gte}}"},
    {"lt", HELPER_LT, 2, 2, true, true, false, yes_no, "{{#lt A B}}...{{/lt}}"},
    {"lte", HELPER_LTE, 2, 2, true, true, false, yes_no, "{{#lte A B}}...{{/lte}}"},
    {"abbreviate", HELPER_ABBREVIATE, 2, 2, false, true, false, no_options,
	"{{abbreviate VALUE 20}}"},
    {"capitalize", HELPER_CAPITALIZE, 1, 1, false, true, false, no_options, "{{capitalize VALUE}}"},
    {"capitalizeFirst", HELPER_CAPITALIZE_FIRST, 1, 1, false, true, false, no_options,
	"{{capitalizeFirst VALUE}}"},
    {"cut", HELPER_CUT, 1, 2, false, true, false, no_options, "{{cut VALUE \" \"}}"},
    {"join", HELPER_JOIN, 2, 2, false, true, true, prefix_suffix, "{{join LIST \", \"}}"},
    {"lower", HELPER_LOWER, 1, 1, false, true, false, no_options, "{{lower VALUE}}"},
    {"replace", HELPER_REPLACE, 3, 3, false, true, false, no_options,
	"{{replace VALUE \"old\" \"new\"}}"},
    {"substring", HELPER_SUBSTRING, 2, 3, false, true, false, no_options,
	"{{substring VALUE 0 10}}"},
    {"upper", HELPER_UPPER, 1, 1, false, true, false, no_options, "{{upper VALUE}}"},
    {"yesno", HELPER_YESNO, 1, 1, false, true, false, yes_no_maybe,
	"{{yesno VALUE yes=\"yes\" no=\"no\" maybe=\"maybe\"}}"},
};
#define HELPER_COUNT (sizeof helpers / sizeof helpers[0])

const struct template_helper *
template_helper_find(struct slice name)
{
	for (size_t i = 0; i < HELPER_COUNT; i++)
		if (slice_eq_str(name, helpers[i].name))
			return &helpers[i];
	return NULL;
}

const char *
template_helper_nearest(struct slice name)
{
	const char *names[HELPER_COUNT];

	for (size_t i = 0; i < HELPER_COUNT; i++)
		names[i] = helpers[i].name;
	return diag_nearest(name, names, HELPER_COUNT);
}

bool
template_is_true(struct template_value v)
{
	switch (v.kind) {
	case VALUE_NONE: return false;
	case VALUE_TEXT: return v.text.len > 0;
	case VALUE_LIST: return v.list.count > 0;
	case VALUE_BOOL: return v.truth;
	}
	return false;
}

struct slice
template_value_text(struct template_value v)
{
	switch (v.kind) {
	case VALUE_NONE: break;
	case VALUE_TEXT: return v.text;
	case VALUE_LIST: return v.list.count > 0 ? v.list.items[0] : SLICE_LIT("");
	case VALUE_BOOL: return v.truth ? SLICE_LIT("true") : SLICE_LIT("false");
	}
	return SLICE_LIT("");
}

static struct template_value
value_text(struct slice s)
{
	return (struct template_value){.kind = VALUE_TEXT, .text = s};
}

/* The n-th argument as text; "" when it has no value or is not given. */
static struct slice
arg_text(struct template_context *c, const struct template_expr *call, size_t n)
{
	return n < call->arg_count ? template_value_text(template_eval(c, call->args[n]))
				   : SLICE_LIT("");
}

static struct slice
option_text(struct template_context *c, const struct template_expr *call, const char *name,
    struct slice fallback)
{
	for (size_t i = 0; i < call->option_count; i++)
		if (slice_eq_str(slice_of(call->options[i].name), name))
			return template_value_text(template_eval(c, call->options[i].value));
	return fallback;
}

/* Plain decimals only: strtod alone would also take "inf", "0x1p3" and leading blanks. */
static bool
to_number(struct slice s, double *number_r)
{
	char text[64];
	char *end;

	if (s.len == 0 || s.len >= sizeof text)
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (!(s.ptr[i] >= '0' && s.ptr[i] <= '9') && s.ptr[i] != '.' &&
		    !(i == 0 && s.ptr[i] == '-'))
			return false;
	memcpy(text, s.ptr, s.len);
	text[s.len] = '\0';
	*number_r = strtod(text, &end);
	return end == text + s.len;
}

static bool
compare(struct template_context *c, const struct template_expr *call)
{
	struct slice a = arg_text(c, call, 0), b = arg_text(c, call, 1);
	double x, y;
	int order;

	if (call->helper->id == HELPER_EQ)
		return slice_eq(a, b);
	if (call->helper->id == HELPER_NEQ)
		return !slice_eq(a, b);
	if (a.len == 0 || b.len == 0)
		return false;
	if (to_number(a, &x) && to_number(b, &y))
		order = (x > y) - (x < y);
	else
		order = slice_cmp(a, b);
	if (call->helper->id == HELPER_GT)
		return order > 0;
	if (call->helper->id == HELPER_GTE)
		return order >= 0;
	if (call->helper->id == HELPER_LT)
		return order < 0;
	return order <= 0;
}

static bool
any_true(struct template_context *c, const struct template_expr *call)
{
	for (size_t i = 0; i < call->arg_count; i++)
		if (template_is_true(template_eval(c, call->args[i])))
			return true;
	return false;
}

static bool
all_true(struct template_context *c, const struct template_expr *call)
{
	for (size_t i = 0; i < call->arg_count; i++)
		if (!template_is_true(template_eval(c, call->args[i])))
			return false;
	return true;
}

/* What a condition prints inline: its yes= or no= text, or true and false themselves. */
static struct template_value
truth_value(struct template_context *c, const struct template_expr *call, bool truth)
{
	struct slice text = option_text(c, call, truth ? "yes" : "no", SLICE_NONE);

	if (slice_is_set(text))
		return value_text(text);
	return (struct template_value){.kind = VALUE_BOOL, .truth = truth};
}

static struct template_value
finish(struct template_context *c, struct buf *b)
{
	struct slice copy;

	if (c->is_over || c->no_memory) {
		buf_fini(b);
		return (struct template_value){.kind = VALUE_NONE};
	}
	copy = arena_slice_dup(c->arena, slice_make(buf_str(b), b->len));
	buf_fini(b);
	if (!slice_is_set(copy)) {
		c->no_memory = true;
		return (struct template_value){.kind = VALUE_NONE};
	}
	return value_text(copy);
}

/* Tells the ceiling from a lack of memory, which the buf itself does not. */
static bool
add(struct template_context *c, struct buf *b, struct slice s)
{
	if (b->len + s.len > TEMPLATE_OUTPUT_MAX) {
		c->is_over = true;
		return false;
	}
	if (buf_add_slice(b, s) < 0) {
		c->no_memory = true;
		return false;
	}
	return true;
}

enum case_rule {
	CASE_UPPER,
	CASE_LOWER,
	CASE_WORDS,
	CASE_FIRST
};

static struct template_value
change_case(struct template_context *c, struct slice s, enum case_rule rule)
{
	struct buf b;
	size_t pos = 0;
	bool at_start = true;

	buf_init(&b, TEMPLATE_OUTPUT_MAX);
	while (pos < s.len) {
		uint32_t cp = utf8_next(s, &pos);
		char bytes[4];
		size_t len;

		if (rule == CASE_LOWER)
			cp = template_lower(cp);
		else if (rule == CASE_UPPER || at_start)
			cp = template_upper(cp);
		at_start = rule == CASE_WORDS && (cp == ' ' || cp == '\t' || cp == '\n');
		len = utf8_encode(cp, bytes);
		if (!add(c, &b, slice_make(bytes, len)))
			break;
	}
	return finish(c, &b);
}

static struct template_value
replace(struct template_context *c, struct slice s, struct slice old, struct slice new)
{
	struct buf b;
	size_t pos = 0, from = 0;

	if (old.len == 0)
		return value_text(s);
	buf_init(&b, TEMPLATE_OUTPUT_MAX);
	while (pos + old.len <= s.len) {
		if (memcmp(s.ptr + pos, old.ptr, old.len) != 0) {
			pos++;
			continue;
		}
		if (!add(c, &b, slice_make(s.ptr + from, pos - from)) || !add(c, &b, new))
			return finish(c, &b);
		pos += old.len;
		from = pos;
	}
	add(c, &b, slice_make(s.ptr + from, s.len - from));
	return finish(c, &b);
}

/* A count of characters as an argument gives it; anything else is `otherwise`. */
static size_t
arg_count(struct template_context *c, const struct template_expr *call, size_t n, size_t otherwise)
{
	long long value;

	if (n >= call->arg_count || !slice_to_i64(arg_text(c, call, n), &value) || value < 0)
		return otherwise;
	return (size_t)value;
}

/* Characters from..to of s; to may lie behind the end. */
static struct slice
characters(struct slice s, size_t from, size_t to)
{
	size_t pos = 0, count = 0, start = s.len;

	while (pos < s.len && count < to) {
		if (count == from)
			start = pos;
		utf8_next(s, &pos);
		count++;
	}
	if (start > pos)
		start = pos;
	return slice_make(s.ptr + start, pos - start);
}

static struct template_value
abbreviate(struct template_context *c, const struct template_expr *call)
{
	struct slice s = arg_text(c, call, 0);
	size_t keep = arg_count(c, call, 1, SIZE_MAX);
	struct buf b;

	if (utf8_count(s) <= keep)
		return value_text(s);
	buf_init(&b, TEMPLATE_OUTPUT_MAX);
	add(c, &b, characters(s, 0, keep > 3 ? keep - 3 : 0));
	add(c, &b, slice_make("...", keep < 3 ? keep : 3));
	return finish(c, &b);
}

static struct template_value
join(struct template_context *c, const struct template_expr *call)
{
	struct template_value v = template_eval(c, call->args[0]);
	struct slice between = arg_text(c, call, 1);
	struct buf b;

	if (v.kind != VALUE_LIST)
		return v;
	if (v.list.count == 0)
		return (struct template_value){.kind = VALUE_NONE};
	buf_init(&b, TEMPLATE_OUTPUT_MAX);
	add(c, &b, option_text(c, call, "prefix", SLICE_LIT("")));
	for (size_t i = 0; i < v.list.count && !c->is_over && !c->no_memory; i++) {
		if (i > 0)
			add(c, &b, between);
		add(c, &b, v.list.items[i]);
	}
	add(c, &b, option_text(c, call, "suffix", SLICE_LIT("")));
	return finish(c, &b);
}

static struct template_value
yesno(struct template_context *c, const struct template_expr *call)
{
	struct template_value v = template_eval(c, call->args[0]);
	struct slice s = template_value_text(v);

	if (v.kind == VALUE_NONE || s.len == 0)
		return value_text(option_text(c, call, "maybe", SLICE_LIT("maybe")));
	if (slice_eq_nocase(s, SLICE_LIT("false")) || slice_eq_nocase(s, SLICE_LIT("no")))
		return value_text(option_text(c, call, "no", SLICE_LIT("no")));
	return value_text(option_text(c, call, "yes", SLICE_LIT("yes")));
}

struct template_value
template_call(struct template_context *c, const struct template_expr *call)
{
	assert(call->kind == EXPR_CALL && call->arg_count >= call->helper->min_args);
	switch (call->helper->id) {
	case HELPER_IF:
	case HELPER_EACH: return template_eval(c, call->args[0]);
	case HELPER_UNLESS:
		return truth_value(c, call, !template_is_true(template_eval(c, call->args[0])));
	case HELPER_NOT:
		return truth_value(c, call, !template_is_true(template_eval(c, call->args[0])));
	case HELPER_AND: return truth_value(c, call, all_true(c, call));
	case HELPER_OR: return truth_value(c, call, any_true(c, call));
	case HELPER_EQ:
	case HELPER_NEQ:
	case HELPER_GT:
	case HELPER_GTE:
	case HELPER_LT:
	case HELPER_LTE: return truth_value(c, call, compare(c, call));
	case HELPER_ABBREVIATE: return abbreviate(c, call);
	case HELPER_CAPITALIZE: return change_case(c, arg_text(c, call, 0), CASE_WORDS);
	case HELPER_CAPITALIZE_FIRST: return change_case(c, arg_text(c, call, 0), CASE_FIRST);
	case HELPER_LOWER: return change_case(c, arg_text(c, call, 0), CASE_LOWER);
	case HELPER_UPPER: return change_case(c, arg_text(c, call, 0), CASE_UPPER);
	case HELPER_CUT:
		return replace(c, arg_text(c, call, 0),
		    call->arg_count > 1 ? arg_text(c, call, 1) : SLICE_LIT(" "), SLICE_LIT(""));
	case HELPER_REPLACE:
		return replace(c, arg_text(c, call, 0), arg_text(c, call, 1), arg_text(c, call, 2));
	case HELPER_SUBSTRING:
		return value_text(characters(arg_text(c, call, 0), arg_count(c, call, 1, 0),
		    arg_count(c, call, 2, SIZE_MAX)));
	case HELPER_JOIN: return join(c, call);
	case HELPER_YESNO: return yesno(c, call);
	}
	return (struct template_value){.kind = VALUE_NONE};
}
