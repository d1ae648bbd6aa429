#include "daemon/examples.h"

#include "core/arena.h"
#include "core/err.h"
#include "nlp/nlp.h"
#include "rules/rules.h"

#include "daemon/snapshot.h"

#define EXAMPLE_ARENA_BYTES (16u * 1024 * 1024)

static int
try_one(const struct snapshot *s, struct scorer *scorer, struct arena *a, size_t rule, size_t k,
    struct diag_list *diags, struct err *err)
{
	struct slice text = rule_set_example_text(s->rules, rule, k);
	struct score score;

	arena_reset(a);
	if (nlp_score(scorer, s->lexicon, s->matcher, text, SLICE_NONE, a, &score, err) < 0)
		return -1;
	return rule_set_judge_example(s->rules, rule, k, &score, a, diags, err);
}

int
examples_try(const struct snapshot *s, struct diag_list *diags, struct err *err)
{
	struct arena *a = arena_new(EXAMPLE_ARENA_BYTES);
	struct scorer *scorer = scorer_new();
	int found = 0, rc = -1;

	if (a == NULL || scorer == NULL) {
		err_set(err, ERR_NOMEM, "no memory to try the examples");
		goto out;
	}
	for (size_t i = 0; i < rule_set_count(s->rules); i++) {
		size_t count = rule_set_example_count(s->rules, i);

		for (size_t k = 0; k < count; k++) {
			rc = try_one(s, scorer, a, i, k, diags, err);
			if (rc < 0)
				goto out;
			found |= rc == 0;
		}
	}
	rc = found;
out:
	scorer_free(scorer);
	arena_free(a);
	return rc;
}
