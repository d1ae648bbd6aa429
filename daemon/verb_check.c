#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/diag.h"
#include "core/clock.h"
#include "nlp/nlp.h"
#include "platform/file.h"
#include "platform/sysclock.h"
#include "rules/rules.h"

#include "daemon/bundle.h"
#include "daemon/config.h"
#include "daemon/examples.h"
#include "daemon/snapshot.h"
#include "daemon/verb.h"

#define CHECK_ARENA_BYTES (256u * 1024 * 1024)

/* A daemon that starts reads these; other commands do without. */
static void
check_file(const struct config *config, const char *path, const char *what, struct diag_list *diags)
{
	if (path != NULL && !file_exists(path))
		diag_add_file(diags, DIAG_ERROR, "C063", config->path,
		    "the daemon reads it when it starts: put it there, or mend the path",
		    "%s: there is no file '%s'", what, path);
}

static void
check_files_there(const struct config *config, struct diag_list *diags)
{
	check_file(config, config->customers_path, "customers.import", diags);
	for (size_t i = 0; i < config->offer_count; i++)
		check_file(config, config->offers[i].codes_path, "codes of an offer", diags);
}

/* Collects findings about everything; -1 when something could not even be looked at. */
static int
check_all(struct verb_call *call, struct diag_list *diags, size_t *rules_r, struct err *err)
{
	const char *config_path = verb_config_path(call);
	struct arena *a = arena_new(CHECK_ARENA_BYTES);
	struct config *config = NULL;
	struct lexicon_set *lexicon = NULL;
	struct snapshot *s = NULL;
	const char *rules[VERB_ARGS_MAX], *words[VERB_ARGS_MAX];
	size_t rule_count = 0, word_count = 0;
	struct bundle b;
	int rc = -1;

	for (size_t i = 0; i < call->arg_count; i++) {
		if (slice_ends_with(slice_of(call->args[i]), ".tsv"))
			words[word_count++] = call->args[i];
		else
			rules[rule_count++] = call->args[i];
	}
	if (a == NULL) {
		err_set(err, ERR_NOMEM, "no memory");
		goto out;
	}
	/* Without a configuration, named files are checked alone: channels, queues and offers are
	 * not known then. */
	if (config_path != NULL || call->arg_count == 0) {
		rc = config_load(config_path, diags, &config, err);
		if (rc < 0)
			goto out;
		if (config != NULL)
			check_files_there(config, diags);
	}
	rc = snapshot_lexicon_with(config == NULL ? NULL : config->vocabulary_dir, words,
	    word_count, diags, &lexicon, err);
	if (rc < 0)
		goto out;
	rc = bundle_read(config == NULL ? NULL : config->rules_dir, rules, rule_count,
	    config == NULL ? NULL : config->templates_dir, a, diags, &b, err);
	if (rc < 0)
		goto out;
	rc = snapshot_compile(&b, config, lexicon, 0, diags, &s, err);
	if (rc == 0) {
		*rules_r = rule_set_count(s->rules);
		rc = examples_try(s, diags, err);
		if (rc >= 0 &&
		    rule_set_judge_periods(s->rules, clock_now_ms(sysclock()), diags, err) < 0)
			rc = -1;
	}
	rc = rc < 0 ? -1 : 0;
out:
	snapshot_unref(s);
	lexicon_set_unref(lexicon);
	config_unref(config);
	arena_free(a);
	return rc;
}

static int
run(struct verb_call *call)
{
	struct diag_list *diags = diag_list_new();
	struct err err = {ERR_NONE, "no memory"};
	size_t rules = 0, errors, warnings;
	int rc = EXIT_CANNOT;

	if (diags == NULL || check_all(call, diags, &rules, &err) < 0) {
		if (diags != NULL && diag_kept(diags) > 0)
			verb_print_diags(call, diags);
		verb_cannot(call, &err);
		goto out;
	}
	verb_print_diags(call, diags);
	errors = diag_count(diags, DIAG_ERROR);
	warnings = diag_count(diags, DIAG_WARNING);
	rc = errors > 0 ? EXIT_FOUND : EXIT_DONE;
	if (call->is_json)
		goto out;
	if (errors > 0)
		fprintf(stderr, "%zu error%s, %zu warning%s\n", errors, errors == 1 ? "" : "s",
		    warnings, warnings == 1 ? "" : "s");
	else
		printf("fine: %zu rule%s, %zu warning%s\n", rules, rules == 1 ? "" : "s", warnings,
		    warnings == 1 ? "" : "s");
out:
	diag_list_free(diags);
	return rc;
}

const struct verb verb_check = {
    "check",
    "[-c FILE] [PATH...]",
    "check configuration, rules and templates: all problems at once",
    "PATH is a rules file or a folder of them, in place of the configured folder, or a vocabulary "
    "or lexicon (.tsv).  Without a "
    "configuration, the files are\n"
    "checked alone and channels, queues, offers and templates are taken on trust.",
    "  earshot check\n  earshot check rules/launch.rules",
    NULL,
    run,
};
