/*
 * verb_score_home.c - what `earshot score` scores with: the lexicons with the brand's words over them, and the
 * brands of the rules.  It needs nothing else of a house: no secrets, and no rules that compile.
 */
#include "daemon/verb_score.h"

#include <stdio.h>
#include <string.h>

#include "core/arena.h"
#include "core/diag.h"
#include "nlp/nlp.h"
#include "rules/rules.h"

#include "daemon/bundle.h"
#include "daemon/config.h"
#include "daemon/snapshot.h"
#include "daemon/verb.h"

#define RULES_BYTES (256u * 1024 * 1024)

/* Scores need no rules: where these cannot be compiled, brands are not looked for, and it is said. */
static void
say_without_brands(const struct diag_list *diags)
{
	size_t n = diag_count(diags, DIAG_ERROR);

	fprintf(stderr,
	    "earshot score: the rules have %zu error%s, so no brands are looked for; `earshot "
	    "check` shows %s\n",
	    n, n == 1 ? "" : "s", n == 1 ? "it" : "them");
}

/* Titles lie in the rules' text, without an end of their own. */
static int
name_brands(struct score_home *s, struct err *err)
{
	const struct brand_set *brands = rule_set_brands(s->snapshot->rules);

	s->arena = arena_new(RULES_BYTES);
	if (s->arena != NULL)
		s->brand_names =
		    arena_array(s->arena, brands->brand_count + 1, sizeof *s->brand_names);
	if (s->brand_names == NULL)
		return err_set(err, ERR_NOMEM, "no memory");
	for (size_t i = 0; i < brands->brand_count; i++) {
		struct slice title = brands->brands[i].title;

		s->brand_names[i] = arena_strndup(s->arena, title.ptr, title.len);
		if (s->brand_names[i] == NULL)
			return err_set(err, ERR_NOMEM, "no memory");
	}
	return 0;
}

/* Brands come from the configured rules folder; without a configuration there are none. */
static int
load_brands(struct score_home *s, struct config *config, struct err *err)
{
	struct arena *a = arena_new(RULES_BYTES);
	struct diag_list *diags = diag_list_new();
	struct bundle b;
	int rc = -1;

	if (a == NULL || diags == NULL) {
		err_set(err, ERR_NOMEM, "no memory");
		goto out;
	}
	if (bundle_read(config->rules_dir, NULL, 0, config->templates_dir, a, diags, &b, err) == 0)
		rc =
		    snapshot_compile_draft(&b, config, s->lexicon, false, diags, &s->snapshot, err);
	if (rc == 0) {
		rc = name_brands(s, err);
	} else if (rc == 1) {
		say_without_brands(diags);
		rc = 0;
	}
out:
	diag_list_free(diags);
	arena_free(a);
	return rc;
}

/* Secrets are operations': nothing is sent here, and who scores need not have them. */
static bool
lacks_only_secrets(const struct diag_list *diags)
{
	for (size_t i = 0; i < diag_kept(diags); i++) {
		const struct diag *d = diag_at(diags, i);

		if (d->severity == DIAG_ERROR && strcmp(d->code, "C031") != 0)
			return false;
	}
	return diag_count(diags, DIAG_ERROR) <= diag_kept(diags);
}

static int
read_config(const struct verb_call *call, struct diag_list *diags, struct config **config_r,
    struct err *err)
{
	struct diag_list *own = diag_list_new();
	const char *path = verb_config_path(call);
	int rc = 0;

	if (own == NULL)
		return err_set(err, ERR_NOMEM, "no memory");
	if (path != NULL)
		rc = config_load_folders(path, own, config_r, err);
	if (rc == 1 && *config_r != NULL && lacks_only_secrets(own))
		rc = 0;
	else
		diag_add_all(diags, own);
	diag_list_free(own);
	return rc;
}

int
score_home_open(struct score_home *s, const struct verb_call *call, struct err *err)
{
	struct diag_list *diags = diag_list_new();
	struct config *config = NULL;
	int rc;

	if (diags == NULL)
		return err_set(err, ERR_NOMEM, "no memory");
	rc = read_config(call, diags, &config, err);
	if (rc == 0)
		rc = snapshot_lexicon(
		    config == NULL ? NULL : config->vocabulary_dir, diags, &s->lexicon, err);
	if (rc == 0 && diag_count(diags, DIAG_ERROR) > 0)
		rc = 1;
	if (rc == 1)
		verb_print_diags(call, diags);
	if (rc == 0 && config != NULL)
		rc = load_brands(s, config, err);
	config_unref(config);
	diag_list_free(diags);
	return rc;
}

void
score_home_close(struct score_home *s)
{
	arena_free(s->arena);
	snapshot_unref(s->snapshot);
	lexicon_set_unref(s->lexicon);
}
