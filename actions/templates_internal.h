/*
 * templates_internal.h - a compiled template as parser, helpers and renderer share it.
 *
 *   part text --template_parse.c--> tree of nodes --template_render.c--> text
 *                                     expressions --template_helpers.c--> values
 *
 * Ownership: nodes, expressions and texts live in the set's arena and never change once the set is
 *            compiled.
 */
#ifndef ACTIONS_TEMPLATES_INTERNAL_H
#define ACTIONS_TEMPLATES_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "actions/templates.h"

struct arena;
struct buf;
struct diag_list;
struct err;

/* Ceilings; what is over them is a finding at check, or an error when rendering. */
#define TEMPLATE_SOURCE_MAX (64 * 1024) /* bytes of one part as written */
#define TEMPLATE_OUTPUT_MAX (64 * 1024) /* bytes of one part as sent */
#define TEMPLATE_DEPTH_MAX 16 /* blocks in blocks, and calls in calls */
#define TEMPLATE_CHAIN_MAX 64 /* else-ifs of one block */
#define TEMPLATE_ARGS_MAX 16 /* arguments of one helper */
#define TEMPLATE_STEPS_MAX                                                                         \
	20000 /* nodes visited while rendering one part: loops in loops end here */
#define TEMPLATE_COUNT_MAX 2000 /* templates of one set */
#define TEMPLATE_ARENA_MAX (256u << 20)

enum template_part {
	PART_SUBJECT,
	PART_TITLE,
	PART_TEXT,
	PART_HTML,
	PART_SMS,
	PART_PUSH,
	PART_REPLY,
	PART_COUNT
};
extern const char *const template_part_names[PART_COUNT + 1]; /* ended by NULL */

/* What a value may come from.  The names are in template_parse.c. */
enum template_var {
	VAR_USER_ID,
	VAR_ADDRESS,
	VAR_CHANNEL_TYPE,
	VAR_COUNTRY,
	VAR_LOCALE,
	VAR_TIMEZONE,
	VAR_POST_TEXT,
	VAR_POST_URL,
	VAR_POST_CREATED_AT,
	VAR_AUTHOR_HANDLE,
	VAR_AUTHOR_NAME,
	VAR_EVENT_NAME,
	VAR_EVENT_SOURCE,
	VAR_BRAND_NAME,
	VAR_OFFER_CODE,
	VAR_MESSAGE_ID,
	VAR_NAMED_COUNT, /* those above have a fixed name */
	VAR_USER_ATTRIBUTE = VAR_NAMED_COUNT,
	VAR_ENDPOINT_ATTRIBUTE,
	VAR_EVENT_PROPERTY,
	VAR_THIS,
	VAR_INDEX,
	VAR_FIRST,
	VAR_LAST,
};

enum template_helper_id {
	HELPER_IF,
	HELPER_UNLESS,
	HELPER_EACH,
	HELPER_AND,
	HELPER_OR,
	HELPER_NOT,
	HELPER_EQ,
	HELPER_NEQ,
	HELPER_GT,
	HELPER_GTE,
	HELPER_LT,
	HELPER_LTE,
	HELPER_ABBREVIATE,
	HELPER_CAPITALIZE,
	HELPER_CAPITALIZE_FIRST,
	HELPER_CUT,
	HELPER_JOIN,
	HELPER_LOWER,
	HELPER_REPLACE,
	HELPER_SUBSTRING,
	HELPER_UPPER,
	HELPER_YESNO,
};

struct template_helper {
	const char *name;
	enum template_helper_id id;
	size_t min_args, max_args;
	bool is_block; /* {{#name ...}} */
	bool is_inline; /* {{name ...}} */
	bool wants_list; /* its first argument is a list: an attribute without index */
	const char *const *options; /* names of its "name=value" arguments, ended by NULL */
	const char *usage;
};
const struct template_helper *template_helper_find(struct slice name);
const char *template_helper_nearest(struct slice name); /* NULL: none is close */

enum template_expr_kind {
	EXPR_TEXT,
	EXPR_BOOL,
	EXPR_VAR,
	EXPR_CALL
};

struct template_option {
	const char *name; /* of the helper's own list */
	struct template_expr *value;
};

struct template_expr {
	enum template_expr_kind kind;
	bool truth; /* EXPR_BOOL */
	struct slice text; /* EXPR_TEXT; the attribute's name of a VAR_*_ATTRIBUTE */
	enum template_var var;
	int64_t index; /* of a list's value; -1: the list */
	const struct template_helper *helper; /* EXPR_CALL */
	struct template_expr **args;
	size_t arg_count;
	struct template_option *options;
	size_t option_count;
};

enum template_node_kind {
	NODE_TEXT,
	NODE_VALUE,
	NODE_BLOCK
};

struct template_node {
	enum template_node_kind kind;
	struct slice text; /* NODE_TEXT */
	struct template_expr *expr; /* NODE_VALUE; NODE_BLOCK: a call of the block's helper */
	bool is_raw; /* {{{...}}} */
	struct template_node *body, *otherwise;
	struct template_node *next;
};

struct template_parse {
	const char *file;
	struct slice text;
	bool is_html;
	struct diag_list *diags;
	struct arena *arena;
	bool uses_offer; /* set by the parser */
};
/* 0 with *list_r; 1 findings with errors; -1 no memory. */
int template_parse(struct template_parse *p, struct template_node **list_r);

/* While rendering. */
enum template_value_kind {
	VALUE_NONE,
	VALUE_TEXT,
	VALUE_LIST,
	VALUE_BOOL
};
struct template_value {
	enum template_value_kind kind;
	struct slice text;
	struct slice_list list;
	bool truth;
};
struct template_scope { /* one turn of an each */
	const struct template_scope *outer;
	struct slice item;
	size_t index, count;
};
struct template_context {
	const struct template_values *values;
	const struct template_scope *scope;
	struct arena *arena;
	bool is_over; /* a text grew over TEMPLATE_OUTPUT_MAX, or the steps are used up */
	bool no_memory;
};
struct template_value template_eval(struct template_context *c, const struct template_expr *e);
struct template_value template_call(struct template_context *c, const struct template_expr *call);
bool template_is_true(struct template_value v);
/* The value as it is printed: a list gives its first, nothing gives an empty text. */
struct slice template_value_text(struct template_value v);

/* Case of Latin, Greek and Cyrillic letters; others stay.  One character in, one out (so the sharp
 * s stays). */
uint32_t template_upper(uint32_t cp);
uint32_t template_lower(uint32_t cp);

int template_render_part(const struct template_node *list, enum template_part part,
    struct template_context *c, struct buf *out);

#endif
