/*
 * options.h - option tables: one truth for the configuration reader, `--help` and the manual.
 *
 * A table is a constant array that ends with a NULL name.  options_read() checks a YAML map against
 * it: all problems at once, unknown keys with the nearest known one, units and ranges enforced,
 * secrets fetched from where they lie.
 *
 * Findings: C020 not a map, C021 unknown option, C022 a required one is missing, C023 wrong kind of
 *           value, C024 not a whole number, C025 out of range, C026 not a duration, C027 not a
 *           size, C028 not one of the choices, C029 not true or false, C030 a secret written into
 *           the file, C031 a secret that cannot be fetched, C032 no value, C033 not an amount. Secrets never appear in
 *           a finding, nor does the value of a key we do not know (it may be a misspelt secret).
 *           After a finding the option keeps its default.
 */
#ifndef CORE_OPTIONS_H
#define CORE_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/slice.h"

struct buf;
struct diag_list;
struct options;
struct yaml_doc;
struct yaml_node;

enum option_type {
	OPTION_TEXT,
	OPTION_LIST, /* texts; a single text counts as a list of one */
	OPTION_SECRET, /* ${ENV}, ${file:PATH} (relative as OPTION_PATH) or ${credential:NAME} (a
			* file in $CREDENTIALS_DIRECTORY); a literal is a finding */
	OPTION_BOOL, /* true, false, yes, no, on, off */
	OPTION_INT,
	OPTION_DURATION, /* "500 ms", "30s", "5 min", "2 hours", "90 days" -> milliseconds */
	OPTION_AMOUNT, /* "20", "0.075" -> thousandths: money */
	OPTION_SIZE, /* "64 KB", "10MB" -> bytes, powers of 1024 */
	OPTION_PATH, /* relative ones are relative to the configuration file's folder; "-" stays */
	OPTION_CHOICE, /* one of choices */
	OPTION_MAP, /* a map the owner reads itself (options_node) */
};

struct option {
	const char *name;
	enum option_type type;
	const char
	    *fallback; /* as a person would write it; NULL: no default.  OPTION_LIST: "a, b" */
	bool is_required;
	int64_t min, max; /* OPTION_INT, _DURATION, _SIZE, _AMOUNT; both 0: no bounds */
	const char *choices; /* "a|b|c" */
	const char *help; /* one sentence */
	const char *example; /* may be NULL */
};

/* path: "sources.fediverse" for messages.  base_dir: for OPTION_PATH.  Findings go to diags;
 * returns NULL only without memory.  node may be NULL: all defaults. */
struct options *options_read(const struct option *table, const struct yaml_doc *doc,
    const struct yaml_node *node, const char *path, const char *base_dir, struct diag_list *diags);
void options_free(struct options *o);

/* The name must be in the table (assert).  Texts live as long as the options. */
bool options_has(const struct options *o, const char *name); /* set, or has a default */
const char *options_text(const struct options *o, const char *name); /* NULL: not set */
int64_t options_int(const struct options *o,
    const char *name); /* INT, DURATION (ms), SIZE (bytes), AMOUNT (1/1000) */
bool options_bool(const struct options *o, const char *name);
size_t options_list_count(const struct options *o, const char *name);
const char *options_list_at(const struct options *o, const char *name, size_t i);
const struct yaml_node *options_node(const struct options *o, const char *name); /* OPTION_MAP */

/* The table as help text: name, type, default, sentence. */
void options_describe(const struct option *table, struct buf *out);

/* "30 minutes", "2h", "500 ms" -> milliseconds; false when it is not one.  ms, s, m or min, h, d, w
 * and their longer forms; a bare 0 needs no unit. */
bool duration_parse(struct slice s, int64_t *ms_r);
/* The largest unit that divides it: "90 days", "5 min", "1500 ms". */
#define DURATION_TEXT_MAX 32
const char *duration_format(int64_t ms, char out[DURATION_TEXT_MAX]);
/* "20", "0.5", "0.075" -> thousandths; at most three digits behind the point. */
bool amount_parse(struct slice s, int64_t *milli_r);
/* "64 KB", "10MB", "512 bytes" -> bytes, powers of 1024; a bare 0 needs no unit. */
bool size_parse(struct slice s, int64_t *bytes_r);

#endif
