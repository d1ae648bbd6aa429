/*
 * json_internal.h - the JSON form of a tree, for forms and other programs; loses nothing, comments
 *included.
 *
 *	{"items":[{"rule":"late","title":"Late","when":{"all":[{"field":"sentiment","op":"below","value":-0.4},
 *	  {"any":[...]},{"not":{...}}]},"then":[{"do":"alert","queue":"support","as":"high"}],
 *	  "at_most_once":{"every":"30 days","per":"author"}}]}
 *
 * Law (tests/rules/test_json.c): reading what was written gives the same tree.
 */
#ifndef RULES_JSON_INTERNAL_H
#define RULES_JSON_INTERNAL_H

#include "core/err.h"
#include "core/json.h"
#include "rules/tree_internal.h"

struct arena;
struct buf;

void rules_json_write(const struct rules_file *f, struct buf *out);
/* Texts are copied into a.  Types, ranges and names are the checker's business; only what cannot be
 * a tree is an error: ERR_INPUT naming the place ("items[2].when.all[0]: ..."), ERR_LIMIT,
 * ERR_NOMEM. */
int rules_json_read(struct slice text, struct arena *a, const struct finding_sink *sink,
    struct rules_file *file_r, struct err *err);

/* ---- shared by json.c and json_read.c ---- */

/* A condition as {"field":...,"op":...,"value":...} into an open object. */
void rules_json_condition(const struct node *n, struct json_writer *w);
void rules_json_examples(const struct item *it, struct json_writer *w);
/* happening, at_most, hours, ... into the open object of a rule. */
void rules_json_guardrails(const struct item *it, struct json_writer *w);
const char *rules_json_period(enum cap_period p); /* "total", "hour", ... */

/* ---- shared by json.c, json_crowd.c and json_guardrail.c ---- */

void rules_json_duration(struct duration d, struct json_writer *w);
void rules_json_node(const struct node *n, struct json_writer *w);
/* The comments of a line into an open object. */
void rules_json_notes(const struct notes *n, struct json_writer *w);
/* "then" of an item, if it has one, into an open object; so are the next two. */
void rules_json_actions(const struct item *it, struct json_writer *w);
void rules_json_sequences(const struct item *it, struct json_writer *w);
void rules_json_watch(const struct item *it, struct json_writer *w);

#endif
