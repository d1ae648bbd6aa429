/*
 * verb.h - the command line: one table of verbs with their flags, from which usage, help, man page
 * and completion are made.
 *
 * Exit: 0 done, 1 found something, 2 wrong use, 3 could not.
 */
#ifndef DAEMON_VERB_H
#define DAEMON_VERB_H

#include <stdbool.h>
#include <stddef.h>

#include "core/buf.h"
#include "core/err.h"

enum exit_code {
	EXIT_DONE = 0,
	EXIT_FOUND = 1,
	EXIT_USAGE = 2,
	EXIT_CANNOT = 3
};

struct flag {
	const char *name; /* "--since" */
	const char *letter; /* "-c"; NULL: none */
	const char *value; /* "FILE"; NULL: a switch */
	const char *help;
	bool may_repeat; /* takes several values: --data A B --data C */
};

#define VERB_ARGS_MAX 256

struct verb;

struct verb_call {
	const struct verb *verb;
	const char *args[VERB_ARGS_MAX]; /* what is no flag */
	size_t arg_count;
	const char
	    *flag_values[VERB_ARGS_MAX]; /* by place in the table; a switch that is set has "" */
	const char *flag_more[64]; /* second and later values of flags that may repeat */
	size_t flag_more_place[64]; /* whose: the place in the table */
	size_t flag_more_count;
	bool is_json;
};

struct verb {
	const char *name; /* "outbox" */
	const char *args; /* "[list | show ID | approve ID ...]" */
	const char *summary; /* one line */
	const char *help; /* a paragraph; NULL */
	const char *example; /* lines to copy */
	const struct flag
	    *flags; /* own flags, ended by NULL name; -c, --json and -h are everybody's */
	int (*run)(struct verb_call *call);
};

extern const struct verb *const verb_registry[];

/* The value of a flag ("" for a switch), or NULL when it was not given. */
const char *verb_flag(const struct verb_call *call, const char *name);

/* All values of a flag that may repeat, in order; how many, at most max. */
size_t
verb_flag_values(const struct verb_call *call, const char *name, const char **values_r, size_t max);

/* Prints "earshot VERB: words" to standard error and returns EXIT_CANNOT; usage: the same with a
 * hint at -h, EXIT_USAGE. */
int verb_cannot(const struct verb_call *call, const struct err *err);
int verb_usage(const struct verb_call *call, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Runs the command line. */
int verb_main(int argc, char **argv);

/* The configuration named by -c, $EARSHOT_CONFIG, ./earshot.yaml or /etc/earshot/earshot.yaml, else
 * the defaults.  Findings are printed.  0, or an exit code. */
struct config;
int verb_config(const struct verb_call *call, struct config **config_r);
const char *verb_config_path(const struct verb_call *call); /* NULL: there is none */

/* Prints findings to standard error, or as JSON to standard output with --json. */
struct diag_list;
void verb_print_diags(const struct verb_call *call, const struct diag_list *diags);

#endif
