#include "nlp_support.h"

#include "core/buf.h"
#include "core/diag.h"

static size_t
lay(struct desk *d, const char *text, char *out, size_t cap)
{
	struct diag_list *diags = diag_list_new();
	struct buf b;
	buf_init(&b, 1u << 16);
	assert_int_equal(
	    lexicon_set_add_vocabulary(d->set, "lexicon.d/acme.tsv", slice_of(text), diags, NULL),
	    0);
	diag_print(diags, &b);
	snprintf(out, cap, "%s", buf_str(&b));
	size_t n = diag_count(diags, DIAG_ERROR) + diag_count(diags, DIAG_WARNING);
	buf_fini(&b);
	diag_list_free(diags);
	return n;
}

static void
a_brands_words_change_its_posts(void **state)
{
	struct desk *d = *state;
	char out[4096], version[32];
	assert_int_equal(desk_score(d, "this blend is sick").label, SENTIMENT_NEGATIVE);
	snprintf(version, sizeof version, "%s", desk_score(d, "the blend").lexicon);
	assert_int_equal(
	    lay(d, "# our words\n\nsick\ten\t3\r\nghost bean\ten-GB\t-2.5\n#acmefail\ten\t-3\n",
		out, sizeof out),
	    0);
	struct score s = desk_score(d, "this blend is sick");
	assert_int_equal(s.label, SENTIMENT_POSITIVE);
	assert_string_equal(s.reasons[0].source, "brand vocabulary");
	assert_int_equal(s.reasons[0].weight_milli, 3000);
	assert_string_not_equal(s.lexicon, version);
	assert_int_equal(desk_score(d, "there was a ghost bean in it").label, SENTIMENT_NEGATIVE);
	assert_int_equal(desk_score(d, "and another one #AcmeFail").label, SENTIMENT_NEGATIVE);
}

static void
slips_are_shown_with_line_and_caret(void **state)
{
	static const struct {
		const char *text, *code, *caret;
	} CASES[] = {
	    {"sick en 3\n", "V001", "1:1"},
	    {"ok\ten\t1\na\xFF\ten\t2\n", "V006", "2:2"},
	    {"sick\ten\n", "V001", "1:1"},
	    {"a\tb\tc\td\n", "V001", "1:1"},
	    {"ok\ten\t1\nsick\tenglish\t3\n", "V002", "2:6"},
	    {"sick\tde\t3\n", "V003", "1:6"},
	    {"sick\ten\t5\n", "V004", "1:9"},
	    {"sick\ten\tgood\n", "V004", "1:9"},
	    {",\ten\t1\n", "V005", "1:1"},
	    {"\ten\t1\n", "V005", "1:1"},
	};
	struct desk *d = *state;
	char out[4096], want[64];
	for (size_t i = 0; i < COUNT_OF(CASES); i++) {
		size_t n = lay(d, CASES[i].text, out, sizeof out);
		snprintf(want, sizeof want, "lexicon.d/acme.tsv:%s:", CASES[i].caret);
		if (n != 1 || strstr(out, CASES[i].code) == NULL || strstr(out, want) == NULL)
			fail_msg("'%s': %zu findings\n%s", CASES[i].text, n, out);
	}
	assert_int_equal(lay(d, "a en 1\nb en 2\nc\txx\tx\n", out, sizeof out), 4);
}

static void
a_set_is_built_whole_or_not_at_all(void **state)
{
	(void)state;
	/* Each allocation of the large lexicon would take long: every 7th, then the sticky ones in
	 * leaps. */
	for (unsigned nth = 1;; nth += 7) {
		struct lexicon_set *set = NULL;
		struct err err = {.kind = ERR_NONE};
		mem_fault_arm(nth, nth % 2 == 0);
		int rc = lexicon_set_new(&set, &err);
		bool hit = mem_fault_hit();
		mem_fault_arm(0, false);
		assert_int_equal(rc, hit ? -1 : 0);
		assert_true(!hit || err.kind == ERR_NOMEM);
		lexicon_set_unref(set);
		if (!hit)
			break;
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(a_brands_words_change_its_posts, desk_open, desk_close),
	    cmocka_unit_test_setup_teardown(
		slips_are_shown_with_line_and_caret, desk_open, desk_close),
	    cmocka_unit_test(a_set_is_built_whole_or_not_at_all),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
