/*
 * options_internal.h - what options.c (the table against the map), options_value.c (one value) and
 * options_secret.c share.
 */
#ifndef CORE_OPTIONS_INTERNAL_H
#define CORE_OPTIONS_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/options.h"
#include "core/slice.h"

struct arena;
struct err;

struct value {
	bool is_set;
	const char *text;
	int64_t number; /* INT, DURATION, SIZE, BOOL */
	const char **items;
	size_t item_count;
	const struct yaml_node *node;
};

struct options {
	struct arena *arena;
	const struct option *table;
	size_t count;
	struct value *values; /* one for each row of the table */
};

/* What a read needs to say what is wrong. */
struct option_context {
	struct options *o;
	const char *file;
	struct slice text; /* secrets covered */
	const char *path;
	const char *base_dir;
	struct diag_list *diags;
	bool has_no_memory;
};

const char *option_full_name(struct option_context *c, const char *name);
void option_finding(struct option_context *c, const char *code, const struct yaml_node *node,
    const char *help, const char *message);
bool option_is_empty(const struct yaml_node *node);

/* Fills *v; what is wrong becomes a finding and leaves *v as it was. */
void option_value_read(struct option_context *c, const struct option *opt, struct value *v,
    const struct yaml_node *node);
/* The default, which must be of the option's type (assert). */
void option_fallback_set(struct option_context *c, const struct option *opt, struct value *v);

/* Is the text of the form ${...}? */
bool secret_is_reference(struct slice s);

/* Fetches what ${NAME}, ${file:PATH} or ${credential:NAME} stands for, without the newline at its
 * end, into a. NULL with err, whose text names the place and never the secret. */
const char *
secret_fetch(struct slice reference, const char *base_dir, struct arena *a, struct err *err);

/* PATH as it stands when it is absolute or "-", else below base_dir (NULL or "": where we are).
 * NULL: no memory. */
const char *path_resolve(struct slice path, const char *base_dir, struct arena *a);

#endif
