/*
 * config.h - earshot.yaml, validated: all problems at once, with line and caret.
 *
 * Ownership: counted and immutable; a reload makes a new one.
 * Threads:   any may read.
 */
#ifndef DAEMON_CONFIG_H
#define DAEMON_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "actions/channels.h"
#include "core/log.h"
#include "core/options.h"
#include "core/slice.h"
#include "people/adopters.h"
#include "people/influence.h"

struct buf;
struct collector_ops;
struct config;
struct diag_list;
struct err;

struct source_config {
	const char *name;
	const struct collector_ops *ops;
	struct options *set;
	int64_t keep_ms; /* texts of its posts, by its terms; 0: as all */
	bool may_match; /* its authors may be linked to customers, and suggested */
};

struct channel_config {
	const char *name;
	const struct sender_ops *ops;
	struct options *set; /* the channel's own options */
	struct options *common; /* sender_common_options */
};

struct offer_config {
	const char *name;
	const char *codes_path;
	const char *description;
};

struct config {
	const char *path; /* NULL: built-in defaults */
	const char *dir; /* folder of the file: relative paths start here */
	const char *store_path, *socket_path, *blackbox_path;
	int64_t retention_ms, seen_ms;
	const char *listen; /* NULL: no HTTP */
	const char *token; /* NULL: none */
	int64_t max_body_bytes;
	const char *rules_dir, *templates_dir, *vocabulary_dir; /* the last may be NULL */
	const char *customers_path; /* NULL: none */
	const char *handle_attribute;
	const char *code_prefix; /* link_code_prefix_ok() */
	struct influence_weights influence;
	struct adoption_config adoption;
	const char *const *allow_private;
	size_t allow_private_count;
	enum log_level log_level;
	bool log_journal;
	bool allow_direct_ingest;
	struct source_config *sources;
	size_t source_count;
	struct channel_config *channels; /* actions.channels has the same order */
	size_t channel_count;
	struct offer_config *offers;
	size_t offer_count;
	struct actions_config actions;
};

/* path NULL: defaults relative to the working directory.  Findings go to diags; 0 with a config
 * (also when only warnings), 1 with errors, -1. */
int
config_load(const char *path, struct diag_list *diags, struct config **config_r, struct err *err);
/* The same for who needs its folders alone: with errors (1) there is a configuration as well, as far as it
 * could be read; NULL: it is no YAML. */
int config_load_folders(
    const char *path, struct diag_list *diags, struct config **config_r, struct err *err);
/* The source of that name; NULL: posts that came by HTTP, or of a source that is no longer there. */
const struct source_config *config_source(const struct config *c, struct slice name);
struct config *config_ref(struct config *c);
void config_unref(struct config *c);

/* Every option with type, default and a sentence: `earshot run -h` and the manual. */
void config_describe(struct buf *out);

#endif
