/*
 * rules_change.h - rules and templates on their way to being live: made ready by anybody with a
 * reader, made live by the writer in few statements, so that posts do not wait for a compiler.
 *
 * Ownership: a change owns what it compiled and copied; configuration and lexicon are referenced.
 * Threads:   prepare on any thread with a connection in a snapshot or transaction; commit on the
 *            writer's.
 */
#ifndef DAEMON_RULES_CHANGE_H
#define DAEMON_RULES_CHANGE_H

#include <stdbool.h>
#include <stdint.h>

struct bundle;
struct config;
struct diag_list;
struct err;
struct lexicon_set;
struct rules_change;
struct snapshot;
struct store;

/* What is to be done with a bundle, and by whom. */
enum bundle_use {
	BUNDLE_CHECK, /* never committed */
	BUNDLE_APPLY,
	BUNDLE_ROLLBACK /* a version of the past again: its rules keep their ids */
};
struct rules_ask {
	enum bundle_use use;
	const char *author, *reason; /* copied */
	int64_t base_version; /* what was edited; -1: whatever is live */
	int64_t now_ms;
};

/* Checks a bundle against the configuration, its own examples and the ids of the past, and compiles
 * it as the version after the live one.  0, 1 with findings, -1 (ERR_CONFLICT when base_version is
 * not the live one). */
int rules_change_prepare(struct store *store, struct config *config, struct lexicon_set *lexicon,
    const struct bundle *b, const struct rules_ask *ask, struct diag_list *diags,
    struct rules_change **c_r, struct err *err);
void rules_change_free(struct rules_change *c);

/* The compiled bundle. */
struct snapshot *rules_change_peek(const struct rules_change *c);
/* Is it, to the byte, what is live already? */
bool rules_change_is_same(const struct rules_change *c);
/* The live version it was held against; 0: nothing was live. */
int64_t rules_change_base(const struct rules_change *c);

/* A large bundle is written in parts before it is committed, each in a transaction of its own, so that
 * posts have their turn between them: while there are parts, stage writes the next one. */
bool rules_change_has_parts(const struct rules_change *c);
int rules_change_stage(struct store *store, struct rules_change *c, struct err *err);

/* Makes it live within the open transaction.  0 and the live version (also when it is the same: then
 * nothing is written); -1 (ERR_CONFLICT when something else went live since it was prepared). */
int rules_change_commit(
    struct store *store, struct rules_change *c, int64_t *version_r, struct err *err);

#endif
