/*
 * snapshot.h - {configuration, lexicon, matcher, rules, templates} as one immutable value that is
 * swapped whole; an occurrence ends on the one it began with, and what was scored or decided names
 * its versions.
 *
 * Ownership: counted.
 * Threads:   any may read.
 */
#ifndef DAEMON_SNAPSHOT_H
#define DAEMON_SNAPSHOT_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/bundle.h"
#include "daemon/config.h"

struct diag_list;
struct err;
struct lexicon_set;
struct matcher;
struct rule_set;
struct scorer;
struct snapshot;
struct template_set;

struct snapshot {
	struct config *config;
	struct lexicon_set *lexicon;
	struct matcher *matcher;
	struct matcher *terms; /* words of lists (snapshot_terms.h); NULL: there are none */
	struct slice_list term_names; /* by the numbers of terms */
	struct rule_set *rules;
	struct template_set *templates;
	int64_t version; /* of the rules; 0: a draft */
	struct slice_list
	    own_accounts; /* handle keys and ids of the brands' own accounts, normalised */
	struct arena *arena; /* own_accounts lives here */
	_Atomic int refs;
};

/* The built-in lexicons with the brand's vocabulary folder over them (NULL: none). */
int snapshot_lexicon(const char *vocabulary_dir, struct diag_list *diags,
    struct lexicon_set **set_r, struct err *err);
/* The same with further files over the folder's: vocabularies and whole lexicons. */
int snapshot_lexicon_with(const char *vocabulary_dir, const char *const *files, size_t file_count,
    struct diag_list *diags, struct lexicon_set **set_r, struct err *err);

/* Compiles a bundle.  config may be NULL (a rules file checked alone: then channels, queues and
 * offers are not checked).  0 with a snapshot, 1 with errors in diags, -1.  config and lexicon are
 * referenced. */
int snapshot_compile(const struct bundle *b, struct config *config, struct lexicon_set *lexicon,
    int64_t version, struct diag_list *diags, struct snapshot **s_r, struct err *err);
/* The same for a draft; with checks_names false, channels, queues, offers and templates the rules
 * name are taken on trust. */
int
snapshot_compile_draft(const struct bundle *b, struct config *config, struct lexicon_set *lexicon,
    bool checks_names, struct diag_list *diags, struct snapshot **s_r, struct err *err);
struct snapshot *snapshot_ref(struct snapshot *s);
void snapshot_unref(struct snapshot *s);

#endif
