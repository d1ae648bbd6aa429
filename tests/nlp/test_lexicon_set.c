#include "nlp_support.h"

#include "core/buf.h"
#include "core/diag.h"
#include "nlp/lexicon_set.h"

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

/* Which of a score's reasons come from the brand's own words. */
static size_t
vocabulary_reasons(const struct score *s, const char *entry, int32_t *weight_milli_r)
{
	size_t n = 0;
	for (size_t i = 0; i < s->reason_count; i++) {
		const struct contribution *c = &s->reasons[i];
		if (!slice_eq_str(entry_text(c->entry), entry))
			continue;
		assert_int_equal(c->entry->source, ENTRY_VOCABULARY);
		*weight_milli_r = c->weight_milli;
		n++;
	}
	return n;
}

static void
a_brands_words_change_its_posts(void **state)
{
	static const char WORDS[] = "# our words\n\nsick\ten\t3\r\nghost bean\ten-GB\t-2.5\n"
				    "#acmefail\ten\t-3\nmegageil\tde\t3.5\n";
	struct desk *d = *state;
	char out[4096], version[32];
	int32_t weight = 0;
	assert_int_equal(desk_score(d, "this blend is sick").label, SENTIMENT_NEGATIVE);
	struct score bean = desk_score(d, "there was a ghost bean in it");
	struct score tag = desk_score(d, "and another one #AcmeFail");
	struct score german = desk_score(d, "der neue Kaffee ist megageil");
	snprintf(version, sizeof version, "%s", desk_score(d, "the blend").lexicon);
	assert_int_equal(lay(d, WORDS, out, sizeof out), 0);
	struct score s = desk_score(d, "this blend is sick");
	assert_int_equal(s.label, SENTIMENT_POSITIVE);
	assert_true(vocabulary_reasons(&s, "sick", &weight) > 0);
	assert_int_equal(weight, 3000);
	assert_string_not_equal(s.lexicon, version);
	s = desk_score(d, "there was a ghost bean in it");
	assert_int_equal(s.label, SENTIMENT_NEGATIVE);
	assert_true(s.score_milli < bean.score_milli);
	s = desk_score(d, "and another one #AcmeFail");
	assert_int_equal(s.label, SENTIMENT_NEGATIVE);
	assert_true(s.score_milli <= tag.score_milli);
	s = desk_score(d, "der neue Kaffee ist megageil");
	assert_int_equal(s.label, SENTIMENT_POSITIVE);
	assert_true(s.score_milli > german.score_milli);
}

/* With 0 a word or a phrase says nothing: the text scores as if unknown words stood there. */
static void
a_weight_of_nothing_silences(void **state)
{
	static const struct {
		const char *entry, *with, *without;
	} CASES[] = {
	    {"terrible", "terrible", "qqxzw"},
	    {"great", "so great", "so qqxzw"},
	    {"worst case", "worst case", "qqxzw qqyzw"},
	    {"\xf0\x9f\x98\xa1", "\xf0\x9f\x98\xa1", "\xf0\x9f\xaa\xa8"},
	};
	struct desk *d = *state;
	char out[4096], line[64];
	for (size_t i = 0; i < COUNT_OF(CASES); i++) {
		int32_t weight;
		struct score plain = desk_score_hinted(d, CASES[i].without, "en");
		assert_true(
		    plain.score_milli != desk_score_hinted(d, CASES[i].with, "en").score_milli);
		snprintf(line, sizeof line, "%s\ten\t0\n", CASES[i].entry);
		assert_int_equal(lay(d, line, out, sizeof out), 0);
		struct score s = desk_score_hinted(d, CASES[i].with, "en");
		if (vocabulary_reasons(&s, CASES[i].entry, &weight) != 0 ||
		    s.score_milli != plain.score_milli)
			fail_msg("'%s': %d, '%s': %d", CASES[i].with, s.score_milli,
			    CASES[i].without, plain.score_milli);
	}
}

/* ---- a whole lexicon in place of a shipped one ------------------------------ */

static size_t
replace(struct desk *d, const char *file, struct slice text, char *out, size_t cap)
{
	struct diag_list *diags = diag_list_new();
	struct buf b;
	buf_init(&b, 1u << 16);
	assert_int_equal(lexicon_set_replace(d->set, file, text, diags, NULL), 0);
	diag_print(diags, &b);
	snprintf(out, cap, "%s", buf_str(&b));
	size_t n = diag_count(diags, DIAG_ERROR) + diag_count(diags, DIAG_WARNING);
	buf_fini(&b);
	diag_list_free(diags);
	return n;
}

static void
a_learned_lexicon_takes_the_shipped_ones_place(void **state)
{
	struct desk *d = *state;
	struct lexicon *lx = NULL;
	struct buf file;
	char out[4096];
	assert_int_equal(
	    lexicon_of_entries("en", "stem\tzorble\t-1\t4\nsum\tbalance\t-1\t1\n", &lx, NULL), 0);
	buf_init(&file, LEXICON_FILE_MAX);
	assert_int_equal(lexicon_print(lx, SLICE_LIT("# licence: none\n"), &file, NULL), 0);
	assert_true(lexicon_set_is_whole(buf_slice(&file)));
	assert_false(lexicon_set_is_whole(SLICE_LIT("# our words\nsick\ten\t3\n")));
	assert_false(lexicon_set_is_whole(SLICE_LIT("# language: en\nsick\ten\t3\n")));
	assert_int_equal(replace(d, "lexicon.d/en.tsv", buf_slice(&file), out, sizeof out), 0);
	struct score s = desk_score_hinted(d, "the zorbles are terrible and this is all", "en");
	assert_int_equal(s.label, SENTIMENT_POSITIVE);
	assert_true(slice_starts_with(slice_of(s.lexicon), "en-"));
	assert_string_equal(lexicon_version(lexicon_set_lexicon(d->set, LANGUAGE_EN)), s.lexicon);
	/* A vocabulary lies over it; the other languages are what they were. */
	assert_int_equal(lay(d, "zorble\ten\t-4\n", out, sizeof out), 0);
	assert_true(desk_score_hinted(d, "these are the zorbles", "en").score_milli < 0);
	assert_int_equal(
	    desk_score(d, "Der Kaffee ist leider furchtbar").label, SENTIMENT_NEGATIVE);
	/* A second one, and one that cannot be read, are findings. */
	assert_int_equal(replace(d, "lexicon.d/x.tsv", buf_slice(&file), out, sizeof out), 1);
	assert_non_null(strstr(out, "V008"));
	assert_int_equal(replace(d, "lexicon.d/y.tsv",
			     SLICE_LIT("# language: de\n# checksum: 0123456789abcdef\nstem\tx\n"),
			     out, sizeof out),
	    1);
	assert_non_null(strstr(out, "V007"));
	assert_non_null(strstr(out, "line 3"));
	buf_fini(&file);
	lexicon_free(lx);
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
	    {"sick\tpl\t3\n", "V003", "1:6"},
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

/* Two spellings of one entry, and entries that say less than their writer thinks. */
static void
what_a_line_does_not_do_is_said(void **state)
{
	static const struct {
		const char *text, *code, *caret;
	} CASES[] = {
	    {"sick\ten\t3\n# ours\nSick\ten\t-3\n", "V009", "3:1"},
	    {"ghost bean\ten\t3\nghost  bean\ten\t2\n", "V009", "2:1"},
	    {"good, really\ten\t3\n", "V010", "1:1"},
	    {"can not. ever\ten\t3\n", "V010", "1:1"},
	    {"foo (bar)\ten\t3\n", "V010", "1:1"},
	    {"C++\ten\t3\n", "V011", "1:2"},
	    {"plain +word\ten\t3\n", "V011", "1:7"},
	};
	static const char *const FINE[] = {"sick\ten\t3\nsick\ten\t3\n",
	    "sick\ten\t3\nsick\tde\t-3\n", "sick\ten\t3\nsicker\ten\t-3\n", "well-made\ten\t3\n",
	    "so good !!!\ten\t3\n", "\"quoted\"\ten\t1\n", "don't like\ten\t-3\n", ":)\ten\t1\n",
	    "#tag\ten\t1\n", "@acme\ten\t1\n", "24/7\ten\t1\n", "good.\ten\t1\n",
	    "https://acme.example/a?b=c&d=e\ten\t1\n"};
	char out[4096], want[64];
	(void)state;
	for (size_t i = 0; i < COUNT_OF(CASES); i++) {
		struct desk *d = NULL;
		assert_int_equal(desk_open((void **)&d), 0);
		size_t n = lay(d, CASES[i].text, out, sizeof out);
		snprintf(want, sizeof want, "lexicon.d/acme.tsv:%s: warning", CASES[i].caret);
		if (n != 1 || strstr(out, CASES[i].code) == NULL || strstr(out, want) == NULL)
			fail_msg("'%s': %zu findings\n%s", CASES[i].text, n, out);
		desk_close((void **)&d);
	}
	for (size_t i = 0; i < COUNT_OF(FINE); i++) {
		struct desk *d = NULL;
		assert_int_equal(desk_open((void **)&d), 0);
		if (lay(d, FINE[i], out, sizeof out) != 0)
			fail_msg("'%s':\n%s", FINE[i], out);
		desk_close((void **)&d);
	}
}

/* Which file a reason comes from, by word and by stem; the last of two counts. */
static void
a_reasons_line_is_known(void **state)
{
	struct desk *d = *state;
	const struct vocabulary_place *place;
	size_t found = 0;
	char out[4096];
	assert_null(lexicon_set_place(d->set, SLICE_LIT("sick")));
	lay(d, "# ours\nsick\ten\t3\nghost bean\ten\t-2\nsick\ten\t2\nplonk\ten\t-3\n", out,
	    sizeof out);
	struct score s = desk_score(d, "the ghost bean is sick and it plonked again, terrible");
	for (size_t i = 0; i < s.reason_count; i++) {
		const struct contribution *c = &s.reasons[i];
		size_t line = slice_eq_str(entry_text(c->entry), "ghost bean") ? 3
		    : slice_eq_str(entry_text(c->entry), "sick")               ? 4
		    : slice_eq_str(entry_text(c->entry), "plonk")              ? 5
									       : 0;
		place = lexicon_set_place(d->set, entry_text(c->entry));
		assert_int_equal(place != NULL, c->entry->source == ENTRY_VOCABULARY);
		if (place == NULL)
			continue;
		assert_string_equal(place->file, "lexicon.d/acme.tsv");
		assert_int_equal(place->line, line);
		assert_int_equal(place->weight_milli, c->weight_milli);
		found |= (size_t)1 << line;
	}
	assert_int_equal(found, 1u << 3 | 1u << 4 | 1u << 5);
}

static void
a_vocabulary_without_memory_is_an_error(void **state)
{
	struct desk *d = *state;
	struct diag_list *diags = diag_list_new();
	for (unsigned nth = 1;; nth++) {
		struct err err = {.kind = ERR_NONE};
		mem_fault_arm(nth, false);
		int rc = lexicon_set_add_vocabulary(
		    d->set, "x.tsv", SLICE_LIT("plonk\ten\t3\nghost bean\ten\t-2\n"), diags, &err);
		bool hit = mem_fault_hit();
		mem_fault_arm(0, false);
		assert_true(rc == 0 || (hit && err.kind == ERR_NOMEM));
		if (!hit)
			break;
	}
	diag_list_free(diags);
}

static void
a_set_is_built_whole_or_not_at_all(void **state)
{
	(void)state;
	/* Failing each of them would take long: the first ones, then in growing leaps. */
	for (unsigned nth = 1;; nth += 1 + nth / 8) {
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
	    cmocka_unit_test_setup_teardown(a_weight_of_nothing_silences, desk_open, desk_close),
	    cmocka_unit_test_setup_teardown(
		a_learned_lexicon_takes_the_shipped_ones_place, desk_open, desk_close),
	    cmocka_unit_test_setup_teardown(
		slips_are_shown_with_line_and_caret, desk_open, desk_close),
	    cmocka_unit_test(what_a_line_does_not_do_is_said),
	    cmocka_unit_test_setup_teardown(a_reasons_line_is_known, desk_open, desk_close),
	    cmocka_unit_test_setup_teardown(
		a_vocabulary_without_memory_is_an_error, desk_open, desk_close),
	    cmocka_unit_test(a_set_is_built_whole_or_not_at_all),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
