/*
 * verb_list.h - what the verbs that talk to the API share: asking, and printing the answer for
 * people.
 */
#ifndef DAEMON_VERB_LIST_H
#define DAEMON_VERB_LIST_H

#include <stddef.h>

#include "core/buf.h"
#include "core/json.h"
#include "daemon/verb.h"

#define LIST_ANSWER_MAX (64u * 1024 * 1024)
#define LIST_PATH_MAX (16 * 1024)

/* Heading, where the value stands in each object ("author.handle"), characters shown (0: all, last
 * column). */
struct column {
	const char *title, *path;
	size_t width;
};

/* GET path, print {"items":[...]} as a table. Returns the exit code. */
int list_get(
    struct verb_call *call, const char *path, const struct column *columns, const char *nothing);
/* Any call; prints the answer's members a line each. */
int list_show(struct verb_call *call, const char *method, const char *path, struct slice body);
/* Findings as the API gives them ({severity, code, file, line, column, message, help}), to standard
 * error as "file:line:column: error[code]: message". */
/* To standard error, with what would drive a terminal made visible; of several lines one. */
void list_tell(struct slice text);
void list_print_findings(const struct json *findings);
/* The problem of an answer, with its findings; root NULL: none could be read.  The exit code. */
int list_print_refusal(const struct verb_call *call, int status, const struct json *root);
/* A number of an answer; 0 when it is not there. */
long long list_number(const struct json *obj, const char *key);
/* Appends ?name=value or &name=value when value is there. */
void list_query(struct buf *path, const char *name, const char *value);

#endif
