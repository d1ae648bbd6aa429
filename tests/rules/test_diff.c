/* What changes from one rule set to the next: lines that go and come, and what that means. */
#include "rules/diff.h"

#include "tests/rules/rules_testing.h"

#define BRAND "brand acme \"Acme\"\n called \"acme\"\nend\n"
#define RULE(id, clauses, when)                                                                    \
	"rule " id " \"R\"\n" clauses " when " when                                                \
	"\n then\n  alert \"pr\" as low\n end\n at most once every 2 days per author\nend\n"

/* Everything as text: "changed rule a\n-x\n+y\n! note\n". */
static const char *
diff_text(const char *before, const char *after)
{
	static char out[16384];
	struct rule_set *was = before == NULL ? NULL : testing_compile(before);
	struct rule_set *is = testing_compile(after);
	struct arena *a = arena_new(1 << 20);
	struct rule_change *changes;
	struct err err = {ERR_NONE, ""};
	struct buf b;
	size_t count;

	buf_init(&b, sizeof out - 1);
	assert_int_equal(rule_sets_diff(was, is, a, &changes, &count, &err), 0);
	for (size_t i = 0; i < count; i++) {
		const struct rule_change *c = &changes[i];

		buf_addf(
		    &b, "%s %s %.*s\n", rule_change_kind_name(c->kind), c->what, SLICE_ARG(c->id));
		for (size_t k = 0; k < c->line_count; k++)
			buf_addf(&b, "%c%.*s\n", c->lines[k].sign, SLICE_ARG(c->lines[k].text));
		for (size_t k = 0; k < c->note_count; k++)
			buf_addf(&b, "! %.*s\n", SLICE_ARG(c->notes[k]));
	}
	snprintf(out, sizeof out, "%s", buf_str(&b));
	buf_fini(&b);
	arena_free(a);
	rule_set_unref(is);
	if (was != NULL)
		rule_set_unref(was);
	return out;
}

static const struct {
	const char *before, *after, *expected, *note;
} cases[] = {
    {BRAND RULE("a", "", "brand is acme"), RULE("a", "", "brand is acme") BRAND, "",
	"the order of items and their layout are no change"},
    {BRAND RULE("a", "", "sentiment is below 0"), BRAND RULE("a", "", "sentiment is below -0.4"),
	"changed rule a\n rule a \"R\"\n-when sentiment is below 0\n+when sentiment is below "
	"-0.4\n then\n",
	"a condition changes; what stays around it is shown"},
    {BRAND, BRAND RULE("a", "", "brand is acme"),
	"added rule a\n+rule a \"R\"\n+when brand is acme\n+then\n+  alert \"pr\" as low\n+end\n"
	"+at most once every 2 days per author\n+end\n! its windows, cool-downs and limits start "
	"empty\n",
	"a new rule"},
    {BRAND RULE("a", "", "brand is acme"), BRAND RULE("b", "", "brand is acme"),
	"added rule b\n+rule b \"R\"\n+when brand is acme\n+then\n+  alert \"pr\" as low\n+end\n"
	"+at most once every 2 days per author\n+end\n"
	"! it is rule 'a' under a new id: its cool-downs, windows and limits start afresh, so "
	"people may hear from it again\n"
	"removed rule a\n-rule a \"R\"\n-when brand is acme\n-then\n-  alert \"pr\" as low\n-end\n"
	"-at most once every 2 days per author\n-end\n"
	"! it stops firing; what it queued is still sent, and its id cannot be used again\n",
	"a changed id is removed and new"},
    {BRAND RULE("a", "", "brand is acme"), BRAND RULE("a", " # for the launch\n", "brand is acme"),
	"changed rule a\n rule a \"R\"\n+# for the launch\n when brand is acme\n"
	"! only comments: nothing it does changes\n",
	"a comment"},
    {BRAND RULE("a", " shadow\n", "brand is acme"), BRAND RULE("a", " off\n", "brand is acme"),
	"changed rule a\n rule a \"R\"\n-shadow\n+off\n when brand is acme\n! it no longer fires\n"
	"! it begins to act: until now it only recorded what it would have done\n",
	"switches"},
    {BRAND, "brand acme \"Acme\"\n called \"acme\", \"#acme\"\nend\n",
	"changed brand acme\n brand acme \"Acme\"\n-called \"acme\"\n+called \"acme\", \"#acme\"\n "
	"end\n"
	"! posts stored until now keep the brands they were scored with\n",
	"a brand"},
};

static void
changes_are_told_by_item_with_what_they_mean(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const char *got = diff_text(cases[i].before, cases[i].after);

		if (strcmp(got, cases[i].expected) != 0)
			print_error("%s\n", cases[i].note);
		assert_string_equal(got, cases[i].expected);
	}
}

static void
a_shorter_cool_down_says_that_people_hear_sooner(void **state)
{
	static const char long_rest[] = BRAND RULE("a", "", "brand is acme");
	static const char short_rest[] =
	    BRAND "rule a \"R\"\n when brand is acme\n then\n  alert \"pr\" as low\n"
		  " end\n at most once every 1 hour per author\nend\n";

	(void)state;
	assert_non_null(strstr(diff_text(long_rest, short_rest), "may hear from it again sooner"));
	assert_non_null(
	    strstr(diff_text(short_rest, long_rest), "longer cool-down counts from the last"));
}

#define ACTS " then\n  alert \"pr\" as low\n end\n"
/* Clauses before `when`, between `when` and `then`, and behind. */
#define REMEMBERS(before, between, behind)                                                         \
	BRAND "rule a \"R\"\n" before " when brand is acme\n" between ACTS behind "end\n"
#define WATCH(clauses, over, when, then, quiet)                                                    \
	BRAND "watch w \"W\"\n" clauses " over posts where " over "\n when " when "\n then\n" then \
	      " end\n until quiet for " quiet "\nend\n"
#define ALERT "  alert \"pr\" as low\n"
#define COUNT "count within 10 minutes is at least 3"

static const struct {
	const char *before, *after, *note; /* NULL: no note */
} meanings[] = {
    {REMEMBERS("", "", ""), REMEMBERS("", " happening 2 times within 7 days per author\n", ""),
	"its window begins empty"},
    {REMEMBERS("", " happening 2 times within 7 days per author\n", ""), REMEMBERS("", "", ""),
	"without a window each post that fits may fire it"},
    {REMEMBERS("", " happening 2 times within 7 days per author\n", ""),
	REMEMBERS("", " happening 2 times within 7 days per thread\n", ""),
	"its window counts per somebody else, and begins empty"},
    {REMEMBERS("", " happening 2 times within 7 days per author\n", ""),
	REMEMBERS("", " happening 2 times within 7 days per customer\n", ""), NULL},
    {REMEMBERS("", " happening 2 times within 7 days per author\n", ""),
	REMEMBERS("", " happening 2 times within 9 days per author\n", ""),
	"the longer window begins with what the shorter one remembers"},
    {REMEMBERS("", " happening 2 times within 7 days per author\n", ""),
	REMEMBERS("", " happening 2 times within 1 day per author\n", ""),
	"the shorter window goes on with what was counted"},
    {REMEMBERS("", " happening 2 times within 7 days per author\n", ""),
	REMEMBERS("", " happening 3 times within 7 days per author\n", ""),
	"count towards the new number"},
    {REMEMBERS("", "", ""), REMEMBERS("", "", " at most 5 in total\n"),
	"limits count what it did before this change, too"},
    {REMEMBERS("", "", ""), REMEMBERS("", "", " at most 5 per day\n"), "a new limit begins at 0"},
    {REMEMBERS("", "", " at most 5 per day\n"), REMEMBERS("", "", " at most 3 per day\n"),
	"limits count what it did before this change, too"},
    {REMEMBERS("", "", " at most 5 per day per author\n"),
	REMEMBERS("", "", " at most 5 per day per thread\n"), "a new limit begins at 0"},
    {REMEMBERS("", "", " at most 5 per day\n"), REMEMBERS("", "", ""),
	"without the limit it may fire again"},
    {REMEMBERS("", "", ""), REMEMBERS("", "", " spend at most 5 per month\n"),
	"a new budget begins with nothing spent"},
    {REMEMBERS("", "", " spend at most 5 per month\n"),
	REMEMBERS("", "", " spend at most 9 per month\n"),
	"the budget counts what was spent before this change, too"},
    {REMEMBERS("", "", " spend at most 5 per month\n"), REMEMBERS("", "", ""),
	"without the budget it may spend again"},
    {REMEMBERS("", "", ""), REMEMBERS("", "", " not between 21:00 and 08:00 customer time\n"),
	"messages that wait already keep the hours they were queued with"},
    {REMEMBERS("", "", ""), REMEMBERS(" canary 10%\n", "", ""),
	"for those outside of the share it is only recorded"},
    {REMEMBERS(" canary 10%\n", "", ""), REMEMBERS(" canary 20%\n", "", ""),
	"the larger share has in it everybody of the smaller one"},
    {REMEMBERS(" canary 10%\n", "", ""), REMEMBERS("", "", ""), "it begins to act for everybody"},
    {REMEMBERS("", "", ""), REMEMBERS(" approval by \"team\"\n", "", ""),
	"those that are queued already go without it"},
    {REMEMBERS(" approval by \"team\"\n", "", ""), REMEMBERS("", "", ""),
	"those that wait for one still need it"},
    {REMEMBERS(" approval by \"team\"\n", "", ""), REMEMBERS(" approval by \"others\"\n", "", ""),
	"are still for the team of before"},
    {REMEMBERS("", "", ""),
	REMEMBERS("", " after a post within 3 days where sentiment is below 0\n", ""),
	"`after` begins with none"},
    {REMEMBERS("", " after a post within 3 days where sentiment is below 0\n", ""),
	REMEMBERS("", " after a post within 3 days where sentiment is below -0.2\n", ""),
	"posts that `after` remembers were judged by the conditions of before"},
    {REMEMBERS("", " after a post within 3 days where sentiment is below 0\n", ""),
	REMEMBERS("", " after a post within 5 days where sentiment is below 0\n", ""),
	"no further than what is remembered"},
    {REMEMBERS("", "", ""), REMEMBERS("", " after \"sorry\" was sent within 3 days\n", ""),
	"messages that were sent before this change count"},
    {REMEMBERS("", " after a post within 3 days where sentiment is below 0\n", ""),
	REMEMBERS("", "", ""), "it no longer asks what came before"},
    {REMEMBERS("", "", ""), REMEMBERS("", " unless answered within 2 hours\n", ""),
	"it waits from now on before it fires"},
    {REMEMBERS("", " unless answered within 2 hours\n", ""), REMEMBERS("", "", ""),
	"posts it waits for now come to nothing when their time comes"},
    {REMEMBERS("", " unless answered within 2 hours\n", ""),
	REMEMBERS("", " unless answered within 3 hours\n", ""), "wait as long as they were told"},
    {REMEMBERS("", " unless answered within 2 hours\n", ""),
	REMEMBERS("", " unless a post within 2 hours where sentiment is above 0\n", ""),
	"are judged by what it waits for after this change"},
    {REMEMBERS("", " unless a post within 2 hours where sentiment is above 0\n", ""),
	REMEMBERS("", " unless a post within 2 hours where sentiment is above 0.2\n", ""),
	"posts that made it needless until now were judged by the conditions of before"},
    {REMEMBERS("", "", ""), REMEMBERS("", "", " at most once every 2 days per author\n"),
	"counts from the first firing after this change"},
    {REMEMBERS("", "", " at most once every 2 days per author\n"),
	REMEMBERS("", "", " at most once every 2 days per thread\n"),
	"its cool-down counts per somebody else, and starts afresh"},
    {WATCH("", "brand is acme", COUNT, ALERT, "30 minutes"),
	WATCH("", "sentiment is below 0", COUNT, ALERT, "30 minutes"),
	"stay counted as long as its windows reach"},
    {WATCH("", "brand is acme", "count within 10 minutes is at least 4 times the usual", ALERT,
	 "30 minutes"),
	WATCH("", "sentiment is below 0", "count within 10 minutes is at least 4 times the usual",
	    ALERT, "30 minutes"),
	"what is usual is learned afresh"},
    {WATCH("", "brand is acme", COUNT, ALERT, "30 minutes"),
	WATCH("", "brand is acme", "count within 10 minutes is at least 4 times the usual", ALERT,
	    "30 minutes"),
	"what is usual is learned from now on"},
    {WATCH("", "brand is acme", COUNT, ALERT, "30 minutes"),
	WATCH("", "brand is acme", "count within 1 hour is at least 3", ALERT, "30 minutes"),
	"its longer window fills from now on"},
    {WATCH("", "brand is acme", COUNT, ALERT, "30 minutes"),
	WATCH("", "brand is acme", COUNT, ALERT, "10 minutes"),
	"counts for an incident under way, too"},
    {WATCH("", "brand is acme", COUNT, ALERT, "30 minutes"),
	WATCH("", "brand is acme", COUNT, ALERT "  pause promotions\n", "30 minutes"),
	"promotions are paused at the next incident"},
    {WATCH("", "brand is acme", COUNT, ALERT, "30 minutes"),
	WATCH(" off\n", "brand is acme", COUNT, ALERT, "30 minutes"), "an incident under way ends"},
    {WATCH("", "brand is acme", COUNT, ALERT, "30 minutes"), BRAND,
	"an incident under way ends; its id cannot be used again"},
    {BRAND, WATCH("", "brand is acme", COUNT, ALERT, "30 minutes"), "it counts posts from now on"},
};

static void
every_change_says_what_it_means_for_what_is_remembered(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++) {
		const char *got = diff_text(meanings[i].before, meanings[i].after);
		const char *note = strstr(got, "\n! ");

		if (meanings[i].note == NULL ? note != NULL : strstr(got, meanings[i].note) == NULL)
			fail_msg("expected '%s' in:\n%s",
			    meanings[i].note == NULL ? "no note" : meanings[i].note, got);
		if (note != NULL && strstr(note + 3, "\n! ") != NULL)
			fail_msg("one change, and more than one sentence:\n%s", got);
	}
}

static void
a_watch_under_a_new_id_starts_afresh(void **state)
{
	(void)state;
	assert_non_null(
	    strstr(diff_text(WATCH("", "brand is acme", COUNT, ALERT, "30 minutes"),
		       BRAND "watch v \"W\"\n over posts where brand is acme\n when " COUNT
			     "\n then\n" ALERT " end\n until quiet for 30 minutes\nend\n"),
		"it is watch 'w' under a new id"));
}

static void
with_nothing_live_everything_is_added(void **state)
{
	const char *got = diff_text(NULL, BRAND RULE("a", "", "brand is acme"));

	(void)state;
	assert_true(strncmp(got, "added brand acme\n", 17) == 0);
	assert_non_null(strstr(got, "added rule a\n"));
}

/* Applying the lines of a change to the old text gives the new one, whatever was changed. */
static void
lines_that_go_and_come_lead_from_one_to_the_other(void **state)
{
	static const char *const words[] = {"late", "refund", "help", "broken", "thanks"};
	char before[4096], after[4096];

	(void)state;
	for (unsigned seed = 0; seed < 200; seed++) {
		size_t at[2] = {0, 0};
		char *texts[2] = {before, after};
		size_t minus = 0, plus = 0;
		size_t counts[2] = {2 + seed % 9, 2 + seed / 9 % 9};

		for (int side = 0; side < 2; side++) {
			at[side] += (size_t)snprintf(texts[side], 64, "list l \"L\"\n");
			for (size_t i = 0; i < counts[side]; i++)
				at[side] += (size_t)snprintf(texts[side] + at[side], 64,
				    "  \"%s%u\"%s\n",
				    words[(i * (seed + (unsigned)side) + seed) % 5],
				    (unsigned)i % (2 + seed % 3), i + 1 < counts[side] ? "," : "");
			snprintf(texts[side] + at[side], 64, "end\n");
		}
		const char *got = diff_text(before, after);

		for (const char *p = got; *p != '\0'; p = strchr(p, '\n') + 1) {
			minus += *p == '-';
			plus += *p == '+';
		}
		assert_true(*got == '\0' || counts[1] - counts[0] == plus - minus);
	}
}

static void
without_memory_it_says_so(void **state)
{
	struct rule_set *set = testing_compile(BRAND RULE("a", "", "brand is acme"));

	(void)state;
	for (unsigned nth = 1;; nth++) {
		struct arena *a = arena_new(1 << 20);
		struct rule_change *changes;
		struct err err = {ERR_NONE, ""};
		size_t count = 0;
		int rc, hit;

		mem_fault_arm(nth, 0);
		rc = rule_sets_diff(NULL, set, a, &changes, &count, &err);
		hit = mem_fault_hit();
		mem_fault_arm(0, 0);
		arena_free(a);
		if (!hit) {
			assert_int_equal(rc, 0);
			assert_int_equal(count, 2);
			break;
		}
		assert_int_equal(rc, -1);
		assert_int_equal(err.kind, ERR_NOMEM);
	}
	rule_set_unref(set);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(changes_are_told_by_item_with_what_they_mean),
	    cmocka_unit_test(a_shorter_cool_down_says_that_people_hear_sooner),
	    cmocka_unit_test(every_change_says_what_it_means_for_what_is_remembered),
	    cmocka_unit_test(a_watch_under_a_new_id_starts_afresh),
	    cmocka_unit_test(with_nothing_live_everything_is_added),
	    cmocka_unit_test(lines_that_go_and_come_lead_from_one_to_the_other),
	    cmocka_unit_test(without_memory_it_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
