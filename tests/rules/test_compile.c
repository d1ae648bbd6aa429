#include "tests/rules/rules_testing.h"

#include "core/utf8.h"
#include "rules/engine_internal.h"
#include "rules/limits_internal.h"

/* ---- what actions and the pipeline get ---- */

static const char *const everything =
    "brand acme \"Acme\"\n called \"acme\", \"@acme\"\n but not \"acme corp\"\n own accounts "
    "\"@acme@example.social\"\nend\n"
    "brand beta \"Beta\"\n called \"beta\"\nend\nlist staff \"Staff\"\n \"@anna\"\n \"ben\"\nend\n"
    "rule first \"First\"\n shadow\n priority -3\n include reposts\n act within 30 minutes\n"
    " when all of\n  brand is acme\n  not author is in list staff\n end\n then\n"
    "  send \"sorry\" by email to customer with offer ten-percent\n  draft reply \"thanks\" for "
    "approval by \"social team\"\n"
    "  alert \"support\" as critical\n  tag author \"fan\" for 90 days\n  tag customer \"fan\"\n"
    "  set customer \"care\" to \"high\"\n  add customer to list staff\n  alert \"support\" as "
    "critical\n end\n"
    " at most once every 2 weeks per person\n at most 1k in total\nend\n"
    "rule second \"Second\"\n off\n when sentiment is below 0\n then alert \"pr\" as low\nend\n";

static void
heads_and_actions_carry_what_the_rule_says(void **state)
{
	static const char *const texts[] = {
	    "send \"sorry\" by email to customer with offer ten-percent",
	    "draft reply \"thanks\" for approval by \"social team\"",
	    "alert \"support\" as critical", "tag author \"fan\" for 90 days",
	    "tag customer \"fan\"", "set customer \"care\" to \"high\"",
	    "add customer to list staff"};
	struct rule_set *set = testing_compile(everything);
	const struct rule_head *h = rule_set_head(set, 0);

	(void)state;
	assert_int_equal(rule_set_count(set), 2);
	assert_int_equal(rule_set_version(set), 7);
	assert_true(slice_eq_str(h->id, "first") && slice_eq_str(h->title, "First"));
	assert_int_equal(h->version, 7);
	assert_int_equal(h->priority, -3);
	assert_true(h->is_shadow && h->acts_on_reposts);
	assert_int_equal(h->act_within_ms, 30 * TIME_MINUTE_MS);
	assert_int_equal(h->cooldown_ms, 14 * TIME_DAY_MS);
	assert_int_equal(h->cooldown_scope, LIMIT_PER_SUBJECT);
	assert_int_equal(h->cap_count, 1);
	assert_int_equal(h->caps[0].max, 1000);
	assert_int_equal(h->caps[0].period, CAP_TOTAL);
	assert_int_equal(h->caps[0].scope, LIMIT_PER_RULE);
	/* the second `alert "support" as critical` is the same decision */
	assert_int_equal(h->action_count, 7);
	for (size_t i = 0; i < 7; i++)
		assert_true(slice_eq_str(h->actions[i].text, texts[i]));
	assert_int_equal(h->actions[0].target, TARGET_CUSTOMER);
	assert_true(slice_eq_str(h->actions[0].channel, "email") &&
	    slice_eq_str(h->actions[0].offer, "ten-percent"));
	assert_true(
	    slice_eq_str(h->actions[1].team, "social team") && !slice_is_set(h->actions[1].offer));
	assert_int_equal(h->actions[2].severity, SEVERITY_CRITICAL);
	assert_int_equal(h->actions[3].for_ms, 90 * TIME_DAY_MS);
	assert_int_equal(h->actions[4].for_ms, 0);
	assert_true(
	    slice_eq_str(h->actions[5].name, "care") && slice_eq_str(h->actions[5].value, "high"));
	h = rule_set_head(set, 1);
	assert_int_equal(h->act_within_ms, 2 * TIME_HOUR_MS);
	assert_int_equal(h->cooldown_ms, 0);
	assert_int_equal(h->cap_count, 0);
	assert_true(rule_set_is_off(set, 1) && !rule_set_is_off(set, 0));
	assert_int_equal(rule_set_find(set, SLICE_LIT("second")), 1);
	assert_int_equal(rule_set_find(set, SLICE_LIT("third")), -1);
	rule_set_unref(set);
}

static void
brands_and_lists_are_handed_out_as_written(void **state)
{
	struct rule_set *set = testing_compile(everything);
	const struct brand_set *b = rule_set_brands(set);

	(void)state;
	assert_int_equal(b->brand_count, 2);
	assert_int_equal(b->list_count, 1);
	assert_true(slice_eq_str(b->brands[0].id, "acme") && slice_eq_str(b->brands[1].id, "beta"));
	assert_int_equal(b->brands[0].called.count, 2);
	assert_true(slice_eq_str(b->brands[0].called.items[1], "@acme"));
	assert_true(slice_eq_str(b->brands[0].but_not.items[0], "acme corp"));
	assert_true(slice_eq_str(b->brands[0].own_accounts.items[0], "@acme@example.social"));
	assert_int_equal(b->lists[0].items.count, 2);
	rule_set_unref(set);
}

static void
a_set_lives_as_long_as_somebody_holds_it(void **state)
{
	struct rule_set *set = testing_compile(everything), *held = rule_set_ref(set);

	(void)state;
	rule_set_unref(set);
	assert_int_equal(rule_set_count(held), 2);
	rule_set_unref(held);
	rule_set_unref(NULL);
}

static void
several_files_are_one_set(void **state)
{
	struct rule_source sources[] = {
	    {"b.rules",
		SLICE_LIT(
		    "rule two \"Two\"\n when brand is acme\n then alert \"x\" as low\nend\n")},
	    {"a.rules",
		SLICE_LIT("\xef\xbb\xbf"
			  "brand acme \"Acme\"\n called \"acme\"\nend\n")},
	    {"empty.rules", SLICE_NONE}};
	struct diag_list *diags = diag_list_new();
	struct rule_set *set = NULL;

	(void)state;
	assert_int_equal(rule_set_compile(sources, 3, 1, &testing_env_alone, diags, &set, NULL), 0);
	assert_int_equal(rule_set_count(set), 1);
	rule_set_unref(set);
	diag_list_free(diags);
}

/* ---- hostile texts ---- */

/* Exactly one error, of that code; warnings do not count. */
static const struct diag *
only_error(const struct diag_list *diags)
{
	const struct diag *found = NULL;

	for (size_t i = 0; i < diag_kept(diags); i++)
		if (diag_at(diags, i)->severity == DIAG_ERROR)
			found = diag_at(diags, i);
	return diag_count(diags, DIAG_ERROR) == 1 ? found : NULL;
}

static void
expect_finding(struct slice text, const char *code, const char *message)
{
	struct rule_source source = {"hostile.rules", text};
	struct diag_list *diags = diag_list_new();
	struct rule_set *set = NULL;
	struct err err = {0};
	const struct diag *d;
	struct buf out;

	assert_int_equal(rule_set_compile(&source, 1, 1, &testing_env_alone, diags, &set, &err), 1);
	assert_null(set);
	d = only_error(diags);
	if (d == NULL || strcmp(d->code, code) != 0 || strstr(d->message, message) == NULL) {
		buf_init(&out, 1024 * 1024);
		diag_print(diags, &out);
		fail_msg("wanted one finding %s '%s', found\n%s", code, message, buf_str(&out));
	}
	diag_list_free(diags);
}

static struct slice
repeated(struct buf *b, const char *head, const char *part, size_t n, const char *middle,
    const char *close, const char *tail)
{
	buf_init(b, 256u * 1024 * 1024);
	buf_add_str(b, head);
	for (size_t i = 0; i < n; i++)
		buf_add_str(b, part);
	buf_add_str(b, middle);
	for (size_t i = 0; i < n; i++)
		buf_add_str(b, close);
	buf_add_str(b, tail);
	assert_false(buf_failed(b));
	return buf_slice(b);
}

static void
nesting_100000_deep_is_one_clear_finding(void **state)
{
	struct buf b;

	(void)state;
	expect_finding(
	    repeated(&b, "rule r \"R\"\nwhen all of\n", "any of\n", 100000,
		"sentiment is below 0\n", "end\n", "end\nthen alert \"x\" as low\nend\n"),
	    "R008", "16 levels");
	buf_fini(&b);
	expect_finding(repeated(&b, "rule r \"R\"\nwhen ", "not ", 10000, "sentiment is below 0\n",
			   "", "then alert \"x\" as low\nend\n"),
	    "R008", "16 levels");
	buf_fini(&b);
	expect_finding(
	    repeated(&b, "rule r \"R\"\nwhen all of\n", "not any of\n", 100000, "", "", ""), "R008",
	    "16 levels");
	buf_fini(&b);
}

static void
a_line_of_ten_megabytes_is_one_clear_finding(void **state)
{
	struct buf b;

	(void)state;
	expect_finding(repeated(&b, "rule r \"R\"\nwhen text contains \"", "aaaaaaaaaa",
			   1024 * 1024, "\"", "", "\nthen alert \"x\" as low\nend\n"),
	    "R007", "line 2 is too long");
	buf_fini(&b);
	expect_finding(
	    repeated(&b, "list l \"L\"\n", "\"a\", ", 2 * 1024 * 1024, "\"b\"", "", "\nend\n"),
	    "R007", "line 2 is too long");
	buf_fini(&b);
}

static void
a_text_or_comment_that_is_too_long_is_a_finding(void **state)
{
	struct buf b;

	(void)state;
	expect_finding(repeated(&b, "list l \"L\"\n\"", "a", 1025, "\"", "", "\nend\n"), "R007",
	    "this text is too long");
	buf_fini(&b);
	expect_finding(repeated(&b, "list l \"L\"\n#", "a", 5000, "\n\"x\"", "", "\nend\n"), "R007",
	    "this comment is too long");
	buf_fini(&b);
	expect_finding(repeated(&b, "rule r \"R\"\nwhen text contains \"", "a ", 33, "\"", "",
			   "\nthen alert \"x\" as low\nend\n"),
	    "R008", "a keyword may have 32 words");
	buf_fini(&b);
	expect_finding(repeated(&b, "rule r \"R\"\nwhen all of\n", "author is a bot\n", 501, "", "",
			   "end\nthen alert \"x\" as low\nend\n"),
	    "R008", "500 conditions");
	buf_fini(&b);
	expect_finding(repeated(&b, "rule r \"R\"\nwhen author is a bot\nthen\n",
			   "alert \"x\" as low\n", 33, "", "", "end\nend\n"),
	    "R008", "32 actions");
	buf_fini(&b);
}

static void
bytes_that_are_no_text_are_refused_where_they_stand(void **state)
{
	(void)state;
	expect_finding(
	    SLICE_LIT("list l \"L\"\n \"caf\xe9\"\nend\n"), "R001", "this is not UTF-8 text");
	expect_finding(SLICE_LIT("list l \"L\"\n \"a\0b\"\nend\n"), "R001", "NUL");
	expect_finding(SLICE_LIT("\xff\xfe"
				 "l\0i\0s\0t\0"),
	    "R001", "this is not UTF-8 text");
	expect_finding(SLICE_LIT("list l \"L\"\n \"a\x01"
				 "b\"\nend\n"),
	    "R006", "control character");
}

static void
findings_in_ten_thousand_lines_are_all_counted(void **state)
{
	struct buf b;
	struct rule_source source = {"many.rules",
	    repeated(&b, "rule r \"R\"\nwhen all of\n", "sentimnt is 1\n", 10000, "end\n", "",
		"then alert \"x\" as low\nend\n")};
	struct diag_list *diags = diag_list_new();
	struct rule_set *set = NULL;

	(void)state;
	assert_int_equal(rule_set_compile(&source, 1, 1, &testing_env_alone, diags, &set, NULL), 1);
	assert_true(diag_count(diags, DIAG_ERROR) >= 501 && diag_kept(diags) <= DIAG_MAX);
	diag_list_free(diags);
	buf_fini(&b);
}

/* ---- many rules ---- */

static void
a_hundred_thousand_rules_compile_and_the_right_ones_fire(void **state)
{
	struct rule_source source = {"many.rules", SLICE_NONE};
	struct diag_list *diags = diag_list_new();
	struct testing_occurrence t;
	struct arena *a = arena_new(16 * 1024 * 1024);
	struct rule_set *set = NULL;
	struct firing *firings;
	struct buf b;
	size_t count;

	(void)state;
	buf_init(&b, RULES_TEXT_MAX);
	for (int i = 0; i < 100000; i++)
		buf_addf(&b,
		    "rule r%d \"R\"\n when all of\n  text contains \"word%d\"\n  sentiment is "
		    "below 0.%d\n end\n"
		    " then alert \"x\" as low\nend\n",
		    i, i / 2, i % 10);
	source.text = buf_slice(&b);
	assert_int_equal(rule_set_compile(&source, 1, 1, &testing_env_alone, diags, &set, NULL), 0);
	testing_occurrence_init(&t);
	t.score.score_milli = 450;
	testing_text(&t, "word2 and word49999 here, word2 again", a);
	assert_int_equal(rule_set_evaluate(set, &t.occ, NULL, a, &firings, &count, NULL), 0);
	/* word2 is asked for by r4 (below 0.4: no) and r5 (below 0.5), word49999 by r99998 and r99999 */
	assert_int_equal(count, 3);
	assert_true(slice_eq_str(firings[0].rule->id, "r5") &&
	    slice_eq_str(firings[1].rule->id, "r99998") &&
	    slice_eq_str(firings[2].rule->id, "r99999"));
	rule_set_unref(set);
	diag_list_free(diags);
	buf_fini(&b);
	arena_free(a);
}

static size_t
fired_count(const struct rule_set *set, const char *post)
{
	struct testing_occurrence t;
	struct arena *a = arena_new(1024 * 1024);
	struct firing *firings;
	size_t n;

	testing_occurrence_init(&t);
	testing_text(&t, post, a);
	assert_int_equal(rule_set_evaluate(set, &t.occ, NULL, a, &firings, &n, NULL), 0);
	arena_free(a);
	return n;
}

static void
a_rule_is_filed_under_what_it_cannot_fire_without(void **state)
{
	static const struct {
		const char *when;
		bool is_filed;
		size_t steps; /* what filing has not answered */
		size_t with_late, without;
	} cases[] = {
	    {"text contains \"late\"", true, 0, 1, 0},
	    {"all of\nauthor.followers is below 9\ntext contains any of \"late\", \"slow\"\nend",
		true, 1, 0, 0},
	    {"any of\ntext contains \"late\"\npost.tag is \"x\"\nend", true, 0, 1, 0},
	    {"any of\ntext contains \"late\"\nall of\npost.tag is \"x\"\nlanguage is "
	     "en\nend\nend",
		true, 3, 1, 0},
	    {"any of\ntext contains \"late\"\nsentiment is at most 0\nend", false, 2, 1, 1},
	    {"not text contains \"late\"", false, 1, 0, 1},
	    {"text contains none of \"late\"", false, 1, 0, 1},
	    {"all of\nlanguage is en\ntext contains \"late\"\nend", true, 1, 1, 0},
	    {"all of\nlanguage is de\nsentiment is below 0\nend", true, 1, 0, 0},
	    {"text starts with \"it\"", true, 1, 1, 1},
	    {"text contains all of \"late\", \"it\"", true, 1, 1, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct rule_set *set;
		char text[1024];

		snprintf(text, sizeof text, "rule r \"R\"\nwhen %s\nthen alert \"x\" as low\nend\n",
		    cases[i].when);
		set = testing_compile(text);
		if ((set->index.flat.count == 0) != cases[i].is_filed ||
		    set->step_count != cases[i].steps)
			fail_msg("%s: filed wrongly, with %zu steps left", cases[i].when,
			    set->step_count);
		if (fired_count(set, "it is late") != cases[i].with_late ||
		    fired_count(set, "it is fine") != cases[i].without)
			fail_msg("%s: fires wrongly", cases[i].when);
		rule_set_unref(set);
	}
}

/* ---- without memory ---- */

static void
compiling_and_evaluating_survive_every_failed_allocation(void **state)
{
	static const char *const broken =
	    "rule r \"R\"\n when all of\n  sentimnt is 1\n  brand is acmee\n end\n"
	    " then alert \"x\" as low\nend\nbrand acme \"Acme\"\n called \"acme\"\nend\n";
	const char *const texts[] = {everything, broken};

	(void)state;
	for (int k = 0; k < 4; k++) {
		for (unsigned nth = 1;; nth++) {
			struct rule_source source = {"x.rules", slice_of(texts[k / 2])};
			struct diag_list *diags = diag_list_new();
			struct rule_set *set = NULL;
			struct err err = {0};
			int rc;

			mem_fault_arm(nth, k % 2 == 1);
			rc = rule_set_compile(&source, 1, 1, &testing_env_alone, diags, &set, &err);
			bool was_hit = mem_fault_hit();
			mem_fault_arm(0, false);
			if (rc < 0)
				assert_int_equal(err.kind, ERR_NOMEM);
			assert_int_equal(rc == 0, set != NULL);
			if (!was_hit)
				assert_int_equal(rc, k / 2);
			rule_set_unref(set);
			diag_list_free(diags);
			if (!was_hit)
				break;
			assert_true(nth < 100000);
		}
	}
}

static void
evaluating_survives_every_failed_allocation(void **state)
{
	struct rule_set *set = testing_compile(
	    "rule r \"R\"\n when any of\n  text contains any of \"late\", \"very slow\"\n"
	    "  author.bio contains \"x\"\n  customer.plan is \"y\"\n end\n then alert \"x\" as "
	    "low\nend\n");
	struct arena *texts = arena_new(1024 * 1024);
	struct testing_occurrence t;

	(void)state;
	testing_occurrence_init(&t);
	testing_text(&t, "it is very slow", texts);
	t.post.author.bio = SLICE_LIT("x");
	for (unsigned nth = 1;; nth++) {
		struct arena *a = arena_new(1024 * 1024);
		struct firing *firings = NULL;
		struct err err = {0};
		size_t count = 0;
		int rc;

		mem_fault_arm(nth, true);
		rc = rule_set_evaluate(set, &t.occ, NULL, a, &firings, &count, &err);
		bool was_hit = mem_fault_hit();
		mem_fault_arm(0, false);
		arena_free(a);
		if (!was_hit) {
			assert_int_equal(rc, 0);
			assert_int_equal(count, 1);
			break;
		}
		assert_int_equal(rc, -1);
		assert_int_equal(err.kind, ERR_NOMEM);
	}
	arena_free(texts);
	rule_set_unref(set);
}

static void
formatting_survives_every_failed_allocation(void **state)
{
	(void)state;
	for (unsigned nth = 1;; nth++) {
		struct rule_source source = {"x.rules", slice_of(everything)};
		struct diag_list *diags = diag_list_new();
		struct buf json, text;
		int rc;

		buf_init(&json, 1024 * 1024);
		buf_init(&text, 1024 * 1024);
		mem_fault_arm(nth, false);
		rc = rules_to_json(&source, diags, &json, NULL);
		if (rc == 0)
			rc = rules_from_json(buf_slice(&json), &text, NULL);
		bool was_hit = mem_fault_hit();
		mem_fault_arm(0, false);
		buf_fini(&json);
		buf_fini(&text);
		diag_list_free(diags);
		if (!was_hit) {
			assert_int_equal(rc, 0);
			break;
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(heads_and_actions_carry_what_the_rule_says),
	    cmocka_unit_test(brands_and_lists_are_handed_out_as_written),
	    cmocka_unit_test(a_set_lives_as_long_as_somebody_holds_it),
	    cmocka_unit_test(several_files_are_one_set),
	    cmocka_unit_test(nesting_100000_deep_is_one_clear_finding),
	    cmocka_unit_test(a_line_of_ten_megabytes_is_one_clear_finding),
	    cmocka_unit_test(a_text_or_comment_that_is_too_long_is_a_finding),
	    cmocka_unit_test(bytes_that_are_no_text_are_refused_where_they_stand),
	    cmocka_unit_test(findings_in_ten_thousand_lines_are_all_counted),
	    cmocka_unit_test(a_hundred_thousand_rules_compile_and_the_right_ones_fire),
	    cmocka_unit_test(a_rule_is_filed_under_what_it_cannot_fire_without),
	    cmocka_unit_test(compiling_and_evaluating_survive_every_failed_allocation),
	    cmocka_unit_test(evaluating_survives_every_failed_allocation),
	    cmocka_unit_test(formatting_survives_every_failed_allocation),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
