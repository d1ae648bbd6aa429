/*
 * bundle.h - what is made live together: the texts of rules and templates, as one JSON value.
 *
 *   {"rules":{"acme.rules":"..."},"templates":{"sorry":{"subject.hbs":"..."}}}
 */
#ifndef DAEMON_BUNDLE_H
#define DAEMON_BUNDLE_H

#include <stddef.h>

#include "actions/templates.h"
#include "core/slice.h"
#include "rules/rules.h"

struct arena;
struct buf;
struct diag_list;
struct err;

struct bundle {
	struct rule_source *rules;
	size_t rule_count;
	struct template_file *templates;
	size_t template_count;
};

#define BUNDLE_BYTES_MAX (32 * 1024 * 1024)

/* Reads rules_dir/ *.rules and templates_dir/ID/ * (a missing folder is empty). paths: when count >
 * 0, these files and folders of rules instead of rules_dir.  Unreadable files are findings. */
int bundle_read(const char *rules_dir, const char *const *paths, size_t path_count,
    const char *templates_dir, struct arena *a, struct diag_list *diags, struct bundle *b_r,
    struct err *err);
/* Strict: a member that is not understood is ERR_INPUT, never a bundle without it. */
int bundle_parse(struct slice json, struct arena *a, struct bundle *b_r, struct err *err);
void bundle_print(const struct bundle *b, struct buf *out);
/* 64 hex digits over names and texts. */
void bundle_hash(const struct bundle *b, char out[65]);

#endif
