#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "core/buf.h"
#include "core/clock.h"
#include "core/diag.h"
#include "core/err.h"
#include "core/mem.h"
#include "nlp/nlp.h"
#include "rules/rules.h"
#include "store/outbox.h"
#include "store/store.h"

#include "daemon/bundle.h"
#include "daemon/config.h"
#include "daemon/home.h"
#include "daemon/rules_change.h"
#include "daemon/snapshot.h"

#define NOW INT64_C(1795255200000) /* 2026-11-21T10:00:00Z */

#define RULE(id, words)                                                                            \
	"rule " id " \"A rule\"\n"                                                                 \
	"  when all of\n"                                                                          \
	"    text contains \"" words "\"\n"                                                        \
	"  end\n"                                                                                  \
	"  then\n"                                                                                 \
	"    tag author \"x\" for 1 day\n"                                                         \
	"  end\n"                                                                                  \
	"end\n"

struct world {
	struct store *st;
	struct config *config;
	struct lexicon_set *lexicon;
	struct diag_list *diags;
	struct err err;
};

static int
setup(void **state)
{
	struct world *w = mem_zalloc(sizeof *w);
	struct store_options o = {.mode = STORE_MEMORY, .now_ms = NOW};

	assert_non_null(w);
	w->diags = diag_list_new();
	assert_int_equal(store_open(&o, &w->st, &w->err), 0);
	assert_int_equal(config_load(NULL, w->diags, &w->config, &w->err), 0);
	assert_int_equal(snapshot_lexicon(NULL, w->diags, &w->lexicon, &w->err), 0);
	*state = w;
	return 0;
}

static int
teardown(void **state)
{
	struct world *w = *state;

	store_close(w->st);
	lexicon_set_unref(w->lexicon);
	config_unref(w->config);
	diag_list_free(w->diags);
	mem_free(w);
	return 0;
}

/* In a transaction of its own, which stays only when it went well. */
static int
apply(struct world *w, const char *text, bool for_good, int64_t base_version, int64_t *version_r)
{
	struct rule_source source = {.file = "acme.rules", .text = slice_of(text)};
	struct bundle b = {.rules = &source, .rule_count = 1};
	struct rules_change *c = NULL;
	int rc;

	assert_int_equal(store_begin(w->st, &w->err), 0);
	rc = rules_change_prepare(w->st, w->config, w->lexicon, &b,
	    &(struct rules_ask){
		for_good ? BUNDLE_APPLY : BUNDLE_CHECK, "a test", "", base_version, NOW},
	    w->diags, &c, &w->err);
	if (rc == 0)
		*version_r = rules_change_base(c);
	if (rc == 0 && for_good)
		rc = rules_change_commit(w->st, c, version_r, &w->err);
	rules_change_free(c);
	if (rc == 0)
		assert_int_equal(store_commit(w->st, &w->err), 0);
	else
		store_rollback(w->st);
	return rc;
}

static void
each_change_is_a_version_and_the_same_again_is_none(void **state)
{
	static const struct {
		const char *text;
		bool for_good;
		int64_t base_version, expected;
		const char *note;
	} steps[] = {
	    {RULE("a", "tea"), false, -1, 0, "only checked"},
	    {RULE("a", "tea"), true, -1, 1, "the first"},
	    {RULE("a", "tea"), true, -1, 1, "the same again"},
	    {RULE("a", "tea") "\n", true, 1, 2, "a byte more, over the version edited"},
	    {RULE("b", "tea"), false, 2, 2, "another, only checked"},
	    {RULE("b", "tea"), true, 2, 3, "another"},
	};

	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		int64_t version = -1;

		if (apply(*state, steps[i].text, steps[i].for_good, steps[i].base_version,
			&version) != 0 ||
		    version != steps[i].expected)
			fail_msg("%s: expected version %d, found %d", steps[i].note,
			    (int)steps[i].expected, (int)version);
	}
}

static void
over_a_change_of_somebody_else_is_a_conflict(void **state)
{
	struct world *w = *state;
	int64_t version;

	assert_int_equal(apply(w, RULE("a", "tea"), true, 0, &version), 0);
	assert_int_equal(apply(w, RULE("a", "coffee"), true, 1, &version), 0);
	assert_int_equal(apply(w, RULE("a", "milk"), true, 1, &version), -1);
	assert_int_equal(w->err.kind, ERR_CONFLICT);
}

static void
rules_with_mistakes_change_nothing(void **state)
{
	struct world *w = *state;
	struct snapshot *s = NULL;
	int64_t version;

	assert_int_equal(apply(w, RULE("a", "tea"), true, -1, &version), 0);
	assert_int_equal(apply(w, "rule b\n", true, -1, &version), 1);
	assert_true(diag_count(w->diags, DIAG_ERROR) > 0);
	assert_int_equal(home_snapshot_of(w->st, w->config, w->lexicon, 2, &s, &w->err), 0);
}

static void
the_id_of_a_removed_rule_does_not_come_back(void **state)
{
	struct world *w = *state;
	int64_t version;

	assert_int_equal(apply(w, RULE("a", "tea"), true, -1, &version), 0);
	assert_int_equal(apply(w, RULE("b", "tea"), true, -1, &version), 0);
	assert_int_equal(apply(w, RULE("a", "coffee"), true, -1, &version), 1);
	assert_int_equal(diag_kept(w->diags), 1);
	assert_string_equal(diag_at(w->diags, 0)->code, "R090");
	/* A check says so as well, before anybody tries. */
	assert_int_equal(apply(w, RULE("a", "coffee"), false, -1, &version), 1);
	assert_int_equal(diag_kept(w->diags), 2);
	assert_int_equal(apply(w, RULE("b", "milk"), false, -1, &version), 0);
}

static void
a_watch_does_not_come_under_the_id_of_a_removed_rule(void **state)
{
	static const char *const watch =
	    "watch a \"A crowd\"\n over posts where sentiment is below 0\n"
	    " when count within 1 hour is at least 3\n then pause promotions\nend\n";
	struct world *w = *state;
	int64_t version;

	assert_int_equal(apply(w, RULE("a", "tea"), true, -1, &version), 0);
	assert_int_equal(apply(w, RULE("b", "tea"), true, -1, &version), 0);
	assert_int_equal(apply(w, watch, true, -1, &version), 1);
	assert_string_equal(diag_at(w->diags, 0)->code, "R090");
}

static void
a_version_of_the_past_is_compiled_as_it_was(void **state)
{
	static const char *const ids[] = {"a", "b"};
	struct world *w = *state;
	int64_t version;

	assert_int_equal(apply(w, RULE("a", "tea"), true, -1, &version), 0);
	assert_int_equal(apply(w, RULE("b", "tea"), true, -1, &version), 0);
	for (int64_t v = 1; v <= 2; v++) {
		struct snapshot *s = NULL;

		assert_int_equal(home_snapshot_of(w->st, w->config, w->lexicon, v, &s, &w->err), 1);
		assert_int_equal(s->version, v);
		assert_int_equal(rule_set_count(s->rules), 1);
		assert_true(slice_eq_str(rule_set_head(s->rules, 0)->id, ids[v - 1]));
		snapshot_unref(s);
	}
}

static struct rules_change *
prepare(struct world *w, const char *text)
{
	struct rule_source source = {.file = "acme.rules", .text = slice_of(text)};
	struct bundle b = {.rules = &source, .rule_count = 1};
	struct rules_change *c = NULL;

	assert_int_equal(store_begin(w->st, &w->err), 0);
	assert_int_equal(
	    rules_change_prepare(w->st, w->config, w->lexicon, &b,
		&(struct rules_ask){BUNDLE_APPLY, "a test", "", -1, NOW}, w->diags, &c, &w->err),
	    0);
	store_rollback(w->st);
	return c;
}

static int
write_parts(struct world *w, struct rules_change *c)
{
	int parts = 0;

	for (; rules_change_has_parts(c); parts++) {
		assert_int_equal(store_begin(w->st, &w->err), 0);
		assert_int_equal(rules_change_stage(w->st, c, &w->err), 0);
		assert_int_equal(store_commit(w->st, &w->err), 0);
	}
	return parts;
}

/* Prepared by a reader, each part and the change itself in transactions of their own. */
static int
apply_in_parts(struct world *w, const char *text, int64_t *version_r)
{
	struct rules_change *c = prepare(w, text);
	int parts = write_parts(w, c);

	assert_int_equal(store_begin(w->st, &w->err), 0);
	assert_int_equal(rules_change_commit(w->st, c, version_r, &w->err), 0);
	assert_int_equal(store_commit(w->st, &w->err), 0);
	rules_change_free(c);
	return parts;
}

static void
a_large_bundle_is_written_in_parts_and_reads_as_whole(void **state)
{
	struct world *w = *state;
	struct snapshot *s = NULL;
	struct buf text;
	int64_t version;

	buf_init(&text, 1024 * 1024);
	for (int i = 0; i < 10000; i++)
		buf_addf(&text, "# line %d of \"many\"\n", i);
	buf_addf(&text, "%s", RULE("a", "tea"));
	assert_int_equal(apply_in_parts(w, RULE("b", "tea"), &version), 0);
	assert_true(apply_in_parts(w, buf_slice(&text).ptr, &version) > 2);
	assert_int_equal(version, 2);
	assert_int_equal(apply_in_parts(w, buf_slice(&text).ptr, &version), 0); /* the same again */
	assert_int_equal(version, 2);
	assert_int_equal(home_snapshot_of(w->st, w->config, w->lexicon, 2, &s, &w->err), 1);
	assert_true(slice_eq_str(rule_set_head(s->rules, 0)->id, "a"));
	snapshot_unref(s);
	buf_fini(&text);
}

/* "PREFIXn", so many of them. */
static struct buf
many_rules(const char *prefix, int count)
{
	struct buf text;

	buf_init(&text, 1024 * 1024);
	buf_addf(&text, "brand acme \"Acme\"\n  called \"acme\"\nend\n");
	for (int i = 0; i < count; i++)
		buf_addf(&text,
		    "rule %s%d \"Rule %d\"\n  when text contains \"tea%d\"\n"
		    "  then tag author \"x\" for 1 day\nend\n",
		    prefix, i, i, i);
	return text;
}

static void
ids_of_a_change_that_was_refused_leave_no_trace(void **state)
{
	struct world *w = *state;
	struct buf old = many_rules("old", 900), lost = many_rules("lost", 900),
		   won = many_rules("old", 800);
	struct rules_change *refused;
	int64_t version;

	assert_true(apply_in_parts(w, buf_str(&old), &version) > 9); /* 900 ids are in them, too */
	refused = prepare(w, buf_str(&lost));
	assert_true(write_parts(w, refused) > 18);
	/* `old800` and so on end with version 1, by a change that overtakes the other. */
	apply_in_parts(w, buf_str(&won), &version);
	assert_int_equal(version, 2);
	assert_int_equal(store_begin(w->st, &w->err), 0);
	assert_int_equal(rules_change_commit(w->st, refused, &version, &w->err), -1);
	assert_int_equal(w->err.kind, ERR_CONFLICT);
	store_rollback(w->st);
	rules_change_free(refused);
	assert_int_equal(store_rule_id_was_dropped(w->st, slice_of("old1"), &w->err), 0);
	assert_int_equal(store_rule_id_was_dropped(w->st, slice_of("old850"), &w->err), 1);
	assert_int_equal(store_rule_id_was_dropped(w->st, slice_of("lost1"), &w->err), 0);
	apply_in_parts(w, buf_str(&lost), &version); /* they were nobody's */
	assert_int_equal(version, 3);
	assert_int_equal(store_rule_id_was_dropped(w->st, slice_of("old1"), &w->err), 1);
	buf_fini(&old);
	buf_fini(&lost);
	buf_fini(&won);
}

static void
a_budget_needs_a_currency(void **state)
{
	static const char *const rule = "rule a \"A rule\"\n  when text contains \"tea\"\n"
					"  then tag author \"x\"\n  spend at most 5 per day\nend\n";
	struct world *w = *state;
	int64_t version;

	assert_int_equal(apply(w, rule, true, -1, &version), 1);
	assert_string_equal(diag_at(w->diags, 0)->code, "R057");
	w->config->actions.currency = "EUR";
	assert_int_equal(apply(w, rule, true, -1, &version), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(each_change_is_a_version_and_the_same_again_is_none),
	    TEST(over_a_change_of_somebody_else_is_a_conflict),
	    TEST(rules_with_mistakes_change_nothing),
	    TEST(the_id_of_a_removed_rule_does_not_come_back),
	    TEST(a_watch_does_not_come_under_the_id_of_a_removed_rule),
	    TEST(a_version_of_the_past_is_compiled_as_it_was),
	    TEST(a_large_bundle_is_written_in_parts_and_reads_as_whole),
	    TEST(ids_of_a_change_that_was_refused_leave_no_trace),
	    TEST(a_budget_needs_a_currency),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
